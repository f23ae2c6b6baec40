"""Finds and fixes activation, in-place and wiring bugs in PyTorch models, without importing torch."""

__version__ = "0.1.0"
