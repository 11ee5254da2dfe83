"""What a researcher decided about a study, checked value by value. Knows no file and no participant."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rollback.errors import ConfigError
from signaling.agent_shelf import Agent

__all__ = ["AGENT", "CODED", "KINDS", "OPPONENTS", "StudyPlan"]

OPPONENTS: Final = ("participant", "best", "random")
AGENT: Final = ".npz"  # how the name of an opponent ends that is the file of a trained agent
ON_DISCONNECT: Final = ("pause", "idle", "end")
KINDS: Final = (
    "complete",  # all episodes were played
    "no_partner",  # waited in vain
    "partner_left",
    "slow_connection",
    "failed",  # the browser, the game or the server could not go on
    "withdrew",
    "declined",  # did not consent
    "full",  # came when there was no place
)
# Who spent time for us has a code in any case; who declined, withdrew or found no place has one where the researcher named it.
CODED: Final = frozenset({"complete", "no_partner", "partner_left", "slow_connection", "failed"})
TEXT: Final = 20_000  # characters of what people read
CODE: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
URL: Final = re.compile(r"https://[A-Za-z0-9.-]{1,200}(?::\d{1,5})?(?:/[A-Za-z0-9._~:/?&=%{}+-]*)?")
_SAME: Final = ("game", "episodes", "frames", "opponent", "input_delay", "prediction_window", "on_disconnect")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPlan:
    """A study.

    Attributes:
        title: What participants see above all.
        game: The game, named as everywhere.
        consent: The text that is shown before the start, plain text.
        debrief: The text that is shown at the end.
        episodes: Matches of each participant, all with the same partner.
        frames: Frames of each match.
        opponent: `participant`: people play each other in pairs; `best`, `random` or `FILE.npz`: each plays a bot, or a trained
            agent, in the own browser.
        waiting_room: Seconds that somebody waits for a partner, at the most.
        max_rtt_ms: Round trip in milliseconds above which nobody takes part; None for no such limit.
        max_participants: Those who play or have finished; who ended early frees the place.
        input_delay: Of the session, in frames.
        prediction_window: Of the session, in frames.
        on_disconnect: What the session does when one of the two is lost.
        folder: Where the data go.
        participant_mib: Data that one participant may upload.
        total_mib: Data of all.
        codes: Completion codes by kind; random ones are made for each participant where none is given.
        url: Where the button at the end leads, with `{code}` in it; empty for no button.
        agent: The trained agent that the opponent's file held when the study was read; None for any other opponent.

    Raises:
        ConfigError: A value is out of its limits; the message begins with the name of its key.
    """

    title: str
    game: str
    consent: str
    debrief: str = ""
    episodes: int = 1
    frames: int = 3600
    opponent: str = "participant"
    waiting_room: float = 300.0
    max_rtt_ms: float | None = None
    max_participants: int = 100
    input_delay: int = 2
    prediction_window: int = 8
    on_disconnect: str = "pause"
    folder: Path = Path("study-data")
    participant_mib: float = 50.0
    total_mib: float = 2000.0
    codes: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    agent: Agent | None = None

    def __post_init__(self) -> None:
        _check_text("title", self.title, 200)
        _check_text("game", self.game, 200)
        _check_text("consent", self.consent, TEXT)
        _check_text("debrief", self.debrief, TEXT, may_be_empty=True)
        _check_number("episodes", self.episodes, 1, 100)
        _check_number("frames", self.frames, 60, 1_000_000)
        _check_opponent(self.opponent)
        _check_number("waiting_room", self.waiting_room, 5, 3600, is_whole=False)
        if self.max_rtt_ms is not None:
            _check_number("max_rtt_ms", self.max_rtt_ms, 1, 10_000, is_whole=False)
        _check_number("max_participants", self.max_participants, 1, 10_000)
        _check_number("input_delay", self.input_delay, 0, 60)
        _check_number("prediction_window", self.prediction_window, 0, 60)
        _check_word("on_disconnect", self.on_disconnect, ON_DISCONNECT)
        _check_number("participant_mib", self.participant_mib, 0.1, 10_000, is_whole=False)
        _check_number("total_mib", self.total_mib, self.participant_mib, 10_000_000, is_whole=False)
        self._check_codes()

    @property
    def needs_partner(self) -> bool:
        """Whether people play each other."""
        return self.opponent == "participant"

    @property
    def mark(self) -> str:
        """A digest of all that makes data comparable: a folder holds the data of one such study only."""
        told = {name: getattr(self, name) for name in _SAME}
        if self.agent is not None:  # what it is called, and where it lies, may change
            told["opponent"] = f"agent {self.agent.sha256}"
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]

    def _check_codes(self) -> None:
        for kind, code in self.codes.items():
            if kind not in KINDS:
                raise ConfigError(f"{kind} is no kind of ending: they are {', '.join(KINDS)}")
            if not isinstance(code, str) or not CODE.fullmatch(code):
                raise ConfigError(f"{kind} must be a code of 1 to 64 letters, digits and hyphens, not {_shown(code)}")
        if not isinstance(self.url, str) or (self.url and (not URL.fullmatch(self.url) or self.url.count("{code}") != 1)):
            raise ConfigError(
                "url must be an address with https:// and {code} in it once, such as"
                f" https://app.prolific.com/submissions/complete?cc={{code}}, not {_shown(self.url)}"
            )
        if self.url.replace("{code}", "").count("{") or self.url.replace("{code}", "").count("}"):
            raise ConfigError(f"url may hold no braces but those of {{code}}, not {_shown(self.url)}")


def _check_text(key: str, value: Any, most: int, *, may_be_empty: bool = False) -> None:
    if not isinstance(value, str) or not (may_be_empty or value.strip()):
        raise ConfigError(f"{key} must be a text, not {_shown(value)}")
    if len(value) > most:
        raise ConfigError(f"{key} has {len(value)} characters: at most {most} are taken")


def _check_number(key: str, value: Any, least: float, most: float, *, is_whole: bool = True) -> None:
    kinds = (int,) if is_whole else (int, float)
    if type(value) not in kinds or not least <= value <= most:
        raise ConfigError(f"{key} must be a {'whole ' if is_whole else ''}number from {least} to {most}, not {_shown(value)}")


def _check_word(key: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ConfigError(f"{key} must be one of {', '.join(allowed)}, not {_shown(value)}")


def _check_opponent(value: Any) -> None:
    if value not in OPPONENTS and not (isinstance(value, str) and value.endswith(AGENT) and "\0" not in value):
        raise ConfigError(
            f"opponent must be one of {', '.join(OPPONENTS)}, not {_shown(value)}, or the file of a trained agent, FILE{AGENT}"
        )


def _shown(value: Any) -> str:
    if isinstance(value, str) and not value.strip():
        return "an empty one"
    shown = repr(value)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."
