"""What installs the tools of the browser tests, with programs that stand in for the system's."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / ".ci" / "install"
TOOLS = ("chromium", "ip", "unshare", "npm")


@pytest.fixture
def system(tmp_path):
    """Return what runs the script where only the given programs are; the second value is what apt-get was asked for."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.fail("the scripts of .ci need bash")

    def run(**programs):
        log = tmp_path / "log"
        for name, text in programs.items():
            path = tmp_path / "bin" / name.replace("_", "-")
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"#!{bash}\n{text.format(log=log)}\n")
            path.chmod(0o755)
        done = subprocess.run(
            [bash, str(SCRIPT)], env={"PATH": str(tmp_path / "bin")}, capture_output=True, text=True, timeout=30
        )
        return done, log.read_text().splitlines() if log.exists() else []

    return run


APT = 'echo "$@" >> {log}'


def test_nothing_is_done_where_everything_is_there(system):
    done, asked = system(**dict.fromkeys(TOOLS, "true"), apt_get=APT)
    assert (done.returncode, done.stdout, done.stderr, asked) == (0, "", "", [])


def test_root_installs_what_is_missing_and_nothing_else(system):
    done, asked = system(ip="true", unshare="true", npm="true", id="echo 0", apt_get=APT)
    assert done.returncode == 0
    assert asked == ["install --yes --quiet --no-install-recommends chromium fonts-dejavu-core"]


def test_where_apt_get_knows_nothing_yet_it_is_asked_to_learn(system):
    fails_first = f'{APT}; [ "$1" = update ] || [ "$(wc -l < {{log}})" -gt 2 ]'
    wc = "n=0; while read -r line; do n=$((n + 1)); done; echo $n"
    done, asked = system(**dict.fromkeys(TOOLS[1:], "true"), id="echo 0", wc=wc, apt_get=fails_first)
    assert done.returncode == 0 and [line.split()[0] for line in asked] == ["install", "update", "install"]


def test_others_install_by_sudo_if_it_asks_for_no_password(system):
    done, asked = system(**dict.fromkeys(TOOLS[1:], "true"), id="echo 1000", sudo='shift; "$@"', true="exit 0", apt_get=APT)
    assert done.returncode == 0 and len(asked) == 1


@pytest.mark.parametrize(
    ("programs", "words"),
    [
        ({"id": "echo 1000", "apt_get": APT}, "run  sudo apt-get install chromium fonts-dejavu-core"),
        ({"id": "echo 1000", "apt_get": APT, "sudo": "exit 1"}, "run  sudo apt-get install chromium fonts-dejavu-core"),
        ({"id": "echo 0"}, "this system has no apt-get: install them by its own means"),
    ],
)
def test_who_cannot_install_is_told_what_is_needed(system, programs, words):
    done, asked = system(**dict.fromkeys(TOOLS[1:], "true"), **programs)
    assert done.returncode == 1 and words in done.stderr and asked == []


def test_one_sentence_says_what_is_missing_where_nothing_can_be_downloaded(system):
    done, asked = system(**dict.fromkeys(TOOLS[1:], "true"), id="echo 0", apt_get=f"{APT}; exit 100")
    assert done.returncode == 1 and [line.split()[0] for line in asked] == ["install", "update"]
    assert done.stderr == (
        "The browser tests need chromium fonts-dejavu-core, and apt-get could not bring them: is there a way to its servers?\n"
    )


@pytest.mark.parametrize("there", [TOOLS, TOOLS[1:]], ids=["all there", "installed now"])
def test_one_sentence_says_that_a_machine_allows_no_networks_of_ones_own(system, there):
    done, _ = system(**(dict.fromkeys(there, "true") | {"unshare": "exit 1"}), id="echo 0", apt_get=APT)
    assert done.returncode == 0 and done.stderr.count("\n") == 1
    assert "they make a network of their own, and this machine forbids it" in done.stderr


def test_who_is_no_administrator_may_have_a_network_in_a_user_namespace(system):
    done, _ = system(**dict.fromkeys(TOOLS, "true") | {"unshare": '[ "$1" = -rn ]'})
    assert (done.returncode, done.stderr) == (0, "")


def test_one_sentence_says_that_pip_reaches_nothing(tmp_path):
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    done = subprocess.run(
        ["bash", str(SCRIPT.with_name("test"))], env=os.environ | {"VENV": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == (
        f"pip could not fill {tmp_path} with this package and its extra 'test': is there a way to a package index?\n"
    )
