"""A study: who may do what next, and how it ends fairly. Knows events and the time it is told; no file, no request, no room.

Every decision becomes an event; the roll is what the events make of it, so that a server that is started again with the
journal stands where it stood. Time passes when somebody asks: whoever waits is told the end of it when looking.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from rollback.errors import NetworkError
from signaling.study.arrival import Arrival
from signaling.study.participant import Participant
from signaling.study.plan import CODED, StudyPlan
from signaling.study.refusal import StudyRefusal
from signaling.study.roll import Roll
from signaling.study.stages import Cause, Stage

__all__ = ["AWAY", "HELD_UP", "LOADING", "PRESENT", "Study"]

PRESENT: Final = 10.0  # seconds: who waits looks every two, and is given no partner who does not
AWAY: Final = 90.0  # seconds: a page in the background is woken once a minute at the least
HELD_UP: Final = 180.0  # seconds that a page may let its partner wait, though it asks on: to begin a match, and to end it
MOST: Final = 20_000  # participants on record, whatever became of them
MOST_VISITS: Final = 1000  # of one participant: each is a line of the journal
LOADING: Final = 600.0  # seconds between the consent and a page that can play; who takes longer holds no place meanwhile
TRIPS_BEFORE: Final = 3  # round trips that are measured before somebody plays, at the least
MOST_TRIPS: Final = 32
LONGEST_TRIP: Final = 600_000.0  # milliseconds


class Study:
    """A study that is running.

    Args:
        plan: What the researcher decided.
        open_room: Opens a room for two and returns its code; a `NetworkError` it raises means: not now.
        make_code: Makes a completion code that was never made before.
    """

    def __init__(self, plan: StudyPlan, *, open_room: Callable[[], str], make_code: Callable[[], str]) -> None:
        self.plan = plan
        self.roll = Roll()
        self._open_room = open_room
        self._make_code = make_code
        self._news: list[dict[str, Any]] = []

    def restore(self, events: Iterable[Mapping[str, Any]], *, now: float) -> None:
        """Stand where these events lead; everybody was last heard now.

        Raises:
            KeyError, ValueError, TypeError: An event is not one.
        """
        for event in events:
            self.roll.apply(event)
        for member in self.roll:
            member.seen = now

    def open(self, born: str, *, now: float) -> None:
        """Begin, under the name of a birth that no other study has."""
        agent = self.plan.agent
        more = {} if agent is None else {"agent": {"file": self.plan.opponent, "sha256": agent.sha256}}
        self._happens("opened", (), now, born=born, mark=self.plan.mark, title=self.plan.title, **more)

    def news(self) -> list[dict[str, Any]]:
        """Take the events since the last call; they are to be written down before anybody is answered."""
        news, self._news = self._news, []
        return news

    # What a page asks for.

    def arrive(self, arrival: Arrival, member: Participant | None, *, now: float) -> Participant | None:
        """Let somebody in, or back in.

        Args:
            arrival: Who says to be here.
            member: Whose token came along, if one did.
            now: The time.

        Returns:
            The participant, whose newest visit this is; None where the study is full.

        Raises:
            StudyRefusal: `taken`: the id is somebody's, and the token is not that one's; or it came too often.
        """
        self.pass_time(now)
        there = self.roll.named(arrival.participant)
        if there is None:
            if self._taken(now) >= self.plan.max_participants or len(self.roll) >= MOST:
                return None
            more = {key: value for key in ("study_id", "session_id") if (value := getattr(arrival, key))}
            self._happens("arrived", (len(self.roll) + 1,), now, participant=arrival.participant, **more)
            return self.roll.named(arrival.participant)
        if member is not there:
            raise StudyRefusal(
                "taken",
                f"somebody takes part as {arrival.participant} already: go on in the browser in which you began, or ask the"
                " researchers for another link",
            )
        if there.visit >= MOST_VISITS:
            raise StudyRefusal("taken", f"this link was opened {there.visit} times: ask the researchers for another one")
        self._happens("came_back", (there.number,), now, visit=there.visit + 1)
        return there

    def agree(self, member: Participant, agreed: bool, *, now: float) -> None:
        """Take the answer to the consent; the same one again changes nothing.

        Raises:
            StudyRefusal: `stage`.
        """
        if agreed and member.stage is not Stage.ARRIVED and not member.is_over:
            return
        self._require(member, Stage.ARRIVED)
        if not agreed:
            self._end((member,), "declined", "did not consent", now)
        elif self._taken(now) >= self.plan.max_participants:
            self._end((member,), "full", "there was no place any more", now)
        else:
            self._happens(Cause.AGREED, (member.number,), now)

    def ready(self, member: Participant, trips: list[float], *, now: float) -> None:
        """Take the round trips that the page measured, and look for a partner, or begin with a bot.

        Raises:
            StudyRefusal: `stage`, `malformed`.
        """
        if member.stage in (Stage.WAITING, Stage.PAIRED, Stage.PLAYING, Stage.DONE):
            return
        self._require(member, Stage.CONSENTED)
        if not TRIPS_BEFORE <= len(trips) <= MOST_TRIPS:
            raise StudyRefusal("malformed", f"rtt_ms must hold {TRIPS_BEFORE} to {MOST_TRIPS} round trips, not {len(trips)}")
        typical = statistics.median(trips)
        if self._taken(now) > self.plan.max_participants:  # with this one, whose place somebody took meanwhile
            self._end((member,), "full", "there was no place any more", now)
        elif self.plan.max_rtt_ms is not None and typical > self.plan.max_rtt_ms:
            self._end((member,), "slow_connection", f"round trip to the server {typical:.0f} ms", now)
        elif self.plan.needs_partner:
            self._happens(Cause.WAITS, (member.number,), now, rtt_ms=round(typical, 1))
            self.pass_time(now)
        else:
            self._happens(Cause.PAIRED, (member.number,), now, room="", episode=1, rtt_ms=round(typical, 1))

    def heard(self, member: Participant, *, now: float) -> None:
        """Note that the page of somebody asked something; to be called before what it asked for."""
        member.seen = now

    def look(self, member: Participant, *, rtt_ms: float | None = None, now: float) -> None:
        """Hear a page that asks how things are, and what its round trip to the partner is."""
        if rtt_ms is not None and member.stage is Stage.PLAYING:
            member.trips.append(rtt_ms)
        self.pass_time(now)

    def begin(self, member: Participant, episode: int, player: int, *, now: float) -> None:
        """Hear that an episode begins on a page, and which player it is there.

        Raises:
            StudyRefusal: `stage`.
        """
        if member.stage is Stage.PLAYING and member.episode == episode:
            return
        self._require(member, Stage.PAIRED, episode)
        self._happens(Cause.BEGAN, (member.number,), now, episode=episode, player=player)

    def played(self, member: Participant, episode: int, told: Mapping[str, Any], *, now: float) -> None:
        """Hear that an episode was played to its end and its data are here; go on when both did.

        Raises:
            StudyRefusal: `stage`.
        """
        if (member.stage is Stage.DONE and member.episode == episode) or (member.is_over and episode <= member.episode):
            return
        self._require(member, Stage.PLAYING, episode)
        self._happens(Cause.PLAYED, (member.number,), now, episode=episode, **told)
        if episode == self.plan.episodes:
            codes = {str(member.number): self.plan.codes.get("complete") or self._make_code()}
            self._happens(Cause.FINISHED, (member.number,), now, kind="complete", codes=codes)
        self.pass_time(now)

    def leave(self, member: Participant, kind: str, detail: str, *, now: float) -> None:
        """Hear why a page cannot go on; who is over already stays as it was.

        Raises:
            StudyRefusal: `malformed`: the kind is none that a page may tell.
        """
        if member.is_over:
            return
        match kind:
            case "withdrew":
                self._end((member,), "withdrew", "left on purpose", now)
            case "failed":
                self._end((member,), "failed", detail, now)
            case "partner_left" if member.partner and member.is_in_match:
                self._end((member,), "partner_left", detail, now)
            case _:
                raise StudyRefusal("malformed", "kind must be withdrew, failed, or in a match with somebody partner_left")
        self.pass_time(now)

    def pass_time(self, now: float) -> None:
        """Do what is due: ends of waiting, pairs, next episodes, those who are gone."""
        for member in self.roll.there():  # all of them before their partners are looked at, for both of a pair may be gone
            if member.is_in_match and now - member.seen > AWAY:
                self._end((member,), "withdrew", f"was not heard for {AWAY:.0f} seconds", now)
        for member in self.roll.there():
            if member.is_in_match:
                self._hold_round_trip(member, now)
                self._go_on(member, now)
                self._end_waiting(member, now)
            elif member.stage is Stage.WAITING and now - member.since >= self.plan.waiting_room:
                self._end((member,), "no_partner", f"waited for {self.plan.waiting_room:.0f} seconds", now)
        self._pair(now)

    def waiting_left(self, member: Participant, now: float) -> float:
        """Return for how many seconds this one may still have to wait for a partner."""
        return max(0.0, member.since + self.plan.waiting_room - now) if member.stage is Stage.WAITING else 0.0

    # What follows.

    def _pair(self, now: float) -> None:
        waiting = [each for each in self.roll.there() if each.stage is Stage.WAITING and now - each.seen <= PRESENT]
        waiting.sort(key=lambda each: (each.since, each.number))
        for one, other in zip(waiting[::2], waiting[1::2], strict=False):
            self._prepare((one.number, other.number), 1, now)

    def _go_on(self, member: Participant, now: float) -> None:
        """End what the partner ended, or prepare the next episode when all who play it are done with this one."""
        if not member.is_in_match:
            return
        partner = self.roll.get(member.partner)
        if partner is not None and partner.stage is Stage.ENDED:
            self._end((member,), "partner_left", f"the partner ended: {partner.detail}", now)
        elif member.stage is not Stage.DONE:
            return
        elif partner is None:
            self._happens(Cause.PAIRED, (member.number,), now, room="", episode=member.episode + 1)
        elif partner.stage is Stage.DONE:  # with the same episode: the two are paired for each of them together
            pair = (member, partner) if member.place == 0 else (partner, member)
            self._prepare((pair[0].number, pair[1].number), member.episode + 1, now)

    def _end_waiting(self, member: Participant, now: float) -> None:
        """End it for somebody who waits for a partner whose page asks on and does nothing."""
        partner = self.roll.get(member.partner)
        if partner is None or not member.is_in_match or now - member.since <= HELD_UP:
            return
        if member.stage is Stage.PAIRED:  # nobody knows whose page it is
            both = [each for each in (member, partner) if each.is_in_match and each.episode == member.episode]
            self._end(both, "failed", f"the match did not begin within {HELD_UP:.0f} seconds", now)
        elif member.stage is Stage.DONE and partner.stage is not Stage.DONE:
            self._end((member,), "partner_left", f"the partner was not done {HELD_UP:.0f} seconds later", now)

    def _prepare(self, pair: tuple[int, int], episode: int, now: float) -> None:
        try:
            room = self._open_room()
        except NetworkError:
            return  # the lobby is full at the moment; they wait on
        self._happens(Cause.PAIRED, pair, now, room=room, episode=episode)

    def _hold_round_trip(self, member: Participant, now: float) -> None:
        most, trips = self.plan.max_rtt_ms, member.trips
        if most is None or member.stage is not Stage.PLAYING or len(trips) < (trips.maxlen or 0):
            return
        typical = statistics.median(trips)
        if typical > most:
            told = [member]
            partner = self.roll.get(member.partner)
            if partner is not None and partner.is_in_match and partner.episode == member.episode:
                told.append(partner)
            self._end(told, "slow_connection", f"round trip between the two {typical:.0f} ms", now)

    def _end(self, members: Iterable[Participant], kind: str, detail: str, now: float) -> None:
        members = list(members)
        fixed = self.plan.codes.get(kind)
        codes = {str(each.number): fixed or self._make_code() for each in members if fixed or kind in CODED}
        self._happens(Cause.ENDED, [each.number for each in members], now, kind=kind, detail=detail[:500], codes=codes)

    def _taken(self, now: float) -> int:
        """Return how many places are taken."""
        there = self.roll.there()
        return self.roll.finished + sum(each.stage is not Stage.CONSENTED or now - each.seen <= LOADING for each in there)

    def _require(self, member: Participant, stage: Stage, episode: int | None = None) -> None:
        if member.stage is not stage or episode not in (None, member.episode):
            at = f" of episode {member.episode}" if member.episode else ""
            wanted = "" if episode is None else f" of episode {episode}"
            raise StudyRefusal("stage", f"this takes somebody who is {stage}{wanted}, and you are {member.stage}{at}")

    def _happens(self, event: str, who: Iterable[int], now: float, **more: Any) -> None:
        told = {"at": round(now, 3), "event": str(event), "who": list(who), **more}
        self.roll.apply(told)
        self._news.append(told)
