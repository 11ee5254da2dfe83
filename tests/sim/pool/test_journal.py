"""A run that was stopped anywhere goes on as if it had not been, and a journal that is not its own is refused."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.errors import UsageError
from rollback.sim.pool.checked_lines import LONGEST, checked_line
from rollback.sim.pool.job import Job
from rollback.sim.pool.journal import Journal, read_journal
from rollback.sim.pool.played import Played, Shared
from rollback.sim.pool.result import MatchResult

SEED = 7


@dataclass(frozen=True)
class Toy:
    """A spec that is nothing but its number."""

    number: int
    tags: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Path | bytes] = field(default_factory=dict)
    name: str = "toy"

    def play(self, seed: int, shared: Shared) -> Played:
        raise AssertionError("a journal plays nothing")

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "toy", "number": self.number}

    def parcels(self) -> Mapping[str, Path | bytes]:
        return self.files


def specs(count: int = 12) -> list[Toy]:
    return [Toy(number % 3, {"number": number, "name": "ä"}) for number in range(count)]


def played(job: Job) -> MatchResult:
    """Return what the match comes to: of every status, with numbers that JSON must carry exactly."""
    status = ("ok", "truncated", "error", "crashed", "timeout")[job.index % 5]
    number = job.seed * 1000 + job.index
    return MatchResult(
        index=job.index,
        status=status,  # type: ignore[arg-type]
        attempts=1 + job.index % 3,
        seed=job.seed,
        digest=f"{number:064x}" if job.index % 5 < 2 else "",
        scores=(number / 3, math.inf, -0.0),
        stats={"frames": 2**62 + job.index, "depths": {"1": 5}, "rollbacks": [1, 2]},
        error="" if job.index % 5 < 2 else 'Traceback:\n  "what" {went} wrong,"check":"00000000"}\n\x00 ÿ',
        tags=job.spec.tags,
        command="" if job.index % 5 < 2 else "rollback simulate --match '{}'",
    )


def go_through(
    path: Path, of: Iterable[Toy], *, seed: int = SEED, stop_after: int | None = None, ahead: int = 4
) -> Iterator[tuple[MatchResult, bool]]:
    """Yield (result, whether it was played) as a run does: some jobs ahead, and those come back the other way round."""
    under_way: list[Job] = []
    count = 0

    def end() -> Iterator[tuple[MatchResult, bool]]:
        nonlocal count
        for job in reversed(under_way):
            if stop_after is not None and count >= stop_after:
                return
            journal.write(played(job))
            count += 1
            yield played(job), True
        under_way.clear()

    with Journal.open(path, seed=seed) as journal:
        for index, spec in enumerate(of):
            job = Job(index, seed * 100 + index, spec)
            if journal.has(job):
                yield journal.result(index), False
                continue
            under_way.append(job)
            if len(under_way) == ahead:
                yield from end()
                if stop_after is not None and count >= stop_after:
                    return
        yield from end()


def ordered(path: Path, of: Iterable[Toy], **how: Any) -> list[MatchResult]:
    return sorted((result for result, _ in go_through(path, of, **how)), key=lambda result: result.index)


def whole() -> list[MatchResult]:
    return [played(Job(index, SEED * 100 + index, spec)) for index, spec in enumerate(specs())]


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("journal") / "run.jsonl"
    assert ordered(path, specs()) == whole()
    return path.read_bytes()


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "run.jsonl"


def test_a_finished_run_is_read_and_not_played_again(file):
    ordered(file, specs())
    before = file.read_bytes()
    again = list(go_through(file, specs()))
    assert [result for result, _ in again] == whole() and not any(is_new for _, is_new in again)
    assert [result.command for result, _ in again] == [result.command for result in whole()]
    assert file.read_bytes() == before


@pytest.mark.parametrize("stop_after", range(13))
def test_a_run_that_was_stopped_plays_only_what_is_left(file, stop_after):
    list(go_through(file, specs(), stop_after=stop_after))
    results = list(go_through(file, specs()))
    assert sum(is_new for _, is_new in results) == 12 - stop_after
    assert sorted((result for result, _ in results), key=lambda result: result.index) == whole()
    assert ordered(file, specs()) == whole()


@given(cut=st.integers(0, 10_000), ahead=st.integers(1, 12))
def test_a_run_that_was_cut_at_any_byte_goes_on(written, tmp_path_factory, cut, ahead):
    file = tmp_path_factory.mktemp("cut") / "run.jsonl"
    file.write_bytes(written[: cut % (len(written) + 1)])
    there = max(0, file.read_bytes().count(b"\n") - 1)
    results = list(go_through(file, specs(), ahead=ahead))
    assert sum(is_new for _, is_new in results) == 12 - there
    assert sorted((result for result, _ in results), key=lambda result: result.index) == whole()
    assert ordered(file, specs()) == whole()


@given(where=st.integers(0, 100_000), change=st.integers(1, 255))
def test_a_changed_byte_is_told_with_its_line_or_costs_only_the_last_match(written, tmp_path_factory, where, change):
    where %= len(written)
    changed = bytearray(written)
    changed[where] ^= change
    file = tmp_path_factory.mktemp("flip") / "run.jsonl"
    file.write_bytes(changed)
    line = written.count(b"\n", 0, where) + 1
    if where == len(written) - 1:  # the line feed of the last line: it looks torn
        assert ordered(file, specs()) == whole()
        return
    with pytest.raises(UsageError) as told:
        ordered(file, specs())
    assert "no journal of matches" in str(told.value) if line == 1 else f"line {line} is damaged" in str(told.value)
    assert file.read_bytes() == bytes(changed), "what is damaged is left as it is"


@given(where=st.integers(1, 11), chunk=st.binary(max_size=60))
def test_bytes_between_the_lines_are_told(written, tmp_path_factory, where, chunk):
    lines = written.splitlines(keepends=True)
    file = tmp_path_factory.mktemp("mixed") / "run.jsonl"
    file.write_bytes(b"".join([*lines[:where], chunk, b"\n", *lines[where:]]))
    with pytest.raises(UsageError, match=rf"line {where + 1} is (damaged|no result).*Delete that line"):
        ordered(file, specs())


def test_a_damaged_line_that_is_deleted_is_played_again(written, file):
    lines = written.splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:4], *lines[5:]]))
    results = list(go_through(file, specs()))
    assert sum(is_new for _, is_new in results) == 1
    assert sorted((result for result, _ in results), key=lambda result: result.index) == whole()


def test_results_of_any_status_are_kept_and_those_whose_lines_are_deleted_are_played_again(written, file):
    kept = [line for line in written.splitlines(keepends=True) if json.loads(line).get("status") != "crashed"]
    file.write_bytes(b"".join(kept))
    again = [result for result, is_new in go_through(file, specs()) if is_new]
    assert {result.status for result in again} == {"crashed"} and len(again) == 2


def test_every_line_is_json_that_other_programs_read(written):
    heading, *lines = [json.loads(line) for line in written.splitlines()]
    assert heading["journal"] == 1 and heading["seed"] == SEED
    assert sorted(line["index"] for line in lines) == list(range(12))
    assert lines[0]["tags"] == {"number": 3, "name": "ä"}


def test_the_results_can_be_read_in_the_order_in_which_they_came(written, file):
    file.write_bytes(written + b'{"index":99,"sta')
    read = list(read_journal(file))
    assert [result.index for result in read] == [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8]
    assert all(result.digest == whole()[result.index].digest for result in read)


def test_a_journal_that_is_being_written_can_be_read(file):
    with Journal.open(file, seed=SEED) as journal:
        job = Job(0, 700, specs()[0])
        assert not journal.has(job)
        journal.write(played(job))
        assert [result.index for result in read_journal(file)] == [0]


def test_two_runs_do_not_write_one_journal(file):
    with Journal.open(file, seed=SEED), pytest.raises(UsageError, match=r"another run is writing .*run\.jsonl.*wait"):
        Journal.open(file, seed=SEED)
    Journal.open(file, seed=SEED).close()


def test_another_process_does_not_write_it_either_and_killing_that_one_frees_it(file):
    code = (
        "import sys; from rollback.sim.pool.journal import Journal\n"
        "held = Journal.open(sys.argv[1], seed=7); print('held', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        with pytest.raises(UsageError, match="another run is writing"):
            Journal.open(file, seed=SEED)
    finally:
        other.kill()
        other.communicate()
    Journal.open(file, seed=SEED).close()


def test_another_seed_is_refused(written, file):
    file.write_bytes(written)
    with pytest.raises(UsageError, match=r"belongs to seed 7, not to 8: give that seed"):
        Journal.open(file, seed=8)
    assert file.read_bytes() == written


def test_other_specs_are_refused_at_the_first_that_differs(written, file):
    file.write_bytes(written)
    others = specs()
    others[5] = Toy(77)
    results = go_through(file, others)
    assert [next(results)[0].index for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(UsageError, match=r"its match 5 is not the one given now. Give the same specs"):
        next(results)
    assert file.read_bytes() == written


def test_another_seed_of_one_match_is_refused(written, file):
    file.write_bytes(written)
    with Journal.open(file, seed=SEED) as journal, pytest.raises(UsageError, match="its match 3"):
        journal.has(Job(3, 1, specs()[3]))


@pytest.mark.parametrize("as_file", [True, False])
def test_a_checkpoint_with_other_contents_makes_another_match(tmp_path, file, as_file):
    path = tmp_path / "best.npz"

    def toy(contents: bytes) -> Toy:
        path.write_bytes(contents)
        return Toy(1, files={"best": path if as_file else contents})

    ordered(file, [toy(b"one")])
    assert [is_new for _, is_new in go_through(file, [toy(b"one")])] == [False]
    with pytest.raises(UsageError, match="its match 0 is not the one"):
        ordered(file, [toy(b"two")])


def test_a_checkpoint_that_is_gone_is_told(tmp_path, file):
    with pytest.raises(UsageError, match=r"gone\.npz' cannot be read: No such file"):
        ordered(file, [Toy(1, files={"best": tmp_path / "gone.npz"})])


def test_more_specs_than_before_go_on_and_fewer_are_enough(written, file):
    file.write_bytes(written)
    results = list(go_through(file, specs(20)))
    assert sum(is_new for _, is_new in results) == 8
    assert ordered(file, specs(20))[:5] == ordered(file, specs(5)) == whole()[:5]


@pytest.mark.parametrize("value", [(1, 2), [1], {"a": 1}, object()])
def test_tags_that_json_would_change_are_told(file, value):
    with Journal.open(file, seed=SEED) as journal:
        journal.has(Job(3, 1, Toy(1)))
        with pytest.raises(UsageError, match="tags of a match in a journal must be plain values, and those of 3 are"):
            journal.write(MatchResult(3, "ok", 1, 1, tags={"x": value}))


def test_a_result_that_was_not_there_when_it_was_opened_is_told(file):
    with Journal.open(file, seed=SEED) as journal, pytest.raises(UsageError, match="match 5 is not among those"):
        journal.result(5)


def test_another_version_of_the_package_is_refused(file):
    file.write_bytes(checked_line({"journal": 1, "rollback": "0.0.1", "seed": SEED}))
    with pytest.raises(UsageError, match=r"begun by version 0\.0\.1 of rollback, and this is \d"):
        Journal.open(file, seed=SEED)


@pytest.mark.parametrize(
    "contents",
    [b"dear diary", b"dear diary\n", b'{"index":1}\n', b"\n", b"\x00" * 50, checked_line({"journal": 2}), checked_line({})],
)
def test_a_file_that_is_no_journal_is_refused_and_left_alone(file, contents):
    file.write_bytes(contents)
    if contents.endswith(b"\n"):
        with pytest.raises(UsageError, match="is no journal of matches"):
            list(read_journal(file))
    with pytest.raises(UsageError, match="is no journal of matches"):
        Journal.open(file, seed=SEED)
    assert file.read_bytes() == contents


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (checked_line({"what": 1}), "line 2 is no result"),
        (checked_line({"index": -1}), "line 2 is no result"),
        (checked_line({"index": 10**30}), "line 2 is no result"),
        (b"x" * (LONGEST + 5) + b"\n", "line 2 is longer than"),
        (b"x" * (LONGEST + 5), "line 2 is longer than"),
        (b"\n", "line 2 is damaged"),
        (checked_line({"index": 0, "status": "won"}) * 2, "match 0 twice"),
    ],
)
def test_lines_that_no_run_writes_are_told(written, file, line, words):
    file.write_bytes(written.splitlines(keepends=True)[0] + line)
    with pytest.raises(UsageError, match=words):
        Journal.open(file, seed=SEED)


def test_a_line_with_a_right_checksum_and_wrong_contents_is_told_when_it_is_needed(written, file):
    job = Job(0, 700, specs()[0])
    good = json.loads(next(line for line in written.splitlines() if b'{"index":0,' in line))
    for change, words in (({"status": "won"}, "status of a match's result"), ({"scores": 3}, "scores of a match's result")):
        values = {**good, **change}
        del values["check"]
        file.write_bytes(written.splitlines(keepends=True)[0] + checked_line(values))
        with Journal.open(file, seed=SEED) as journal, pytest.raises(UsageError, match=f"a result in the journal.*{words}"):
            journal.has(job)
            journal.result(0)


def test_a_result_is_written_once_and_only_if_it_was_asked_for(file):
    job = Job(0, 700, specs()[0])
    with Journal.open(file, seed=SEED) as journal:
        with pytest.raises(UsageError, match="match 0 was not asked for"):
            journal.write(played(job))
        journal.has(job)
        journal.write(played(job))
        with pytest.raises(UsageError, match="match 0 was not asked for, or is in the journal"):
            journal.write(played(job))


@pytest.mark.parametrize(
    ("stats", "words"), [({"x": object()}, "JSON cannot hold it"), ({"x": "y" * LONGEST}, "keep fewer numbers in stats")]
)
def test_a_result_that_no_line_holds_is_told(file, stats, words):
    with Journal.open(file, seed=SEED) as journal:
        journal.has(Job(3, 700, specs()[0]))
        with pytest.raises(UsageError, match=f"cannot hold match 3: .*{words}"):
            journal.write(MatchResult(3, "ok", 1, 700, stats=stats))


def test_a_full_disk_is_told_and_the_journal_goes_on_from_there(file):
    resource = pytest.importorskip("resource")
    code = (
        "import resource, signal, sys; from tests.sim.pool.test_journal import *\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        "ordered(Path(sys.argv[1]), specs())"
    )
    assert resource is not None
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False)
    assert re.search(r"UsageError: the journal .*run\.jsonl' cannot be written: File too large", done.stderr)
    assert file.read_bytes().endswith(b"}\n") and 0 < file.read_bytes().count(b"\n") - 1 < 12
    assert ordered(file, specs()) == whole()


@pytest.mark.parametrize("where", ["", "nowhere/run.jsonl"])
def test_a_place_that_cannot_be_written_is_told(tmp_path, where):
    with pytest.raises(UsageError, match=r"cannot be written: (Is a directory|No such file)"):
        Journal.open(tmp_path / where, seed=SEED)
    with pytest.raises(UsageError, match=r"cannot be read: (Is a directory|No such file)"):
        list(read_journal(tmp_path / where))


def test_a_spec_that_json_cannot_hold_is_told(file):
    class Odd(Toy):
        def to_dict(self) -> dict[str, Any]:
            return {"what": object()}

    with Journal.open(file, seed=SEED) as journal, pytest.raises(UsageError, match=r"to_dict\(\) of toy must hold"):
        journal.has(Job(0, 1, Odd(1)))


def test_a_journal_is_closed_twice_and_by_an_exception(file):
    with pytest.raises(KeyboardInterrupt), Journal.open(file, seed=SEED) as journal:
        raise KeyboardInterrupt
    journal.close()
    with Journal.open(file, seed=SEED) as again:
        assert len(again) == 0


def test_a_process_that_is_killed_loses_no_result_that_was_written(file):
    code = (
        "import os, signal, sys; from tests.sim.pool.test_journal import *\n"
        "for count, _ in enumerate(go_through(Path(sys.argv[1]), specs(), ahead=1), 1):\n"
        "    if count == 5: os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], check=False)
    assert done.returncode == -9
    results = list(go_through(file, specs()))
    assert [is_new for _, is_new in results].count(False) == 5
    assert sorted((result for result, _ in results), key=lambda result: result.index) == whole()


def test_what_is_in_memory_is_two_numbers_a_match(written, file):
    heading, *_ = written.splitlines(keepends=True)
    with open(file, "wb") as out:
        out.write(heading)
        for index in range(20_000):
            out.write(checked_line({"index": index, "status": "ok", "text": "x" * 200}))
    with Journal.open(file, seed=SEED) as journal:
        assert len(journal) == 20_000
        held = [value for value in vars(journal).values() if sys.getsizeof(value) > 10_000]
        assert sum(map(sys.getsizeof, held)) < 20_000 * 16 * 1.2  # the rest of an array's room
    assert file.stat().st_size > 20_000 * 200
