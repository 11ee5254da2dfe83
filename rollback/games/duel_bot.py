"""A player of Duel by script. Knows what `Duel.observe` shows and the frame data; knows no game, keeps nothing.

It dances at the edge of the opponent's reach, pokes, blocks what it sees coming, punishes what missed, and turns a
punch that connected into a kick.
"""

from __future__ import annotations

from typing import Any, Final

from rollback.games.dice import advance, below, spread
from rollback.games.duel_moves import ATTACKS, Stance
from rollback.games.pong_bot import per_mille

__all__ = ["DuelBot"]

# back, forward, punch, kick, dash
_STILL: Final = (False, False, False, False, False)
_BACK: Final = (True, False, False, False, False)
_FORWARD: Final = (False, True, False, False, False)
_PUNCH: Final = (False, False, True, False, False)
_KICK: Final = (False, False, False, True, False)
_DASH: Final = (False, True, False, False, True)
_RETREAT: Final = (True, False, False, False, True)
_ACTIONS: Final = (_STILL, _BACK, _FORWARD, _PUNCH, _KICK, _DASH, _RETREAT)
_I_STILL, _I_BACK, _I_FORWARD, _I_PUNCH, _I_KICK, _I_DASH, _I_RETREAT = range(7)

_FREE: Final = (Stance.READY, Stance.FORWARD, Stance.BACK)
_FIGHT: Final = 1
_PUNCH_DATA: Final = ATTACKS[Stance.PUNCH]
_KICK_DATA: Final = ATTACKS[Stance.KICK]
_REACTION: Final = 6  # frames after which it sees an attack coming: a good human is not faster


class DuelBot:
    """Plays Duel; a policy, see `rollback.types.Policy`.

    Args:
        skill: How often it reacts rightly, 0 to 1.
        seed: Of its moods; give two bots two seeds.
    """

    def __init__(self, skill: float = 0.6, seed: int = 0) -> None:
        self.skill = per_mille(skill)
        self.seed = spread(seed)

    def act(self, observation: tuple[int, ...], memory: Any) -> tuple[tuple[bool, ...], tuple[int, ...]]:
        """Return the buttons, and the memory: generator, frames the choice goes on, the choice, whether it is alert."""
        word, left, choice, alert = memory or (self.seed, 0, _I_STILL, 0)
        distance, _, stance, age, _, guard, stun, _, _, their_stance, their_age, _, _, their_stun, _, phase, _ = observation
        if phase != _FIGHT:
            return _STILL, (word, 0, _I_STILL, alert)
        word = advance(word)
        threat = ATTACKS.get(Stance(their_stance))
        if threat is None:
            alert = 1 if below(word, 1000) < self.skill else 0  # decided anew until an attack begins, then it stays
        urgent = self._react(distance, stance, age, guard, stun, their_stance, their_age, their_stun) if alert else _I_STILL
        if urgent:
            return _ACTIONS[urgent], (word, 0, urgent, alert)
        if left > 0:
            return _ACTIONS[choice], (word, left - 1, choice, alert)
        if choice >= _I_PUNCH:  # a button has to come up before it can go down again
            choice, left = _I_STILL, below(word, 3)
        else:
            choice, left = self._dance(distance, word, choice)
        return _ACTIONS[choice], (advance(word), left, choice, alert)

    @staticmethod
    def _react(
        distance: int, stance: int, age: int, guard: int, stun: int, their_stance: int, their_age: int, their_stun: int
    ) -> int:
        """Return what the moment asks for, or nothing."""
        threat = ATTACKS.get(Stance(their_stance))
        if stance == Stance.PUNCH and age == _PUNCH_DATA.startup + 1 and their_stance == Stance.HIT:
            return _I_KICK
        if stance not in _FREE:
            return _I_STILL
        if threat is not None and their_age >= threat.startup + threat.active:
            rest = threat.total - their_age
            if rest > _KICK_DATA.startup and distance - threat.exposed <= _KICK_DATA.reach:
                return _I_KICK if their_age % 3 else _I_STILL  # pressed anew if the key was still down
            if rest > _PUNCH_DATA.startup and distance - threat.exposed <= _PUNCH_DATA.reach:
                return _I_PUNCH if their_age % 3 else _I_STILL
        if threat is not None and their_age >= _REACTION and distance <= threat.reach + 300:
            return _I_BACK if guard >= threat.guard else _I_RETREAT
        if their_stun > _PUNCH_DATA.startup + 2 and their_stance == Stance.CRUSHED and distance <= _KICK_DATA.reach:
            return _I_KICK if their_stun % 3 else _I_STILL
        return _I_STILL

    @staticmethod
    def _dance(distance: int, word: int, choice: int) -> tuple[int, int]:
        """Return the next choice and how many more frames it goes on."""
        roll = below(word, 100)
        hold = 2 + below(advance(word), 6)
        if distance > _KICK_DATA.reach + 500:
            return (_I_DASH, 2) if roll < 12 else (_I_FORWARD, hold) if roll < 72 else (_I_BACK, hold // 2)
        if distance > _KICK_DATA.reach + 150:
            return (_I_FORWARD, hold) if roll < 48 else (_I_BACK, hold) if roll < 90 else (_I_KICK, 2)
        if distance > _PUNCH_DATA.reach:
            if roll < 22:
                return _I_KICK, 2
            return (_I_FORWARD, hold) if roll < 50 else (_I_BACK, hold) if roll < 93 else (_I_DASH, 2)
        if roll < 40:
            return _I_PUNCH, 2
        return (_I_BACK, hold) if roll < 85 else (_I_RETREAT, 2) if roll < 93 else (_I_STILL, hold)
