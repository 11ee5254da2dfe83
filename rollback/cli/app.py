"""The program `rollback`: its commands by name, and what each kind of trouble becomes. Knows no command from inside."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Final, NoReturn

import typer

from rollback import __version__
from rollback.cli.exit_codes import FINE, INTERRUPTED, NOT_REACHED, NOT_TRUE, WRONG_USE
from rollback.errors import DesyncError, NetworkError, RollbackError

__all__ = ["build", "main", "run"]

# Each names a module with `command`, or with `app` where it has commands of its own.
COMMANDS: Final = {
    "demo": "rollback.cli.demo",
    "serve": "rollback.cli.serve",
    "play": "rollback.cli.play",
    "check": "rollback.cli.check",
    "replay": "rollback.cli.replay",
}


def build() -> typer.Typer:
    """Return the program."""
    program = typer.Typer(
        name="rollback",
        help="Rollback netcode: any deterministic Python environment becomes a game over the internet, peer to peer.",
        epilog="Start with: rollback demo",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    program.callback()(_start)
    for name, place in COMMANDS.items():
        module = import_module(place)
        if hasattr(module, "app"):
            program.add_typer(module.app, name=name)
        else:
            program.command(name)(module.command)
    return program


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; no error of this package, and no Ctrl-C, leaves it as an exception."""
    try:
        build()(args=None if arguments is None else list(arguments), prog_name="rollback", standalone_mode=True)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except KeyboardInterrupt:
        return INTERRUPTED
    except RollbackError as error:
        print(f"rollback: {error}", file=sys.stderr)
        return _code(error)
    return FINE


def main() -> NoReturn:
    """Run the program on the command line it was started with, and leave the process with its code."""
    code = run()
    try:
        sys.stdout.flush()
    except OSError as error:  # whoever read our output had enough of it, as `head` has
        if error.errno not in (errno.EPIPE, errno.EINVAL):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _code(error: RollbackError) -> int:
    match error:
        case NetworkError():
            return NOT_REACHED
        case DesyncError():
            return NOT_TRUE
        case _:
            return WRONG_USE


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"rollback {__version__}")
        raise typer.Exit


def _start(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and leave.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    pass
