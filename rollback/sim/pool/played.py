"""What can be played, what came of it, and what the matches of a worker share. Knows no backend and no kind of match."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from rollback.errors import UsageError
from rollback.game import Game
from rollback.sim.pool.lending import Lender, Loan

__all__ = ["Played", "Shared", "Spec"]

KEPT: Final = 64  # things made once a worker: more kinds of games and players than anybody mixes in one run


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one match.

    Attributes:
        digest: SHA-256 in hexadecimal of what was played; equal matches have equal ones, wherever they are played.
        scores: One plain number a player; empty where the game counts none.
        stats: What was measured, plain numbers by name.
        is_truncated: Whether the frames ran out before the game was over.
        error: What kept the match from being right; empty where nothing did.
    """

    digest: str
    scores: tuple[float, ...] = ()
    stats: Mapping[str, Any] = field(default_factory=dict)
    is_truncated: bool = False
    error: str = ""


class Shared:
    """What the matches of one worker share, so that it is made once: imported games and players, and parcels.

    What is kept here must not change by being used, or matches would depend on those before them.

    Attributes:
        parcels: The bytes of what travelled with the specs, by the name that their `parcels()` gives it.
        making: What is entered while something is made: whoever takes the time of a match takes that out.
    """

    __slots__ = ("_kept", "making", "parcels")

    def __init__(self, parcels: Mapping[str, bytes] | None = None) -> None:
        self.parcels: Mapping[str, bytes] = {} if parcels is None else parcels
        self.making: Callable[[], AbstractContextManager[None]] = nullcontext
        self._kept: dict[Any, Any] = {}

    def kept(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return what is kept under a hashable key; make it where it is not there yet."""
        made = self._kept.get(key)
        if made is None:
            with self.making():
                made = make()
            if len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]  # the oldest
            self._kept[key] = made
        return made

    def factory(self, game: str, players: int | None) -> Callable[[], Game]:
        """Return what makes fresh games of a name, for so many players; None takes the number it has.

        Raises:
            GameError: The name leads nowhere.
            UsageError: The game is not for so many.
            MissingPackage: The environment's package is not installed.
        """
        make: Callable[[], Game] | None = self._kept.get(("factory", game, players))
        if make is None:
            from rollback.sim.factories import factory_for  # only who plays needs what is behind it

            make = self.kept(("factory", game, players), lambda: factory_for(game, players))
        return make

    def games(self, game: str, players: int | None) -> Loan:
        """Return what makes the games of one match, fresh ones but where a reset is proved, for use in `with`.

        Raises:
            GameError: See `factory`, here and below.
            UsageError: The game is not for so many.
            MissingPackage: The environment's package is not installed.
        """
        lender: Lender | None = self._kept.get(("games", game, players))
        if lender is None:
            make = self.factory(game, players)
            lender = self.kept(("games", game, players), lambda: Lender(make))
        return lender.lend()

    def parcel(self, name: str) -> bytes:
        """Return the bytes of a parcel.

        Raises:
            UsageError: It did not travel.
        """
        if name not in self.parcels:
            raise UsageError(f"the parcel {name!r} is not here: parcels() of the spec must name it")
        return self.parcels[name]


class Spec(Protocol):
    """One match that is to be played, as a value that can be pickled; equal specs are equal matches, but for the seed.

    A spec with an attribute `seed` that is not None is played with that seed, whatever its index says.

    Attributes:
        tags: What tells it from others, for people and summaries.
    """

    @property
    def tags(self) -> Mapping[str, Any]:
        """What tells it from others."""

    @property
    def name(self) -> str:
        """The game, for messages."""

    def play(self, seed: int, shared: Shared) -> Played:
        """Play it; the same seed leads to the same result in any process, at any time. It may raise anything.

        Args:
            seed: 0 to 2**63 - 1.
            shared: What this worker holds.
        """

    def to_dict(self) -> dict[str, Any]:
        """Return it as values that JSON can hold, with its kind as `kind`."""

    def parcels(self) -> Mapping[str, Path | bytes]:
        """Return what has to travel with it, files or bytes, by name; mostly nothing. Files are read once, by the caller."""
