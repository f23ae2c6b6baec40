"""Running a model to see whether findings hold: a worker process does it, nothing here imports torch.

`client` starts the worker and reads what it says, `plan` says what to run, `verdicts` joins what was seen to findings.
"""
