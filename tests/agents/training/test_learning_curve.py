"""The picture of a learning curve: what it shows of which lines, and that it is a well-formed file."""

import dataclasses
from xml.etree import ElementTree

import pytest

from rollback.agents.checkpoints import Runs
from rollback.agents.training import make_algorithm
from rollback.agents.training.learning_curve import learning_curve
from rollback.errors import UsageError

SVG = "{http://www.w3.org/2000/svg}"


def lines(rewards, **more):
    return [{"episode": number, "step": 10 * number, "reward": reward, **more} for number, reward in enumerate(rewards, 1)]


def points(svg, kind):
    found = ElementTree.fromstring(svg).find(f"{SVG}{'polygon' if kind == 'half' else 'polyline'}[@class='{kind}']")
    return [tuple(map(float, point.split(","))) for point in found.get("points").split()]


def test_each_generation_is_one_point_wherever_its_number_stands():
    flat = [{**line, "generation": 1 + number // 20} for number, line in enumerate(lines(range(100)))]
    nested = [{**line, "extra": {"generation": 1 + number // 20}} for number, line in enumerate(lines(range(100)))]
    assert learning_curve(flat) == learning_curve(nested)
    assert len(points(learning_curve(flat), "median")) == 5
    assert len(points(learning_curve(flat), "half")) == 10


def test_better_is_higher_later_is_further_right_and_the_best_is_never_below_the_median():
    svg = learning_curve(lines([number + 30 * (number % 2) for number in range(600)]))
    median, best = points(svg, "median"), points(svg, "best")
    assert len(median) == len(best) == 60
    assert median == sorted(median, key=lambda point: (point[0], -point[1]))
    assert median[-1][1] < median[0][1] - 100
    assert all(top[1] < middle[1] for top, middle in zip(best, median, strict=True))


def test_the_words_say_the_numbers_and_nothing_of_a_name_becomes_markup():
    svg = learning_curve(lines([1, 2, 3], generation=1), title="<b>&", measure="lines")
    root = ElementTree.fromstring(svg)
    assert root.find(f"{SVG}title").text == "<b>&"
    assert root.find(f"{SVG}desc").text == "lines while training: at the end the median is 2, half lie from 1 to 3."
    assert "<script" not in svg and "<b>" not in svg


@pytest.mark.parametrize("rewards", [[0], [5, 5, 5], [-3, -1], [1e9, -1e9], [0.001, 0.002]])
def test_any_numbers_lie_inside_the_picture(rewards):
    svg = learning_curve(lines(rewards))
    for kind in ("median", "best", "half"):
        for x, y in points(svg, kind):
            assert 0 <= x <= 760 and 0 <= y <= 400


def test_lines_that_tell_of_no_episode_are_passed_over_and_none_at_all_is_said():
    odd = [
        {"saved": "best"},
        {"episode": 1},
        {"episode": 2, "step": "x", "reward": 1},
        {"episode": 3, "step": 1, "reward": True},
    ]
    assert learning_curve([*odd, *lines([1, 2])]) == learning_curve(lines([1, 2]))
    with pytest.raises(UsageError, match="tells of no episode that has ended"):
        learning_curve(odd)


def test_it_is_drawn_from_the_log_of_a_run(tmp_path):
    algorithm = make_algorithm("cross-entropy", "tetris", {"population": 6, "elite": 2, "pieces": 40}, 1)
    run = Runs(tmp_path).create({"algo": algorithm.name}, like="tetris")
    with run.log() as log:
        while algorithm.cloud.generation < 3:
            log.add([dataclasses.asdict(point) for point in algorithm.advance(100)])
    svg = learning_curve(run.told()[0], title="Tetris", measure="lines")
    assert 3 <= len(points(svg, "median")) <= 4
    assert algorithm.episodes == len(run.told()[0])


def test_lines_that_episodes_share_are_named_so_and_the_best_is_that_of_an_episode():
    alone = lines([1.0, 9.0, 3.0, 7.0] * 60)
    shared = [
        {"episode": 4 * number, "of": 4, "step": 40 * number, "reward": 5.0, "least": 1.0, "most": 9.0}
        for number in range(1, 61)
    ]
    one, all_of_them = learning_curve(shared), learning_curve(alone)
    assert points(one, "best") == points(all_of_them, "best"), "as high, though no line earned as much"
    assert "reward, while training; old episodes in means of 4<" in one and "means of" not in all_of_them
    assert "means of" not in learning_curve([{**line, "of": 1} for line in alone])
