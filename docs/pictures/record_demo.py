"""Records one moment of `rollback demo` as the picture of the README: the real command, in a terminal of 120 x 32.

    python docs/pictures/record_demo.py

It needs the extra `test` (for pyte, the terminal that is looked at) and half a minute. The moment is the one in which the
two fields differ most: one side has seen what the other side still guesses. Blocks and lines are drawn as shapes, so that
the picture needs no font for them.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import pyte

COLUMNS, ROWS = 120, 32
COMMAND: Final = "rollback demo --game duel --frames 1800 --latency-ms 60 --jitter-ms 20 --loss 0.05"
LIMIT: Final = 60.0  # seconds for the whole recording
WIDE, HIGH = 8, 18  # of a cell
TYPE: Final = 13.3  # pixels; 0.6 of it is the width of a letter in nearly every monospaced font
MARGIN, BAR = 16, 34
GROUND, PLAIN, FAINT = "#10121a", "#dee0ec", "#6e748c"
FONTS: Final = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
NAMED: Final = {"default": PLAIN, "white": PLAIN, "black": "#10121a"}

# Shapes in a cell: left, top, width, height as shares of it.
HALVES: Final = {
    "▀": (0, 0, 1, 0.5),
    "▌": (0, 0, 0.5, 1),
    "▐": (0.5, 0, 0.5, 1),
    "█": (0, 0, 1, 1),
    "▔": (0, 0, 1, 0.125),
}
LOWER: Final = {character: (0, 1 - n / 8, 1, n / 8) for n, character in enumerate("▁▂▃▄▅▆▇", 1)}
LEFT: Final = {character: (0, 0, n / 8, 1) for n, character in zip((7, 6, 5, 3, 2, 1), "▉▊▋▍▎▏", strict=True)}
QUARTERS: Final = {"▘": 1, "▝": 2, "▖": 4, "▗": 8, "▚": 9, "▞": 6, "▛": 7, "▜": 11, "▙": 13, "▟": 14}
LINES: Final = {  # in a cell of 8 x 18
    "─": "m0,9h8",
    "│": "m4,0v18",
    "╭": "m4,18v-5q0,-4 4,-4",
    "╮": "m4,18v-5q0,-4 -4,-4",
    "╰": "m4,0v5q0,4 4,4",
    "╯": "m4,0v5q0,4 -4,4",
}


def moments(command: str) -> Iterator[pyte.Screen]:
    """Run a command in a terminal, and yield its screen after each of its writes until it ends."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    child, terminal = pty.fork()
    if child == 0:
        os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        os.environ.pop("NO_COLOR", None)
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        program = "from rollback.cli import main; main()"  # `rollback` itself may stand in another environment
        os.execv(sys.executable, [sys.executable, "-c", program, *command.split()[1:]])
    try:
        until = time.monotonic() + LIMIT
        while time.monotonic() < until:
            if not select.select([terminal], [], [], 1.0)[0]:
                continue
            try:
                data = os.read(terminal, 1 << 16)
            except OSError:  # the other end is closed
                return
            if not data:
                return
            stream.feed(data)
            yield screen
    finally:
        os.kill(child, signal.SIGINT)
        os.waitpid(child, 0)
        os.close(terminal)


def unlikeness(screen: pyte.Screen, first: int) -> int:
    """Return in how many cells the two fields differ; 0 before frame `first` and where a side tells of no rollbacks."""
    text = "\n".join(screen.display)
    frame = re.search(r"(\d+) of \d+ frames", text)
    rates = [float(rate) for rate in re.findall(r"rollbacks\s+([\d.]+)", text)]
    if frame is None or int(frame[1]) < first or len(rates) < 2 or min(rates) == 0:
        return 0
    middle = COLUMNS // 2
    field = [line for line in screen.display if line.startswith("│")]
    return sum(a != b for line in field for a, b in zip(line[:58], line[middle : middle + 58], strict=True))


def colour(character: Any) -> str:
    """Return the colour of a cell's glyph."""
    ink = character.bg if character.reverse else character.fg
    return f"#{ink}" if re.fullmatch(r"[0-9a-f]{6}", ink) else NAMED.get(ink, PLAIN)


def ground(character: Any) -> str | None:
    """Return the colour of a cell's ground, None where it is the terminal's."""
    ink = character.fg if character.reverse else character.bg
    return f"#{ink}" if re.fullmatch(r"[0-9a-f]{6}", ink) else None


