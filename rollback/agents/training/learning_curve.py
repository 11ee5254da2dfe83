"""A run's learning curve as a picture, from the lines of its log. Knows the lines; draws SVG as text, needs no script.

For each window of episodes it shows the median of what was earned, and the middle half of the episodes around it; where the
lines tell a generation, a window is a generation. What was earned while training is no evaluation: the picture says so, and
also where old episodes share lines, for medians of means vary less than those of episodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isfinite, log10
from typing import Any, Final

from rollback.errors import UsageError

__all__ = ["learning_curve"]

WIDTH: Final = 760
HEIGHT: Final = 400
LEFT: Final = 72
RIGHT: Final = 40
TOP: Final = 76
BOTTOM: Final = 56
WINDOWS: Final = 60  # where no generation is told; more cannot be told apart
TICKS: Final = 6
LEGEND: Final = "steps of training; line: median, band: middle half, dashed: best"

STYLE: Final = """
svg { color-scheme: light dark; font: 14px system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
.ground { fill: #ffffff; } .word { fill: #1d2129; } .faint { fill: #5a6270; } .heading { font-size: 18px; font-weight: 600; }
.small { font-size: 12px; font-variant-numeric: tabular-nums; } .grid { stroke: #dfe3ea; } .end { text-anchor: end; }
.middle { text-anchor: middle; } .half { fill: #2f7de1; fill-opacity: 0.22; } .best { stroke: #e07b12; stroke-dasharray: 5 4; }
.median { stroke: #1f63b5; stroke-width: 2; } .median, .best { fill: none; stroke-linejoin: round; }
@media (prefers-color-scheme: dark) {
.ground { fill: #14171d; } .word { fill: #eceff5; } .faint { fill: #a7b0bf; } .grid { stroke: #2b313c; }
.median { stroke: #79b4ff; } .half { fill: #4d98f5; } .best { stroke: #f09438; }
}
"""


_Point = tuple[float, float, float]  # step, what was earned, and the most that was: not the same where episodes share a line


@dataclass(frozen=True, slots=True)
class _Window:
    """Episodes next to each other: their last step, and what was earned: quarter, median, three quarters, most."""

    step: float
    low: float
    median: float
    high: float
    most: float


def learning_curve(lines: Iterable[Mapping[str, Any]], *, title: str = "Learning curve", measure: str = "reward") -> str:
    """Return the picture as the text of an SVG file.

    Args:
        lines: Of `log.jsonl`, as `RunFolder.told` returns them; those without an episode, step and reward are passed over.
        title: The heading.
        measure: What a reward is, such as `lines of a game`.

    Raises:
        UsageError: No line tells of an episode.
    """
    lines = list(lines)
    windows = _windows(lines)
    if not windows:
        raise UsageError("the log tells of no episode that has ended: train until one has")
    across = (0.0, windows[-1].step or 1.0, _axis(0.0, windows[-1].step)[2])
    up = _axis(min(0.0, min(window.low for window in windows)), max(window.most for window in windows))

    def place(step: float, value: float) -> str:
        x = LEFT + (step - across[0]) / (across[1] - across[0]) * (WIDTH - LEFT - RIGHT)
        y = HEIGHT - BOTTOM - (value - up[0]) / (up[1] - up[0]) * (HEIGHT - BOTTOM - TOP)
        return f"{x:.1f},{y:.1f}"

    above = [place(window.step, window.high) for window in windows]
    below = [place(window.step, window.low) for window in reversed(windows)]
    last = windows[-1]
    told = f"{measure} while training: at the end the median is {last.median:g}, half lie from {last.low:g} to {last.high:g}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img"'
        ' aria-labelledby="curve-title curve-description">',
        f'<title id="curve-title">{escape(title)}</title>',
        f'<desc id="curve-description">{escape(told)}.</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>',
        _text(LEFT, 32, title, "word heading"),
        _text(LEFT, 54, f"{measure}, while training{_shared(lines)}", "faint"),
    ]
    for value in _ticks(up):
        x, y = place(across[0], value).split(",")
        parts.append(f'<line class="grid" x1="{x}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(_text(LEFT - 8, float(y) + 4, f"{value:g}", "faint small end"))
    for value in _ticks(across):
        x, y = place(value, up[0]).split(",")
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP}" y2="{y}"/>')
        parts.append(_text(float(x), float(y) + 20, f"{value:,.0f}".replace(",", " "), "faint small middle"))
    parts += [
        f'<polygon class="half" points="{" ".join([*above, *below])}"/>',
        f'<polyline class="best" points="{" ".join(place(window.step, window.most) for window in windows)}"/>',
        f'<polyline class="median" points="{" ".join(place(window.step, window.median) for window in windows)}"/>',
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, LEGEND, "faint small middle"),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _windows(lines: Iterable[Mapping[str, Any]]) -> list[_Window]:
    groups: dict[float, list[_Point]] = {}
    plain: list[_Point] = []
    for line in lines:
        step, reward = line.get("step"), line.get("reward")
        if "episode" not in line or not _is_number(step) or not _is_number(reward):
            continue
        most = line.get("most") if _count(line) > 1 else reward
        point = (float(step or 0), float(reward or 0), float((most if _is_number(most) else reward) or 0))
        extra = line.get("extra")
        generation = line.get("generation", extra.get("generation") if isinstance(extra, Mapping) else None)
        if _is_number(generation):
            groups.setdefault(float(generation or 0), []).append(point)
        else:
            plain.append(point)
    size = max(1, ceil(len(plain) / WINDOWS))
    found = [*groups.values(), *[plain[start : start + size] for start in range(0, len(plain), size)]]
    return sorted([_window(points) for points in found], key=lambda window: window.step)


def _window(points: Sequence[_Point]) -> _Window:
    rewards = sorted([reward for _, reward, _ in points])
    last = len(rewards) - 1
    median = (rewards[last // 2] + rewards[(last + 1) // 2]) / 2
    step, most = max(step for step, _, _ in points), max(most for _, _, most in points)
    return _Window(step, rewards[last // 4], median, rewards[last - last // 4], most)


def _shared(lines: Sequence[Mapping[str, Any]]) -> str:
    """Say whether lines are of several episodes, see `rollback.studio.thinning`."""
    most = max((_count(line) for line in lines), default=1)
    return f"; old episodes in means of {most:,}".replace(",", " ") if most > 1 else ""


def _count(line: Mapping[str, Any]) -> int:
    of = line.get("of", 1)
    return of if type(of) is int and of > 1 else 1


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _axis(low: float, high: float) -> tuple[float, float, float]:
    """Return where an axis begins and ends that holds both, and the step between its numbers: 1, 2 or 5 times 10, 100, ..."""
    rough = (high - low) / TICKS or 1.0
    power = 10.0 ** floor(log10(rough))
    step = power * next(factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    return floor(low / step) * step, max(ceil(high / step), floor(low / step) + 1) * step, step


def _ticks(axis: tuple[float, float, float]) -> list[float]:
    low, high, step = axis
    return [low + number * step for number in range(floor((high - low) / step + 1e-9) + 1)]


def _text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'
