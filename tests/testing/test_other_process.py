"""What can be sent to another process is, what cannot is said in a sentence; and nothing goes wrong with either."""

from __future__ import annotations

import functools
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rollback.envs.names import game_factory
from rollback.games import Pong
from rollback.state import checksum
from rollback.testing import check_game, other_process, second_process
from rollback.testing.other_process import agrees, as_bytes
from rollback.testing.trial import Failed, NotAsked, Trial
from tests.testing.broken_games import Calendar, HashOfString, Sound

ROOT = Path(__file__).resolve().parent.parent.parent
QUESTION = "another process agrees"


def make_pong() -> Pong:
    return Pong()


class Talkative(Sound):
    """Prints, which must not be taken for an answer."""

    def step(self, actions: Any) -> None:
        super().step(actions)
        print("a step")


class Opaque(Sound):
    """An opaque snapshot with a digest: states can be compared all the same."""

    def save(self) -> Any:
        return Saved(super().save())

    def load(self, state: Any) -> None:
        super().load(state.tree)

    def digest(self) -> Any:
        return {"numbers": list(self.numbers)}


class Saved:
    def __init__(self, tree: Any) -> None:
        self.tree = tree


class Short(Sound):
    """Several matches in the frames of one question, and a word's hash in the later ones."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.seed = seed

    @property
    def over(self) -> bool:
        return self.frame >= 10

    def step(self, actions: Any) -> None:
        super().step(actions)
        if self.seed == 2 and self.frame == 7:
            self.numbers[1] += hash("a word") % 100_000


def trial(make: Callable[[], Any], frames: int = 20) -> Trial:
    return Trial(make, frames, 8, 0)


@pytest.mark.parametrize(
    "make",
    [Sound, Talkative, Opaque, make_pong, functools.partial(Sound), game_factory("pong")],
    ids=["class", "prints", "opaque", "function", "partial", "name"],
)
def test_another_process_makes_the_same_game_and_agrees(make: Any) -> None:
    assert agrees(trial(make)).startswith("other processes with other hash seeds")


def test_a_game_that_was_made_is_sent_as_it_is() -> None:
    game = Sound()
    game.step([3, 4])
    (check,) = [check for check in check_game(game, 20).checks if check.name == QUESTION]
    assert check.passed and check.asked


def test_a_difference_in_a_later_match_is_found_with_its_frame_and_path() -> None:
    with pytest.raises(Failed, match=r"At frame 7 another process") as caught:
        agrees(trial(Short, 60))
    assert caught.value.frame == 7
    assert [difference.path for difference in caught.value.differences] == ["numbers[1]"]


def test_our_value_stands_left() -> None:
    with pytest.raises(Failed) as caught:
        agrees(trial(HashOfString, 5))
    first = caught.value.differences[0]
    game = HashOfString()
    game.reset(0)
    played = trial(HashOfString, 5)
    for frame, actions in enumerate(played.actions(game, 0, caught.value.frame or 0)):
        played.step(game, actions, frame)
    assert first.left == game.numbers[1] != first.right


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Sound(), "a lambda cannot be sent to another process: give the class"),
        (functools.partial(lambda: Sound()), "cannot be sent to another process"),
    ],
)
def test_what_cannot_be_sent_is_not_asked(make: Any, why: str) -> None:
    with pytest.raises(NotAsked, match=why):
        agrees(trial(make))


def test_a_class_within_a_function_is_not_asked() -> None:
    class Inner(Sound):
        pass

    with pytest.raises(NotAsked, match=r"Inner is defined inside a function: define it in a module"):
        agrees(trial(Inner))
    report = check_game(Inner, 20)
    assert report.passed
    assert "One question was not asked, because" in report.verdict and "Inner is defined inside a function" in report.verdict


def test_a_class_of_no_module_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pasted(Sound):
        pass

    Pasted.__module__, Pasted.__qualname__ = "page", "Pasted"
    with pytest.raises(NotAsked, match="Pasted belongs to page, which is no module that another process can import"):
        agrees(trial(Pasted))


@pytest.mark.parametrize("file", ["my_own.py", None])
def test_a_class_of_the_program_is_not_asked_and_the_command_is_told(file: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    main = sys.modules["__main__"]

    class Mine(Sound):
        pass

    Mine.__module__, Mine.__qualname__ = "__main__", "Mine"
    monkeypatch.setattr(main, "Mine", Mine, raising=False)
    monkeypatch.setattr(main, "__file__", file, raising=False)
    with pytest.raises(NotAsked, match=f"run rollback check {file or 'my_game.py'}:Mine$") as caught:
        as_bytes(Mine, "Mine")
    assert ("save it as a file" in str(caught.value)) is (file is None)


def test_a_script_and_a_prompt_say_it_and_do_not_run_themselves_again(tmp_path: Path) -> None:
    script = tmp_path / "my_script.py"
    script.write_text(
        "print('begin')\n"
        "from rollback.testing import check_game\n"
        "class Mine:\n"
        "    players = 2\n"
        "    def __init__(self): self.n = 0\n"
        "    def step(self, actions): self.n += actions[0]\n"
        "    def save(self): return self.n\n"
        "    def load(self, state): self.n = state\n"
        "print(check_game(Mine, 20).verdict)\n"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    for command, stdin in (([sys.executable, str(script)], ""), ([sys.executable, "-"], script.read_text())):
        done = subprocess.run(command, input=stdin, env=env, capture_output=True, text=True, timeout=60, check=True)
        assert done.stdout.count("begin") == 1
        assert "not asked, because Mine belongs to the program that runs" in done.stdout
        assert ("my_script.py:Mine" in done.stdout) is (stdin == "")


def test_a_game_whose_module_cannot_be_imported_elsewhere_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shy_module.py").write_text(
        "import os\nfrom tests.testing.broken_games import Sound\n"
        "if os.environ.get('PYTHONHASHSEED') in ('1', '2', '31415926'): raise RuntimeError('not here')\n"
        "class Shy(Sound): pass\n"
    )
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    import shy_module  # type: ignore[import-not-found]

    with pytest.raises(NotAsked, match=r"cannot be made in another process \(RuntimeError: not here\)"):
        agrees(trial(shy_module.Shy))


@pytest.fixture
def no_program(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "executable", "")
    yield


def test_without_a_program_to_start_it_is_not_asked(no_program: None) -> None:
    with pytest.raises(NotAsked, match=r"no other process can be started here \(there is no Python program\)"):
        agrees(trial(Sound))


def test_a_program_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(NotAsked, match=r"no other process can be started here \(.*No such file"):
        agrees(trial(Sound))


def test_without_room_for_files_it_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other_process.tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(NotAsked, match="no other process can be started here"):
        agrees(trial(Sound))


def test_a_program_that_dies_is_told_with_its_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho the last words >&2\nexit 7\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(NotAsked, match=r"ended with code 7 \(the last words\)"):
        agrees(trial(Sound))


def test_a_program_that_hangs_is_ended_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\necho $$ >> {tmp_path}/pids\nexec sleep 600\n")
    program.chmod(0o755)
    (tmp_path / "pids").touch()
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(other_process, "_PATIENCE", 1.0)
    started = time.monotonic()
    with pytest.raises(NotAsked, match="was not done within"):
        agrees(trial(Sound))
    assert time.monotonic() - started < 60
    for pid in (tmp_path / "pids").read_text().split():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)


def order(make: Any, sums: list[int]) -> dict[str, Any]:
    return {"make": pickle.dumps(make).hex(), "frames": 3, "distance": 1, "seed": 0, "matches": [(0, sums)]}


def test_the_other_side_stops_at_the_first_state_that_differs() -> None:
    played = trial(Sound, 3)
    game = played.fresh(0)
    sums = [checksum(game.save())]
    for actions in played.actions(game, 0, 3):
        game.step(actions)
        sums.append(checksum(game.save()))
    assert second_process.play(Sound, order(Sound, sums)) == {}
    answer = second_process.play(Sound, order(Sound, [*sums[:2], 1, 2]))
    assert (answer["match"], answer["frame"]) == (0, 2)


def test_the_other_side_reports_what_a_game_raises() -> None:
    class Breaks(Sound):
        def step(self, actions: Any) -> None:
            raise RuntimeError("no")

    start = Sound()
    start.reset(0)
    answer = second_process.play(Breaks, order(Sound, [checksum(start.save()), 1]))
    assert answer == {"failed": "step() raised RuntimeError at frame 0: no", "at": 0}


def test_clocks_show_another_time_and_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"{name}{suffix}" for name in ("time", "monotonic", "perf_counter", "process_time") for suffix in ("", "_ns")]
    before = {name: getattr(time, name) for name in names}
    for name in names:
        monkeypatch.setattr(time, name, before[name])  # so that all are put back
    second_process.shift_clocks(1000.0)
    for name in names:
        unit = 10**9 if name.endswith("_ns") else 1
        shifted, real = getattr(time, name)(), before[name]()
        assert type(shifted) is type(real)
        assert 999 * unit < shifted - real < 1001 * unit


def test_a_calendar_is_found_by_the_shift_alone() -> None:
    assert check_game(Calendar, 20, other_process=False).passed
    with pytest.raises(Failed, match="a clock"):
        agrees(trial(Calendar, 5))
