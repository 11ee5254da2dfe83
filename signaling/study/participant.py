"""One participant: what the journal says, and what is only known while the server runs. Knows no other and no rule."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from signaling.study.stages import Stage

__all__ = ["TRIPS", "Participant"]

TRIPS: Final = 5  # round trips that are looked at together, told every two seconds: one alone is no slow connection


@dataclass(slots=True)
class Participant:
    """Somebody who came.

    Attributes:
        number: The order of coming, from 1.
        name: The id of the link.
        stage: Where this participant stands.
        visit: How often the page was opened; only the newest one may act.
        since: When the participant began to wait, for a partner or for what it is to do, in seconds of the journal's clock.
        partner: The number of the partner; 0 for none.
        place: The first or the second of the pair; who is which player the room decides, and the page tells.
        room: The room of the episode.
        episode: The episode that is played or comes next, from 1.
        kind: How it ended.
        detail: What led to the end, in a sentence for the researcher.
        code: The completion code.
        seen: When the page was last heard.
        trips: The newest round trips to the partner, in milliseconds.
    """

    number: int
    name: str
    stage: Stage = Stage.ARRIVED
    visit: int = 1
    since: float = 0.0
    partner: int = 0
    place: int = 0
    room: str = ""
    episode: int = 0
    kind: str = ""
    detail: str = ""
    code: str = ""
    seen: float = 0.0
    trips: deque[float] = field(default_factory=lambda: deque(maxlen=TRIPS))

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes."""
        return self.stage in (Stage.FINISHED, Stage.ENDED)

    @property
    def is_in_match(self) -> bool:
        """Whether there is a partner, or a bot, who counts on this one."""
        return self.stage in (Stage.PAIRED, Stage.PLAYING, Stage.DONE)
