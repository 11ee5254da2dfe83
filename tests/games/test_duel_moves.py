import pytest

from rollback.games.duel_moves import (
    ADVANCES,
    ATTACKS,
    BODY,
    BUFFER,
    CRUSH_STUN,
    GUARD,
    HEALTH,
    LENGTHS,
    NEVER,
    OPENS,
    STAGE,
    Stance,
    Wish,
)

PUNCH, KICK = ATTACKS[Stance.PUNCH], ATTACKS[Stance.KICK]


def advantage(attack, stun):
    """Return how many frames earlier than its target an attacker can act again after the earliest hit."""
    return stun - (attack.total - attack.startup)


def test_every_table_has_an_entry_for_every_stance():
    assert len(LENGTHS) == len(ADVANCES) == len(OPENS) == len(Stance)
    assert all(len(row) == len(Wish) for row in OPENS)


def test_nothing_is_never_granted():
    assert all(row[Wish.NOTHING] == NEVER for row in OPENS)


def test_only_the_free_stances_grant_everything_at_once():
    free = [stance for stance in Stance if OPENS[stance][1:] == (0, 0, 0)]
    assert free == [Stance.READY, Stance.FORWARD, Stance.BACK]
    for stance in (Stance.HIT, Stance.BLOCK, Stance.CRUSHED, Stance.DOWN, Stance.PROUD, Stance.RETREAT, Stance.KICK):
        assert set(OPENS[stance]) == {NEVER}


@pytest.mark.parametrize("attack", [PUNCH, KICK])
def test_a_move_is_start_up_active_and_recovery(attack):
    assert attack.total == attack.startup + attack.active + attack.recovery
    assert min(attack.startup, attack.active, attack.recovery, attack.freeze) > 0


def test_a_punch_is_fast_and_short_and_a_kick_slow_and_long():
    assert PUNCH.startup < KICK.startup / 2
    assert PUNCH.total < KICK.total
    assert PUNCH.reach < KICK.reach
    assert PUNCH.damage < KICK.damage
    assert PUNCH.reach > BODY, "a punch reaches an opponent who stands close"


def test_a_hit_gives_the_attacker_the_next_move_and_a_block_takes_it():
    for attack in ATTACKS.values():
        assert advantage(attack, attack.hit_stun) > 0
        assert advantage(attack, attack.block_stun) < 0


def test_a_blocked_kick_can_be_punished_by_a_punch_and_a_blocked_punch_cannot():
    assert -advantage(KICK, KICK.block_stun) > PUNCH.startup
    assert -advantage(PUNCH, PUNCH.block_stun) < PUNCH.startup


def test_no_punch_leads_to_the_next_one_for_ever():
    assert advantage(PUNCH, PUNCH.hit_stun) < PUNCH.startup
    assert advantage(KICK, KICK.hit_stun) < PUNCH.startup


def test_a_punch_that_hit_leads_to_a_kick():
    opens = OPENS[Stance.PUNCH][Wish.KICK]
    assert PUNCH.hit_stun > opens - PUNCH.startup + KICK.startup
    assert OPENS[Stance.PUNCH][Wish.PUNCH] == NEVER


def test_a_missed_kick_can_be_reached_by_a_fighter_who_stood_just_out_of_reach():
    assert KICK.exposed + PUNCH.reach < KICK.reach, "but not by a punch without a step"
    assert KICK.exposed + KICK.reach > KICK.reach
    assert KICK.recovery > KICK.startup


def test_a_round_takes_several_hits_and_a_guard_several_blocks():
    assert 5 <= HEALTH / KICK.damage <= 12
    assert GUARD // KICK.guard == 2
    assert KICK.startup < CRUSH_STUN, "a crushed guard costs a kick"
    assert BUFFER < PUNCH.startup + PUNCH.active, "a press must not surprise who made it"


def test_the_stage_holds_a_fight_at_every_distance():
    assert 2 * STAGE > 2 * KICK.reach
    assert ADVANCES[Stance.FORWARD][0] > -ADVANCES[Stance.BACK][0] > 0, "whoever goes forward catches up"
    assert ADVANCES[Stance.DASH][0] > 2 * ADVANCES[Stance.FORWARD][0]
    assert ADVANCES[Stance.RETREAT][0] < 0
