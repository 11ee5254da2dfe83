"""A match over a virtual network: held to its plain run, with what the network did to it, and the same anywhere."""

from __future__ import annotations

import json

import pytest

from rollback.sim import Link, MatchSpec
from rollback.sim.pool.played import Played, Shared

HERE = "tests.sim.pool.games"
LOSSY = Link(latency_ms=60, jitter_ms=30, loss=0.1)


def play(game: str, link: Link = LOSSY, frames: int = 200, seed: int = 5, **settings: object) -> Played:
    return MatchSpec(game=game, link=link, frames=frames, **settings).play(seed, Shared())  # type: ignore[arg-type]


@pytest.mark.parametrize("game", ["pong", "duel", f"{HERE}:Long"])
def test_a_match_over_a_lossy_link_is_rolled_back_and_keeps_parity(game: str) -> None:
    played = play(game)
    stats = played.stats
    assert played.error == "" and stats["frames"] == 200 and played.is_truncated
    assert stats["rollbacks"] > 0 and stats["resimulated"] >= stats["rollbacks"] and stats["lost"] > 0
    assert 0 < stats["depth"] <= 8 and 0 < stats["lag"] <= 8 and stats["sent"] > 200 and stats["bytes_per_second"] > 0
    assert json.loads(json.dumps(stats)) == stats


def test_all_that_was_measured_is_told_for_all_peers_together() -> None:
    assert list(play(f"{HERE}:Long", frames=20).stats) == [
        "frames", "rollbacks", "resimulated", "stalls", "depth", "lag", "lost", "sent", "bytes_per_second", "seconds",
    ]  # fmt: skip


def test_a_game_that_loses_its_way_is_an_error_that_names_the_oracle_and_keeps_what_is_known() -> None:
    played = play(f"{HERE}:Forgetful")
    assert played.error.startswith("states: frame ") and "expected checksum" in played.error
    assert len(played.digest) == 64 and played.stats["frames"] > 0


def test_a_network_that_lets_nothing_through_is_an_error() -> None:
    played = play(f"{HERE}:Sums", Link(loss=1.0))
    assert played.error.startswith(("progress: ", "complete: ")) and played.stats["frames"] == 0


def test_a_match_ends_when_the_game_is_over() -> None:
    played = play(f"{HERE}:Sums")
    assert played.stats["frames"] == 40 and not played.is_truncated and played.error == ""


def test_the_digest_is_of_the_confirmed_inputs_and_not_of_what_the_network_did() -> None:
    names = (f"{HERE}:Constant?value=1", f"{HERE}:Rising")
    digests = {play(f"{HERE}:Sums", link, players=names).digest for link in (Link(), LOSSY, Link(latency_ms=90))}
    plain = MatchSpec(game=f"{HERE}:Sums", players=names, frames=200).play(5, Shared())
    assert digests == {plain.digest}
    assert play(f"{HERE}:Sums", LOSSY, players=names, input_delay=3).digest not in digests, "other inputs were confirmed"


def test_inputs_that_settle_are_taken_while_the_match_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = play(f"{HERE}:Long")
    monkeypatch.setattr("rollback.sim.pool.linked.PILE", 16)
    assert play(f"{HERE}:Long") == usual
