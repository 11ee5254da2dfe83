"""Bots that are foreseen without a mistake: computed by both sides from the same state. Knows sessions and bots.

The bot's input for frame f is a function of S_(f - k) alone. Its own peer acts on that state where it is certain, and else on
the newest one that is, which nobody else can know. When the bot acts in frame p, for frame p + input delay, its peer knows
the others' inputs up to some frame; S_(f - k) is certain there if

    k >= delay, the delay being p - 1 - that frame, how late the others' inputs are, plus the bot's input delay.

Then the other peer of two has the same state, whatever it knows of the bot's inputs: its own it knows, and the bot's it
computes, one after the other. So no guess is wrong, and nothing is asked of the way from the bot to the other peer. How late
inputs come is not for us to say, but how long they are waited for is: p - 1 - that frame is at most the prediction window, so

    k >= prediction window + input delay of the bot's peer

holds whatever the network does; `waiting` makes the settings of the bot's peer so. With several others a guess also stands on
what they did, and is exact where that is known. A game that replays in one call (`replay`) shows no states in between: there k
must be at least the prediction window of the peer that guesses, too.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from rollback.agents.predictors.delayed import DelayedBot
from rollback.agents.predictors.gate import History
from rollback.agents.predictors.looking import MASK, SLOTS, Encoding, Views, observation_at
from rollback.config import Predictor, RepeatLast, SessionConfig
from rollback.core.autodelay import HIGHEST
from rollback.core.past import Past
from rollback.errors import ConfigError, UsageError

__all__ = ["ExactPredictor"]

SESSIONS: Final = 64  # newest sessions whose bots can be played by this object

_TOO_LATE: Final = (
    "k is {k}, and the input delay {delay}: a bot cannot react to a state that is still to come; give it a larger k, or its"
    " peer a smaller delay"
)

_Made = tuple[int, Any, Any, bytes]  # frame, state, action, input


class _Decided:
    """The decisions of the bots in one session; a guess is made once in a state."""

    def __init__(self, bots: Mapping[int, DelayedBot], otherwise: Any, past: Past) -> None:
        self.past = past
        self._bots = bots
        self._otherwise = otherwise
        self._views = {player: Views(past, player) for player in bots}
        self._encodings = {player: Encoding(past.codecs[player].encode) for player in bots}
        self._policies = {player: bot.policy(past.game, player) for player, bot in bots.items()}
        self._made: dict[int, list[_Made]] = {player: [(-1, None, None, b"")] * SLOTS for player in bots}
        self._newest: dict[int, tuple[int, Any]] = {}  # what our own bots did last, and in which state they saw the game
        self._unasked = [player for player, bot in bots.items() if bot.is_trained]  # whether they keep something in mind

    def predict(self, player: int, frame: int, last_input: bytes, history: History, game: Any) -> bytes:
        """Return the bot's input, or what is guessed of one who is none."""
        bot = self._bots.get(player)
        if bot is None:
            guess: bytes = self._otherwise.predict(player, frame, last_input, history, game)
            return guess
        at, past, views = frame - bot.k, self.past, self._views[player]
        if frame == past.frame:
            views.note()
        if at < 0:
            return self._idle(player)[1]
        state = past.state(at) if at < past.frame else None
        if state is None:
            return last_input
        made = self._made[player][at & MASK]
        if made[0] != at or made[1] is not state:
            made = self._decide(player, at, state, views.at(at, state))
        return made[3]

    def act(self, player: int) -> Any:
        """Return the bot's action for the frame that comes; to be asked once a frame, between two ticks."""
        past = self.past
        at = min(past.frame + past.delays[player] - self._bots[player].k, past.certain)
        seen, newest = self._newest.get(player, (-1, None))
        if at != seen and at >= 0:
            state = past.state(at)
            if state is not None:
                newest = self._decide(player, at, state, observation_at(past, at, state, player))[2]
                self._newest[player] = at, newest
        if at < 0 or player not in self._newest:
            return self._idle(player)[0]
        return newest

    def allow_delay(self, player: int, frames: int) -> None:
        """Refuse an input delay that a bot of ours cannot keep to."""
        bot = self._bots.get(player)
        if bot is not None and player in self.past.delays and type(frames) is int and frames > bot.k:
            raise UsageError(_TOO_LATE.format(k=bot.k, delay=frames))

    def _decide(self, player: int, frame: int, state: Any, observation: Any) -> _Made:
        """Return what is done on account of what is seen in S_frame as it stands."""
        action, memory = self._policies[player].act(observation, None)
        if player in self._unasked:
            self._unasked.remove(player)
            if memory is not None:
                warnings.warn(
                    f"the checkpoint that plays player {player} keeps something in mind from frame to frame, and a DelayedBot"
                    " has no memory: it is foreseen all the same, but plays otherwise than it was trained, and mostly worse;"
                    " take one that keeps nothing, see docs/predictors.md",
                    stacklevel=2,
                )
        made = self._made[player][frame & MASK] = frame, state, action, self._encodings[player](action)
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
        """Whether no guess of a bot can be wrong, whatever the network does, if these are the settings of the bots' peers."""
        delay = config.input_delay
        return delay != "auto" and self._least() >= config.prediction_window + delay

    def waiting(self, config: SessionConfig) -> SessionConfig:
        """Return settings for the bots' own peer with which it waits for inputs rather than act on an older state.

        The prediction window is made as small as it must be for `is_certain`; the other peers' settings stay as they are. It
        costs a wait where inputs come later than `k` less the input delay.

        Raises:
            ConfigError: The input delay changes by itself, or is larger than a bot's `k`.
        """
        delay, least = config.input_delay, self._least()
        if delay == "auto" or least < delay:
            raise ConfigError(
                f"the input delay of the bots' peer must be a number of frames up to the smallest k, {least}, not {delay!r}"
            )
        return replace(config, prediction_window=min(config.prediction_window, least - delay))

    def _least(self) -> int:
        return min([bot.k for bot in self.bots.values()])

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
            if bot.k < past.delays.get(player, 0):
                raise ConfigError(_TOO_LATE.format(k=bot.k, delay=past.delays[player]))
            if bot.k < HIGHEST and player in past.delays and config.input_delay == "auto":
                raise ConfigError(
                    f'k is {bot.k}, and the input delay "auto" may become {HIGHEST}: a bot cannot react to a state that is'
                    f" still to come; give it a k from {HIGHEST} on, or its peer a number of frames up to {bot.k}"
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
