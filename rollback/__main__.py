"""`python -m rollback` is the command line, also where no program of that name is on the path. Knows no command."""

from __future__ import annotations

from rollback.cli import main

if __name__ == "__main__":
    main()
