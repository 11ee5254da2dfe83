"""A built-in game as Gymnasium knows one: spaces, observations, actions, rewards, pictures. Knows no episode and no agent."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Literal, TypeAlias, get_args

import numpy as np
from gymnasium import spaces

from rollback.errors import ActionError, GameError, MissingPackage, UsageError
from rollback.game import Bits, UInt
from rollback.replays.pictures import picture_of

__all__ = [
    "MODES",
    "PICTURE",
    "Reward",
    "Seat",
    "box_of",
    "checked_mode",
    "checked_reward",
    "checked_seed",
    "ended",
    "metadata_of",
    "rewards_of",
    "show",
    "standing",
]

Reward: TypeAlias = Literal["margin", "score", "survival"]

MODES: Final = ("rgb_array", "ansi")
PICTURE: Final = (640, 400)  # pixels: the shape that drawings are made for
_TABLE: Final = 8  # buttons: so many combinations are worth a table


class Seat:
    """One player's place at a game: its spaces, what it sees and what it may do, in arrays.

    Args:
        game: Names in `observed` what `observe(player)` holds, with the least and greatest value of each.
        player: Whose place.
        choices: How many numbers are actions, where the codec of numbers has room for more; None: all it has room for.
        tabular: See the player's whole situation as one number, as `game.state_index` counts them.
    """

    def __init__(self, game: Any, player: int, *, choices: int | None = None, tabular: bool = False) -> None:
        self.player = player
        self.codec = game.codecs[player]
        self.tabular = tabular
        self.observation_space = _counted(game) if tabular else box_of(game)
        self.action_space = _action_space(self.codec, choices)
        self.names = tuple(getattr(game, "buttons", ())) if isinstance(self.codec, Bits) else ()
        self._legal = _pressed(self.codec.n) if isinstance(self.codec, Bits) and self.codec.n <= _TABLE else {}

    def observe(self, game: Any) -> Any:
        """Return what the player sees, a new array each time (or a number, if `tabular`)."""
        if self.tabular:
            return np.int64(game.state_index(self.player))
        return np.array(game.observe(self.player), dtype=np.int32)

    def action(self, given: Any) -> Any:
        """Return the game's own action for one of the space.

        Raises:
            ActionError: It lies outside the space.
        """
        try:
            if self._legal:
                return self._legal[tuple(given.tolist() if isinstance(given, np.ndarray) else given)]
            action = self.codec.decode(self.codec.encode(given))
            if isinstance(self.action_space, spaces.Discrete) and action >= self.action_space.n:
                raise ActionError(given)
            return action
        except (KeyError, TypeError, ActionError):
            meaning = f", the buttons {', '.join(self.names)}" if self.names else ""
            raise ActionError(
                f"the action of player_{self.player} is {given!r:.80}, which is outside {self.action_space}{meaning}:"
                " give one that action_space.sample() could have returned"
            ) from None

    def arrayed(self, game: Any, action: Any) -> Any:
        """Return one of the game's own actions as one of the space; a number beyond its choices as the idle one."""
        if isinstance(self.action_space, spaces.MultiBinary):
            return np.array(action, dtype=np.int8)
        assert isinstance(self.action_space, spaces.Discrete)
        return np.int64(action if action < self.action_space.n else game.idle(self.player))

    def noop(self, game: Any) -> Any:
        """Return the action that does nothing, None where there is none: a placement always drops a piece."""
        return None if getattr(game, "actions", None) == "placements" else self.arrayed(game, game.idle(self.player))


@cache
def _pressed(buttons: int) -> dict[tuple[int, ...], tuple[bool, ...]]:
    """Return the game's own action for each combination of buttons: it spares a decoding in every frame."""
    every = (Bits(buttons).decode(bytes([number])) for number in range(1 << buttons))
    return {pressed: pressed for pressed in every}


