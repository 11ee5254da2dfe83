"""Transitions as Minari data sets, one a player. The only place that knows Minari; knows no session."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from rollback.envs.data.columns import Column, Numbers, Tree
from rollback.envs.data.table import TransitionTable
from rollback.errors import MissingPackage, UsageError
from rollback.game import UInt, codecs_of

__all__ = ["check_name", "to_minari"]

_NAME: Final = re.compile(r"(?P<name>(?:[-\w]+/)*[-\w]+?)-v(?P<version>\d{1,9})", re.ASCII)
_DISCRETE_BITS: Final = 31  # of a number that counts as a choice; wider ones are numbers


class _Part(NamedTuple):
    """Steps from `start` up to `stop` of one player's episode."""

    start: int
    stop: int
    is_cut: bool


def check_name(name: str) -> re.Match[str]:
    """Return the name of a data set in its parts.

    Raises:
        UsageError: It is none.
    """
    found = _NAME.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        raise UsageError(f"a Minari data set needs a name like pong/test-v0, with a version at the end, not {name!r:.80}")
    return found


def to_minari(table: TransitionTable, name: str, game: Any) -> tuple[str, ...]:
    """Make a Minari data set for each player who acts, and return their names: `pong/test-v0` gives `pong/test-player0-v0` ...

    An episode has one observation more than steps. One that was not played to its end is truncated at its last step, and the
    description says so. Of each step `infos["frame"]` tells the frame. Spaces are those of `game.spaces(player)`, where
    it has them, or are made from the values. Pictures are kept as they are.

    Args:
        table: The rows.
        name: What to call them, with a version: `name-v0` or `group/name-v0`.
        game: A game of the kind that was recorded.

    Raises:
        UsageError: The name is none, or is taken; or observations or actions fit no space.
        MissingPackage: Minari is missing; the extra `data` brings it.
    """
    if not isinstance(table, TransitionTable):
        raise UsageError(
            f"to_minari takes the rows of a match, such as transitions_of(Replay.open('match.rbr')), not {table!r:.80};"
            " a file of transitions cannot be read back, and the replay can"
        )
    found = check_name(name)
    try:
        import minari
        from minari.storage import get_dataset_path
    except ImportError:
        raise MissingPackage("a Minari data set", "minari", "data") from None
    players = [player for player in range(table.players) if player not in getattr(game, "watchers", ())]
    names = tuple([f"{found['name']}-player{player}-v{found['version']}" for player in players])
    if not get_dataset_path().is_absolute():
        raise UsageError(
            "MINARI_DATASETS_PATH must be an absolute path: Minari does not find its own data sets by a relative one"
        )
    for each in names:
        if get_dataset_path(each).exists():
            raise UsageError(f"there is a Minari data set {each} already: choose another name, or delete that one")
    made = [_player_set(table, player, game) for player in players]
    try:
        for each, (buffers, spaces, told) in zip(names, made, strict=True):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # that nobody named an author, and the like
                minari.create_dataset_from_buffers(
                    each,
                    buffers,
                    observation_space=spaces[0],
                    action_space=spaces[1],
                    description=told,
                    data_format="arrow",
                    jpeg_encoding=False,
                )
    except BaseException:
        for each in names:  # all or none
            shutil.rmtree(get_dataset_path(each), ignore_errors=True)
        raise
    return names


