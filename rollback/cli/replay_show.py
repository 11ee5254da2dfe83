"""A replay in lines to read: what was played, how it went, and, in a bundle, what differed. Knows values; reads no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rollback.netplay.telling.event_texts import first_of

__all__ = ["event_line", "replay_lines"]

_LABEL: Final = 10  # columns of the words on the left
_CELL: Final = 60  # columns of a cell in a table
_EVENTS: Final = 200  # events told one by one; a file may hold thousands


def replay_lines(name: str, values: Mapping[str, Any]) -> list[str]:
    """Return the lines about a file; whatever the file holds, none of them steers a terminal."""
    lines = [name, *_header(values), *_length(values)]
    events = values["events"]
    if events:
        lines += ["", "What happened"]
        lines += [f"  {event_line(event)}" for event in events[:_EVENTS]]
        if len(events) > _EVENTS:
            lines.append(f"  and {len(events) - _EVENTS} more: --json tells all")
    for desync in values["desyncs"]:
        lines += ["", *_desync(desync, values["players"])]
    return [_clean(line).rstrip() for line in lines]


def event_line(event: Mapping[str, Any]) -> str:
    """Return what happened when, in a line that may still hold anything."""
    return f"frame {event['frame']}  {event['kind']}{_data(event)}"


def _header(values: Mapping[str, Any]) -> list[str]:
    game = values["game"] or values["game_id"] or "unknown"
    version = f", version {values['game_version']}" if values["game_version"] else ""
    delay = values["input_delay"]
    settings = [f"{values['fps']} frames a second", f"input delay {delay}", f"seed {values['seed']}"]
    interval = values["desync_interval"]
    settings.append(f"checksums every {interval} frames" if interval else "no checksums")
    settings += [f"{name} {value}" for name, value in values["extra"].items()]
    packages = ", ".join(f"{package} {version}" for package, version in values["packages"].items())
    return [
        _line("game", f"{game}{version}"),
        *[_line("player", _player(player)) for player in values["players"]],
        _line("settings", ", ".join(settings)),
        _line("packages", packages or "not told"),
        _line("recorded", (values["recorded_at"] or "at a time that is not told").replace("T", " ")),
    ]


def _length(values: Mapping[str, Any]) -> list[str]:
    ended = f", ended: {values['reason']}" if values["reason"] else ""
    final = " and that of the last state" if values["final_checksum"] else ""
    keyframes = values["keyframes"]
    states = f"; the states of {_counted(len(keyframes), 'frame')}" if keyframes else ""
    since = f" from frame {values['first_frame']} on" if values["first_frame"] else ""
    lines = [
        _line("length", f"{_counted(values['frames'], 'frame')}{since}, {values['seconds']:g} s{ended}"),
        _line("checked by", f"{_counted(values['checksums'], 'checksum')}{final}{states}"),
    ]
    for away in values["stand_ins"]:
        by = "a bot" if away["by"] == "bot" else "nobody"
        lines.append(_line("stand-in", f"frames {away['start']} to {away['stop'] - 1} of player {away['player']} by {by}"))
    return [*lines, _line("damage", values["damage"])] if values["damage"] else lines


def _player(player: Mapping[str, Any]) -> str:
    name, controller = player["name"], player["controller"]
    told = ", ".join(part for part in (controller, player["codec"]) if part)
    return f"{player['player']}  {name}  ({told})" if name else f"{player['player']}  ({told})"


def _data(event: Mapping[str, Any]) -> str:
    """Return the little that a line can say of what came with an event."""
    data = event["data"]
    if not isinstance(data, dict):
        return "" if data is None else f"  {data}"[: 2 * _CELL]
    if event["kind"] == "desync" and isinstance(data.get("differences"), list):
        places = [each[0] if isinstance(each, list) and each else each for each in data["differences"]]
        return f"  with {data.get('peer')}" + (f": {first_of(places)}" if places else "")
    return "  " + ", ".join(f"{name} {value}"[:_CELL] for name, value in data.items() if value not in (None, "", []))


def _desync(desync: Mapping[str, Any], players: Sequence[Mapping[str, Any]]) -> list[str]:
    peer, frame = desync["peer"], desync["frame"]
    lines = [f"Desync with {peer} in the state before frame {frame}"]
    rows = [(each["path"] or "the whole state", each["ours"], each["theirs"]) for each in desync["differences"]]
    if rows:
        lines += _table(("where", "here", f"at {peer}"), rows)
    else:
        lines.append("  where is not known: the checksums differ, and the peers could not compare their states")
    if desync["left_out"]:
        lines.append(f"  and {desync['left_out']} more places")
    if desync["has_state"]:
        lines.append("  The state that this peer held is in the file: rollback replay verify compares it.")
    if desync["platform"]:
        lines.append(f"  This peer ran on {desync['platform']}.")
    if desync["inputs"]:
        heads = ["frame", *(f"{player['player']} {player['name']}".strip() for player in players)]
        lines += ["", "Inputs around it"]
        lines += _table(heads, [(str(row["frame"]), *map(_action, row["players"])) for row in desync["inputs"]])
    return lines


def _action(player: Mapping[str, Any]) -> str:
    return f"{player['input']}  {player['action']}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    cells = [[_short(_clean(cell)) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[column]) for row in cells if column < len(row)) for column in range(len(heads))]
    return ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) for row in cells]


def _line(label: str, text: str) -> str:
    return f"  {label:<{_LABEL}}  {text}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"


def _short(text: str) -> str:
    return text if len(text) <= _CELL else text[: _CELL - 3] + "..."


def _clean(text: str) -> str:
    """Return the text with all that could steer a terminal, or cannot be printed, told by its number."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text)
