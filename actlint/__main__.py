"""`python -m actlint` and the `actlint` script."""

from __future__ import annotations

from actlint.cli import main

if __name__ == "__main__":
    main()
