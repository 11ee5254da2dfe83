"""The picture of a state of Pong. Knows how it looks; knows no rule and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rollback.games.drawing import ASPECT, Primitive, line, rect, text

__all__ = ["LEFT", "RIGHT", "picture"]

LEFT: Final = "#4cc9f0"
RIGHT: Final = "#ff7a59"
BALL: Final = "#fff3b0"
TRAIL: Final = "#6b6650"
FAINT: Final = "#4a5068"

_WIDTH: Final = 33_000.0  # a little more than the field, so that paddles do not touch the edge
_HEIGHT: Final = 24_000.0
_TOP: Final = 2 / 18  # in a terminal of 18 rows: score, border, fifteen rows of field, border
_ROW: Final = 1 / 18
_THIN: Final = _ROW / 4
_BALL_HEIGHT: Final = 3 * _THIN  # larger than it plays; three dots look the same wherever they fall in the cells
_BALL_WIDTH: Final = _BALL_HEIGHT / ASPECT


def picture(state: Mapping[str, Any]) -> list[Primitive]:
    """Return the primitives of a state that `Pong.save` returned."""
    (left, right), (x, y), (vx, vy) = state["paddles"], state["ball"], state["velocity"]
    shapes = [rect(0.0, _TOP - _THIN, 1.0, _THIN, FAINT), rect(0.0, _down(10_000), 1.0, _THIN, FAINT)]
    shapes += [rect(0.4975, _TOP + 2 * dash * _ROW, 0.005, _ROW, FAINT) for dash in range(8)]
    shapes.append(text(0.02, _ROW / 2, 0.075, f"P1  {state['points'][0]}", LEFT))
    shapes.append(text(0.98, _ROW / 2, 0.075, f"{state['points'][1]}  P2", RIGHT, "right"))
    shapes.append(text(0.5, _ROW / 2, 0.06, _notice(state), "silver", "center"))
    shapes.append(_paddle(-14_800 - 600, left, LEFT))
    shapes.append(_paddle(14_800, right, RIGHT))
    if not state["pause"] and state["rally"]:
        shapes.append(line(_across(x - 5 * vx), _down(y - 5 * vy), _across(x - 2 * vx), _down(y - 2 * vy), 0.01, TRAIL))
    shapes.append(rect(_across(x) - _BALL_WIDTH / 2, _down(y) - _BALL_HEIGHT / 2, _BALL_WIDTH, _BALL_HEIGHT, BALL))
    return shapes


def _paddle(x: int, y: int, colour: str) -> Primitive:
    return rect(_across(x), _down(y - 1_600), 600 / _WIDTH, 3_200 / _HEIGHT, colour)


def _notice(state: Mapping[str, Any]) -> str:
    if max(state["points"]) >= 5:
        return "P1 wins" if state["points"][0] > state["points"][1] else "P2 wins"
    if state["pause"]:
        return "serve ►" if state["velocity"][0] > 0 else "◄ serve"
    return f"rally {state['rally']}" if state["rally"] > 3 else ""


def _across(x: float) -> float:
    return 0.5 + x / _WIDTH


def _down(y: float) -> float:
    return _TOP + (y + 10_000) / _HEIGHT
