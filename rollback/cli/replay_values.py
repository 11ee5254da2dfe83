"""What a replay file says, as plain values that can travel as JSON. Knows replays; prints nothing.

A file may come from anybody: whatever it holds becomes numbers and texts of bounded size here, and nothing of it is run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final

from rollback.replays import Replay, ReplayEvent
from rollback.state.trees import shown

__all__ = ["replay_values"]

_DIGITS: Final = 2**63  # whole numbers from here on are no numbers to most programs that read JSON
_STAND_INS: Final = 200  # told one by one; a file may claim thousands
_DEPTH: Final = 8  # containers inside each other that are told apart


def replay_values(replay: Replay) -> dict[str, Any]:
    """Return all that the file says, but for the inputs and states themselves."""
    header = replay.header
    return {
        "game": header.game,
        "game_id": header.game_id,
        "game_version": header.game_version,
        "players": [
            {
                "player": player + 1,
                "name": header.names[player] if header.names else "",
                "controller": header.controllers[player] if header.controllers else "",
                "codec": header.codecs[player],
            }
            for player in range(header.players)
        ],
        "fps": header.fps,
        "input_delay": header.input_delay,
        "seed": header.seed,
        "desync_interval": header.desync_interval,
        "extra": _plain(header.extra),
        "packages": dict(header.packages),
        "recorded_at": _moment(header.recorded_at),
        "first_frame": replay.first,
        "frames": replay.frames,
        "seconds": round(replay.frames / header.fps, 3),
        "reason": replay.reason,
        "checksums": len(replay.checksums),
        "keyframes": list(replay.keyframes),
        "final_checksum": None if replay.final_checksum is None else f"{replay.final_checksum:016x}",
        "complete": replay.complete,
        "damage": replay.damage,
        "events": [{"frame": each.frame, "kind": each.kind, "data": _plain(_brief(each))} for each in replay.events],
        "stand_ins": [
            {"player": each.player + 1, "start": each.start, "stop": each.stop, "by": each.by}
            for each in replay.stand_ins()[:_STAND_INS]
        ],
        "desyncs": [told for each in replay.events if (told := _desync(each)) is not None],
    }


def _brief(event: ReplayEvent) -> Any:
    """Return what came with an event, without the inputs that a bundle's desync tells at length."""
    if event.kind == "desync" and type(event.data) is dict:
        return {name: entry for name, entry in event.data.items() if name != "inputs"}
    return event.data


def _desync(event: ReplayEvent) -> dict[str, Any] | None:
    """Return what the event of a bundle says of a desync, as far as it is what a bundle says; None for other events."""
    data = event.data
    if event.kind != "desync" or type(data) is not dict or type(data.get("inputs")) is not list:
        return None
    rows = [row for row in data["inputs"] if _is_row(row)]
    return {
        "frame": event.frame,
        "peer": _text(data.get("peer")),
        "differences": [
            {"path": _text(entry[0]), "ours": _text(entry[1]), "theirs": _text(entry[2])}
            for entry in _list(data.get("differences"))
            if type(entry) is list and len(entry) == 3
        ],
        "left_out": data["left_out"] if type(data.get("left_out")) is int else 0,
        "inputs": [
            {"frame": frame, "players": [{"input": _text(each[0]), "action": _text(each[1])} for each in players]}
            for frame, players in rows
        ],
        "packages": {_text(name): _text(version) for name, version in _dict(data.get("packages")).items()},
        "platform": _text(data.get("platform")),
        "has_state": data.get("has_state") is True,
    }


def _is_row(row: Any) -> bool:
    """Whether this is a frame and, for each player, an input and what it means."""
    if type(row) is not list or len(row) != 2 or type(row[0]) is not int or type(row[1]) is not list:
        return False
    return all(type(each) is list and len(each) == 2 for each in row[1])


def _plain(value: Any, depth: int = 0) -> Any:
    """Return a value of JSON; what JSON does not know is told as text."""
    if isinstance(value, Mapping) and depth < _DEPTH:
        return {_text(key): _plain(entry, depth + 1) for key, entry in value.items()}
    if type(value) in (list, tuple) and depth < _DEPTH:
        return [_plain(entry, depth + 1) for entry in value]
    if value is None or type(value) in (str, bool):
        return value
    is_number = (type(value) is int and abs(value) < _DIGITS) or (type(value) is float and isfinite(value))
    return value if is_number else shown(value)


def _text(value: Any) -> str:
    return value if type(value) is str else "" if value is None else shown(value)


def _list(value: Any) -> list[Any]:
    return value if type(value) is list else []


def _dict(value: Any) -> dict[Any, Any]:
    return value if type(value) is dict else {}


def _moment(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (OverflowError, OSError, ValueError):  # a year that no calendar has
        return None
