"""A recorded match that is played again and compared, as one match of a run. Knows files and names; knows no worker.

Whoever wrote the file named its game, and may be anybody: without a name from the user only the games that are built in are
played. What is wrong with a file is part of what came of it, and no error: the others are looked at all the same.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from rollback.errors import MissingPackage, ReplayError, UsageError
from rollback.sim.pool.played import Played, Shared

if TYPE_CHECKING:
    from rollback.replays import Replay

__all__ = ["ReplayFile", "Trouble", "trouble_of_name"]

KIND: Final = "replay"

Trouble = Literal["", "unreadable", "unnamed", "untrusted", "no game"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFile:
    """A replay file to verify.

    Attributes:
        path: The file; relative to the working folder of whoever plays it, unless it is absolute.
        game: The name that the user gives the game; empty takes what the file says, which is not trusted.
        travels: Whether the file's bytes go to the worker, as they must where that is on another machine.
    """

    path: str
    game: str = ""
    travels: bool = False

    @property
    def name(self) -> str:
        """The file, for messages."""
        return self.path

    @property
    def tags(self) -> Mapping[str, Any]:
        """The file."""
        return {"file": self.path}

    def parcels(self) -> Mapping[str, Path | bytes]:
        """Return the file, if its bytes have to travel and are there."""
        path = Path(self.path)
        return {self.path: path} if self.travels and path.is_file() else {}

    def to_dict(self) -> dict[str, Any]:
        """Return it as values that JSON can hold."""
        return {"kind": KIND, "path": self.path, "game": self.game}

    def command(self, seed: int) -> str:
        """Return what verifies this file alone; a replay brings its seed along."""
        named = ["--game", self.game] if self.game else []
        return shlex.join(["rollback", "replay", "verify", self.path, *named])

    def play(self, seed: int, shared: Shared) -> Played:
        """Play the recorded match again, and compare.

        Args:
            seed: Nothing is drawn from it.
            shared: Where the bytes of the file are, if they travelled.

        Returns:
            `stats` are `trouble`, one of `Trouble`, and `message`; without trouble also `ok`, `complete`, `game`, `frames`,
            `checked`, `first_bad_frame`, `taken_over` and `differences`; where the game's name is the trouble, `named`.
        """
        try:
            found = self._found(shared)
        except ReplayError as error:
            found = {"trouble": "unreadable", "message": str(error)}
        except (UsageError, MissingPackage) as error:
            found = {"trouble": "no game", "message": str(error)}
        return Played(hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest(), stats=found)

    def _found(self, shared: Shared) -> dict[str, Any]:
        from rollback.envs.names import game_factory

        replay = self._opened(shared)
        named = self.game or replay.header.game
        trouble = "" if self.game else trouble_of_name(named)
        if trouble:
            return {"trouble": trouble, "message": "", "named": named}
        with shared.making():  # its import is not the match's time
            game = game_factory(named, is_trusted=bool(self.game))()
        verdict = replay.verify(game)
        message = verdict.message if replay.complete else f"{verdict.message}; {replay.damage}"
        if verdict.ok and not replay.complete:
            message = f"{verdict.frames} frames; the file is cut off or damaged: {replay.damage}"
        return {
            "trouble": "",
            "ok": verdict.ok,
            "complete": replay.complete,
            "game": named,
            "frames": verdict.frames,
            "checked": verdict.checked,
            "first_bad_frame": verdict.first_bad_frame,
            "taken_over": list(verdict.taken_over),
            "differences": [str(difference) for difference in verdict.differences],
            "message": message,
        }

    def _opened(self, shared: Shared) -> Replay:
        import io

        from rollback.replays import Replay

        if self.travels and self.path in shared.parcels:
            return Replay.open(io.BytesIO(shared.parcels[self.path]))
        return Replay.open(self.path)


def trouble_of_name(named: str) -> Trouble:
    """Return what keeps the game that a file names from being played, without a word of the user; empty for a built-in one."""
    from rollback.envs.environment_names import PREFIXES, is_built_in
    from rollback.envs.names import canonical_name

    if not named:
        return "unnamed"
    is_environment = named.startswith(PREFIXES) and not is_built_in(canonical_name(named))
    return "untrusted" if is_environment or ".py" in named else ""
