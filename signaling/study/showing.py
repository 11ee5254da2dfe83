"""What a participant's page is told of how things are. Knows one participant and the plan; decides nothing."""

from __future__ import annotations

from typing import Any

from signaling.study.endings import SENTENCES
from signaling.study.participant import Participant
from signaling.study.plan import StudyPlan
from signaling.study.stages import Stage

__all__ = ["shown", "shown_full"]


def shown(plan: StudyPlan, member: Participant, *, waiting_left: float, expected: int) -> dict[str, Any]:
    """Return how things are for one participant.

    Args:
        plan: The study.
        member: The participant.
        waiting_left: Seconds that the participant waits for a partner yet, at the most.
        expected: The number of the piece of data of this episode that comes next.
    """
    told: dict[str, Any] = {
        "stage": str(member.stage),
        "title": plan.title,
        "game": plan.game,
        "opponent": plan.opponent if plan.agent is None else "agent",
        "episode": member.episode,
        "episodes": plan.episodes,
        "frames": plan.frames,
    }
    if plan.agent is not None:  # not what it is called: that may say what the study is about
        told["agent"] = {"name": "bot", "sha256": plan.agent.sha256, "size": len(plan.agent.content)}
    if member.stage is Stage.ARRIVED:
        told["consent"] = plan.consent
    if member.stage is Stage.WAITING:
        told["waiting_left"] = round(waiting_left, 1)
    if member.is_in_match:
        told |= {
            "room": member.room,
            "expected": expected,
            "settings": {
                "input_delay": plan.input_delay,
                "prediction_window": plan.prediction_window,
                "on_disconnect": plan.on_disconnect,
            },
        }
    if member.is_over:
        told |= _ending(plan, member.kind, member.code) | {"expected": expected}
    return told


def shown_full(plan: StudyPlan) -> dict[str, Any]:
    """Return what somebody is told who came when there was no place."""
    return {"stage": "ended", "title": plan.title, **_ending(plan, "full", plan.codes.get("full", ""))}


def _ending(plan: StudyPlan, kind: str, code: str) -> dict[str, Any]:
    told = {"kind": kind, "sentence": SENTENCES[kind], "completion_code": code, "debrief": plan.debrief}
    if plan.url and code:
        told["completion_url"] = plan.url.replace("{code}", code)
    return told
