"""Bots that are foreseen without a mistake: computed by both sides from the same confirmed state. Knows sessions and bots.

The bot's input for frame f is a function of S_(f - k) alone. Its own peer may stand at most the prediction window ahead of what
it knows, and an action takes effect the input delay later; so with

    k >= prediction window + input delay of the bot's peer

S_(f - k) is confirmed there whenever it has to act, and here whenever its input has to be guessed, whatever the network does:
no guess is ever wrong. With a smaller k it may have to do again what it did before, which nobody else can know; that is rare
while datagrams come less late than k less the input delay, and costs a rollback like any other wrong guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rollback.agents.predictors.delayed import DelayedBot
from rollback.agents.predictors.gate import History
from rollback.agents.predictors.looking import observation_at
from rollback.config import Predictor, RepeatLast, SessionConfig
from rollback.core.past import Past
from rollback.errors import ConfigError, UsageError

__all__ = ["ExactPredictor"]

KEPT: Final = 256  # decisions kept a player: more than a state can be asked for again
SESSIONS: Final = 64  # newest sessions whose bots can be played by this object


class _Decided:
    """The decisions of the bots in one session, each made once, in a state that never changes any more."""

    def __init__(self, bots: Mapping[int, DelayedBot], otherwise: Any, past: Past) -> None:
        self.past = past
        self._bots = bots
        self._otherwise = otherwise
        self._policies = {player: bot.policy(past.game, player) for player, bot in bots.items()}
        self._decisions: dict[tuple[int, int], tuple[Any, bytes]] = {}
        self._newest: dict[int, Any] = {}  # what our own bots did last

    def predict(self, player: int, frame: int, last_input: bytes, history: History, game: Any) -> bytes:
        """Return the bot's input, or what is guessed of one who is none."""
        bot = self._bots.get(player)
        if bot is None:
            guess: bytes = self._otherwise.predict(player, frame, last_input, history, game)
            return guess
        decided = self._decide(player, frame - bot.k)
        return last_input if decided is None else decided[1]

    def act(self, player: int) -> Any:
        """Return the bot's action for the frame that comes; to be asked once a frame, between two ticks."""
        past = self.past
        decided = self._decide(player, past.frame + past.delays[player] - self._bots[player].k)
        if decided is not None:
            self._newest[player] = decided[0]
        elif player not in self._newest:
            self._newest[player] = self._idle(player)[0]
        return self._newest[player]

    def _decide(self, player: int, frame: int) -> tuple[Any, bytes] | None:
        """Return what is done on account of S_frame; None where that is not certain, or no longer held."""
        if frame < 0:
            return self._idle(player)
        found = self._decisions.get((player, frame))
        if found is not None or frame > self.past.certain:
            return found
        state = self.past.state(frame)
        if state is None:
            return None
        action, _ = self._policies[player].act(observation_at(self.past, frame, state, player), None)
        if len(self._decisions) >= KEPT * len(self._bots):
            del self._decisions[next(iter(self._decisions))]
        made = self._decisions[player, frame] = action, self.past.codecs[player].encode(action)
        return made

    def _idle(self, player: int) -> tuple[Any, bytes]:
        game, codec = self.past.game, self.past.codecs[player]
        value = codec.encode(game.idle(player)) if hasattr(game, "idle") else bytes(codec.size)
        return codec.decode(value), value


class ExactPredictor:
    """Plays delayed bots on their own peers, and foresees them on all others.

    Both sides make it from the same bots, and put `extra` into their settings: the handshake then ends a match between two who
    do not hold the same checkpoint, and says so.

    ```python
    exact = ExactPredictor({1: DelayedBot("runs/pong/best.npz", k=10)})
    config = SessionConfig(input_delay=2, prediction_window=8, predictor=exact, extra=exact.extra)
    await rollback.play(game, lobby, config=config, act=exact.act)  # on the bot's peer
    ```

    Args:
        bots: Who plays which player.
        otherwise: Guesses the players that are no bots.

    Raises:
        UsageError: There is no bot.
    """

    def __init__(self, bots: Mapping[int, DelayedBot], otherwise: Predictor | None = None) -> None:
        if not bots or not all(isinstance(bot, DelayedBot) and type(player) is int for player, bot in bots.items()):
            raise UsageError(
                f"bots must name a DelayedBot for at least one player, as in {{1: DelayedBot(...)}}, not {bots!r:.80}"
            )
        self.bots = dict(sorted(bots.items()))
        self.otherwise: Predictor = RepeatLast() if otherwise is None else otherwise
        self.reach = max([bot.k for bot in self.bots.values()] + [getattr(otherwise, "reach", 0)])
        self._sessions: list[_Decided] = []

    @property
    def extra(self) -> dict[str, str]:
        """What both sides put into `SessionConfig.extra`."""
        return {f"bot of player {player}": bot.terms for player, bot in self.bots.items()}

    def is_certain(self, config: SessionConfig) -> bool:
        """Whether no guess of a bot can be wrong with these settings, if the bots' peers have the same."""
        delay = config.input_delay
        return delay != "auto" and min([bot.k for bot in self.bots.values()]) >= config.prediction_window + delay

    def begin(self, past: Past) -> _Decided:
        """Return what guesses in a session.

        Raises:
            ConfigError: The settings lack `extra`, or have an input delay that a bot cannot keep to.
            CheckpointError: A checkpoint does not fit the game.
        """
        config = past.config
        for name, terms in self.extra.items():
            if config.extra.get(name) != terms:
                raise ConfigError(
                    f"the settings must say {name!r}: {terms!r}, so that the other side's bot is compared with ours:"
                    " SessionConfig(predictor=exact, extra={**exact.extra, ...})"
                )
        for player, bot in self.bots.items():
            if player >= len(past.codecs):
                raise ConfigError(
                    f"there is a bot for player {player}, and the game has the players 0 to {len(past.codecs) - 1}"
                )
            if config.input_delay != "auto" and bot.k <= config.input_delay:
                raise ConfigError(
                    f"k is {bot.k}, and the input delay {config.input_delay}: a bot cannot react to a state that is still to"
                    " come; give it a larger k"
                )
        begin = getattr(self.otherwise, "begin", None)
        made = _Decided(self.bots, self.otherwise if begin is None else begin(past), past)
        self._sessions = [*self._sessions[1 - SESSIONS :], made]
        return made

    def predict(self, player: int, frame: int, last_input: bytes, history: History, game: Any) -> bytes:
        """Return what is guessed without a session: a bot then cannot be foreseen."""
        if player in self.bots:
            return last_input
        return self.otherwise.predict(player, frame, last_input, history, game)

    def act(self, game: Any, player: int) -> Any:
        """Return a bot's action; for `rollback.play` and the like on the bot's own peer.

        Raises:
            UsageError: No session with these settings plays this game, or the player is no bot.
        """
        for session in reversed(self._sessions):
            if session.past.game is game:
                break
        else:
            raise UsageError("no session plays this game with this predictor: set SessionConfig(predictor=exact) on its peer")
        if player not in self.bots or player not in session.past.delays:
            raise UsageError(f"player {player!r} is no bot of this peer: the bots are those of the players {list(self.bots)}")
        return session.act(player)

    def __repr__(self) -> str:
        return f"ExactPredictor({self.bots!r}, {self.otherwise!r})"
