import pytest

from rollback.games.duel_fighter import FIELDS, Fighter
from rollback.games.duel_moves import (
    ADVANCES,
    ATTACKS,
    BUFFER,
    CRUSH_STUN,
    GUARD,
    GUARD_REGAIN,
    HEALTH,
    LENGTHS,
    OPENS,
    Stance,
    Wish,
)

STILL = (False, False, False, False, False)
BACK = (True, False, False, False, False)
FORWARD = (False, True, False, False, False)
BOTH = (True, True, False, False, False)
PUNCH = (False, False, True, False, False)
KICK = (False, False, False, True, False)
DASH = (False, False, False, False, True)
RETREAT = (True, False, False, False, True)


def live(fighter, *rows):
    for buttons in rows:
        fighter.read(buttons)
        fighter.act(buttons)
    return fighter


def test_a_fighter_starts_whole_and_ready():
    fighter = Fighter(1_000)
    assert (fighter.place, fighter.stance, fighter.health, fighter.guard) == (1_000, Stance.READY, HEALTH, GUARD)


def test_saving_names_every_field_and_loading_takes_them_all():
    fighter = Fighter(1)
    values = {name: number for number, name in enumerate(FIELDS)}
    fighter.load(values)
    assert fighter.save() == values
    assert list(fighter.save()) == list(FIELDS)


@pytest.mark.parametrize("missing", FIELDS)
def test_a_state_without_a_field_is_a_key_error(missing):
    values = Fighter(1).save()
    del values[missing]
    with pytest.raises(KeyError, match=missing):
        Fighter(1).load(values)


@pytest.mark.parametrize(
    ("buttons", "stance"),
    [(STILL, Stance.READY), (BACK, Stance.BACK), (FORWARD, Stance.FORWARD), (BOTH, Stance.READY)],
)
def test_walking_follows_the_buttons_at_once(buttons, stance):
    fighter = live(Fighter(1_000), buttons)
    assert fighter.stance == stance
    assert fighter.place == 1_000 - ADVANCES[stance][0]
    assert live(fighter, STILL).stance == Stance.READY


@pytest.mark.parametrize(
    ("buttons", "stance"),
    [(PUNCH, Stance.PUNCH), (KICK, Stance.KICK), (DASH, Stance.DASH), (RETREAT, Stance.RETREAT)],
)
def test_a_move_lasts_as_long_as_its_data_say(buttons, stance):
    fighter = live(Fighter(1_000), buttons)
    frames = 0
    while fighter.stance == stance:
        frames += 1
        assert frames < 100
        live(fighter, STILL)
    assert frames == LENGTHS[stance]
    assert fighter.stance == Stance.READY


def test_a_held_button_is_one_press():
    fighter = live(Fighter(1_000), *[PUNCH] * 60)
    assert fighter.stance == Stance.READY
    live(fighter, STILL, PUNCH)
    assert fighter.stance == Stance.PUNCH


@pytest.mark.parametrize("early", range(1, 12))
def test_a_press_shortly_before_the_end_of_a_move_is_kept(early):
    fighter = live(Fighter(1_000), KICK, *[STILL] * (LENGTHS[Stance.KICK] - 1 - early))
    live(fighter, PUNCH, *[STILL] * early)
    assert (fighter.stance == Stance.PUNCH) == (early <= BUFFER)


def test_of_two_presses_at_once_the_kick_counts():
    assert live(Fighter(1_000), (False, False, True, True, True)).stance == Stance.KICK


def test_dashing_goes_forward_and_retreating_back_and_both_stop_by_themselves():
    dashed = live(Fighter(1_000), DASH, *[STILL] * 30).place
    walked = live(Fighter(1_000), *[FORWARD] * LENGTHS[Stance.DASH]).place
    retreated = live(Fighter(1_000), RETREAT, *[STILL] * 30).place
    assert dashed < walked < 1_000 < retreated


@pytest.mark.parametrize(("press", "stance", "wish"), [(PUNCH, Stance.PUNCH, 1), (KICK, Stance.KICK, 2)])
def test_a_dash_opens_into_an_attack_at_its_age(press, stance, wish):
    opens = OPENS[Stance.DASH][wish]
    fighter = live(Fighter(1_000), DASH, *[STILL] * (opens - 2), press)
    assert fighter.stance == Stance.DASH
    assert live(fighter, STILL).stance == stance


