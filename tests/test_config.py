"""The settings: every one has its limits, and every refusal names the setting, the value and what is allowed."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from rollback import ConfigError, Default, RepeatLast, SessionConfig, TakeOver, UsageError
from rollback.config import MAX_DELAY, MAX_EXTRA, MAX_LABEL, MAX_WINDOW
from rollback.wire.limits import RING

ALLOWED = [
    ("fps", [1, 60, 1000]),
    ("input_delay", [0, 2, 60]),
    ("prediction_window", [0, 8, 60]),
    ("desync_interval", [0, 1, 1_000_000]),
    ("on_desync", ["stop", "resync", "report"]),
    ("save", ["every", "sparse", "auto"]),
    ("interrupt_after", [0.05, 1, 5.0]),
    ("disconnect_after", [0.5, 5, 86_400]),
    ("rejoin_grace", [0, 0.5, 86_400]),
    ("on_disconnect", ["pause", "idle", "end", TakeOver(None)]),
    ("max_spectators", [0, 32]),
    ("seed", [0, 2**63 - 1]),
    ("game_id", ["", "x" * MAX_LABEL]),
    ("game_version", ["", "1.2.3"]),
    ("predictor", [RepeatLast(), Default()]),
    ("extra", [{}, {"a": 1, "b": 2.5, "c": "x", "d": None, "e": True}, {f"{n}": n for n in range(MAX_EXTRA)}]),
]
REFUSED = [
    ("fps", [0, 1001, -1, 60.0, True, "60", None], "fps must be a whole number from 1 to 1000, not {!r}"),
    ("input_delay", [-1, 61, 2.0, None, False], 'input_delay must be a whole number from 0 to 60 or "auto", not {!r}'),
    ("prediction_window", [-1, 61, "8"], "prediction_window must be a whole number from 0 to 60, not {!r}"),
    ("desync_interval", [-1, 1_000_001], "desync_interval must be a whole number from 0 to 1000000, not {!r}"),
    ("on_desync", ["end", "", None], "on_desync must be one of 'stop', 'resync', 'report', not {!r}"),
    ("save", ["always", None], "save must be one of 'every', 'sparse', 'auto', not {!r}"),
    (
        "interrupt_after",
        [0, 0.04, 3601, float("nan"), "1", True],
        "interrupt_after must be a number of seconds from 0.05 to",
    ),
    (
        "disconnect_after",
        [0, 86_401, float("inf"), None],
        "disconnect_after must be a number of seconds from 0.1 to 86400",
    ),
    ("rejoin_grace", [-0.1, float("nan")], "rejoin_grace must be a number of seconds from 0 to 86400, not {!r}"),
    (
        "on_disconnect",
        ["stop", None],
        "on_disconnect must be one of 'pause', 'idle', 'end' or TakeOver(policy), not {!r}",
    ),
    ("max_spectators", [-1, 33], "max_spectators must be a whole number from 0 to 32, not {!r}"),
    ("seed", [-1, 2**63, 1.0], "seed must be a whole number from 0 to 9223372036854775807, not {!r}"),
    ("game_id", ["x" * (MAX_LABEL + 1), 7, None], "game_id must be a string of at most 200 characters, not"),
    ("game_version", [b"1"], "game_version must be a string of at most 200 characters, not {!r}"),
    ("predictor", ["repeat", None, RepeatLast], None),
    (
        "extra",
        [[], "a", {f"{n}": n for n in range(MAX_EXTRA + 1)}],
        "extra must be a mapping of at most 64 entries, not",
    ),
    (
        "extra",
        [{1: 2}, {"a": []}, {"a": {"b": 1}}, {"a": b"x"}],
        "must be a string, number, bool or None under a string, not",
    ),
]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in ALLOWED for value in values])
def test_what_is_allowed_is_kept_as_it_is(name: str, value: Any) -> None:
    assert getattr(SessionConfig(**{name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "value", "says"), [(name, value, says) for name, values, says in REFUSED for value in values if says]
)
def test_what_is_not_allowed_is_refused_in_one_sentence(name: str, value: Any, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SessionConfig(**{name: value})
    message = str(caught.value)
    assert message.startswith(name)
    assert says.format(value) in message
    assert "\n" not in message and len(message) < 300


@pytest.mark.parametrize("value", ["repeat", None, 7])
def test_a_predictor_must_predict(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"predictor has no method predict\(\)"):
        SessionConfig(predictor=value)


def test_a_peer_is_interrupted_before_it_is_lost() -> None:
    with pytest.raises(ConfigError, match=r"disconnect_after is 0.3, shorter than interrupt_after \(0.5\)"):
        SessionConfig(disconnect_after=0.3)
    assert SessionConfig(interrupt_after=0.3, disconnect_after=0.3).disconnect_after == 0.3


def test_the_defaults_are_those_of_the_contract() -> None:
    config = SessionConfig()
    assert {field.name: getattr(config, field.name) for field in dataclasses.fields(config)} == {
        "fps": 60,
        "input_delay": 2,
        "prediction_window": 8,
        "desync_interval": 60,
        "on_desync": "stop",
        "predictor": RepeatLast(),
        "save": "every",
        "interrupt_after": 0.5,
        "disconnect_after": 5.0,
        "rejoin_grace": 30.0,
        "on_disconnect": "pause",
        "max_spectators": 32,
        "seed": 0,
        "game_id": "",
        "game_version": "",
        "extra": {},
    }


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        SessionConfig().fps = 30  # type: ignore[misc]
    assert SessionConfig() == SessionConfig()
    assert dataclasses.replace(SessionConfig(), fps=30).fps == 30
    with pytest.raises(ConfigError):
        dataclasses.replace(SessionConfig(), fps=0)


def test_two_configurations_do_not_share_their_extra() -> None:
    assert SessionConfig().extra is not SessionConfig().extra


def test_windows_and_delays_of_both_sides_fit_the_rings() -> None:
    assert 2 * (MAX_WINDOW + MAX_DELAY) < RING


def test_a_setting_out_of_its_limits_is_a_mistake_of_the_caller() -> None:
    assert issubclass(ConfigError, UsageError) and issubclass(ConfigError, ValueError)
