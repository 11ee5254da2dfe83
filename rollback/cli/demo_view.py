"""The demo's live picture: both fields side by side, and the numbers of the line under each. Writes to no terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rollback.cli.demo_match import PeerState
from rollback.cli.field import field_lines
from rollback.cli.layout import bar, beside, box, fit
from rollback.cli.match_settings import MatchSettings
from rollback.cli.numbers import NUMBER_LINES, number_lines
from rollback.cli.palette import Palette

__all__ = ["compose"]

_WIDEST, _HIGHEST = 56, 18  # what the built-in pictures are laid out for
_NARROWEST: Final = 26
_GAP: Final = 2
_BESIDES: Final = 5 + NUMBER_LINES  # lines besides the field: title, borders, numbers, progress, news


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
    is_beside = columns >= 2 * (_NARROWEST + 2) + _GAP
    room = (columns - _GAP) // 2 - 2 if is_beside else columns - 2
    width, height = _field_size(room, rows - _BESIDES)
    blocks = [_peer(peer, seat, width, height, palette) for seat, peer in enumerate(peers)]
    if is_beside:
        body = beside(blocks, _GAP)
    else:
        body = [line for block in blocks for line in block]
        if len(body) + 3 > rows:  # better one field that can be seen than two halves
            body = blocks[0]
    across = min(columns, 2 * (width + 2) + _GAP if is_beside else width + 2)
    lines = [_title(settings, palette), *body, _progress(settings, peers, seconds, across, palette)]
    lines.append(palette.styled(note, "faint") if note else "")
    return [fit(line, min(columns, across)).rstrip() for line in lines][:rows]


def _field_size(columns: int, rows: int) -> tuple[int, int]:
    width = max(_NARROWEST, min(_WIDEST, columns))
    height = min(_HIGHEST, round(width * _HIGHEST / _WIDEST), max(6, rows))
    return min(width, max(_NARROWEST, round(height * _WIDEST / _HIGHEST) + 2)), height


def _peer(peer: PeerState, seat: int, width: int, height: int, palette: Palette) -> list[str]:
    style = "left" if seat == 0 else "right"
    who = "you" if peer.by_hand else "bot"
    title = palette.styled(f"{peer.name}", style) + palette.styled(f"  {who}, player {seat + 1}", "label")
    if peer.failure:
        title += palette.styled("  gone", "poor")
    waiting = {"text": "waiting for the other peer"}
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
