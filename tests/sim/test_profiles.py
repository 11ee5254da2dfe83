"""Every profile with two, three and four peers: no divergence anywhere, and the premise that there could have been one."""

from __future__ import annotations

import pytest

from rollback.errors import ConfigError, UsageError
from rollback.games import Duel, Pong
from rollback.sim import Link
from rollback.sim.profiles import PROFILES, Profile, profiles_of
from rollback.sim.stress import Outcome, plan_for, summarize
from tests.cases import more_at_night
from tests.sim.games import Mixer

SEEDS = (range(3), range(3, 8))
FRAMES = 240
GAMES = {2: (Pong, Duel), 3: (lambda: Mixer(3),), 4: (lambda: Mixer(4),)}


def outcomes_on(profile: Profile, players: int, seeds=SEEDS[0], frames=FRAMES):
    games = GAMES[players]
    short = Profile(profile.name, profile.about, profile.link, profile.skew_ppm, min(profile.seconds, 8.0))
    plans = [plan_for(short, game="given", players=players, seed=seed, frames=frames, fps=60) for seed in seeds]
    return [Outcome(plan, plan.run(games[plan.seed % len(games)])) for plan in plans]


@pytest.mark.parametrize("players", [2, 3, 4])
@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("seeds", more_at_night(SEEDS, 1), ids=str)
def test_no_peer_diverges_on_any_profile(seeds, name, players):
    profile = PROFILES[name]
    outcomes = outcomes_on(profile, players, seeds)
    assert [outcome.why for outcome in outcomes] == [""] * len(seeds)
    summary = summarize(profile, outcomes, window=8)
    assert summary.proves, summary.premises
    assert (summary.matches, summary.failed, summary.diverged) == (len(seeds), 0, 0)
    for outcome in outcomes:
        report = outcome.report
        assert set(report.ended) <= {"end_at", "over"} and report.inputs_varied
        for events in report.events:
            assert not [event for _, event in events if type(event).__name__ == "DesyncFound"]


def test_a_minute_of_drifting_clocks_is_kept_together():
    profile = PROFILES["drift"]
    plan = plan_for(profile, game="given", players=2, seed=1, frames=100, fps=60)
    assert plan.frames == 3600 and plan.skew_ppm == (500.0, -500.0)
    report = plan.run(Mixer)
    assert report.passed
    assert report.gap <= 3 and report.stalls == [0, 0] and min(report.rollbacks) > 100


@pytest.mark.parametrize(
    ("name", "round_trip_ms", "lost"),
    [("lan", 2, 0.0), ("wifi", 50, 0.01), ("mobile", 100, 0.05), ("poor", 200, 0.05), ("terrible", 500, 0.15)],
)
def test_a_profile_is_the_network_it_is_called_after(name, round_trip_ms, lost):
    link = PROFILES[name].link
    assert link.latency_ms * 2 == round_trip_ms and link.loss == lost
    assert PROFILES["terrible"].link.burst == (0.1, 6)
    assert sum(seconds for _, seconds in PROFILES["blackout"].link.blackouts) == 2


def test_profiles_have_names_and_all_is_all_of_them():
    assert profiles_of("all") == list(PROFILES.values()) and len(PROFILES) == 7
    assert profiles_of("mobile") == [PROFILES["mobile"]]
    with pytest.raises(UsageError, match=r"there is no profile 'nothing at all'\. There are lan, wifi"):
        profiles_of("nothing at all")
    with pytest.raises(UsageError, match=r"there is no profile 'mobil', did you mean mobile\? There are lan, wifi"):
        profiles_of("mobil")


def test_skews_go_round_and_none_is_none():
    assert PROFILES["drift"].skews(3) == (500.0, -500.0, 500.0)
    assert PROFILES["lan"].skews(3) == ()


def test_a_profile_of_the_users_own_is_a_link_or_more():
    assert Profile.from_dict("mine", {"loss": 0.5}) == Profile("mine", "as given", Link(loss=0.5))
    full = {"link": {"latency_ms": 5}, "skew_ppm": [10], "seconds": 3, "about": "home"}
    assert Profile.from_dict("mine", full) == Profile("mine", "home", Link(latency_ms=5), (10,), 3)


@pytest.mark.parametrize(
    ("values", "says", "error"),
    [
        ([], r"mine: a profile is a JSON object", UsageError),
        ({"link": {}, "name": 3}, r"mine: a profile has link, skew_ppm, seconds and about, not 'name'", UsageError),
        ({"link": {}, "skew_ppm": 3}, r"mine: skew_ppm is a list of numbers", UsageError),
        ({"link": {}, "seconds": -1}, r"mine: seconds is a number from 0 to 86400, not -1", UsageError),
        ({"loss": 7}, r"loss must be a share", ConfigError),
        ({"lag": 7}, r"a link has no 'lag'", ConfigError),
    ],
)
def test_a_profile_that_cannot_be_is_refused(values, says, error):
    with pytest.raises(error, match=says):
        Profile.from_dict("mine", values)
