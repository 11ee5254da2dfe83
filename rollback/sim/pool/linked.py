"""A match over a virtual network, held to the plain run of the inputs that settled. Knows sessions; knows no backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from rollback.config import SessionConfig
from rollback.game import Game, codecs_of
from rollback.games.bots import act_with
from rollback.sim.link import Link
from rollback.sim.match import VirtualMatch
from rollback.sim.pool.digest import Tape, scores_of
from rollback.sim.pool.played import Played
from rollback.sim.pool.unlinked import ends
from rollback.sim.report import MatchReport
from rollback.types import Policy

__all__ = ["play_linked"]

PILE: Final = 1 << 16  # bytes of inputs that wait to be hashed


def play_linked(
    make: Callable[[], Game],
    policies: Sequence[Policy],
    link: Link,
    config: SessionConfig,
    frames: int,
) -> Played:
    """Play a match in which every player has a peer of its own.

    Args:
        make: Makes fresh games.
        policies: One a player; each sees its own peer's game, guesses and all.
        link: Of all directions.
        config: Of all peers; its seed decides losses, delays and clocks too.
        frames: Where the match ends at the latest.
    """
    acts = [act_with(policy) for policy in policies]
    match = VirtualMatch(make, config=config, link=link, seed=config.seed, act=lambda game, player: listen(game, player))
    reader = match.peers[0].session.subscribe_inputs()
    tape = Tape(codecs_of(match.referee.game))
    inputs = tape.inputs

    def listen(game: Any, player: int) -> Any:
        """Act, and take what settled meanwhile, so that a long match does not pile it up."""
        if player == 0:
            hear()
        return acts[player](game, player)

    def hear() -> None:
        for row in reader.take_inputs()[1]:
            inputs.extend(b"".join(row))
        if len(inputs) > PILE:
            tape.wind()

    report = match.run(frames)
    hear()
    game: Any = match.referee.game  # the plain run: every peer was held to it
    scores = scores_of(game)
    digest = tape.digest(game, report.frames, scores)
    failed = "; ".join(map(str, report.failures))
    return Played(digest, scores, _stats(report), ends(game) and not game.over, failed)


def _stats(report: MatchReport) -> dict[str, Any]:
    """Return what the network did to the match: sums over the peers, means and the deepest rollback."""
    peers = len(report.rollbacks)
    return {
        "frames": report.frames,
        "rollbacks": sum(report.rollbacks),
        "resimulated": sum(report.resimulated),
        "stalls": sum(report.stalls),
        "depth": max((depth for depths in report.depths for depth in depths), default=0),
        "lag": sum(report.lag) / peers,
        "lost": report.lost,
        "sent": report.sent,
        "bytes_per_second": sum(report.bytes_per_second) / peers,
        "seconds": report.seconds,
    }
