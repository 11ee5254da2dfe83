"""Fetching by a program that stands in for npm: it packs what the test lays out, or behaves badly."""

import io
import os
import sys
import tarfile

import pytest

from signaling.asset_npm import Fetched, fetch_assets, write_whole
from tests.signaling.third_party import lay, third_party

NPM = """#!{python}
import os, pathlib, shutil, sys, time
here = pathlib.Path(__file__).parent
with open(here / "asked", "a") as file:
    print(*sys.argv[1:], sep=" ", file=file)
target = next(word.partition("=")[2] for word in sys.argv if word.startswith("--pack-destination="))
assert os.path.samefile(target, os.getcwd())
name = sys.argv[2].rpartition("@")[0]
{behaviour}
shutil.copy(here / (name + ".tgz"), target)
"""


@pytest.fixture
def npm(tmp_path):
    """Return what makes a program that packs these members of a package, and its path."""

    def make(members=(), name="thing", behaviour=""):
        with tarfile.open(tmp_path / f"{name}.tgz", "w:gz") as tar:
            for member, content in members:
                if isinstance(member, tarfile.TarInfo):
                    tar.addfile(member)
                else:
                    entry = tarfile.TarInfo(member)
                    entry.size = len(content)
                    tar.addfile(entry, io.BytesIO(content))
        program = tmp_path / "npm"
        program.write_text(NPM.format(python=sys.executable, behaviour=behaviour))
        program.chmod(0o755)
        return str(program)

    return make


def asked(tmp_path):
    path = tmp_path / "asked"
    return path.read_text().splitlines() if path.exists() else []


def files_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_what_is_pinned_is_fetched_once_and_nothing_else_of_it_is_kept(tmp_path, npm):
    package = third_party(a=b"aaa", b=b"bbb")
    program = npm([("package/dist/a.js", b"aaa"), ("package/evil.sh", b"x"), ("package/dist/b.js", b"bbb")])
    into = tmp_path / "cache"
    told = []
    assert fetch_assets(into, wanted=[package], npm=program, tell=told.append) == Fetched((), ("thing@1.2.3",), ())
    assert told == ["thing@1.2.3"]
    assert files_in(into) == ["thing/1.2.3/a.js", "thing/1.2.3/b.js"]
    assert (into / "thing/1.2.3/b.js").read_bytes() == b"bbb"
    assert fetch_assets(into, wanted=[package], npm=program) == Fetched(("thing@1.2.3",), (), ())
    assert len(asked(tmp_path)) == 1


def test_npm_is_asked_for_one_version_runs_no_scripts_and_does_not_wait_long(tmp_path, npm):
    fetch_assets(tmp_path / "cache", wanted=[third_party(a=b"aaa")], npm=npm([("package/dist/a.js", b"aaa")]))
    words = asked(tmp_path)[0].split()
    assert words[:2] == ["pack", "thing@1.2.3"]
    assert {"--ignore-scripts", "--fetch-retries=1", "--fetch-timeout=10000"} <= set(words)
    assert not any("://" in word for word in words)  # where the registry is, npm knows


def test_what_another_folder_has_is_not_fetched(tmp_path, npm):
    package = third_party(a=b"aaa")
    lay(tmp_path / "packed", package, a=b"aaa")
    done = fetch_assets(tmp_path / "cache", wanted=[package], folders=[tmp_path / "packed"], npm=npm())
    assert done.had == ("thing@1.2.3",) and not asked(tmp_path)


def test_a_damaged_file_is_fetched_anew(tmp_path, npm):
    package = third_party(a=b"aaa")
    lay(tmp_path / "cache", package, a=b"aaX")
    assert fetch_assets(tmp_path / "cache", wanted=[package], npm=npm([("package/dist/a.js", b"aaa")])).fetched
    assert (tmp_path / "cache/thing/1.2.3/a.js").read_bytes() == b"aaa"


LINK = tarfile.TarInfo("package/dist/a.js")
LINK.type, LINK.linkname = tarfile.SYMTYPE, "/etc/hostname"


