"""What actlint does to real code: its findings, and later its speed. Run from a checkout; not part of the package."""
