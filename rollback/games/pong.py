"""Pong: two paddles, one ball, first to five. Knows its own rules; knows no frame number, no peer and no screen.

The field is centred on (0, 0), x to the right and y down, all in whole units (the ball is 600 of them wide), so that
mirroring left and right is a change of sign and both sides play by exactly the same arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rollback.errors import GameError
from rollback.game import Bits
from rollback.games.dice import advance, below, spread
from rollback.games.drawing import Primitive
from rollback.games.pong_picture import picture
from rollback.games.text import paint

__all__ = ["Pong"]

HALF_WIDTH: Final = 16_000
HALF_HEIGHT: Final = 10_000
BALL: Final = 300  # radius
PADDLE: Final = 1_600  # half its height
FACE: Final = 14_800  # distance from the centre to the side of a paddle that hits
PADDLE_SPEED: Final = 340
PADDLE_RANGE: Final = HALF_HEIGHT - PADDLE

SERVE_SPEED: Final = 240  # two seconds from one paddle to the other: time to read the serve
FASTER: Final = 14  # a hit
TOP_SPEED: Final = 600  # well under the depth behind a paddle, so that a miss is seen
STEEPEST: Final = 520
SLOPE: Final = 6  # units off the paddle's middle for one unit of vertical speed
SWIPE: Final = 90  # what a moving paddle adds

GOAL: Final = 5
FIRST_PAUSE: Final = 90  # frames before the first serve: both players find their paddle
PAUSE: Final = 75


class Pong:
    """A match of Pong.

    An action is a pair of buttons (up, down); both together are neither. Scores go to five. The angle of a return
    depends on where the paddle is hit and whether it moves; every hit makes the ball faster.

    Attributes:
        paddles: Height of the middle of the left and the right paddle, -8400 (top) to 8400.
        ball: Place of the ball.
        velocity: What the ball moves in a frame, once the pause is over.
        points: What each player has scored.
        pause: Frames until the ball is served.
        rally: Hits since the serve.
        word: The generator of the serves.
    """

    players = 2
    fps = 60
    codecs = (Bits(2), Bits(2))
    buttons = ("up", "down")

    # What `observe` holds, in order: name, least and greatest value. One's own side is always the left one.
    observed: Final = (
        ("own paddle", -PADDLE_RANGE, PADDLE_RANGE),
        ("other paddle", -PADDLE_RANGE, PADDLE_RANGE),
        ("ball x", -HALF_WIDTH - TOP_SPEED, HALF_WIDTH + TOP_SPEED),
        ("ball y", -HALF_HEIGHT, HALF_HEIGHT),
        ("ball vx", -TOP_SPEED, TOP_SPEED),
        ("ball vy", -STEEPEST, STEEPEST),
        ("own points", 0, GOAL),
        ("other points", 0, GOAL),
        ("pause", 0, FIRST_PAUSE),
    )

    paddles: tuple[int, int]
    ball: tuple[int, int]
    velocity: tuple[int, int]
    points: tuple[int, int]
    pause: int
    rally: int
    word: int

    def __init__(self, seed: int = 0) -> None:
        self.reset(seed)

    def reset(self, seed: int) -> None:
        """Start a match; the seed decides the serves."""
        self.paddles = (0, 0)
        self.points = (0, 0)
        self.word = advance(spread(seed))
        self._serve(1 if below(self.word, 2) else -1, FIRST_PAUSE)

    def step(self, actions: Sequence[Any]) -> None:
        """Advance one frame; a match that is over stays as it is."""
        if max(self.points) >= GOAL:
            return
        (left_up, left_down), (right_up, right_down) = actions
        left, right = self.paddles
        left_move = (PADDLE_SPEED if left_down else 0) - (PADDLE_SPEED if left_up else 0)
        right_move = (PADDLE_SPEED if right_down else 0) - (PADDLE_SPEED if right_up else 0)
        left = min(PADDLE_RANGE, max(-PADDLE_RANGE, left + left_move))
        right = min(PADDLE_RANGE, max(-PADDLE_RANGE, right + right_move))
        self.paddles = (left, right)
        if self.pause:
            self.pause -= 1
            return
        (x, y), (vx, vy) = self.ball, self.velocity
        before = x
        x += vx
        y += vy
        if y < BALL - HALF_HEIGHT:
            y, vy = 2 * (BALL - HALF_HEIGHT) - y, -vy
        elif y > HALF_HEIGHT - BALL:
            y, vy = 2 * (HALF_HEIGHT - BALL) - y, -vy
        if vx < 0:
            if before - BALL > -FACE >= x - BALL and abs(y - left) <= PADDLE + BALL:
                self._hit(y, y - left, left_move, 1)
                return
        elif before + BALL < FACE <= x + BALL and abs(y - right) <= PADDLE + BALL:
            self._hit(y, y - right, right_move, -1)
            return
        self.ball = (x, y)
        self.velocity = (vx, vy)
        if x < -HALF_WIDTH:
            self._score(0, 1)
        elif x > HALF_WIDTH:
            self._score(1, 0)

    def _hit(self, y: int, off: int, move: int, side: int) -> None:
        """Return the ball from a paddle; `side` is where it flies now: 1 to the right, -1 to the left."""
        self.rally += 1
        speed = min(TOP_SPEED, SERVE_SPEED + FASTER * self.rally)
        slope = off // SLOPE + (SWIPE if move > 0 else -SWIPE if move < 0 else 0)
        self.ball = (side * (BALL - FACE), y)  # on the face: the overshoot of a frame is not worth a division
        self.velocity = (side * speed, min(STEEPEST, max(-STEEPEST, slope)))

    def _score(self, left: int, right: int) -> None:
        self.points = (self.points[0] + left, self.points[1] + right)
        self._serve(1 if left else -1, PAUSE)  # towards whoever let it through

    def _serve(self, side: int, pause: int) -> None:
        height = advance(self.word)
        self.word = advance(height)
        self.ball = (0, below(height, 6_001) - 3_000)
        self.velocity = (side * SERVE_SPEED, below(self.word, 301) - 150)
        self.pause = pause
        self.rally = 0

    @property
    def over(self) -> bool:
        """Whether somebody has five points."""
        return max(self.points) >= GOAL

    def save(self) -> dict[str, Any]:
        """Return the state: a dict of whole numbers and pairs of them, none of which the game ever changes."""
        return {
            "paddles": self.paddles,
            "ball": self.ball,
            "velocity": self.velocity,
            "points": self.points,
            "pause": self.pause,
            "rally": self.rally,
            "word": self.word,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Become a state that `save` returned.

        Raises:
            GameError: It is no state of Pong; the game stays as it was.
        """
        try:
            left, right = state["paddles"]
            x, y = state["ball"]
            vx, vy = state["velocity"]
            mine, theirs = state["points"]
            pause, rally, word = state["pause"], state["rally"], state["word"]
        except (KeyError, TypeError, ValueError):
            raise GameError(f"Pong.load takes what Pong.save returned, not {state!r:.100}") from None
        self.paddles, self.ball, self.velocity, self.points = (left, right), (x, y), (vx, vy), (mine, theirs)
        self.pause, self.rally, self.word = pause, rally, word

    def scores(self) -> tuple[int, int]:
        """Return the points of both players."""
        return self.points

    def idle(self, player: int) -> tuple[bool, bool]:
        """Return the action that moves nothing."""
        return (False, False)

    def keys(self, player: int) -> dict[str, int]:
        """Return which key presses which button, by the names of keys that terminals, windows and browsers share."""
        return {"up": 0, "w": 0, "down": 1, "s": 1}

    def observe(self, player: int) -> tuple[int, ...]:
        """Return what a player sees, as `observed` names it; to both players their own side is the left one."""
        (x, y), (vx, vy) = self.ball, self.velocity
        if player == 0:
            return (*self.paddles, x, y, vx, vy, *self.points, self.pause)
        return (*self.paddles[::-1], -x, y, -vx, vy, *self.points[::-1], self.pause)

    def draw(self) -> list[Primitive]:
        """Return the picture as primitives of `rollback.games.drawing`."""
        return picture(self.save())

    def render(self, columns: int = 56, rows: int = 18, *, colour: bool = False) -> str:
        """Return the picture as text of `columns` x `rows` cells, with ANSI colours if asked."""
        return paint(self.draw(), columns, rows, colour=colour)
