"""Who is blamed for lost workers, and that no match is lost or played twice: with workers that live and die by a script."""

from __future__ import annotations

import pickle
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.errors import RollbackError
from rollback.sim.pool.backends import handing
from rollback.sim.pool.backends.handing import hand_out
from rollback.sim.pool.backends.pieces import Lost, Refused
from rollback.sim.pool.blackbox import Found
from rollback.sim.pool.job import Rules
from rollback.sim.pool.worker import Orders, play_batch
from tests.sim.pool.tasks import Task, numbered


@dataclass
class Crew:
    """Plays in order when it is waited for.

    Attributes:
        poison: Matches that kill their worker.
        killed: Numbers of pieces whose worker is killed by somebody, and at which of its matches.
        is_traced: Whether the dead leave anything.
        hangs: Matches that are ended by their watchdog.
    """

    poison: frozenset[int] = frozenset()
    killed: dict[int, int] = field(default_factory=dict)
    is_one_boat: bool = False
    is_traced: bool = True
    hangs: frozenset[int] = frozenset()
    window: int = 3
    under_way: dict = field(default_factory=dict)
    left: dict = field(default_factory=dict)
    most: int = 0
    renewed: int = 0
    hurried: int = 0
    played: Counter = field(default_factory=Counter)
    alone: list = field(default_factory=list)

    def submit(self, piece, packed):
        if self.is_one_boat:  # nobody who comes later goes down with a suspect either, nor takes it down
            assert not any(each.is_suspect for each, _ in self.under_way.values())
        self.under_way[piece.number] = piece, packed
        self.most = max(self.most, len(self.under_way))
        if piece.is_suspect:
            assert len(piece.jobs) == 1
            self.alone.append(len(self.under_way))
        return piece.number

    def wait(self, handles):
        assert set(handles) == set(self.under_way)
        return [min(handles)]

    def answer(self, handle):
        piece, packed = self.under_way.pop(handle)
        for place, job in enumerate(piece.jobs):
            self.played[job.index] += 1
            if job.index in self.poison or job.index in self.hangs or self.killed.get(handle) == place:
                text = "here it hung" if job.index in self.hangs else ""
                self.left[handle] = [Found(handle, place, text)] if self.is_traced or text else []
                raise Lost("it died", takes_all=self.is_one_boat)
        return play_batch(packed, handle, Orders(0, ""), piece.parcels)

    def traces(self, numbers):
        return {number: self.left[number] for number in numbers if number in self.left}

    def hurry(self):
        self.hurried += 1

    def renew(self):
        self.renewed += 1
        self.under_way.clear()


@pytest.fixture(autouse=True)
def unwatched(monkeypatch):
    from rollback.sim.pool import worker

    monkeypatch.setattr(worker, "prepare", lambda orders: None)  # this process is no worker


def played(crew, count=12, **rules):
    jobs = numbered([Task("nothing", value=index) for index in range(count)])
    results = list(hand_out(iter(jobs), Rules(**rules), crew))
    assert sorted(each.index for each in results) == list(range(count))
    assert all(each.seed == jobs[each.index].seed for each in results)
    return sorted(results, key=lambda each: each.index)


@pytest.mark.parametrize("is_one_boat", [False, True])
@pytest.mark.parametrize("is_traced", [False, True])
@given(
    poison=st.frozensets(st.integers(0, 11), max_size=3),
    killed=st.dictionaries(st.integers(1, 12), st.integers(0, 4), max_size=2),
    batch=st.integers(1, 6),
    window=st.integers(1, 5),
)
def test_whatever_dies_only_what_kills_is_blamed(is_one_boat, is_traced, poison, killed, batch, window):
    crew = Crew(poison, killed, is_one_boat, is_traced, window=window)
    results = played(crew, batch=batch, retries=2)
    assert {each.index for each in results if each.status == "crashed"} == poison
    strays = 0 if is_one_boat or not is_traced else len(killed)
    assert all(3 <= each.attempts <= 3 + strays for each in results if each.index in poison)
    assert all(f"died, {each.attempts} times: it died" in each.error for each in results if each.index in poison)
    assert all(each.digest for each in results if each.index not in poison)
    assert all(each.attempts <= 3 for each in results if each.index not in poison)
    assert crew.most <= window
    if is_one_boat:
        assert set(crew.alone) <= {1}  # nobody else goes down with a suspect


