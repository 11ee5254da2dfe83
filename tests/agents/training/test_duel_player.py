"""A player of Duel by weights: what it sees, what it chooses, which buttons that presses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.training.duel_choices import CHOICES, LOOK, PRESSED, STILL
from rollback.agents.training.duel_player import SEEN, WEIGHTS_OF_DUEL, LinearDuel, chosen, duel_hash, seen_of
from rollback.games import Duel
from rollback.games.duel_moves import Stance

FIGHT = 1
NAMES = [name for name, _, _ in Duel.observed]


def view(**changed):
    """Return what a fighter sees who stands free and far away, with other values by name, blanks as underscores."""
    seen = {"distance": 2_000, "own guard": 4, "other guard": 4, "own health": 100, "other health": 100, "phase": FIGHT}
    seen |= {name.replace("_", " "): int(value) for name, value in changed.items()}
    return tuple(seen.get(name, 0) for name in NAMES)


def seen(**changed):
    return dict(zip(SEEN, seen_of(view(**changed)), strict=True))


def weights(**choices):
    """Return weights that are zero but for a choice and what was seen."""
    found = [0] * len(WEIGHTS_OF_DUEL)
    for choice, (name, weight) in choices.items():
        found[CHOICES.index(choice) * len(SEEN) + SEEN.index(name)] = weight
    return found


@pytest.mark.parametrize(
    ("changed", "name", "value"),
    [
        ({}, "always", 100),
        ({"distance": 1_450}, "distance", 0),
        ({"distance": 6_000}, "distance", 200),
        ({"distance": 950}, "in reach of a punch", 100),
        ({"distance": 951}, "in reach of a punch", 0),
        ({"distance": 1_450}, "in reach of a kick", 100),
        ({"distance": 1_700, "other_stance": Stance.KICK}, "an attack is coming", 100),
        ({"distance": 1_800, "other_stance": Stance.KICK}, "an attack is coming", 0),
        ({"distance": 1_700, "other_stance": Stance.KICK, "other_age": 16}, "an attack is coming", 0),
        ({"distance": 1_700, "other_stance": Stance.KICK, "other_age": 16}, "it missed", 100),
        ({"distance": 1_700, "other_stance": Stance.KICK, "other_age": 31}, "it missed", 0),
        ({"other_stance": Stance.CRUSHED}, "the other cannot move", 100),
        ({"other_stance": Stance.BACK}, "the other walks back", 100),
        ({"own_stance": Stance.PUNCH, "other_stance": Stance.HIT}, "own punch connected", 100),
        ({"own_guard": 2}, "own guard is low", 100),
        ({"own_guard": 3}, "own guard is low", 0),
    ],
)
def test_it_sees_what_counts_in_a_fight(changed, name, value):
    assert seen(**changed)[name] == value


@pytest.mark.parametrize("changed", [{"phase": 0}, {"own_stance": Stance.HIT}, {"own_stance": Stance.KICK}])
def test_where_nothing_can_be_done_nothing_is_weighed(changed):
    assert seen_of(view(**changed)) is None
    assert chosen(weights(kick=("always", 5)), view(**changed)) == STILL


def test_the_choice_with_the_greatest_sum_is_made_and_the_first_of_several():
    near, far = view(distance=900), view(distance=2_400)
    learned = weights(punch=("in reach of a punch", 7), forward=("distance", 1))
    assert CHOICES[chosen(learned, near)] == "punch"
    assert CHOICES[chosen(learned, far)] == "forward"
    assert CHOICES[chosen([0] * len(WEIGHTS_OF_DUEL), near)] == "still"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-8_000, 8_000), min_size=len(WEIGHTS_OF_DUEL), max_size=len(WEIGHTS_OF_DUEL)),
    st.tuples(*[st.integers(least, greatest) for _, least, greatest in Duel.observed]),
)
def test_whatever_is_seen_there_is_a_choice_and_buttons_for_it(learned, observation):
    bot, memory = LinearDuel(learned), None
    for frame in range(LOOK + 1):
        buttons, memory = bot.act(observation, memory)
        assert buttons == PRESSED[memory[0]][frame % LOOK]
        assert len(buttons) == 5 and memory == (chosen(learned, observation), frame % LOOK + 1)


def test_an_attack_is_let_go_within_its_choice_so_that_the_next_one_counts():
    for choice, frames in zip(CHOICES, PRESSED, strict=True):
        assert len(frames) == LOOK
        assert not any(frames[-1][2:]), choice
        assert len({buttons[:2] for buttons in frames}) == 1, "a way is walked for the whole of it"
    game, bot = Duel(1), LinearDuel(weights(punch=("always", 1)))
    memory, begun, before = None, 0, 0
    for _ in range(400):
        buttons, memory = bot.act(game.observe(0), memory)
        game.step((buttons, game.idle(1)))
        stance, age = game.fighters[0].stance, game.fighters[0].age
        begun += stance == Stance.PUNCH and (before != Stance.PUNCH or age == 0)
        before = stance
    assert begun > 5, "it punches again and again"


def test_the_hash_says_what_the_weights_are_of():
    assert duel_hash() == duel_hash() and len(duel_hash()) == 64
    assert len(WEIGHTS_OF_DUEL) == len(set(WEIGHTS_OF_DUEL)) == len(CHOICES) * len(SEEN)
