"""The program `rollback`: its commands by name, and what each kind of trouble becomes. Knows no command from inside."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any, Final, NoReturn

import typer

from rollback import __version__
from rollback.cli import output
from rollback.cli.entry import loaded
from rollback.cli.exit_codes import FINE, INTERRUPTED, NOT_REACHED, NOT_TRUE, WRONG_USE
from rollback.cli.wrong_values import wrong_value
from rollback.errors import DesyncError, NetworkError, RollbackError

__all__ = ["build", "main", "run"]

# Each names a module with `command`, or with `app` where it has commands of its own.
COMMANDS: Final = {
    "demo": "rollback.cli.demo",
    "serve": "rollback.cli.serve",
    "play": "rollback.cli.play",
    "watch": "rollback.cli.watch",
    "check": "rollback.cli.check",
    "stress": "rollback.cli.stress",
    "simulate": "rollback.cli.simulate",
    "train": "rollback.cli.train",
    "studio": "rollback.cli.studio",
    "replay": "rollback.cli.replay",
    "bench": "rollback.cli.bench",
    "fetch-assets": "rollback.cli.fetch_assets",
}


_OPENING: Final = re.compile(r"Invalid value(?: for '(--[a-z-]+)')?: ")  # of the words of what reads command lines


def build() -> typer.Typer:
    """Return the program."""
    program = typer.Typer(
        name="rollback",
        help="Rollback netcode: any deterministic Python environment becomes a game over the internet, peer to peer.",
        epilog="Start with: rollback demo",
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    program.callback()(_start)
    for name, place in COMMANDS.items():
        module = import_module(place)
        if hasattr(module, "app"):
            program.add_typer(module.app, name=name)
            for command in module.app.registered_commands:
                command.help = _flowing(command.callback.__doc__)
        else:
            kind = getattr(module, "Command", None)  # of a command line that is more than what typer reads
            program.command(name, cls=kind, help=_flowing(module.command.__doc__))(module.command)
    return program


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; no error of this package, and no Ctrl-C, leaves it as an exception."""
    output.hush_checker()
    told = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        program = build()
        loaded()
        code = program(args=told, prog_name="rollback", standalone_mode=False)
    except SystemExit as leaving:
        if (cut := output.code_of(leaving.__context__)) is not None:  # what writes tables leaves with 1 where a pipe ends
            return cut
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except KeyboardInterrupt:
        return INTERRUPTED
    except RollbackError as error:
        output.say(f"rollback: {error}")
        return _code(error)
    except Exception as error:
        if (cut := output.code_of(error)) is not None:
            return cut
        if not hasattr(error, "format_message"):  # what typer raises is its own, or click's, by its version
            raise
        output.say(f"rollback: {_sentence(error, told)}")
        return WRONG_USE
    return code if isinstance(code, int) else FINE


def main() -> NoReturn:
    """Run the program on the command line it was started with, and leave the process with its code."""
    output.forgive_encodings()
    sys.exit(output.finish(run()))


def _flowing(docstring: str) -> str:
    """Return a docstring whose paragraphs are one line each, so that they are broken where the terminal ends."""
    paragraphs = inspect.cleandoc(docstring).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _sentence(error: Any, words: Sequence[str]) -> str:
    """Return what is wrong with a command line, and where its help is."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "rollback"
    said = wrong_value(error, words) or _OPENING.sub(_named, error.format_message().strip().rstrip("."))
    return f"{said}; {path} --help shows what there is"


def _named(opening: re.Match[str]) -> str:
    return f"{opening[1]}: " if opening[1] else ""


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
