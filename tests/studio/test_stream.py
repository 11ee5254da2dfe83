"""What a page is told next: everything once, the newest picture, and nothing piles up for one that does not listen."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.checkpoints import RunFolder
from rollback.studio.curve import Curve
from rollback.studio.limits import Limits
from rollback.studio.run import Facts, Run
from rollback.studio.stream import Viewer

LIMITS = Limits(points_at_once=50, points_kept=200, curve_points=20)


def made(tmp_path, name="rooms-1"):
    curve = Curve(LIMITS.curve_points, LIMITS.points_kept)
    return Run(RunFolder(tmp_path / name), Facts("q-learning", "gridworld", {}, 1, 0, 1.0), curve, is_read=True)


class Page:
    """A page that notes what it is told, and acknowledges it when it likes."""

    def __init__(self, runs):
        self.viewer, self.runs = Viewer(), runs
        self.waiting, self.events, self.known = [], [], {}

    def turn(self, *, is_drained=True):
        def snapshot(told):
            return {"curves": {run.name: run.curve_told() for run in told}}

        due = list(self.viewer.due(self.runs, self.runs[0], snapshot, LIMITS, is_drained=is_drained))
        for kind, event, payload in due:
            self.waiting.append(kind)
            self.events.append((event, payload))
            self.take(event, payload)
        return [event for _, event, _ in due]

    def take(self, event, payload):
        """Build the curves as a page does, and hold that no point is missing."""
        if event == "snapshot":
            self.known = {name: (told["generation"], told["last"]) for name, told in payload["curves"].items()}
        elif event == "curve":
            self.known[payload["run"]] = payload["generation"], payload["last"]
        elif event == "points":
            generation, last = self.known[payload["run"]]
            assert generation == payload["generation"]
            numbers = [row[0] for row in payload["rows"]]
            assert numbers == list(range(last + 1, last + 1 + len(numbers)))
            assert len(numbers) <= LIMITS.points_at_once
            self.known[payload["run"]] = generation, numbers[-1]

    def acknowledge(self):
        for kind in self.waiting:
            self.viewer.acknowledged(kind)
        self.waiting = []

    def settle(self):
        for _ in range(100):
            self.acknowledge()
            if not self.turn():
                return
        pytest.fail("it is told something again and again")


def train(run, episodes):
    first = run.curve.last + 1
    run.curve.add([[number, number, 1.0, 1, 0.5] for number in range(first, first + episodes)])


def paint(run, count=1):
    run.picture_number += count
    run.picture = {"run": run.name, "number": run.picture_number}


def test_a_page_that_connects_gets_one_snapshot_of_everything_and_goes_on(tmp_path):
    run = made(tmp_path)
    train(run, 500)
    paint(run)
    page = Page([run])
    assert page.turn() == ["snapshot"]
    assert page.turn() == []  # until it has taken that
    assert page.known == {"rooms-1": (0, 500)}
    page.acknowledge()
    assert page.turn() == ["update"]
    train(run, 3)
    page.acknowledge()
    assert page.turn() == ["points"]


def test_of_pictures_only_the_newest_is_sent_and_never_two_without_an_acknowledgement(tmp_path):
    run = made(tmp_path)
    page = Page([run])
    page.settle()
    for _ in range(200):
        paint(run, 5)
        page.turn()
    assert [payload["number"] for event, payload in page.events if event == "update"] == [5]
    page.acknowledge()
    page.turn()
    assert page.events[-1][1]["number"] == 1000
    page.settle()
    assert page.turn() == []  # the same picture is not sent again


def test_points_are_lossless_for_a_page_that_keeps_up_and_go_on_while_a_picture_is_under_way(tmp_path):
    run = made(tmp_path)
    page = Page([run])
    page.settle()
    paint(run)
    page.turn()
    for _ in range(20):
        train(run, 30)
        page.turn()
        page.viewer.acknowledged("points")
    told = [row[0] for event, payload in page.events if event == "points" for row in payload["rows"]]
    assert told == list(range(1, 601))
    assert "update" in page.waiting


def test_a_page_that_was_away_too_long_gets_the_thinned_curve_instead(tmp_path):
    run = made(tmp_path)
    page = Page([run])
    page.settle()
    train(run, 1000)  # more than are kept one by one, in one piece
    train(run, 1000)
    page.settle()
    event, payload = page.events[-1]
    assert event == "curve" and payload["last"] == 2000 and payload["stride"] > 1 and len(payload["rows"]) <= 20
    train(run, 10)
    page.settle()
    assert page.known["rooms-1"] == (0, 2010)


def test_a_new_agent_means_a_new_curve(tmp_path):
    run = made(tmp_path)
    train(run, 30)
    page = Page([run])
    page.settle()
    run.begin_curve(is_read=True)
    train(run, 5)
    page.settle()
    assert page.known["rooms-1"] == (1, 5)
    run.begin_curve(is_read=False)
    assert page.turn() == []  # until the log is read
    train(run, 7)
    run.is_read = True
    page.settle()
    assert page.known["rooms-1"] == (2, 7)


def test_no_run_is_forgotten_for_another_one_that_always_has_news(tmp_path):
    runs = [made(tmp_path, f"rooms-{number}") for number in range(3)]
    page = Page(runs)
    page.settle()
    for run in runs:
        train(run, 40)
    for _ in range(6):
        train(runs[0], 60)
        page.turn()
        page.acknowledge()
    assert page.known["rooms-1"] == (0, 40) == page.known["rooms-2"]


def test_the_page_chooses_whose_pictures_it_gets(tmp_path):
    runs = [made(tmp_path, "one"), made(tmp_path, "two")]
    page = Page(runs)
    page.settle()
    paint(runs[0])
    paint(runs[1])
    page.settle()
    page.viewer.watching = "two"
    page.settle()
    assert [payload["run"] for event, payload in page.events if event == "update"] == ["one", "two"]
    page.viewer.watching = "deleted"
    assert page.viewer.watched(runs, runs[0]) is runs[0]


def test_a_page_that_was_told_less_gets_a_snapshot_when_it_listens_again(tmp_path):
    run = made(tmp_path)
    page = Page([run])
    page.settle()
    page.viewer.is_behind = True
    train(run, 10)
    paint(run)
    assert page.turn(is_drained=False) == []
    assert page.turn() == ["snapshot"]
    page.settle()
    assert page.known == {"rooms-1": (0, 10)}


def test_a_page_is_told_the_curves_of_some_runs_at_once_and_of_the_others_after(tmp_path):
    runs = [made(tmp_path, f"rooms-{number}") for number in range(12)]
    page = Page(runs)
    page.turn()
    assert len(page.events[0][1]["curves"]) == LIMITS.curves == 8
    page.settle()
    assert len(page.known) == 12


STEPS = st.lists(
    st.tuples(st.sampled_from(["train", "paint", "turn", "acknowledge", "new agent", "behind"]), st.integers(1, 120)),
    max_size=60,
)


@settings(max_examples=80, deadline=None)
@given(STEPS)
def test_in_whatever_order_things_happen_no_point_is_missed_and_the_end_is_known(tmp_path_factory, steps):
    run = made(tmp_path_factory.getbasetemp())
    page = Page([run])
    for what, count in steps:
        match what:
            case "train":
                train(run, count)
            case "paint":
                paint(run, count)
            case "turn":
                page.turn()
            case "acknowledge":
                page.acknowledge()
            case "new agent":
                run.begin_curve(is_read=True)
            case "behind":
                page.viewer.is_behind = True
        assert len(page.waiting) == len(set(page.waiting)) <= 3
    page.settle()
    assert page.known["rooms-1"] == (run.generation, run.curve.last)
