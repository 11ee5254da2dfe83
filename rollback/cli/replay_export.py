"""What `rollback replay export` says while it writes and when it is done. Knows options; writes no picture itself."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Final

from rollback.cli.replay_game import game_for
from rollback.errors import UsageError
from rollback.replays import Replay

__all__ = ["Progress", "check_targets", "exported", "exported_minari", "exported_transitions"]

_PICTURES: Final = (".gif", ".png")
_OPTIONS: Final = {"first": "--from", "until": "--until", "every": "--every"}  # by the name that the library has for it
_OPTION: Final = re.compile(rf"^({'|'.join(_OPTIONS)})(?= must be )")
_PARTS: Final = 4  # how often a stream that is no terminal is told


def exported(
    replay: Replay,
    file: Path,
    to: Path,
    name: str | None,
    frames: tuple[int | None, int | None, int | None],
    size: str,
    speed: float,
    *,
    as_json: bool,
) -> str:
    """Write the replay, and return what to say of that.

    Raises:
        UsageError: An option is not what it should be.
        ReplayError: The game cannot follow the recording, or the file cannot be written.
    """
    first, until, every = frames
    is_picture = to.suffix.lower() in _PICTURES
    game = game_for(replay, str(file), name, "export")[1] if is_picture or name is not None else None
    pixels = size_of(size)
    try:
        written = replay.export(to, game, first=first, until=until, every=every, size=pixels, speed=speed, progress=Progress())
    except UsageError as error:
        raise UsageError(_OPTION.sub(lambda found: _OPTIONS[found[1]], str(error))) from error
    return _told(replay, file, to, written, as_json=as_json)


def check_targets(to: Path | None, transitions: Path | None, minari: str | None, *frames: int | None) -> None:
    """Find out what is to be written.

    Raises:
        UsageError: Nothing is, or more than one, or only a part of a data set.
    """
    if sum(target is not None for target in (to, transitions, minari)) != 1:
        raise UsageError(
            "name what to write: --to FILE for pictures and inputs, --transitions FILE or --minari NAME for a data set"
        )
    if to is None and any(frame is not None for frame in frames):
        option = "--minari" if transitions is None else "--transitions"
        raise UsageError(f"{option} writes the whole match: leave --from, --until and --every out")


def exported_transitions(replay: Replay, file: Path, to: Path, name: str | None, *, as_json: bool) -> str:
    """Write the replay as a data set, and return what to say of that.

    Raises:
        UsageError: The file cannot be written, or the game has to be named.
        ReplayError: The game cannot follow the recording.
    """
    from rollback.envs.data.replay import export_transitions

    game = game_for(replay, str(file), name, "export")[1]
    written = export_transitions(replay, to, game, progress=Progress())
    return _told(replay, file, to, written, as_json=as_json)


def exported_minari(replay: Replay, file: Path, to: str, name: str | None, *, as_json: bool) -> str:
    """Make a Minari data set for each player of the replay, and return what to say of that.

    Raises:
        UsageError: The name is none, or is taken; the game has to be named, or fits no space.
        ReplayError: The game cannot follow the recording.
        MissingPackage: Minari is missing.
    """
    from rollback.envs.data.minari import check_name, to_minari
    from rollback.envs.data.replay import transitions_of

    check_name(to)
    game = game_for(replay, str(file), name, "export")[1]
    table = transitions_of(replay, game)
    names = to_minari(table, to, game)
    if as_json:
        told = {"file": str(file), "minari": list(names), "frames": len(table)}
        return json.dumps(told | {"complete": replay.complete, "damage": replay.damage})
    return f"{', '.join(names)}: {len(table)} frame{'s' * (len(table) != 1)}"


def _told(replay: Replay, file: Path, to: Path, written: int, *, as_json: bool) -> str:
    size_in_bytes = to.stat().st_size
    if as_json:
        told = {"file": str(file), "to": str(to), "frames": written, "bytes": size_in_bytes}
        return json.dumps(told | {"complete": replay.complete, "damage": replay.damage})
    return f"{to}: {written} frame{'s' * (written != 1)}, {size_in_bytes} bytes"


def size_of(text: str) -> tuple[int, int]:
    """Return the width and height that an option says.

    Raises:
        UsageError: It says none.
    """
    found = re.fullmatch(r"(\d{1,5})[xX](\d{1,5})", text)
    if found is None:
        raise UsageError(f"--size needs a width and a height in pixels, as in 480x300, not {text!r:.40}")
    return int(found[1]), int(found[2])


class Progress:
    """Tells stderr how far it is: a terminal all the time, anything else a few times."""

    def __init__(self) -> None:
        self._told = 0

    def __call__(self, done: int, of: int) -> None:
        """Tell, if there is anything new."""
        is_terminal = sys.stderr is not None and sys.stderr.isatty()
        part = done * (100 if is_terminal else _PARTS) // max(1, of)
        if sys.stderr is None or part <= self._told:
            return
        self._told = part
        if is_terminal:
            print(f"\r{done} of {of} frames", end="\n" if done == of else "", file=sys.stderr, flush=True)
        else:
            print(f"{done} of {of} frames", file=sys.stderr, flush=True)
