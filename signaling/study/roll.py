"""All participants, as the events of the journal made them: the same events make the same roll. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from signaling.study.participant import Participant
from signaling.study.stages import TRANSITIONS, Cause, Stage

__all__ = ["Roll"]


class Roll:
    """Who is in a study, folded from its events.

    An event is a mapping with `at` (seconds since 1970), `event`, and `who`: the numbers of those whom it is about.

    Attributes:
        born: The birth of the study, from its first event; empty before.
        mark: What makes its data comparable, see `StudyPlan.mark`.
        finished: How many have played to the end.
    """

    def __init__(self) -> None:
        self.born = ""
        self.mark = ""
        self._all: dict[int, Participant] = {}
        self._numbers: dict[str, int] = {}
        self._there: dict[int, Participant] = {}
        self.finished = 0

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Participant]:
        return iter(self._all.values())

    def there(self) -> list[Participant]:
        """Return those who consented and are not done yet, by their numbers: only of them anything is due."""
        return sorted(self._there.values(), key=lambda member: member.number)

    def get(self, number: int) -> Participant | None:
        """Return who has this number."""
        return self._all.get(number)

    def named(self, name: str) -> Participant | None:
        """Return who has this id."""
        return self._all.get(self._numbers.get(name, 0))

    def apply(self, event: Mapping[str, Any]) -> None:
        """Take an event.

        Raises:
            KeyError: It is not one that this roll can take: of nobody, or where the table has no way.
        """
        name, at = event["event"], event["at"]
        if name == "opened":
            self.born, self.mark = event["born"], event["mark"]
        elif name == "arrived":
            number, identity = len(self._all) + 1, event["participant"]
            if event["who"] != [number] or identity in self._numbers:
                raise KeyError(identity)
            self._all[number] = Participant(number, identity, seen=at)
            self._numbers[identity] = number
        elif name == "came_back":
            member = self._all[event["who"][0]]
            member.visit, member.seen = event["visit"], at
        else:
            cause = Cause(name)
            members = [self._all[number] for number in event["who"]]
            stages = [TRANSITIONS[member.stage][cause] for member in members]
            for member, stage in zip(members, stages, strict=True):
                member.stage = stage
                self.finished += stage is Stage.FINISHED
                if member.is_over:
                    self._there.pop(member.number, None)
                else:
                    self._there[member.number] = member
                self._note(member, cause, event)

    def _note(self, member: Participant, cause: Cause, event: Mapping[str, Any]) -> None:
        if cause in (Cause.WAITS, Cause.PAIRED, Cause.PLAYED):
            member.since = event["at"]
        if cause is Cause.PAIRED:
            who = event["who"]
            member.place = who.index(member.number)
            member.partner = who[1 - member.place] if len(who) == 2 else 0
            member.room, member.episode = event["room"], event["episode"]
            member.trips.clear()
        elif member.stage in (Stage.ENDED, Stage.FINISHED):
            member.kind, member.detail = event["kind"], event.get("detail", "")
            member.code = event.get("codes", {}).get(str(member.number), "")