def shapes(glyph: str) -> list[tuple[float, float, float, float]]:
    """Return the rectangles of a block, as shares of the cell; none for a letter."""
    found = HALVES.get(glyph) or LOWER.get(glyph) or LEFT.get(glyph)
    if found is not None:
        return [found]
    bits = QUARTERS.get(glyph, 0)
    return [(place % 2 / 2, place // 2 / 2, 0.5, 0.5) for place in range(4) if bits & 1 << place]


def rectangle(x: float, y: float, width: float, height: float, fill: str) -> str:
    """Return a rectangle."""
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}" shape-rendering="crispEdges"/>'


def row(cells: Any, y: float) -> Iterator[str]:
    """Yield the elements of one line of the screen: grounds, blocks and lines, and runs of text in one style."""
    column = 0
    while column < COLUMNS:
        cell = cells[column]
        style = (colour(cell), ground(cell), cell.bold)
        kind = shapes(cell.data), cell.data in LINES
        end = column + 1
        while end < COLUMNS:
            following = cells[end]
            if (colour(following), ground(following), following.bold) != style:
                break
            if (shapes(following.data), following.data in LINES) != kind or (
                kind[1] and not cell.data == following.data == "─"
            ):
                break
            end += 1
        x, wide = MARGIN + column * WIDE, (end - column) * WIDE
        if style[1] is not None:
            yield rectangle(x, y, wide, HIGH, style[1])
        if kind[0]:
            across = all(width == 1 for _, _, width, _ in kind[0])
            for place in [column] if across else range(column, end):
                span = wide if across else WIDE
                for left, top, width, height in kind[0]:
                    at = MARGIN + place * WIDE + left * WIDE
                    yield rectangle(at, y + top * HIGH, width * span, height * HIGH, style[0])
        elif kind[1]:
            path = f"m0,9h{wide}" if cell.data == "─" else LINES[cell.data]
            yield f'<path d="M{x},{y}{path}" stroke="{style[0]}" fill="none"/>'
        else:
            yield from words("".join(cells[place].data for place in range(column, end)), x, y, style[0], style[2])
        column = end


def words(run: str, x: float, y: float, fill: str, is_bold: bool) -> Iterator[str]:
    """Yield the words of a run, each at its own place, so that no font can shift what follows."""
    weight = ' font-weight="700"' if is_bold else ""
    for word in re.finditer(r"\S+(?: \S+)*", run):
        place = f'x="{x + word.start() * WIDE:.2f}" y="{y + HIGH * 0.76:.2f}" textLength="{len(word[0]) * WIDE:.2f}"'
        yield f'<text {place} fill="{fill}"{weight}>{escape(word[0])}</text>'


def picture(screen: pyte.Screen, command: str) -> str:
    """Return the screen as SVG, in a window with the command that shows it as its title."""
    used = [line for line in range(ROWS) if screen.display[line].strip()]
    first, last = used[0], used[-1]
    width = COLUMNS * WIDE + 2 * MARGIN
    height = BAR + (last - first + 1) * HIGH + 1.4 * MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" font-size="{TYPE}"'
        f' font-family="{FONTS}" xml:space="preserve" role="img">',
        f"<title>{escape(command)}: both peers' fields side by side, with the numbers of their lines</title>",
        f'<rect x=".5" y=".5" width="{width - 1:.0f}" height="{height - 1:.0f}" rx="10" fill="{GROUND}" stroke="#2c3042"/>',
        *(f'<circle cx="{24 + 20 * place}" cy="20" r="6" fill="#2c3042"/>' for place in range(3)),
        f'<text x="{width / 2:.0f}" y="24" fill="{FAINT}" text-anchor="middle" font-size="13">{escape(command)}</text>',
    ]
    for line in range(first, last + 1):
        out += row(screen.buffer[line], BAR + 6 + (line - first) * HIGH)
    return "\n".join([*out, "</svg>", ""])


def main() -> None:
    """Record the moment and write the picture."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--command", default=COMMAND)
    arguments.add_argument("--first", type=int, default=300, help="the frame from which a moment is looked for")
    arguments.add_argument("--to", type=Path, default=Path(__file__).parent / "demo.svg")
    chosen = arguments.parse_args()
    best = 0
    for screen in moments(chosen.command):
        if (unlike := unlikeness(screen, chosen.first)) > best:
            best, drawn = unlike, picture(screen, chosen.command)
    if not best:
        raise SystemExit("the demo ended without a moment to show: look whether it runs in a terminal of this size")
    chosen.to.write_text(drawn, encoding="utf-8")
    print(f"{chosen.to}: {best} cells differ, {chosen.to.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
