"""Watching a replay: what the keys do, how time goes on, and what is to be seen. Knows no terminal and no clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rollback.cli.field import field_lines, picture_of
from rollback.cli.layout import bar, box, fit
from rollback.cli.palette import Palette
from rollback.cli.replay_keys import KEYS
from rollback.cli.replay_show import event_line
from rollback.errors import ReplayError
from rollback.replays import Player, Replay

__all__ = ["Watching"]

SPEEDS: Final = (0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64)
PAGE: Final = 10  # seconds
TOLD: Final = 3  # seconds of the match for which an event is shown
DIGITS: Final = 8  # of a number that is typed
_WIDEST: Final = 84
_RATIO: Final = 56 / 18  # cells across over cells down, as the built-in pictures are laid out
_BESIDES: Final = 5  # lines besides the field: borders, progress, event, keys
_SMALLEST: Final = (20, 6)


class Watching:
    """A replay that somebody watches.

    Args:
        replay: The replay.
        player: Plays it.
        values: What `replay_values` says of it.

    Attributes:
        is_done: Whether it is to be left.
        is_paused: Whether time stands still.
    """

    def __init__(self, replay: Replay, player: Player, values: Mapping[str, Any]) -> None:
        self.is_done = False
        self.is_paused = False
        self._replay = replay
        self._player = player
        self._fps = replay.header.fps
        self._events = sorted(values["events"], key=lambda event: event["frame"])
        self._stand_ins = replay.stand_ins()
        self._names = [player["name"] or f"player {player['player']}" for player in values["players"]]
        self._title = f"{values['game'] or values['game_id']}  {' - '.join(self._names)}"
        self._due = 0.0  # frames that time has gone on and the game has not
        self._number = ""
        self._trouble = ""

    def press(self, command: str) -> None:
        """Do what a key asks for."""
        player, second = self._player, self._fps
        number, self._number = self._number, ""
        match command:
            case "quit":
                self.is_done = True
            case "pause":
                self.is_paused = not self.is_paused
                if not self.is_paused and player.frame >= player.end:
                    self._go(self._replay.first)
            case "next" | "previous":
                self.is_paused = True
                self._go(player.frame + (1 if command == "next" else -1))
            case "forward" | "back":
                self._go(player.frame + (second if command == "forward" else -second))
            case "page on" | "page back":
                self._go(player.frame + (PAGE * second if command == "page on" else -PAGE * second))
            case "begin":
                self._go(self._replay.first)
            case "end":
                self._go(player.end)
            case "faster" | "slower":
                self._change_speed(1 if command == "faster" else -1)
            case "percent" if number:
                self._go(self._replay.first + self._replay.frames * min(100, int(number)) // 100)
            case "go" if number:
                self._go(int(number))
            case "erase":
                self._number = number[:-1]
            case _ if command.isdigit():
                self._number = (number + command)[:DIGITS]

    def advance(self, seconds: float) -> None:
        """Let time go on; at the end it stands still."""
        player = self._player
        if self.is_paused:
            self._due = 0.0
            return
        due = self._due + min(seconds / player.wait, self._replay.frames)
        if due >= 1:
            self._go(player.frame + int(due))
        self._due = due % 1
        if player.frame >= player.end:
            self.is_paused = True

    def lines(self, size: tuple[int, int], palette: Palette) -> list[str]:
        """Return what is to be seen, in at most `size[1]` lines of at most `size[0]` cells."""
        columns, rows = size
        height = max(_SMALLEST[1], min(rows - _BESIDES, round(min(_WIDEST, columns - 2) / _RATIO)))
        width = max(_SMALLEST[0], min(columns - 2, _WIDEST, round(height * _RATIO)))
        field = field_lines(picture_of(self._player.game), width, height, palette)
        framed = box(palette.styled(_tame(self._title), "title"), field, width, palette)
        below = [self._progress(width + 2, palette), palette.styled(f" {_tame(self._news())}", "value")]
        below.append(palette.styled(f" go to {self._number}_" if self._number else f" {KEYS}", "label"))
        return [fit(line, min(columns, width + 2)).rstrip() for line in (*framed, *below)][:rows]

    def _progress(self, columns: int, palette: Palette) -> str:
        player, replay = self._player, self._replay
        share = (player.frame - replay.first) / (replay.frames or 1)
        state = "paused" if self.is_paused else f"{player.speed:g}x"
        told = f" {player.frame} of {player.end}  {_clock(player.frame, self._fps)}  {state} "
        return " " + bar(share, max(4, columns - len(told) - 2), palette) + palette.styled(told, "value")

    def _news(self) -> str:
        """Return the newest thing to tell at this frame."""
        if self._trouble:
            return self._trouble
        frame = self._player.frame
        for event in reversed(self._events):
            if event["frame"] <= frame < event["frame"] + TOLD * self._fps:
                return event_line(event)
        away = [each for each in self._stand_ins if each.start <= frame < each.stop]
        return ", ".join(
            f"{self._names[each.player]} is played by {'a bot' if each.by == 'bot' else 'nobody'}" for each in away
        )

    def _change_speed(self, way: int) -> None:
        speeds = [speed for speed in SPEEDS if (speed - self._player.speed) * way > 0]
        if speeds:
            self._player.speed = min(speeds) if way > 0 else max(speeds)

    def _go(self, frame: int) -> None:
        self._due, self._trouble = 0.0, ""
        try:
            self._player.seek(max(self._replay.first, min(self._player.end, frame)))
        except ReplayError as error:
            self._trouble, self.is_paused = str(error), True


def _clock(frame: int, fps: int) -> str:
    seconds = frame // fps
    return f"{seconds // 60}:{seconds % 60:02d}"


def _tame(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)
