"""Results come back from every format as they were, and no file makes a program do anything."""

from __future__ import annotations

import csv
import json
import math
import sys
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.errors import MissingPackage, UsageError
from rollback.sim.pool.checked_lines import LONGEST, checked_line
from rollback.sim.pool.report_rows import MOST_COLUMNS
from rollback.sim.pool.reports import ENDINGS, check_report, read_results, write_results
from rollback.sim.pool.result import STATUSES, MatchResult

every_ending = pytest.mark.parametrize("ending", ENDINGS)


def result(index: int = 0, **more: Any) -> MatchResult:
    return MatchResult(
        **{"index": index, "status": "ok", "attempts": 1, "seed": 2**63 - 1 - index, "digest": "ab" * 32, **more}
    )


ODD = [
    "", "=1+1", "+1", "-1", "@x", " =x", "\t=x", "=x", "3", "3.0", "1e5", "true", "null", "NaN", '"', '"a"', "[]", "{}", " ",
    ",", "a,b", "a\nb", "a\r\nb", "\x00", "ä", "\ufeff", "-Infinity", "\u2028", "'", "007", "1_000",
]  # fmt: skip
NAMES = st.text(max_size=8) | st.sampled_from(ODD)
TEXTS = NAMES | st.just("\ud800")
NUMBERS = st.integers() | st.floats(allow_nan=False) | st.sampled_from([0.0, -0.0, 2**63, -(2**63), 2**53 + 1, math.inf])
VALUES = st.recursive(
    NUMBERS | st.booleans() | st.none() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)
RESULTS = st.lists(
    st.builds(
        MatchResult,
        index=st.integers(0, 2**63 - 1),
        status=st.sampled_from(STATUSES),
        attempts=st.integers(1, 5),
        seed=st.integers(0, 2**63 - 1),
        digest=st.sampled_from(["", "00", "12e4"]),
        scores=st.lists(NUMBERS, max_size=3).map(tuple),
        stats=st.dictionaries(st.sampled_from(["a", "b.c", "3", "=d"]), VALUES, max_size=3),
        error=TEXTS,
        tags=st.dictionaries(NAMES, VALUES, max_size=3),
        command=TEXTS,
    ),
    max_size=5,
)


def exactly(results: list[MatchResult]) -> str:
    """Return what tells 1 from 1.0 and from True, which are equal."""
    return json.dumps([each.to_dict() for each in results], sort_keys=True)


@every_ending
@settings(max_examples=50)
@given(results=RESULTS)
def test_results_come_back_as_they_were(tmp_path_factory, ending, results):
    path = tmp_path_factory.mktemp("report") / f"results{ending}"
    assert write_results(iter(results), path) == len(results)
    read = list(read_results(path))
    assert read == results and [each.command for each in read] == [each.command for each in results]
    if ending != ".parquet":  # where 1 in a column with 0.5 comes back as 1.0
        assert exactly(read) == exactly(results)


@settings(max_examples=50)
@given(results=RESULTS)
def test_no_cell_of_a_csv_is_a_formula_for_a_spreadsheet(tmp_path_factory, results):
    path = tmp_path_factory.mktemp("csv") / "results.csv"
    write_results(results, path)
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            for cell in row:
                if cell.lstrip()[:1] in ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20") and cell:
                    assert math.isfinite(float(cell)) or cell == "-Infinity"


def test_a_csv_looks_as_people_expect(tmp_path):
    path = tmp_path / "results.csv"
    one = result(0, seed=5, digest="abc", scores=(1.0, -1.0), stats={"frames": 90}, tags={"loss": 0.05, "who": "ann"})
    two = result(1, seed=6, digest="", status="error", error="Traceback\nValueError: no", tags={"who": "=cmd()"})
    write_results([one, two], path)
    assert path.read_text(encoding="utf-8").splitlines() == [
        "index,status,attempts,seed,digest,scores[0],scores[1],stats.frames,tags.loss,tags.who,error",
        "0,ok,1,5,abc,1.0,-1.0,90,0.05,ann,",
        '1,error,1,6,,,,,,"""=cmd()""","Traceback',
        'ValueError: no"',
    ]


