"""The cloud moves to where the best are, and keeps some breadth while there is noise."""

import random

import pytest

from rollback.agents.training.noisy import Cloud
from rollback.agents.training.whole import whole


def test_it_finds_the_top_of_a_hill():
    top, dice, cloud = (3.0, -7.0, 0.5), random.Random(1), Cloud(3, 10.0, 1.0, 10)
    for _ in range(40):
        drawn = cloud.drawn(60, dice)
        cloud.move(drawn, [-sum((a - b) ** 2 for a, b in zip(each, top, strict=True)) for each in drawn], 8)
    assert cloud.mean == pytest.approx(top, abs=0.05)
    assert max(cloud.deviations) < 0.1
    assert cloud.generation == 40


def test_noise_is_added_less_and_less_and_then_no_more():
    cloud, spreads = Cloud(1, 1.0, 4.0, 4), []
    for _ in range(6):
        cloud.move([(2.0,), (2.0,), (9.0,)], [1, 1, 0], 2)
        spreads.append(cloud.deviations[0] ** 2)
    assert spreads == pytest.approx([4.0, 3.0, 2.0, 1.0, 0.0, 0.0])


def test_of_equally_good_ones_the_first_count():
    cloud = Cloud(1, 1.0, 0.0, 1)
    cloud.move([(1.0,), (3.0,), (5.0,), (7.0,)], [0, 2, 2, 2], 2)
    assert cloud.mean == (4.0,) and cloud.deviations == (1.0,)


def test_whole_weights_have_one_length_and_the_same_direction():
    assert whole((3.0, -4.0)) == (4_800, -6_400)
    assert whole((0.003, -0.004)) == (4_800, -6_400)
    assert whole((0.0, 0.0)) == (0, 0)
    assert whole((1.0, 1.0), 10) == (7, 7)
