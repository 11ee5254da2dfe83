"""The network of `rollback simulate`: none, a profile, a file, flags, and one over the other."""

from __future__ import annotations

import pytest

from rollback.cli.simulate_link import link_of
from rollback.errors import UsageError
from rollback.sim.link import Link
from rollback.sim.profiles import PROFILES

NOTHING = {"latency_ms": None, "jitter_ms": None, "loss": None}


def test_without_a_word_of_it_there_is_no_network():
    assert link_of(None, NOTHING) is None


def test_flags_make_a_link_and_zero_is_a_word_too():
    assert link_of(None, NOTHING | {"latency_ms": 60.0, "loss": 0.1}) == Link(latency_ms=60, loss=0.1)
    assert link_of(None, NOTHING | {"latency_ms": 0.0}) == Link()


def test_a_profile_is_taken_and_flags_change_it():
    assert link_of("poor", NOTHING) == PROFILES["poor"].link
    changed = link_of("terrible", NOTHING | {"loss": 0.5})
    assert changed.loss == 0.5 and changed.burst == PROFILES["terrible"].link.burst


def test_a_file_holds_a_link(tmp_path):
    path = tmp_path / "home.json"
    path.write_text('{"latency_ms": 80, "loss": 0.2}')
    assert link_of(str(path), NOTHING) == Link(latency_ms=80, loss=0.2)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("wfi", None, "did you mean wifi"),
        ("all", None, "all matches are played over one network: name one of lan"),
        ("missing.json", None, r"missing\.json cannot be read"),
        ("torn.json", b'{"latency_ms": ', r"torn\.json is no JSON"),
        ("bytes.json", b"\xff\xfe", r"bytes\.json is no JSON"),
        ("wrong.json", b'{"latency": 3}', "latency"),
    ],
)
def test_what_is_no_network_is_said_in_one_sentence(name, content, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=said) as caught:
        link_of(name, NOTHING)
    assert "\n" not in str(caught.value)
