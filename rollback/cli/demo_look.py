"""How a demo is followed: a live picture on a terminal, or a line now and then. Knows the match; decides nothing."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack

from rollback.cli.demo_match import DemoMatch
from rollback.cli.demo_view import compose
from rollback.cli.keyboard import Keyboard
from rollback.cli.palette import Palette
from rollback.cli.screen import Screen
from rollback.game import Game
from rollback.netplay.hands.buttons import Buttons
from rollback.netplay.hands.turns import YOUR_MOVE, plays_by_turns

__all__ = ["Lines", "Picture"]

NEWS_FOR = 5.0  # seconds a piece of news is shown
_PARTS = 4  # of the match after each of which a line tells


class Picture:
    """The peers' fields on the terminal, and its keyboard if a person plays.

    Args:
        match: What is shown.
        stack: Gives the terminal back when it is closed.
        game: The game, asked what keys mean.
    """

    def __init__(self, match: DemoMatch, stack: ExitStack, game: Game) -> None:
        self._match = match
        self._screen = Screen(sys.stderr)
        stack.callback(self._screen.close)
        self._palette = Palette.of(sys.stderr)
        self._keyboard: Keyboard | None = None
        self._legend = ""
        self._began = 0.0
        self._seen = 0
        self._news_until = 0.0
        if match.peers[0].by_hand:
            by_turns = plays_by_turns(game, 0, match.settings.prediction_window)
            self._legend = f"your keys{YOUR_MOVE if by_turns else ''}:  {Buttons(game, 0, match.keys).legend()}"
            self._keyboard = stack.enter_context(Keyboard(write=self._screen.send))

    def __call__(self) -> None:
        """Show what is known now."""
        match = self._match
        if self._keyboard is not None:
            match.press(self._keyboard.held())
        if not self._began and any(peer.frame for peer in match.peers):
            self._began = time.monotonic()
        self._show(time.monotonic() - self._began if self._began else 0.0)

    def finish(self) -> None:
        """Leave the last picture on the terminal."""
        self._show(time.monotonic() - self._began if self._began else 0.0)

    def _show(self, seconds: float) -> None:
        match = self._match
        if len(match.news) > self._seen:
            self._seen, self._news_until = len(match.news), time.monotonic() + NEWS_FOR
        news = match.news[-1] if time.monotonic() < self._news_until else ""
        note = "   ".join(part for part in (self._legend, news) if part)
        size = self._screen.size
        self._screen.show(compose(match.settings, match.peers, f" {note}", seconds, size, self._palette))


class Lines:
    """A line on stderr after each quarter of the match, for logs and pipes."""

    def __init__(self, match: DemoMatch) -> None:
        self._match = match
        self._told = 0
        self._news = 0

    def __call__(self) -> None:
        """Tell what is new."""
        match, of = self._match, self._match.settings.frames or 1
        for sentence in match.news[self._news :]:
            print(sentence, file=sys.stderr)
        self._news = len(match.news)
        frame = min(peer.frame for peer in match.peers)
        if frame * _PARTS // of > self._told:
            self._told = frame * _PARTS // of
            rollbacks = sum(peer.stats.get("rollbacks", 0) for peer in match.peers)
            rtt = match.peers[0].stats.get("rtt_ms", 0.0)
            print(f"{frame} of {of} frames, {rollbacks} rollbacks, round trip {rtt:.0f} ms", file=sys.stderr)

    def finish(self) -> None:
        """Tell what is left."""
        for sentence in self._match.news[self._news :]:
            print(sentence, file=sys.stderr)
        self._news = len(self._match.news)