def test_the_rest_of_a_lost_batch_travels_on_without_the_suspect():
    crew = Crew(poison=frozenset({5}))
    results = played(crew, batch=12, retries=2)
    assert results[5].status == "crashed" and results[5].attempts == 3 and crew.played[5] == 4
    assert len(crew.alone) == 3 and max(crew.played[index] for index in range(12) if index != 5) == 2


def test_where_nobody_knows_who_died_each_is_tried_alone():
    crew = Crew(poison=frozenset({5}), is_traced=False)
    results = played(crew, batch=12, retries=0)
    assert results[5].status == "crashed" and results[5].attempts == 1 and len(crew.alone) == 12


def test_a_match_that_hangs_is_not_tried_again():
    crew = Crew(hangs=frozenset({5}))
    results = played(crew, batch=4, retries=9, timeout=2.0)
    assert results[5].status == "timeout" and results[5].attempts == 1 and crew.played[5] == 1
    assert crew.hurried == 0, "it was no import"
    assert results[5].error == "it took longer than timeout=2 s, and was ended:\nhere it hung"


@pytest.mark.parametrize("is_one_boat", [False, True])
def test_a_suspect_in_one_boat_is_not_killed_by_a_batch_that_was_sent_after_it(is_one_boat):
    # The first batch kills while a hanging match is under way beside it: that one is suspected, and tried alone.
    crew = Crew(poison=frozenset({1, 9}), hangs=frozenset({5}), is_one_boat=is_one_boat, window=4)
    results = played(crew, batch=4, retries=1, timeout=2.0)
    assert {each.index: (each.status, each.attempts) for each in results if each.status != "ok"} == {
        1: ("crashed", 2),
        5: ("timeout", 1),
        9: ("crashed", 2),
    }


def test_a_match_that_is_ended_while_it_is_imported_is_no_killer_and_says_what_it_had():
    class Importing(Crew):
        """Its watchdog finds no place: the batch is still being opened."""

        def traces(self, numbers):
            found = super().traces(numbers)
            return {number: [Found(each.batch, None, each.traceback, 60.0) for each in all_] for number, all_ in found.items()}

    for is_one_boat in (False, True):
        crew = Importing(hangs=frozenset({5}), is_one_boat=is_one_boat)
        results = played(crew, batch=4, retries=3, timeout=2.0)
        assert crew.hurried == 1, "what is imported for the next one has less time"
        assert [(each.status, each.attempts) for each in results if each.index == 5] == [("timeout", 1)]
        assert results[5].error.startswith("to import what it needs took longer than 60 s, and was ended (timeout=2 s counts")
        assert {each.status for each in results if each.index != 5} == {"ok"}


@dataclass
class Short(Crew):
    """Its workers have memory for so many matches; what comes after those runs out of it.

    Attributes:
        room: For how many.
        greedy: Matches that no room is enough for.
        used: How many the present worker has played.
        fresh: Which were tried in a new worker.
    """

    room: int = 3
    greedy: frozenset[int] = frozenset()
    used: int = 0
    fresh: list = field(default_factory=list)

    def answer(self, handle):
        piece, _ = self.under_way[handle]
        was_used = self.used
        if piece.is_fresh:
            self.fresh.append(piece.jobs[0].index)
            if not self.is_one_boat:
                self.used = 0
        word, (seconds, _, _), rows = pickle.loads(super().answer(handle))
        unfair = []
        for place, job in enumerate(piece.jobs):
            self.used += 1
            if self.used > self.room or job.index in self.greedy:
                rows[place] = ("error", "", (), {}, "MemoryError")
                if self.used > 1:
                    unfair.append(place)
        if piece.is_fresh and not self.is_one_boat:
            self.used = was_used
        return pickle.dumps((word, (seconds, tuple(unfair), bool(unfair)), rows))

    def renew(self):
        super().renew()
        self.used = 0


