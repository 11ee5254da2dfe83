"""Networks from files: what a file must be, and one sentence for each that is something else."""

from __future__ import annotations

import pytest

from rollback.cli.profile_file import profile_in
from rollback.errors import UsageError
from rollback.sim.link import Link


def test_a_file_is_a_link_or_a_whole_profile_and_is_called_as_the_file_is(tmp_path):
    (tmp_path / "home.json").write_text('{"latency_ms": 80, "loss": 0.2}')
    (tmp_path / "car.json").write_text('{"link": {"latency_ms": 9}, "skew_ppm": [100], "seconds": 5}')
    home, car = profile_in(str(tmp_path / "home.json")), profile_in(str(tmp_path / "car.json"))
    assert (home.name, home.link) == ("home", Link(latency_ms=80, loss=0.2))
    assert (car.name, car.link, car.skew_ppm, car.seconds) == ("car", Link(latency_ms=9), (100,), 5)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, r"line\.json cannot be read: No such file"),
        (b'{"latency_ms": ', r"line\.json is no JSON"),
        (b"\xff\xfe", r"line\.json is no JSON"),
        (b"[" * 100_000, r"line\.json is no JSON"),
        (b"[3]", "line: a profile is a JSON object"),
        (b'{"latency": 3}', "latency"),
    ],
)
def test_a_file_that_is_no_network_is_said_in_one_sentence(content, said, tmp_path):
    path = tmp_path / "line.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as caught:
        profile_in(str(path))
    assert "\n" not in str(caught.value)
