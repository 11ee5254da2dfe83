"""All lines between the peers of a match, and which of them are dead. Knows channels; knows no session and no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rollback.sim.channel import Channel, ReliableChannel, dice_for
from rollback.sim.link import Link

__all__ = ["Line", "Wires"]

Line = tuple[Channel, ReliableChannel]  # one direction: datagrams, and blobs


class Wires:
    """The lines of a match, by (from, to).

    A line belongs to two peers and not to their processes: when a new process takes a peer's place its lines are renewed,
    that is, what was on its way is lost with the old connection, and what was dead stays dead.

    Args:
        links: The link of every direction.
        seed: Decides the losses.

    Attributes:
        peers: How many peers there are.
        hears: By peer, the mask of those whose datagrams get through to it.
    """

    def __init__(self, links: Mapping[tuple[int, int], Link], seed: int) -> None:
        self.peers = 1 + max((max(pair) for pair in links), default=0)
        self.hears = [(1 << self.peers) - 1] * self.peers
        self._lines: dict[tuple[int, int], Line] = {
            (one, two): (Channel(link, dice_for(seed, one, two)), ReliableChannel(link))
            for (one, two), link in sorted(links.items())
        }

    def line(self, one: int, two: int) -> Line:
        """Return the direction from one peer to another."""
        return self._lines[one, two]

    def into(self, peer: int) -> list[tuple[int, Line]]:
        """Return the directions that lead to a peer, with where they come from."""
        return [(one, line) for (one, two), line in self._lines.items() if two == peer]

    def partition(self, groups: Sequence[Sequence[int]], *, one_way: bool = False) -> None:
        """Let nothing pass between groups; what was dead before lives again.

        Args:
            groups: The peers of each side.
            one_way: Only what the first group sends is lost; it still hears the others.
        """
        side = {peer: number for number, group in enumerate(groups) for peer in group}
        self._kill(
            (one, two) for one, two in self._lines if side.get(one) != side.get(two) and (not one_way or side.get(one) == 0)
        )

    def sever(self, one: int, two: int, *, one_way: bool = False) -> None:
        """Let nothing pass from one peer to another, nor back unless it is one-way; all else stays as it is."""
        dead = [pair for pair, (channel, _) in self._lines.items() if channel.blocked]
        self._kill([*dead, (one, two)] if one_way else [*dead, (one, two), (two, one)])

    def heal(self, *, resets: bool = False) -> None:
        """Let everything pass again.

        Args:
            resets: The connections over the dead lines were given up meanwhile: the blobs that waited in them are lost.
        """
        if resets:
            for (one, two), (channel, _) in self._lines.items():
                if channel.blocked:
                    self._lines[one, two][1].clear()
                    self._lines[two, one][1].clear()
        self._kill(())

    def renew(self, peer: int) -> None:
        """Make all connections of a peer anew, for another process in its place."""
        for pair, (channel, reliable) in self._lines.items():
            if peer in pair:
                channel.clear()
                reliable.clear()

    @property
    def channels(self) -> list[Channel]:
        """The lines of datagrams."""
        return [channel for channel, _ in self._lines.values()]

    def _kill(self, dead: Iterable[tuple[int, int]]) -> None:
        gone = frozenset(dead)
        self.hears = [(1 << self.peers) - 1] * self.peers
        for (one, two), (channel, reliable) in self._lines.items():
            channel.blocked = reliable.blocked = (one, two) in gone
            if channel.blocked:
                self.hears[two] &= ~(1 << one)