def _player_set(table: TransitionTable, player: int, game: Any) -> tuple[list[Any], tuple[Any, Any], str]:
    """Return a player's episodes, spaces and description."""
    import numpy
    from minari.data_collector import EpisodeBuffer

    if hasattr(game, "spaces"):
        spaces = game.spaces(player)
    else:
        spaces = (
            _space(table.observations[player], f"what player {player} observes"),
            _action_space(table.actions[player], codecs_of(game)[player], player),
        )
    observations = [*table.observations[player].values(), table.last[player]]
    actions = list(table.actions[player].values())
    rewards = numpy.array(table.of_player(table.rewards, player))
    terminated = numpy.array(table.of_player(table.terminated, player), bool)
    truncated = numpy.array(table.of_player(table.truncated, player), bool)
    frames = [*table.frames, table.frames[-1] + 1]  # an array of one dimension in infos cannot be read again
    buffers, cut = [], 0
    for number, (start, stop, is_cut) in enumerate(_parts(table, player)):
        ends = truncated[start:stop].copy()
        ends[-1] |= is_cut
        cut += is_cut
        buffers.append(
            EpisodeBuffer(
                id=number,
                observations=_stacked(spaces[0], observations[start : stop + 1], f"an observation of player {player}"),
                actions=_stacked(spaces[1], actions[start:stop], f"an action of player {player}"),
                rewards=list(rewards[start:stop]),
                terminations=list(terminated[start:stop]),
                truncations=list(ends),
                infos={"frame": frames[start : stop + 1]},
            )
        )
    if not buffers:
        raise UsageError(f"player {player} played no step: there is nothing to put into a data set")
    facts = table.facts
    told = f"Player {player} of {facts['players']} in a match of {facts['game']}, recorded with rollback: settled frames only."
    if cut:
        told += " The last episode was not played to its end; it is truncated at its last step."
    return buffers, spaces, told


def _parts(table: TransitionTable, player: int) -> Iterator[_Part]:
    """Yield the episodes of a player; one ends for it where it is terminated or truncated, which may be before the others."""
    ended = [
        bool(one or other)
        for one, other in zip(table.of_player(table.terminated, player), table.of_player(table.truncated, player), strict=True)
    ]
    place, count = 0, len(table)
    while place < count:
        if table.resets[place]:
            place += 1
            continue
        start, episode = place, table.episodes[place]
        while place < count and not table.resets[place] and table.episodes[place] == episode:
            place += 1
            if ended[place - 1]:
                break
        yield _Part(start, place, not ended[place - 1])
        while place < count and not table.resets[place] and table.episodes[place] == episode:
            place += 1  # the others play on


def _action_space(column: Column, codec: Any, player: int) -> Any:
    from gymnasium.spaces import Discrete

    if hasattr(codec, "space"):
        return codec.space
    if isinstance(codec, UInt) and codec.bits <= _DISCRETE_BITS:
        return Discrete(1 << codec.bits)
    return _space(column, f"what player {player} does")


def _space(column: Column, what: str) -> Any:
    """Return a space that holds the values of a column."""
    import numpy
    from gymnasium import spaces

    match column.held:
        case Numbers() as held:
            dtype = numpy.dtype(held.dtype)
            if dtype.kind == "b":
                return spaces.MultiBinary(held.shape or 1)
            low, high = (-numpy.inf, numpy.inf) if dtype.kind == "f" else (numpy.iinfo(dtype).min, numpy.iinfo(dtype).max)
            return spaces.Box(low, high, held.shape, dtype.type)
        case Tree() as held if held.kind is dict:
            return spaces.Dict({str(key): _space(entry, f"{what} ({key})") for key, entry in held.entries.items()})
        case Tree() as held:
            return spaces.Tuple([_space(entry, f"{what} (entry {key})") for key, entry in held.entries.items()])
    why = "is nothing: the game has no observe()" if column.size == 0 else "changes its shape, or holds what is no number"
    raise UsageError(f"{what} {why}; a Minari data set needs arrays of one shape: save a .npz or .jsonl instead")


def _stacked(space: Any, values: list[Any], what: str) -> Any:
    """Return the values of many steps as Minari holds them: an array for each leaf of the space."""
    import numpy
    from gymnasium import spaces

    try:
        if isinstance(space, spaces.Dict):
            return {key: _stacked(part, [_entry(value, key) for value in values], what) for key, part in space.spaces.items()}
        if isinstance(space, spaces.Tuple):
            return tuple([_stacked(part, [value[place] for value in values], what) for place, part in enumerate(space.spaces)])
        if isinstance(space, spaces.Box | spaces.Discrete | spaces.MultiBinary | spaces.MultiDiscrete):
            return numpy.array([numpy.asarray(value, space.dtype).reshape(space.shape) for value in values], space.dtype)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise UsageError(f"{what} is not in its space {space!r:.120}: {error}") from None
    return list(values)


def _entry(value: Any, key: Any) -> Any:
    if key in value:
        return value[key]
    return next(entry for other, entry in value.items() if str(other) == key)
