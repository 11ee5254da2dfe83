"""Who plays where, and what every peer must agree on. Knows the game and the settings; knows no frames and no bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rollback.config import SessionConfig
from rollback.core.endpoint import Endpoint
from rollback.core.facts import facts_of
from rollback.core.queues import InputQueue
from rollback.core.states import Peer
from rollback.errors import ActionError, MissingAction, UsageError
from rollback.game import ActionCodec, Bits, Game, Raw, UInt, codecs_of, idle_inputs
from rollback.types import Local, Open, Remote
from rollback.wire.matches import MATCHES

__all__ = ["Lineup"]


class Lineup:
    """The players of a session, sorted by the peers they stand at.

    Attributes:
        codecs: One codec a player.
        own: The queue of our own players.
        endpoints: The other peers, in the order of their lowest players; also those who may still come.
        controllers: Who controls each of our players.
        facts: What the handshake compares.
        encoder: Makes the input of our first player's action.
    """

    def __init__(self, game: Game, players: Sequence[Local | Remote | Open], config: SessionConfig, match: int = 0) -> None:
        if type(match) is not int or not 0 <= match < MATCHES:
            raise UsageError(f"match must be a whole number from 0 to {MATCHES - 1}, not {match!r}")
        self.codecs: tuple[ActionCodec, ...] = codecs_of(game)
        if len(players) != len(self.codecs):
            raise UsageError(f"{len(players)} players were given, {type(game).__name__} has {len(self.codecs)}")
        self.controllers: dict[int, str] = {}
        seats: dict[str, list[int]] = {}
        for player, seat in enumerate(players):
            if isinstance(seat, Local):
                self.controllers[player] = seat.controller
            elif isinstance(seat, Remote) and isinstance(seat.peer, str) and seat.peer:
                seats.setdefault(seat.peer, []).append(player)
            elif not isinstance(seat, Open):
                raise UsageError(f"player {player} must be Local(), Remote(peer name) or Open(), not {seat!r}")
        vacant = {f"(open {player})": [player] for player, seat in enumerate(players) if isinstance(seat, Open)}
        if not self.controllers:
            raise UsageError("a session needs at least one Local player; SpectatorSession is for who only watches")
        seats.update(vacant)
        idle = idle_inputs(game, self.codecs)
        self.own = InputQueue(tuple(self.controllers), idle)
        self.endpoints = [Endpoint(name, InputQueue(theirs, idle), match) for name, theirs in seats.items()]
        self.endpoints.sort(key=lambda endpoint: endpoint.seat)
        for endpoint in self.endpoints:
            if endpoint.name in vacant:
                endpoint.state, endpoint.queue.cut, endpoint.greeting.running = Peer.GONE, True, True
        self.facts = facts_of(game, self.codecs, idle, config)
        self._encoders = [(player, _checked(self.codecs[player])) for player in self.own.players]
        self.encoder = self._encoders[0][1]

    def encode(self, actions: Mapping[int, Any]) -> bytes:
        """Return the row of our own players' actions.

        Raises:
            MissingAction: A player has none.
            ActionError: One is outside its codec's space.
        """
        player, parts = -1, []
        try:
            for player, encode in self._encoders:
                parts.append(encode(actions[player]))
            return b"".join(parts)
        except ActionError as error:
            raise ActionError(f"player {player}: {error}") from None
        except (LookupError, TypeError):
            if isinstance(actions, Mapping) and player in actions:
                raise  # the codec's own failure
            raise MissingAction(
                f"tick needs the action of local player {player}: pass {{{player}: action}}, not {actions!r:.80}"
            ) from None


def _checked(codec: ActionCodec) -> Callable[[Any], bytes]:
    """Return the codec's `encode`, with a look at the width of what a user's own codec makes."""
    if type(codec) in (UInt, Bits, Raw):
        return codec.encode

    def encode(action: Any) -> bytes:
        data = codec.encode(action)
        if not isinstance(data, bytes) or len(data) != codec.size:
            raise ActionError(f"{codec.describe()} made {data!r:.80} of {action!r:.80}: {codec.size} bytes are needed")
        return data

    return encode
