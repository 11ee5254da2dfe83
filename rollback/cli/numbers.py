"""What is measured in a match, as lines under a field. Knows counters and cells; knows no match and no terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rollback.cli.layout import fit
from rollback.cli.palette import Palette

__all__ = ["NUMBER_LINES", "number_lines"]

NUMBER_LINES: Final = 4  # at most
_WIDE: Final = 56  # cells that three columns need
_LABELS: Final = (11, 8, 8)  # cells of the labels, by column


def number_lines(stats: Mapping[str, Any], rollbacks_per_second: float, path: str, columns: int, palette: Palette) -> list[str]:
    """Return what is measured, each line `columns` cells wide: three lines where they are wide enough, else four."""
    known = bool(stats)
    quality = stats["quality"] if known else "value"
    shown = {
        "round trip": (f"{stats['rtt_ms']:.0f} ms" if known else "-", quality),
        "rollbacks": (f"{rollbacks_per_second:.1f} /s", "value"),
        "ahead": (f"{stats['frames_ahead']:+.1f}" if known else "-", "value"),
        "lost": (f"{stats['loss'] * 100:.1f} %" if known else "-", "value"),
        "path": (path or "-", "value"),
        "depth": (f"{stats['mean_depth']:.1f} max {stats['max_depth']}" if known else "-", "value"),
        "stalls": (f"{stats['stalls']}" if known else "-", "value"),
        "in all": (f"{stats['rollbacks']}" if known else "-", "value"),
        "kbit/s": (f"{stats['kbps_out']:.0f}" if known else "-", "value"),
    }
    table: tuple[tuple[str, ...], ...]
    if columns >= _WIDE:
        table = (("round trip", "path", "ahead"), ("rollbacks", "depth", "in all"), ("lost", "stalls", "kbit/s"))
        width = columns // 3 + 1
    else:
        table = (("round trip", "path"), ("rollbacks", "depth"), ("ahead", "stalls"), ("lost", "in all"))
        width = columns // 2
    lines = []
    for row in table:
        cells = []
        for label, wide in zip(row, _LABELS, strict=False):
            value, style = shown[label]
            cells.append(fit(" " + palette.styled(label.ljust(wide), "label") + palette.styled(value, style), width))
        lines.append(fit("".join(cells).rstrip(), columns))
    return lines