def test_a_punch_becomes_a_kick_only_if_it_connected():
    for landed in (0, 1):
        fighter = live(Fighter(1_000), PUNCH, *[STILL] * 6)
        fighter.landed = landed
        live(fighter, KICK, STILL)
        assert fighter.stance == (Stance.KICK if landed else Stance.PUNCH)


def test_presses_are_noticed_while_everything_is_frozen():
    fighter = Fighter(1_000)
    fighter.read(PUNCH)
    assert fighter.wish == Wish.PUNCH
    fighter.read(STILL)
    fighter.act(STILL)
    assert fighter.stance == Stance.PUNCH


@pytest.mark.parametrize("attack", ATTACKS.values())
def test_being_hit_costs_health_and_time_and_pushes_back(attack):
    fighter = Fighter(1_000)
    fighter.suffer(attack)
    assert fighter.health == HEALTH - attack.damage
    frames = 0
    while fighter.stance == Stance.HIT:
        live(fighter, PUNCH if frames % 2 else STILL)
        frames += 1
    assert frames == attack.hit_stun
    assert fighter.place > 1_000 + 2 * attack.push


@pytest.mark.parametrize("attack", ATTACKS.values())
def test_blocking_costs_guard_instead_of_health(attack):
    fighter = live(Fighter(1_000), BACK)
    assert fighter.guards()
    fighter.block(attack)
    assert (fighter.health, fighter.guard) == (HEALTH, GUARD - attack.guard)
    assert fighter.stance == Stance.BLOCK
    assert fighter.guards(), "whoever blocks goes on blocking"
    frames = 0
    while fighter.stance == Stance.BLOCK:
        live(fighter, STILL)
        frames += 1
    assert frames == attack.block_stun


@pytest.mark.parametrize("buttons", [STILL, FORWARD, PUNCH, KICK, DASH, RETREAT, BOTH])
def test_only_walking_back_guards(buttons):
    assert not live(Fighter(1_000), buttons).guards()


def test_the_guard_is_crushed_when_it_is_used_up_and_whole_again_then():
    kick = ATTACKS[Stance.KICK]
    fighter = Fighter(1_000)
    for _ in range(GUARD // kick.guard):
        assert fighter.stance != Stance.CRUSHED
        fighter.block(kick)
    assert (fighter.stance, fighter.guard, fighter.stun) == (Stance.CRUSHED, GUARD, CRUSH_STUN)
    assert not fighter.guards()
    live(fighter, *[BACK] * (CRUSH_STUN - 1))
    assert fighter.stance == Stance.CRUSHED
    assert live(fighter, BACK).stance == Stance.BACK


def test_the_guard_comes_back_with_time_but_not_beyond_its_full():
    fighter = Fighter(1_000)
    fighter.block(ATTACKS[Stance.PUNCH])
    live(fighter, *[STILL] * (GUARD_REGAIN - 1))
    assert fighter.guard == GUARD - 1
    live(fighter, *[STILL] * 300)
    assert fighter.guard == GUARD


def test_every_block_starts_the_wait_for_guard_anew():
    fighter = Fighter(1_000)
    fighter.block(ATTACKS[Stance.PUNCH])
    live(fighter, *[STILL] * (GUARD_REGAIN - 1))
    fighter.block(ATTACKS[Stance.PUNCH])
    live(fighter, *[STILL] * (GUARD_REGAIN - 1))
    assert fighter.guard == GUARD - 2
    assert live(fighter, STILL).guard == GUARD - 1


def test_whoever_has_no_health_left_lies_down_and_stays_there():
    fighter = Fighter(1_000)
    for _ in range(20):
        fighter.suffer(ATTACKS[Stance.KICK])
    assert (fighter.health, fighter.stance) == (0, Stance.DOWN)
    live(fighter, *[PUNCH, STILL] * 100)
    assert fighter.stance == Stance.DOWN


def test_a_winner_cheers_until_the_round_ends():
    fighter = Fighter(1_000)
    fighter.cheer()
    assert live(fighter, *[KICK, STILL, FORWARD] * 30).stance == Stance.PROUD
