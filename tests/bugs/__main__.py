"""`python -m tests.bugs`: how many labelled bugs there are of each rule."""

from __future__ import annotations

from collections import Counter

from tests.bugs.pairs import pairs

found = list(pairs())
for code, count in sorted(Counter(code for pair in found for code in pair.codes).items()):
    print(f"{code}  {count}")
print(f"{len(found)} pairs")