def test_a_parquet_has_columns_of_numbers_and_text(tmp_path):
    path = tmp_path / "results.parquet"
    results = [
        result(0, scores=(1, 0.5), stats={"frames": 90, "mixed": 1, "done": True}, tags={"who": "ann"}),
        result(1, scores=(0.25, 2), stats={"frames": 91, "mixed": "x", "huge": 2**70}),
    ]
    write_results(results, path)
    schema = pyarrow.parquet.read_schema(path)
    types = {field.name: str(field.type) for field in schema}
    assert types == {
        "index": "int64", "status": "string", "attempts": "int64", "seed": "int64", "digest": "string",
        "scores[0]": "double", "scores[1]": "double", "stats.frames": "int64", "stats.mixed": "string", "stats.done": "bool",
        "stats.huge": "string", "tags.who": "string",
    }  # fmt: skip
    assert pyarrow.parquet.read_table(path)["stats.frames"].to_pylist() == [90, 91]
    assert list(read_results(path)) == results


def test_numbers_that_are_none_come_back_too(tmp_path):
    for ending in ENDINGS:
        path = tmp_path / f"results{ending}"
        write_results([result(scores=(math.nan, 1.5, -math.inf))], path)
        (back,) = read_results(path)
        assert math.isnan(back.scores[0]) and back.scores[1:] == (1.5, -math.inf)


def test_a_name_with_half_a_character_is_told(tmp_path):
    with pytest.raises(UsageError, match=r"'stats.\\ud800' is no name for a column"):
        write_results([result(stats={"\ud800": 1})], tmp_path / "results.parquet")


@every_ending
def test_no_results_make_a_file_too(tmp_path, ending):
    path = tmp_path / f"results{ending}"
    assert write_results([], path) == 0 and path.is_file() and list(read_results(path)) == []


@every_ending
def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, ending):
    path = tmp_path / f"results{ending}"
    write_results([result()], path)

    def broken() -> Iterator[MatchResult]:
        yield result(5)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_results(broken(), path)
    assert [each.index for each in read_results(path)] == [0] and len(list(tmp_path.iterdir())) == 1


def test_a_journal_is_read_as_well(tmp_path):
    path = tmp_path / "run.jsonl"
    line = checked_line({**result(3).to_dict(), "spec": "ab"})
    path.write_bytes(checked_line({"journal": 1, "rollback": "0.1.0", "seed": 0}) + line + line[:20])
    assert list(read_results(path)) == [result(3)]


@pytest.mark.parametrize("name", ["results", "results.txt", "results.json", "results.pq"])
def test_an_ending_that_names_no_format_is_told_before_anything_is_played(tmp_path, name):
    def never() -> Iterator[MatchResult]:
        raise AssertionError("a match was played")
        yield

    for use in (lambda: write_results(never(), tmp_path / name), lambda: check_report(tmp_path / name)):
        with pytest.raises(UsageError, match=r"let it end in \.jsonl, \.csv, \.parquet"):
            use()


@every_ending
def test_a_place_that_is_none_is_told(tmp_path, ending):
    (tmp_path / f"folder{ending}").mkdir()
    for name in (f"folder{ending}", f"nowhere/results{ending}"):
        with pytest.raises(UsageError, match="cannot be written: name a file in a folder that is there"):
            write_results([], tmp_path / name)
        with pytest.raises(UsageError, match=r"cannot be read|holds no results"):
            list(read_results(tmp_path / name))


