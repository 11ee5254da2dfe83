"""A game with a large state of which a frame changes little, for three players. Knows no network.

Saving is cheap: all but the list of the fields is shared by every snapshot, for a field that changes is replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

FIELD: Final = 4096  # bytes
CELLS: Final = 128  # of a region, of 32 bytes each as they travel
PLAYERS: Final = 3


class Land:
    """Players walk over fields of bytes and leave traces."""

    players = PLAYERS
    kib = 2048

    def __init__(self) -> None:
        self.reset(0)

    def reset(self, seed: int) -> None:
        """Begin anew."""
        self.steps, self.places = 0, [seed % 97 + player for player in range(self.players)]
        self.fields: list[Any] = [self.field(number) for number in range(self.kib * 1024 // FIELD)]

    def step(self, actions: Sequence[int]) -> None:
        """Let each player go on, by what it presses, and change the field on which it comes to stand."""
        for player, action in enumerate(actions):
            place = (self.places[player] * 31 + action + self.places[player - 1]) % (len(self.fields) * FIELD)
            self.places[player] = place
            number, at = divmod(place, FIELD)
            self.fields[number] = self.changed(self.fields[number], at, action)
        self.steps += 1

    def save(self) -> dict[str, Any]:
        """Return the state; nothing in it is ever changed."""
        return {"steps": self.steps, "places": tuple(self.places), "fields": tuple(self.fields)}

    def load(self, state: dict[str, Any]) -> None:
        """Take a state over."""
        self.steps, self.places, self.fields = state["steps"], list(state["places"]), list(state["fields"])

    def field(self, number: int) -> Any:
        """Return a field as it is at first: of bytes that do not get fewer by packing."""
        return b"".join((number * FIELD + at * 2654435761 & 0xFFFFFFFF).to_bytes(4, "big") for at in range(FIELD // 4))

    def changed(self, field: Any, at: int, action: int) -> Any:
        """Return a field with one byte changed."""
        return field[:at] + bytes((field[at] * 5 + action + 1 & 0xFF,)) + field[at + 1 :]


class Regions(Land):
    """The same over regions that are dicts of dicts; peers compare a digest, for such a state takes long to look through."""

    kib = 2338  # of fields of 4 KiB; packed, these take 2 MiB

    def reset(self, seed: int) -> None:
        """Begin anew."""
        super().reset(seed)
        self.trace = 0

    def step(self, actions: Sequence[int]) -> None:
        """Let each player go on, and take note of all that changed."""
        super().step(actions)
        for player, place in enumerate(self.places):
            cell = self.fields[place // FIELD][f"cell {place % FIELD % CELLS:03}"]
            self.trace = (self.trace * 31 + cell["height"] + player) % 2**32

    def save(self) -> dict[str, Any]:
        """Return the state."""
        return super().save() | {"trace": self.trace}

    def load(self, state: dict[str, Any]) -> None:
        """Take a state over."""
        super().load(state)
        self.trace = state["trace"]

    def digest(self) -> dict[str, Any]:
        """Return what peers compare."""
        return {"steps": self.steps, "places": tuple(self.places), "trace": self.trace}

    def field(self, number: int) -> Any:
        """Return a region as it is at first."""
        return {f"cell {at:03}": {"height": 1_000_000 + number * CELLS + at, "kind": at % 7} for at in range(CELLS)}

    def changed(self, field: Any, at: int, action: int) -> Any:
        """Return a region with one cell changed."""
        name = f"cell {at % CELLS:03}"
        cell = field[name]
        return field | {name: {"height": 1_000_000 + (cell["height"] * 5 + action) % 1_000_000, "kind": cell["kind"]}}


class Small(Land):
    """A land of 512 KiB."""

    kib = 512


GAMES: Final = {game.__name__: game for game in (Land, Regions, Small)}
