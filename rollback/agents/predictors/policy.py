"""A policy as a guess of what another player will do, given the state. Knows sessions; promises nothing of who really plays.

The other peer looks at its own present, which holds guesses of our inputs as ours holds guesses of its; so even the very
policy that plays there is not foreseen exactly, and the gate decides whether it is worth being asked. For a bot that can be
foreseen exactly see `rollback.agents.predictors.exact`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rollback.agents.predictors.gate import Gate, History
from rollback.agents.predictors.looking import MASK, SLOTS, Encoding, Source, Views, named_source, policy_for
from rollback.config import MAX_DELAY
from rollback.core.past import Past
from rollback.errors import ConfigError
from rollback.game import codecs_of
from rollback.types import Policy

__all__ = ["PolicyPredictor"]

LED_ON: Final = 20  # frames past which a memory is not led on to the one that is asked for: a rollback is seldom as deep


class _Imagined:
    """Guesses one player by leading a policy along the states as they stand now, each frame once in each of its states.

    A policy that never kept anything in mind is only shown the state that is asked about.

    Attributes:
        game: The game of a question that came without a session: then there is only its present.
        remembers: Whether the policy has kept anything in mind.
    """

    __slots__ = ("_delay", "_done", "_encode", "_idle", "_memory", "_past", "_player", "_policy", "_views",
                 "game", "remembers")  # fmt: skip

    def __init__(self, policy: Policy, game: Any, player: int, delay: int, past: Past | None) -> None:
        self.game = game
        self._policy, self._player, self._delay, self._past = policy, player, delay, past
        codec = codecs_of(game)[player]
        self._encode = Encoding(codec.encode)
        self._idle = codec.encode(game.idle(player)) if hasattr(game, "idle") else bytes(codec.size)
        self._memory: Any = None
        self.remembers = False
        self._done: list[tuple[int, Any, Any, bytes]] = [(-1, None, None, b"")] * SLOTS  # frame, state, memory after, input
        self._views = None if past is None else Views(past, player)

    def learn(self, frame: int, value: bytes) -> None:
        """Take a known input: it says nothing that the states do not."""

    def restart(self) -> None:
        """Begin anew: what is guessed next is looked up in the states as they stand then."""

    def guess(self, frame: int, last: bytes) -> bytes:
        """Return what the policy would do for a frame; `last` where its state is not held."""
        past, views, at = self._past, self._views, frame - self._delay
        if past is None or views is None:
            return self._act(self.game.observe(self._player) if hasattr(self.game, "observe") else None)
        present = past.frame
        if self._delay and frame == present:
            views.note()
        if at < 0:
            return self._idle
        state = past.before() if at == present else past.state(at) if at < present else None
        done = self._done[at & MASK]
        if done[0] == at and (done[1] is state or state is None):
            return done[3]
        if state is None:
            return last
        states = self._untold(past, at) if self.remembers else []
        states.append(state)
        first = at + 1 - len(states)
        for number, seen in enumerate(views.of(first, states)):
            value = self._act(seen)
            self._done[first + number & MASK] = first + number, states[number], self._memory, value
        return value

    def _untold(self, past: Past, frame: int) -> list[Any]:
        """Return the states before a frame that the memory was not led through as they stand; it then is where they begin."""
        states: list[Any] = []  # newest first
        at, present = frame - 1, past.frame
        while at >= 0:
            done, state = self._done[at & MASK], past.state(at) if at < present else None
            if done[0] == at and (done[1] is state or state is None or len(states) == LED_ON):
                self._memory = done[2]
                break
            if state is None or len(states) == LED_ON:
                break
            states.append(state)
            at -= 1
        else:
            self._memory = None
        return states[::-1]

    def _act(self, observation: Any) -> bytes:
        action, memory = self._policy.act(observation, self._memory)
        self._memory = memory
        if memory is not None:
            self.remembers = True
        return self._encode(action)


class PolicyPredictor:
    """Guesses that a player does what a policy would do, behind the gate.

    Args:
        source: The policy, or the checkpoint of one (or its file).
        player: Whom to guess so, or several; None: everybody who has to be guessed. Others' last inputs are repeated.
        delay: Frames between an action and its effect on the other peer: its input delay.
        seed: Of a checkpoint's dice, where it has any.
        gated: Whether it is only in charge while that pays; False shows what it does alone, and promises nothing.

    Raises:
        UsageError: `source` is no policy.
        ConfigError: A number is out of its limits.
        CheckpointError: The checkpoint cannot be read.
    """

    def __init__(
        self, source: Source, player: int | Sequence[int] | None = None, *, delay: int = 2, seed: int = 0, gated: bool = True
    ) -> None:
        if type(delay) is not int or not 0 <= delay <= MAX_DELAY:
            raise ConfigError(f"delay must be a whole number of frames from 0 to {MAX_DELAY}, not {delay!r:.80}")
        self.source = named_source(source)
        self.players = None if player is None else (player,) if isinstance(player, int) else tuple(player)
        self.delay = delay
        self.seed = seed
        self.gated = gated
        self.reach = delay + 1
        self._past: Past | None = None
        self._guessers: dict[int, tuple[_Imagined, Gate]] = {}

    def begin(self, past: Past) -> PolicyPredictor:
        """Return one with the same settings for a session.

        Raises:
            CheckpointError: The checkpoint does not fit the game.
        """
        made = PolicyPredictor(self.source, self.players, delay=self.delay, seed=self.seed, gated=self.gated)
        made._past = past
        for player in self.players or ():
            policy_for(self.source, past.game, player, self.seed)
        return made

    def predict(self, player: int, frame: int, last_input: bytes, history: History, game: Any) -> bytes:
        """Return the guess; see `rollback.config.Predictor`."""
        found = self._guessers.get(player)
        if found is None:
            if self.players is not None and player not in self.players:
                return last_input
            policy = policy_for(self.source, game, player, self.seed)
            imagined = _Imagined(policy, game, player, self.delay, self._past)
            found = self._guessers[player] = imagined, Gate(imagined, is_open=not self.gated, rests=True)
        found[0].game = game
        return found[1].predict(frame, last_input, history)

    def gates(self) -> dict[int, Gate]:
        """Return what was counted of each player that was guessed."""
        return {player: gate for player, (_, gate) in self._guessers.items()}

    def __repr__(self) -> str:
        return (
            f"PolicyPredictor({type(self.source).__name__}, delay={self.delay}" + ("" if self.gated else ", gated=False") + ")"
        )
