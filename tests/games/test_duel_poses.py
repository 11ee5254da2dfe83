from math import dist

import pytest

from rollback.games.duel_moves import ATTACKS, BODY, LENGTHS, NEVER, Stance
from rollback.games.duel_poses import ARM, LEG, POSES, joint, pose_of

HEAD, NECK, HIP, LEAD_HAND, REAR_HAND, LEAD_FOOT, REAR_FOOT = range(7)


@pytest.mark.parametrize("name", POSES)
def test_a_skeleton_holds_together(name):
    pose = POSES[name]
    assert len(pose) == 7
    for hand in (LEAD_HAND, REAR_HAND):
        assert dist(pose[NECK], pose[hand]) <= ARM * 1.02
    for foot in (LEAD_FOOT, REAR_FOOT):
        assert dist(pose[HIP], pose[foot]) <= LEG * 1.06
    assert 180 < dist(pose[HEAD], pose[NECK]) < 280
    assert 480 < dist(pose[NECK], pose[HIP]) < 760
    assert all(y >= 0 for _, y in pose), "nobody stands in the floor"


@pytest.mark.parametrize("stance", Stance)
def test_every_age_of_every_stance_has_a_pose(stance):
    for age in range(200):
        assert len(pose_of(stance, age)) == 7
        assert len(pose_of(int(stance), age)) == 7


@pytest.mark.parametrize("stance", [Stance.DASH, Stance.RETREAT, Stance.PUNCH, Stance.KICK])
def test_moves_begin_and_end_ready(stance):
    assert pose_of(stance, 0) == POSES["ready"]
    assert LENGTHS[stance] < NEVER
    assert pose_of(stance, LENGTHS[stance]) == POSES["ready"]


@pytest.mark.parametrize(("stance", "limb"), [(Stance.PUNCH, LEAD_HAND), (Stance.KICK, LEAD_FOOT)])
def test_a_limb_is_stretched_while_the_attack_can_hit_and_then_touches_the_opponent(stance, limb):
    attack = ATTACKS[stance]
    reaches = [pose_of(stance, age)[limb][0] for age in range(attack.total)]
    active = range(attack.startup, attack.startup + attack.active)
    assert all(reaches[age] == max(reaches) for age in active)
    assert reaches[attack.startup - 1] < max(reaches)
    assert attack.reach - BODY / 2 - 60 < max(reaches) < attack.reach, "what is seen is what hits"


def test_poses_are_blended_in_between():
    ages = [pose_of(Stance.DOWN, age)[HEAD][1] for age in range(20)]
    assert ages == sorted(ages, reverse=True)
    assert len(set(ages)) > 15


def test_a_cycle_comes_round():
    walk = [pose_of(Stance.FORWARD, age) for age in range(40)]
    assert len({pose for pose in walk}) == 2
    assert walk[:14] == walk[14:28]


@pytest.mark.parametrize("side", [-1, 1])
def test_a_bent_limb_keeps_its_length(side):
    start, end = (0.0, 0.0), (300.0, 400.0)
    elbow = joint(start, end, 800.0, side)
    assert dist(start, elbow) == pytest.approx(400.0)
    assert dist(elbow, end) == pytest.approx(400.0)
    assert joint(start, end, 800.0, -side) != elbow


def test_a_stretched_limb_and_one_of_no_length_do_not_fail():
    assert joint((0.0, 0.0), (1_000.0, 0.0), 800.0, 1) == (500.0, 0.0)
    assert joint((5.0, 5.0), (5.0, 5.0), 0.0, 1) == (5.0, 5.0)
