"""The built-in checks, one rule a file."""
