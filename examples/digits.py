"""A classifier of handwritten digits, with the slips that a first version tends to have."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class DigitClassifier(nn.Module):
    def __init__(self, classes: int = 10):
        super().__init__()
        self.lin1 = nn.Linear(28 * 28, 256),
        self.lin2 = nn.Linear(256, 128)
        self.lin3 = nn.Linear(128, 64)
        self.lin4 = nn.Linear(64, classes)
        self.criterion = nn.CrossEntropyLoss()

    def forward(self, x):
        x = x.view(x.size(0), -1)
        x = F.relu(self.lin1(x))
        x = self.lin2(x)
        x = F.tanh(self.lin3(x))
        return self.lin4(x)

    def training_step(self, batch):
        images, labels = batch
        logits = self.layers(images)
        return self.criterion(logits, labels)


def main():
    model = DigitClassifier()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(10):
        batch = torch.randn(32, 1, 28, 28), torch.randint(0, 10, (32,))
        optimizer.zero_grad()
        model.training_step(batch).backward()
        optimizer.step()


if __name__ == "__main__":
    main()
