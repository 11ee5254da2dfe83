"""What should be known of a game that is an environment: who plays, how it is saved, what is left out. Plays nothing.

It is asked of plain games too, and then says that they are none; without a word about Gymnasium, which they need not have.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rollback.envs.environment_game import EnvironmentGame

__all__ = ["SAVERS", "EnvironmentFacts", "environment_of", "facts_of"]

SAVERS: Final = {
    "get_state": "its own get_state and set_state",
    "save": "its own save and load",
    "clone_state": "the emulator's own clone of its state, with its generators",
    "mujoco": "MuJoCo's full state",
    "functional": "the state of the functional environment",
    "generated": "a generated saver: the attributes of the environment and of its wrappers",
    "deepcopy": "deep copies of its attributes",
    "simulated again": "its seed and its actions: going back plays the episode again from its reset",
}
_COSTS: Final = ("going back plays", "its snapshots cannot", "left alone, for it only shows")  # notes that refuse nobody;
# the first is told with the costs, and the last by a line of its own
_BLIND: Final = ("deepcopy", "simulated again")  # savers that take wrappers and all, and look at none
_HIDDEN: Final = "is saved by nobody"
_SHOWN: Final = 40  # characters of an idle action


@dataclass(frozen=True, slots=True)
class EnvironmentFacts:
    """What was found out about an environment when it was made a game.

    Attributes:
        agents: The names of the players.
        watchers: Numbers of the players who only watch.
        input_bytes: Width of an input, by player.
        fps: Frames a second it is played at.
        version: The versions that peers must have in common.
        saver: Which saver was proved right; one of `SAVERS`.
        refused: Why better ones were not taken, a sentence each.
        notes: What else there is to know of the way it is saved.
        wrappers: The wrappers, or layers, whose state is saved.
        left_alone: Paths of what is not saved, for it only shows.
        has_noop: Whether doing nothing is an action of everybody.
        idle: The action that stands for doing nothing, by player, as it is written.
        ended: Episodes that ended while it was played for the check.
        longest: Steps of the longest of them; of the unfinished one, where none ended.
    """

    agents: tuple[str, ...]
    watchers: tuple[int, ...]
    input_bytes: tuple[int, ...]
    fps: int
    version: str
    saver: str
    refused: tuple[str, ...]
    notes: tuple[str, ...]
    wrappers: tuple[str, ...]
    left_alone: tuple[str, ...]
    has_noop: bool
    idle: tuple[str, ...]
    ended: int = 0
    longest: int = 0

    def lines(self) -> list[tuple[str, str]]:
        """Return what to show: a few words, and a sentence for them; no words where a line goes on with the one before."""
        rows = [
            ("played by", self._players()),
            ("saved by", SAVERS.get(self.saver, self.saver)),
            *_listed("refused", self.refused),
            *_listed("known of it", [note for note in self.notes if not note.startswith(_COSTS[0])]),
        ]
        if self.saver not in _BLIND:
            rows.append(("wrappers with state", ", ".join(self.wrappers) or "none"))
        if self.left_alone:
            rows.append(("left alone, it only shows", ", ".join(self.left_alone)))
        rows.append(("doing nothing", self._idle()))
        rows.append(("episodes", self._episodes()))
        return rows

    def _players(self) -> str:
        names = _grouped(self.agents)
        widths = sorted(dict.fromkeys(self.input_bytes))
        wide = f"{widths[0]}" if len(widths) == 1 else f"{widths[0]} to {widths[-1]}"
        watching = f"; {', '.join(self.agents[player] for player in self.watchers)} only watching" if self.watchers else ""
        return f"{names}: {wide} byte{'' if wide == '1' else 's'} an input, {self.fps} frames a second{watching}"

    def _idle(self) -> str:
        if not self.has_noop:
            return (
                "is no action that is known: name it with ?idle=0, idle= or noop_action;"
                " until then peers wait for each other (prediction window 0)"
            )
        alike = dict.fromkeys(idle for player, idle in enumerate(self.idle) if player not in self.watchers)
        return f"is the action {', or '.join(alike)}"

    def _episodes(self) -> str:
        if not self.ended:
            return f"none ended within {self.longest} steps, so the reset after an end was not looked at"
        return f"{self.ended} ended and began again, the longest after {self.longest} steps"


def environment_of(game: Any) -> EnvironmentGame | None:
    """Return the game if it is an environment's, None if it is a plain one."""
    module = sys.modules.get("rollback.envs.environment_game")  # unless it was imported, there is no game of the kind
    if module is None or not isinstance(game, module.EnvironmentGame):
        return None
    found: EnvironmentGame = game
    return found


def facts_of(game: EnvironmentGame, ended: int = 0, longest: int = 0) -> EnvironmentFacts:
    """Return what is known of an environment's game.

    Args:
        game: The game.
        ended: Episodes that were seen to end.
        longest: Steps of the longest of them.
    """
    saver = game.saver
    lost = [note for note in game.notes if note not in saver.notes]
    about = [note for note in saver.notes if note.startswith(_COSTS[:2]) or _HIDDEN in note]
    return EnvironmentFacts(
        agents=tuple(map(str, game.agents)),
        watchers=tuple(game.watchers),
        input_bytes=tuple(codec.size for codec in game.codecs),
        fps=game.fps,
        version=game.game_version,
        saver=saver.name,
        refused=tuple(note for note in saver.notes if note not in about and not note.startswith(_COSTS)),
        notes=(*about, *lost),
        wrappers=tuple(saver.wrappers),
        left_alone=tuple(saver.left_alone),
        has_noop=game.has_noop,
        idle=tuple(_written(game.idle(player)) for player in range(game.players)),
        ended=ended,
        longest=longest,
    )


def _listed(name: str, sentences: Sequence[str]) -> list[tuple[str, str]]:
    return [(name if place == 0 else "", sentence) for place, sentence in enumerate(sentences)]


def _grouped(names: Sequence[str]) -> str:
    """Return names, the many by their first and last."""
    if len(names) <= 4:
        return ", ".join(names)
    return f"{names[0]} to {names[-1]}, {len(names)} in all"


def _written(action: Any) -> str:
    """Return an action on one line, numbers of arrays without their types."""
    plain = action.tolist() if hasattr(action, "tolist") else action
    text = " ".join(str(plain).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
