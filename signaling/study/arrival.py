"""Who came by a link, read from its parameters; anything but letters, digits and hyphens is refused. Knows no study."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from signaling.study.refusal import StudyRefusal

__all__ = ["Arrival", "read_arrival"]

ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
PLAIN: Final = "participant"
PROLIFIC: Final = "PROLIFIC_PID"
BESIDES: Final = {"STUDY_ID": "study_id", "SESSION_ID": "session_id"}  # of Prolific too


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody at the door.

    Attributes:
        participant: The id.
        study_id: Prolific's number of the study; empty if the link has none.
        session_id: Prolific's number of this visit; likewise.
    """

    participant: str
    study_id: str = ""
    session_id: str = ""


def read_arrival(parameters: Mapping[str, Any]) -> Arrival:
    """Return who came with these parameters of a link.

    Raises:
        StudyRefusal: `malformed`: there is no id, there are two, or one has other characters.
    """
    found = {key: _checked(key, parameters[key]) for key in (PLAIN, PROLIFIC, *BESIDES) if parameters.get(key) is not None}
    ids = {found[key] for key in (PLAIN, PROLIFIC) if key in found}
    if not ids:
        raise StudyRefusal(
            "malformed",
            "this link names no participant: it must end in ?study=1&participant=ID, or carry Prolific's parameters",
        )
    if len(ids) > 1:
        raise StudyRefusal("malformed", f"this link names two participants, {PLAIN} and {PROLIFIC}: give one of them")
    besides = {name: found[key] for key, name in BESIDES.items() if key in found}
    return Arrival(ids.pop(), **besides)


def _checked(key: str, value: Any) -> str:
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise StudyRefusal("malformed", f"{key} in this link must be 1 to 64 letters, digits and hyphens, and nothing else")
    return value
