"""How far a participant is, and what leads on: a table. Knows no participant, no clock and no file."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = ["TRANSITIONS", "Cause", "Stage"]


class Stage(StrEnum):
    """Where a participant stands."""

    ARRIVED = "arrived"  # reads the consent
    CONSENTED = "consented"  # the page loads the game and measures the connection
    WAITING = "waiting"  # for a partner
    PAIRED = "paired"  # the next episode is made, and not begun on this page
    PLAYING = "playing"
    DONE = "done"  # with this episode; the partner may not be
    FINISHED = "finished"
    ENDED = "ended"  # early


class Cause(StrEnum):
    """What happened; also the names of the journal's events."""

    AGREED = "agreed"
    WAITS = "waits"
    PAIRED = "paired"  # also with a bot, and for each further episode
    BEGAN = "began"
    PLAYED = "played"
    FINISHED = "finished"
    ENDED = "ended"


TRANSITIONS: Final = {
    Stage.ARRIVED: {Cause.AGREED: Stage.CONSENTED, Cause.ENDED: Stage.ENDED},
    Stage.CONSENTED: {Cause.WAITS: Stage.WAITING, Cause.PAIRED: Stage.PAIRED, Cause.ENDED: Stage.ENDED},
    Stage.WAITING: {Cause.PAIRED: Stage.PAIRED, Cause.ENDED: Stage.ENDED},
    Stage.PAIRED: {Cause.BEGAN: Stage.PLAYING, Cause.ENDED: Stage.ENDED},
    Stage.PLAYING: {Cause.PLAYED: Stage.DONE, Cause.ENDED: Stage.ENDED},
    Stage.DONE: {Cause.PAIRED: Stage.PAIRED, Cause.FINISHED: Stage.FINISHED, Cause.ENDED: Stage.ENDED},
    Stage.FINISHED: {},
    Stage.ENDED: {},
}
