"""Duel: two fighters, footsies, rounds. Knows who hits whom and who wins; knows no frame, no peer and no screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, Final

from rollback.errors import GameError
from rollback.game import Bits
from rollback.games.dice import advance, below, spread
from rollback.games.drawing import Primitive
from rollback.games.duel_fighter import Fighter
from rollback.games.duel_moves import ATTACKS, BODY, CRUSH_STUN, GUARD, HEALTH, STAGE, Attack, Stance
from rollback.games.duel_picture import picture
from rollback.games.text import paint

__all__ = ["Duel", "Phase"]

ROUNDS: Final = 3  # to win
ROUND_FRAMES: Final = 30 * 60
INTRO_FRAMES: Final = 75  # "Round 2 ... fight!"
OUTRO_FRAMES: Final = 110
CHEER: Final = 75  # frames before its end: first the last blow is seen to its end
LONGEST: Final = ROUND_FRAMES + OUTRO_FRAMES  # that a stance can last
NEAREST_START: Final = 1_000
START_RANGE: Final = 400  # each round starts a little nearer or farther, so that no opening is always right

_ATTACKS: Final = tuple(ATTACKS.get(stance) for stance in Stance)  # by plain int
_EXPOSED: Final = tuple(attack.exposed if attack else 0 for attack in _ATTACKS)
_IDLE: Final = (False,) * 5


class Phase(IntEnum):
    """What a match is at."""

    INTRO = 0
    FIGHT = 1
    OUTRO = 2
    OVER = 3


# How long a phase lasts, and what follows when its clock is at zero; a knock-out ends FIGHT early, and after the last
# OUTRO comes OVER instead.
PHASES: Final = {
    Phase.INTRO: (INTRO_FRAMES, Phase.FIGHT),
    Phase.FIGHT: (ROUND_FRAMES, Phase.OUTRO),
    Phase.OUTRO: (OUTRO_FRAMES, Phase.INTRO),
    Phase.OVER: (0, Phase.OVER),
}


class Duel:
    """A match of Duel: first to three rounds.

    An action is five buttons: back, forward, punch, kick, dash. Back and forward are meant from the fighter's own side
    (player 0 stands left and looks right, player 1 the other way round), so that the same policy plays both; `keys`
    maps arrow keys accordingly. Walking back blocks, at the cost of guard; dash with back held retreats; a punch that
    connected can be followed at once by a kick. Whoever has more health when time runs out wins the round, a draw
    counts for both.

    Attributes:
        fighters: Left and right.
        phase: See `Phase`.
        clock: Frames left in the phase.
        freeze: Frames both still stand frozen by an impact.
        rounds: Rounds won by each.
        word: The generator of the starting places.
    """

    players = 2
    fps = 60
    codecs = (Bits(5), Bits(5))
    buttons = ("back", "forward", "punch", "kick", "dash")

    # What `observe` holds, in order: name, least and greatest value.
    observed: Final = (
        ("distance", BODY, 2 * STAGE),
        *(
            (f"{whose} {name}", least, greatest)
            for whose in ("own", "other")
            for name, least, greatest in (
                ("place", BODY - STAGE, STAGE),
                ("stance", 0, len(Stance) - 1),
                ("age", 0, LONGEST),
                ("health", 0, HEALTH),
                ("guard", 0, GUARD),
                ("stun", 0, CRUSH_STUN),
                ("rounds", 0, ROUNDS),
            )
        ),
        ("phase", 0, len(Phase) - 1),
        ("clock", 0, ROUND_FRAMES),
    )

    def __init__(self, seed: int = 0) -> None:
        self.reset(seed)

    def reset(self, seed: int) -> None:
        """Start a match; the seed decides how far apart each round starts."""
        self.word = spread(seed)
        self.rounds = (0, 0)
        self._new_round()

    def _new_round(self) -> None:
        self.word = advance(self.word)
        place = NEAREST_START + below(self.word, START_RANGE)
        self.fighters = (Fighter(place), Fighter(place))
        self.freeze = 0
        self._enter(Phase.INTRO)

    def _enter(self, phase: Phase) -> None:
        self.phase = int(phase)
        self.clock = PHASES[phase][0]

    def step(self, actions: Sequence[Any]) -> None:
        """Advance one frame; a match that is over stays as it is."""
        if self.phase == Phase.OVER:
            return
        left, right = self.fighters
        left_buttons, right_buttons = actions if self.phase == Phase.FIGHT else (_IDLE, _IDLE)
        left.read(left_buttons)
        right.read(right_buttons)
        if self.freeze:
            self.freeze -= 1
            return
        if self.phase != Phase.INTRO:
            left.act(left_buttons)
            right.act(right_buttons)
            self._keep_apart(left, right)
            if self.phase == Phase.FIGHT:
                self._strike(left, right)
        self.clock -= 1
        if self.phase == Phase.OUTRO and self.clock == CHEER:
            self._cheer(left, right)
        if self.clock <= 0 or (self.phase == Phase.FIGHT and not (left.health and right.health)):
            self._next_phase(left, right)

    @staticmethod
    def _keep_apart(left: Fighter, right: Fighter) -> None:
        """Undo overlaps, half each; what a corner does not give way the other one has to."""
        overlap = BODY - left.place - right.place
        if overlap > 0:
            half = (overlap + 1) >> 1  # rounded up for both, or one side would be favoured
            left.place += half
            right.place += half
        for fighter, other in ((left, right), (right, left)):
            if fighter.place > STAGE:
                if fighter.push and not other.push:  # cornered: the attacker slides back instead
                    other.push, fighter.push = fighter.push, 0
                fighter.place = STAGE
        for fighter, other in ((left, right), (right, left)):
            if fighter.place == STAGE and other.place < BODY - STAGE:
                other.place = BODY - STAGE

    def _strike(self, left: Fighter, right: Fighter) -> None:
        """Let attacks connect, both judged before either takes effect: equal attacks trade."""
        distance = left.place + right.place
        blow = self._blow(left, right, distance)
        counter = self._blow(right, left, distance)
        for attack, attacker, target in ((blow, left, right), (counter, right, left)):
            if attack is None:
                continue
            self.freeze = max(self.freeze, attack.freeze)
            if target.guards():
                target.block(attack)
            else:
                target.suffer(attack)
            if (blow is None) or (counter is None):
                attacker.landed = 1

    @staticmethod
    def _blow(attacker: Fighter, target: Fighter, distance: int) -> Attack | None:
        """Return the attack that connects in this frame."""
        attack = _ATTACKS[attacker.stance]
        if attack is None or attacker.landed or not attack.startup <= attacker.age < attack.startup + attack.active:
            return None
        stretched = _ATTACKS[target.stance]
        exposed = _EXPOSED[target.stance] if stretched and target.age >= stretched.startup else 0
        return attack if distance - exposed <= attack.reach else None

    def _next_phase(self, left: Fighter, right: Fighter) -> None:
        if self.phase == Phase.FIGHT:
            won, lost = left.health >= right.health, right.health >= left.health
            self.rounds = (self.rounds[0] + won, self.rounds[1] + lost)
        if self.phase == Phase.OUTRO and max(self.rounds) >= ROUNDS:
            self._enter(Phase.OVER)
        elif self.phase == Phase.OUTRO:
            self._new_round()
        else:
            self._enter(PHASES[Phase(self.phase)][1])

    @staticmethod
    def _cheer(left: Fighter, right: Fighter) -> None:
        if left.health != right.health:
            (left if left.health > right.health else right).cheer()

    @property
    def over(self) -> bool:
        """Whether the match is decided and the last pose was held long enough."""
        return self.phase == Phase.OVER

    def save(self) -> dict[str, Any]:
        """Return the state: dicts and pairs of whole numbers, none of which the game ever changes."""
        left, right = self.fighters
        return {
            "fighters": (left.save(), right.save()),
            "phase": self.phase,
            "clock": self.clock,
            "freeze": self.freeze,
            "rounds": self.rounds,
            "word": self.word,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Become a state that `save` returned.

        Raises:
            GameError: It is no state of Duel; the game stays as it was.
        """
        try:
            fighters = (Fighter(0), Fighter(0))
            for fighter, saved in zip(fighters, state["fighters"], strict=True):
                fighter.load(saved)
            won, lost = state["rounds"]
            phase, clock, freeze, word = state["phase"], state["clock"], state["freeze"], state["word"]
        except (KeyError, TypeError, ValueError):
            raise GameError(f"Duel.load takes what Duel.save returned, not {state!r:.100}") from None
        self.fighters, self.rounds = fighters, (won, lost)
        self.phase, self.clock, self.freeze, self.word = phase, clock, freeze, word

    def scores(self) -> tuple[int, int]:
        """Return the rounds both players won."""
        return self.rounds

    def idle(self, player: int) -> tuple[bool, ...]:
        """Return the action of standing still."""
        return _IDLE

    def keys(self, player: int) -> dict[str, int]:
        """Return which key presses which button, by the names of keys that terminals, windows and browsers share."""
        back, forward = ("left", "right") if player == 0 else ("right", "left")
        wasd_back, wasd_forward = ("a", "d") if player == 0 else ("d", "a")
        return {back: 0, wasd_back: 0, forward: 1, wasd_forward: 1, "j": 2, "k": 3, "l": 4, "space": 4}

    def observe(self, player: int) -> tuple[int, ...]:
        """Return what a player sees, as `observed` names it."""
        own, other = self.fighters[player], self.fighters[1 - player]
        return (
            own.place + other.place,
            *(own.place, own.stance, own.age, own.health, own.guard, own.stun, self.rounds[player]),
            *(other.place, other.stance, other.age, other.health, other.guard, other.stun, self.rounds[1 - player]),
            *(self.phase, self.clock),
        )

    def draw(self) -> list[Primitive]:
        """Return the picture as primitives of `rollback.games.drawing`."""
        return picture(self.save())

    def render(self, columns: int = 56, rows: int = 18, *, colour: bool = False) -> str:
        """Return the picture as text of `columns` x `rows` cells, with ANSI colours if asked."""
        return paint(self.draw(), columns, rows, colour=colour)
