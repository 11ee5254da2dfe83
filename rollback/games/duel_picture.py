"""The picture of a state of Duel. Knows how it looks; knows no rule and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rollback.games.drawing import ASPECT, Primitive, circle, line, rect, text
from rollback.games.duel_moves import ATTACKS, GUARD, HEALTH, STAGE, Stance
from rollback.games.duel_poses import ARM, LEG, Point, joint, pose_of

__all__ = ["LEFT", "RIGHT", "picture"]

LEFT: Final = ("#4cc9f0", "#2b7a99")  # body and the limbs behind it
RIGHT: Final = ("#ff7a59", "#a34a35")
FLASH: Final = "#ffffff"
SPARK: Final = "#ffe066"
SHIELD: Final = "#9be7a0"
FAINT: Final = "#4a5068"
EMPTY: Final = "#2c3145"

_SPAN: Final = 2.0 * STAGE + 1_000.0  # the whole stage and a little wall
_TALL: Final = _SPAN / ASPECT
_ROW: Final = 1 / 18  # of the terminal that the panel is laid out for
_GROUND: Final = 66.5 / 72  # where ankles are: feet are as thick as the legs
_WIN: Final = 3
_HUD: Final = _ROW / 2


def picture(state: Mapping[str, Any]) -> list[Primitive]:
    """Return the primitives of a state that `Duel.save` returned."""
    left, right = state["fighters"]
    shapes = [rect(0.0, 17 * _ROW, 1.0, _ROW / 4, FAINT)]
    _panel(shapes, left, state["rounds"][0], 0, LEFT[0])
    _panel(shapes, right, state["rounds"][1], 1, RIGHT[0])
    seconds = (state["clock"] + 59) // 60 if state["phase"] == 1 else 30 if state["phase"] == 0 else 0
    shapes.append(text(0.5, _HUD, 0.08, f"{seconds:2d}" if state["phase"] < 2 else "", "white", "center"))
    # Whoever attacks stands in front.
    order = [(right, -1, RIGHT), (left, 1, LEFT)]
    if right["stance"] in ATTACKS and left["stance"] not in ATTACKS:
        order.reverse()
    for fighter, side, colours in order:
        _figure(shapes, fighter, side, colours, flash=bool(state["freeze"] % 4 >= 2))
    if state["freeze"]:
        _impact(shapes, left, 1)
        _impact(shapes, right, -1)
    shapes.append(text(0.5, 0.31, 0.12, _notice(state), "gold", "center"))
    return shapes


def _panel(shapes: list[Primitive], fighter: Mapping[str, int], won: int, player: int, colour: str) -> None:
    """Add name, rounds, health and guard; both bars shrink towards the middle of the screen."""
    name = f"P{player + 1}"
    medals = "●" * won + "○" * (_WIN - won)
    label = f"{name} {medals}" if player == 0 else f"{medals[::-1]} {name}"
    shapes.append(text(0.02 if player == 0 else 0.98, _HUD, 0.07, label, colour, "left" if player == 0 else "right"))
    for top, height, value, full, tint in (
        (_ROW, _ROW, fighter["health"], HEALTH, colour),
        (2.75 * _ROW, _ROW / 4, fighter["guard"], GUARD, SHIELD),
    ):
        width = 0.44 * value / full
        start = 0.02 if player == 0 else 0.98 - 0.44
        shapes.append(rect(start, top + height - _ROW / 4, 0.44, _ROW / 4, EMPTY))
        if value:
            shapes.append(rect(start if player == 0 else 0.98 - width, top, width, height, tint))


def _figure(shapes: list[Primitive], fighter: Mapping[str, int], side: int, colours: tuple[str, str], *, flash: bool) -> None:
    """Add a fighter; `side` 1 looks to the right."""
    struck = flash and fighter["stance"] in (Stance.HIT, Stance.DOWN, Stance.CRUSHED, Stance.BLOCK)
    front, behind = (FLASH, FLASH) if struck else colours
    middle = -side * fighter["place"]
    pose = pose_of(fighter["stance"], fighter["age"])
    head, neck, hip, lead_hand, rear_hand, lead_foot, rear_foot = pose

    def limb(start: Point, end: Point, length: float, bend: int, width: float, colour: str) -> None:
        x, y = joint(start, end, length, bend)
        elbow = (x, max(50.0, y))  # nobody's elbow goes through the floor
        for one, other in ((start, elbow), (elbow, end)):
            shapes.append(line(*_place(one, middle, side), *_place(other, middle, side), width, colour))

    limb(neck, rear_hand, ARM, -1, 0.032, behind)
    limb(hip, rear_foot, LEG, 1, 0.042, behind)
    shapes.append(line(*_place(neck, middle, side), *_place(hip, middle, side), 0.07, front))
    limb(hip, lead_foot, LEG, 1, 0.042, front)
    shapes.append(circle(*_place(head, middle, side), 0.045, front))
    limb(neck, lead_hand, ARM, -1, 0.032, front)


def _impact(shapes: list[Primitive], fighter: Mapping[str, int], side: int) -> None:
    """Add a spark, or a shield if it was blocked, where this fighter was struck just now."""
    if fighter["age"] or fighter["stance"] not in (Stance.HIT, Stance.BLOCK, Stance.CRUSHED, Stance.DOWN):
        return
    x, y = _place((330.0, 1_450.0), -side * fighter["place"], side)
    if fighter["stance"] == Stance.BLOCK:
        shapes.append(line(x, y - 0.12, x, y + 0.12, 0.02, SHIELD))
        return
    for dx, dy in ((0.045, 0.0), (0.0, 0.075), (0.03, 0.05), (-0.03, 0.05)):
        shapes.append(line(x - dx, y - dy, x + dx, y + dy, 0.008, SPARK))


def _notice(state: Mapping[str, Any]) -> str:
    phase, clock = state["phase"], state["clock"]
    won, lost = state["rounds"]
    if phase == 0:
        return f"ROUND {won + lost + 1}" if clock > 25 else "FIGHT!"
    if phase == 3 or (phase == 2 and clock < 55):
        if won == lost == _WIN:
            return "DRAW"
        if won == _WIN or lost == _WIN:
            return f"P{1 if won > lost else 2} WINS THE MATCH"
    if phase == 2:
        return "K.O." if not all(fighter["health"] for fighter in state["fighters"]) else "TIME"
    return ""


def _across(x: float) -> float:
    return 0.5 + x / _SPAN


def _place(point: Point, middle: float, side: int) -> Point:
    """Return a joint's place on the surface."""
    return _across(middle + side * point[0]), _GROUND - point[1] / _TALL
