"""How long a cold check takes, and with what, as ratios to libcst's parse of the same files in the same process."""