def test_without_pyarrow_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for use in (lambda: check_report(tmp_path / "a.parquet"), lambda: list(read_results(tmp_path / "a.parquet"))):
        with pytest.raises(MissingPackage, match=r"a \.parquet file needs the package pyarrow: pip install"):
            use()
    write_results([result()], tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("name", "contents", "words"),
    [
        ("a.jsonl", b"{}\n", "line 1 of .* is no result"),
        ("a.jsonl", b"nonsense\n", "line 1 of .* is no result"),
        ("a.jsonl", b"[" * 100_000 + b"\n", "line 1 of .* is no result"),
        ("a.jsonl", b"\xff\n", "holds no results"),
        ("a.jsonl", b"1" * (LONGEST + 5), "line 1 of .* is no result"),
        ("a.csv", b"", "needs a column index"),
        ("a.csv", b"who,what\n1,2\n", "needs a column index"),
        ("a.csv", b"index,status,attempts,seed\n0,ok,1\n", "line 2 of .* has 3 cells, not 4"),
        ("a.csv", b"index,status,attempts,seed\n0,won,1,2\n", "line 2 of .* is no result.*status"),
        ("a.csv", b"index,status,attempts,seed,scores[7]\n0,ok,1,2,3\n", "line 2 of .* needs all from 0 on"),
        ("a.csv", b"index,status,attempts,seed,who\n0,ok,1,2,3\n", "line 2 of .* not 'who'"),
        ("a.csv", b'index,status,attempts,seed\n0,"ok', "holds no results"),
        ("a.csv", b"index" + b",x" * MOST_COLUMNS, "at most 5000 columns"),
        ("a.csv", b"index,status,attempts,seed\n" + b"[" * 100_000 + b",ok,1,2\n", "index of a match's result"),
        ("a.csv", b"index,status,attempts,seed\n" + b"1" * 5000 + b",ok,1,2\n", "index of a match's result"),
        ("a.csv", b"index,error\n0," + b"x" * (LONGEST + 5), "holds no results"),
        ("a.parquet", b"PAR1nonsense", "holds no results"),
    ],
)  # fmt: skip
def test_what_holds_no_results_is_told_in_one_sentence(tmp_path, name, contents, words):
    path = tmp_path / name
    path.write_bytes(contents)
    with pytest.raises(UsageError, match=words):
        list(read_results(path))


def test_a_parquet_of_somebody_else_is_told(tmp_path):
    path = tmp_path / "a.parquet"
    for columns, words in (
        ({"x": [1]}, "needs a column index"),
        ({"index": [1], "status": ["won"], "attempts": [1], "seed": [1]}, "row 1 of .* is no result.*status"),
    ):
        pyarrow.parquet.write_table(pyarrow.table(columns), path)
        with pytest.raises(UsageError, match=words):
            list(read_results(path))


@pytest.mark.parametrize("stats", [{"x": object()}, {"x": {1, 2}}])
@every_ending
def test_what_json_cannot_hold_is_told(tmp_path, ending, stats):
    with pytest.raises(UsageError, match="match 0 does not fit into a file"):
        write_results([result(stats=stats)], tmp_path / f"a{ending}")


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_table_has_a_limit_of_columns(tmp_path, ending):
    wide = [result(stats={f"frame{index}": 1 for index in range(MOST_COLUMNS)})]
    with pytest.raises(UsageError, match=r"at most 5000 columns: write a \.jsonl"):
        write_results(wide, tmp_path / f"a{ending}")
    write_results(wide, tmp_path / "a.jsonl")


@every_ending
def test_results_that_come_one_by_one_are_never_all_in_memory(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    write_results([result()], path)
    count = 1500

    def coming() -> Iterator[MatchResult]:
        return (result(index, error="x" * 8000) for index in range(count))

    if ending == ".parquet":  # holds some thousand rows at once, and these compress to nothing
        assert write_results(coming(), path) == count == sum(1 for _ in read_results(path))
        return
    tracemalloc.start()
    try:
        assert write_results(coming(), path) == count == sum(1 for _ in read_results(path))
        assert tracemalloc.get_traced_memory()[1] < 4_000_000  # all of them are 12 MB
    finally:
        tracemalloc.stop()
