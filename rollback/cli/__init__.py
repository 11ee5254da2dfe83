"""The command line; one file per command."""

from __future__ import annotations

from rollback.cli.entry import main

__all__ = ["main"]
