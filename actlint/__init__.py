"""A static analyzer for PyTorch model code: finds and fixes activation, in-place and wiring bugs without importing torch."""

__version__ = "0.1.0"
