"""The demo's live picture: the peers' fields side by side, and the numbers of the line under each. Writes to no terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from rollback.cli.demo_match import PeerState
from rollback.cli.field import field_lines
from rollback.cli.layout import bar, beside, box, fit
from rollback.cli.match_settings import MatchSettings
from rollback.cli.numbers import NUMBER_LINES, number_lines
from rollback.cli.palette import Palette

__all__ = ["compose"]

_WIDEST, _HIGHEST = 56, 18  # what the built-in pictures are laid out for
_NARROWEST: Final = 26
_LOWEST: Final = 6
_GAP: Final = 2
_AROUND: Final = 3  # lines around the fields: title, progress, news
_BESIDES: Final = 2 + NUMBER_LINES  # lines of each peer besides its field: borders, numbers


class _Grid(NamedTuple):
    """How many fields there are in a row, how many rows, and how large each field is."""

    across: int
    down: int
    width: int
    height: int


def compose(
    settings: MatchSettings,
    peers: Sequence[PeerState],
    note: str,
    seconds: float,
    size: tuple[int, int],
    palette: Palette,
) -> list[str]:
    """Return the picture as lines that fit into `size`, which is columns and rows."""
    columns, rows = size
    grid = _grid(len(peers), columns, rows)
    if grid is None:  # better two fields that can be seen than many pieces
        grid = _pair(columns, rows - 1)
    blocks = [_peer(peer, seat, grid.width, grid.height, palette) for seat, peer in enumerate(peers)]
    shown = blocks[: grid.across * grid.down]
    body = []
    for first in range(0, len(shown), grid.across):
        body += beside(shown[first : first + grid.across], _GAP)
    across = min(columns, grid.across * (grid.width + 2 + _GAP) - _GAP)
    lines = [_title(settings, palette), *body, _progress(settings, peers, seconds, across, palette)]
    if len(peers) > 2 and len(shown) < len(peers):
        missing = f" {len(shown)} of {len(peers)} peers are shown: a larger terminal shows all"
        lines.insert(1, palette.styled(missing, "label"))
    lines.append(palette.styled(note, "faint") if note else "")
    return [fit(line, min(columns, across)).rstrip() for line in lines][:rows]


def _grid(count: int, columns: int, rows: int) -> _Grid | None:
    """Return the grid that shows all peers largest, None where there is no room for it."""
    if count == 2:
        return _pair(columns, rows)
    found = []
    for across in range(1, count + 1):
        down = -(-count // across)
        room = ((columns + _GAP) // across - _GAP - 2, (rows - _AROUND) // down - _BESIDES)
        if room[0] >= _NARROWEST and room[1] >= _LOWEST:
            found.append(_Grid(across, down, *_field_size(*room)))
    return max(found, key=lambda grid: (grid.width * grid.height, grid.across), default=None)


def _pair(columns: int, rows: int) -> _Grid:
    """Return the grid of two peers, beside each other or one above the other, or of the first one alone."""
    if columns >= 2 * (_NARROWEST + 2) + _GAP:
        return _Grid(2, 1, *_field_size((columns - _GAP) // 2 - 2, rows - _AROUND - _BESIDES))
    width, height = _field_size(columns - 2, rows - _AROUND - _BESIDES)
    has_room = 2 * (height + _BESIDES) + _AROUND <= rows
    return _Grid(1, 2 if has_room else 1, width, height)


def _field_size(columns: int, rows: int) -> tuple[int, int]:
    width = max(_NARROWEST, min(_WIDEST, columns))
    height = min(_HIGHEST, round(width * _HIGHEST / _WIDEST), max(_LOWEST, rows))
    return min(width, max(_NARROWEST, round(height * _WIDEST / _HIGHEST) + 2)), height


def _peer(peer: PeerState, seat: int, width: int, height: int, palette: Palette) -> list[str]:
    style = "right" if seat % 2 else "left"
    who = "watches as" if peer.watches else "you," if peer.by_hand else "bot,"
    title = palette.styled(f"{peer.name}", style) + palette.styled(f"  {who} player {seat + 1}", "label")
    if peer.failure:
        title += palette.styled("  gone", "poor")
    waiting = {"text": "waiting for the others"}
    picture = field_lines(peer.picture or waiting, width, height, palette)
    numbers = number_lines(peer.stats, peer.rollbacks.per_second, peer.path, width + 2, palette)
    return box(title, picture, width, palette) + numbers


def _title(settings: MatchSettings, palette: Palette) -> str:
    network = []
    if settings.latency_ms or settings.jitter_ms:
        late = f"{settings.latency_ms:g}"
        network.append(
            f"{late} to {settings.latency_ms + settings.jitter_ms:g} ms late" if settings.jitter_ms else f"{late} ms late"
        )
    if settings.loss:
        network.append(f"{settings.loss * 100:g} % lost")
    told = ", ".join(network) + " on purpose, each way" if network else "no artificial delay"
    return palette.styled(" rollback demo", "title") + palette.styled(f"  {settings.game}  {told}", "label")


def _progress(settings: MatchSettings, peers: Sequence[PeerState], seconds: float, columns: int, palette: Palette) -> str:
    frame, of = min(peer.frame for peer in peers), settings.frames or 1
    told = f" {frame} of {of} frames  {int(seconds) // 60}:{int(seconds) % 60:02d} "
    return " " + bar(frame / of, max(4, columns - len(told) - 2), palette) + palette.styled(told, "value")