@pytest.mark.parametrize(
    "members",
    [
        [("package/dist/a.js", b"aaX"), ("package/dist/b.js", b"bbb")],
        [("package/dist/a.js", b"aaaa"), ("package/dist/b.js", b"bbb")],
        [("package/dist/b.js", b"bbb")],
        [("dist/a.js", b"aaa"), ("package/dist/b.js", b"bbb")],
        [(LINK, b""), ("package/dist/b.js", b"bbb")],
    ],
    ids=["changed", "longer", "absent", "elsewhere", "link"],
)
def test_nothing_of_a_package_is_kept_if_one_file_is_not_what_was_pinned(tmp_path, npm, members):
    done = fetch_assets(tmp_path / "cache", wanted=[third_party(a=b"aaa", b=b"bbb")], npm=npm(members))
    assert done.trouble == ("thing@1.2.3: a.js is not the file that was pinned",)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ("print('npm error code ETARGET', file=sys.stderr); sys.exit(1)", "npm pack did not work: npm error code ETARGET"),
        ("sys.exit(1)", "npm pack did not work: it said nothing"),
        ("sys.exit(0)", "npm pack did not work"),
        ("pathlib.Path('x.tgz').write_bytes(b'no archive'); sys.exit(0)", "what npm packed cannot be read"),
        ("(here / 'thing.tgz').write_bytes((here / 'thing.tgz').read_bytes()[:60])", "what npm packed cannot be read"),
    ],
)
def test_a_fetch_that_fails_says_why_and_raises_nothing(tmp_path, npm, behaviour, words):
    program = npm([("package/dist/a.js", os.urandom(3000))], behaviour=behaviour)
    done = fetch_assets(tmp_path / "cache", wanted=[third_party(a=b"aaa")], npm=program)
    assert not done.fetched and words in done.trouble[0]


def test_without_npm_it_is_said_once_that_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    done = fetch_assets(tmp_path / "cache", wanted=[third_party(a=b"aaa"), third_party("other", a=b"aaa")])
    assert done.trouble == (
        "thing@1.2.3: npm is not here, which comes with Node.js",
        "other@1.2.3: not tried after that",
    )


def test_npm_that_hangs_is_ended_when_the_time_is_over(tmp_path, npm):
    program = npm(behaviour="time.sleep(3600)")
    done = fetch_assets(tmp_path / "cache", wanted=[third_party(a=b"aaa")], npm=program, within=0.3)
    assert done.trouble == ("thing@1.2.3: npm took longer than 0.3 s",)


def test_the_time_is_that_of_all_packages_together(tmp_path, npm):
    times = iter([0.0, 1.0, 70.0])
    npm([("package/dist/a.js", b"aaa")], name="other")
    program = npm([("package/dist/a.js", b"aaa")])
    wanted = [third_party(a=b"aaa"), third_party("other", a=b"aaa")]
    done = fetch_assets(tmp_path / "cache", wanted=wanted, npm=program, clock=lambda: next(times))
    assert done.fetched == ("thing@1.2.3",) and done.trouble == ("other@1.2.3: no time is left of 60 s",)


def test_a_folder_that_cannot_be_written_is_told(tmp_path, npm):
    (tmp_path / "cache").write_text("a file")
    done = fetch_assets(tmp_path / "cache", wanted=[third_party(a=b"aaa")], npm=npm([("package/dist/a.js", b"aaa")]))
    assert len(done.trouble) == 1 and done.trouble[0].startswith("thing@1.2.3: ")


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    write_whole(tmp_path / "deep/a", b"old")

    def fail(*_):
        raise OSError("no room")

    monkeypatch.setattr("signaling.asset_npm.os.replace", fail)
    with pytest.raises(OSError, match="no room"):
        write_whole(tmp_path / "deep/a", b"new")
    assert files_in(tmp_path) == ["deep/a"] and (tmp_path / "deep/a").read_bytes() == b"old"