def _action_space(codec: Any, choices: int | None) -> spaces.Space[Any]:
    if isinstance(codec, Bits):
        return spaces.MultiBinary(codec.n)
    if isinstance(codec, UInt):
        return spaces.Discrete(choices or 1 << codec.bits)
    raise GameError(f"no action space is known for the codec {codec.describe()}: it must be Bits or UInt")


def box_of(game: Any, times: int = 1) -> spaces.Box:
    """Return the space of what the game's `observe` returns, so many times in a row."""
    low, high = zip(*((least, greatest) for _, least, greatest in game.observed), strict=True)
    least, greatest = np.array(low * times, np.int32), np.array(high * times, np.int32)
    # What can only be one value is given room for another: Gymnasium and PettingZoo warn of bounds that are equal.
    return spaces.Box(least, np.maximum(greatest, least + 1), dtype=np.int32)


def _counted(game: Any) -> spaces.Space[Any]:
    if not game.states:
        raise GameError(f"this {type(game).__name__} has too many states to be counted: use tabular=False")
    return spaces.Discrete(game.states)


def standing(game: Any, reward: Reward) -> Sequence[float]:
    """Return what each player has so far, whose changes are the rewards."""
    if reward == "survival":
        return [-field.out for field in game.fields]
    return game.scores()  # type: ignore[no-any-return]


def rewards_of(before: Sequence[float], after: Sequence[float], reward: Reward) -> list[float]:
    """Return each player's reward for what was changed of what all have, see `standing`.

    `score` is one's own change; `margin` and `survival` take the mean of the others' changes off, so that they sum to 0.
    """
    changes = [float(now - then) for then, now in zip(before, after, strict=True)]
    others = len(changes) - 1
    if reward == "score" or not others:
        return changes
    total = sum(changes)
    return [change - (total - change) / others for change in changes]


def ended(game: Any, tabular: bool) -> tuple[bool, bool]:
    """Return whether the game has come to its end, and whether it was cut short instead.

    Where the time left is not shown (`tabular`), running out of it must not look like an end that an action led to.
    """
    is_over = bool(game.over)
    is_cut = is_over and tabular and not game.is_won
    return is_over and not is_cut, is_cut


def checked_reward(given: Any, game: Any) -> Reward:
    """Return `given` if it is a way to reward players of the game.

    Raises:
        UsageError: It is not.
    """
    allowed = [way for way in get_args(Reward) if way != "survival" or hasattr(game, "fields")]
    if given not in allowed:
        raise UsageError(f"reward must be one of {', '.join(map(repr, allowed))}, not {given!r:.80}")
    return given  # type: ignore[no-any-return]


def checked_mode(given: Any) -> str | None:
    """Return `given` if it is a way to render, or None.

    Raises:
        UsageError: It is neither.
    """
    if given is not None and given not in MODES:
        raise UsageError(f"render_mode must be None or one of {', '.join(map(repr, MODES))}, not {given!r:.80}")
    return given  # type: ignore[no-any-return]


def checked_seed(given: Any) -> int:
    """Return a seed as a plain whole number.

    Raises:
        UsageError: It is no whole number of at least 0.
    """
    if isinstance(given, bool) or not isinstance(given, int | np.integer) or given < 0:
        raise UsageError(f"a seed must be a whole number of at least 0, not {given!r:.80}: give one such as 7")
    return int(given)


def metadata_of(name: str, frames_per_second: float) -> dict[str, Any]:
    """Return what an environment tells about itself."""
    return {
        "name": name,
        "render_modes": list(MODES),
        "render_fps": frames_per_second,
        "is_parallelizable": True,
    }


def show(game: Any, mode: str | None) -> Any:
    """Return the state as an array of pixels (`rgb_array`) or as text (`ansi`); nothing without a mode.

    Raises:
        MissingPackage: Pixels are wanted and Pillow is not there.
    """
    if mode is None:
        return None
    if mode == "ansi":
        return game.render()
    try:
        return np.array(picture_of(game, PICTURE))
    except MissingPackage:
        raise MissingPackage('render_mode="rgb_array"', "pillow", "export") from None