@pytest.mark.parametrize("is_one_boat", [False, True])
def test_what_others_left_in_memory_makes_no_error_of_an_innocent_match(is_one_boat):
    crew = Short(is_one_boat=is_one_boat, greedy=frozenset({7}))
    results = played(crew, batch=4)
    assert [each.index for each in results if each.status == "error"] == [7]
    assert {each.attempts for each in results} == {1} and "MemoryError" in results[7].error
    assert 7 in crew.fresh and len(crew.fresh) > 1 and bool(crew.renewed) == is_one_boat


@pytest.mark.parametrize("is_one_boat", [False, True])
def test_a_limit_that_is_too_low_for_all_is_not_answered_by_new_workers_for_ever(is_one_boat, monkeypatch):
    monkeypatch.setattr(handing, "MOST_SHORT", 4)
    crew = Short(is_one_boat=is_one_boat, room=0)
    assert {each.status for each in played(crew, batch=1, count=40)} == {"error"}
    assert len(crew.fresh) <= 4 + crew.window


def test_what_was_killed_alone_says_at_which_try_it_was_played():
    results = played(Crew(killed={1: 2, 4: 0}), batch=4, retries=1)
    assert [each.attempts for each in results[:5]] == [1, 1, 2, 1, 1]


@pytest.mark.parametrize("is_one_boat", [False, True])
def test_the_first_loss_counts_for_nobody(is_one_boat):
    results = played(Crew(killed={1: 2}, is_one_boat=is_one_boat), batch=4, retries=0)
    assert {(each.status, each.attempts) for each in results} == {("ok", 1)}


@pytest.mark.parametrize(("order", "status"), [([1, 2, 6, 4], "ok"), ([1, 2, 4, 6], "crashed")])
def test_a_match_is_forgiven_a_death_alone_once_another_turns_out_to_have_been_accused_wrongly(order, status):
    class Ordered(Crew):
        def wait(self, handles):
            return [next((number for number in order if number in handles), min(handles))]

    # The first two batches lose their workers at matches 1 and 3, which then are alone in pieces 4 and 6; 4 dies as well.
    results = played(Ordered(killed={1: 1, 2: 1, 4: 0}), batch=2, retries=0)
    assert results[1].status == status
    assert {each.status for each in results if each.index != 1} == {"ok"}


@pytest.mark.parametrize("refuses", [1, 12])
def test_what_a_worker_refuses_is_taken_apart(refuses):
    class Choosy(Crew):
        def answer(self, handle):
            if any(job.index < refuses for job in self.under_way[handle][0].jobs):
                self.under_way.pop(handle)
                raise Refused("I do not play this")
            return super().answer(handle)

    results = played(Choosy(), batch=5)
    assert [each.status for each in results] == ["error"] * refuses + ["ok"] * (12 - refuses)
    assert results[0].error == "I do not play this"


def test_workers_that_die_for_ever_without_a_trace_end_the_run():
    class Doomed(Crew):
        def submit(self, piece, packed):
            raise Lost("no worker starts", takes_all=True)

    crew = Doomed(is_one_boat=True)
    with pytest.raises(RollbackError, match=r"50 times in a row \(no worker starts\): backend=\"serial\" needs none"):
        played(crew, batch=4, retries=1000)
    assert crew.renewed == 50


def test_the_specs_are_taken_as_they_are_played():
    taken = []

    def jobs():
        for job in numbered([Task("nothing", value=index) for index in range(40)]):
            taken.append(job.index)
            yield job

    results = hand_out(jobs(), Rules(batch=2), Crew(window=3))
    next(results)
    assert len(taken) == 6
    results.close()
    assert len(taken) == 6
