"""What a training process reports, put into the run and told on. Knows the messages; knows no process and no page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rollback.studio.run import Run
from rollback.studio.states import Cause

__all__ = ["Tell", "heard", "place_of"]

Tell = Callable[[str, dict[str, Any]], None]


def heard(run: Run, report: Mapping[str, Any], tell: Tell) -> None:
    """Take a report.

    Args:
        run: Whose process it is.
        report: One of those that `Trainer` tells.
        tell: Takes events for pages and their payloads.
    """
    kind = report.get("is")
    if kind != "points":
        run.episode = report.get("episode", run.episode) if kind != "saved" else run.episode
        run.step = report.get("step", run.step) if kind != "saved" else run.step
        run.epsilon = report.get("epsilon", run.epsilon)
    match kind:
        case "ready":
            run.happened(Cause.READY)
            if run.curve.last > run.episode:  # it goes on from before its last points
                run.begin_curve(is_read=False)
            tell("status", run.told())
        case "points":
            _points(run, report["rows"])
        case "figures":
            run.steps_per_second = report["steps_per_second"]
            tell("status", run.told())
        case "picture":
            run.picture_number += 1
            run.picture = {
                "run": run.name,
                "number": run.picture_number,
                **place_of(run),
                "agent_pos": report["agent_pos"],
                "picture": report["picture"],
            }
        case "saved":
            names = report["names"]
            tell("save_complete", {"run": run.name, "name": names[0], **{key: report[key] for key in report if key != "is"}})
        case "loaded":
            run.begin_curve(is_read=False)
            tell("load_complete", {"run": run.name, "name": report["name"], **place_of(run)})
            tell("status", run.told())
        case "reset":
            run.begin_curve(is_read=True)
            tell("reset_complete", {"run": run.name, "aside": report.get("aside", ""), **place_of(run)})
            tell("status", run.told())
        case "evaluated":
            tell("evaluated", {"run": run.name, "metrics": report["metrics"], **place_of(run)})
        case "refused":
            told = {"message": report["message"], "command": report["command"], "run": run.name, "reason": "failed"}
            tell("error", told)


def place_of(run: Run) -> dict[str, Any]:
    """Return how far a run is."""
    return {"episode": run.episode, "step": run.step, "epsilon": run.epsilon}


def _points(run: Run, rows: list[list[Any]]) -> None:
    if rows and run.is_read and rows[0][0] > run.curve.last + 1:  # some are in the log only
        run.begin_curve(is_read=False)
    run.take(rows)
