"""The study, its journal and its uploads behind one door: what is decided is written down, then answered. Knows no HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from rollback.errors import UsageError
from signaling.study.arrival import read_arrival
from signaling.study.completion import CodeMaker
from signaling.study.participant import Participant
from signaling.study.plan import AGENT, StudyPlan
from signaling.study.refusal import StudyRefusal
from signaling.study.showing import shown, shown_full
from signaling.study.stages import Stage
from signaling.study.store import OPPONENT, Store
from signaling.study.study import Study
from signaling.study.tickets import Tickets
from signaling.tokens import make_birth

__all__ = ["StudyDesk"]

T = TypeVar("T")


class StudyDesk:
    """A study and its folder, as a server has them.

    Args:
        plan: The study.
        secret: What tokens are signed with; random unless given, and then no page comes back after a restart.
        open_room: Opens a room for two and returns its code; may be set later, before the first participant comes.
        clock: Seconds since 1970 that do not go back.

    Raises:
        UsageError: The folder cannot be used, or holds the data of a study with other matches; or the opponent is an agent
            that was not read.
    """

    def __init__(
        self,
        plan: StudyPlan,
        *,
        secret: bytes | None = None,
        open_room: Callable[[], str] | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        if plan.agent is None and plan.opponent.endswith(AGENT):
            raise UsageError(f"the agent {plan.opponent} was not read: make the plan by read_plan with a read_agent")
        self.plan = plan
        self.open_room = open_room
        self._clock = clock or _steady_time
        self._codes = CodeMaker()
        self._study = Study(plan, open_room=self._opened, make_code=self._codes)
        self._turn = asyncio.Lock()  # one decision at a time, each written down before the next
        self._turns: dict[int, asyncio.Lock] = {}  # of the uploads of each participant
        self._trouble = ""
        self._store = Store(plan)
        try:
            self._begin()
        except BaseException:
            self._store.close()
            raise
        self._tickets = Tickets(secret or secrets.token_bytes(32), self._study.roll.born)

    def close(self) -> None:
        """Let another server have the folder."""
        self._store.close()

    def count(self) -> dict[str, int]:
        """Return how many participants are at each stage."""
        stages = [str(member.stage) for member in self._study.roll]
        return {str(stage): stages.count(str(stage)) for stage in Stage}

    async def arrive(self, fields: dict[str, Any], token: str) -> dict[str, Any]:
        """Let in who comes by a link, or comes back; answer with a token and how things are."""
        arrival = read_arrival(fields)
        async with self._turn:
            member = self._holder(token)[0] if token else None
            there = self._study.arrive(arrival, member, now=self._clock())
            if there is None:
                return shown_full(self.plan)
            await self._write_down()
            return {"token": self._tickets.make(there.number, there.visit), **self._shown(there)}

    async def decide(self, token: str, decide: Callable[[Study, Participant, float], None]) -> dict[str, Any]:
        """Let the study decide what a participant's page asks for; answer with how things are then."""
        async with self._turn:
            member, now = self._member(token), self._clock()
            self._study.heard(member, now=now)
            try:
                decide(self._study, member, now)
            finally:
                await self._write_down()
            return self._shown(member)

    async def upload(self, token: str, episode: int, piece: int, sha256: str, data: bytes) -> dict[str, Any]:
        """Take a piece of data; answer with the number of the next one."""
        member = self._member(token)
        async with self._turns.setdefault(member.number, asyncio.Lock()):
            self._check_upload(member, episode, piece)
            self._study.heard(member, now=self._clock())
            expected = await self._on_disk(self._store.add, member.number, member.name, episode, piece, sha256, data)
            if member.is_over:
                await self._write_manifest(member)
        return {"expected": expected}

    def check(self, token: str) -> None:
        """Return if the token is that of the newest visit of a participant.

        Raises:
            StudyRefusal: `token`.
        """
        self._member(token)

    def _check_upload(self, member: Participant, episode: int, piece: int) -> None:
        if not 1 <= episode <= member.episode:
            raise StudyRefusal("stage", f"there is no episode {episode} of yours to upload")
        is_closed = episode < member.episode or member.stage in (Stage.DONE, Stage.FINISHED)
        expected = self._store.expected(member.number, episode)
        if is_closed and piece >= expected:
            raise StudyRefusal("stage", f"episode {episode} is complete: nothing is added to it any more", expected=expected)

    def _shown(self, member: Participant) -> dict[str, Any]:
        left = self._study.waiting_left(member, self._clock())
        return shown(self.plan, member, waiting_left=left, expected=self._store.expected(member.number, max(1, member.episode)))

    def _holder(self, token: str) -> tuple[Participant | None, int]:
        number, visit = self._tickets.read(token)
        return self._study.roll.get(number), visit

    def _member(self, token: str) -> Participant:
        member, visit = self._holder(token)
        if member is None or visit != member.visit:
            raise StudyRefusal("token", "you went on in another window: this one is out of it, close it")
        return member

    async def _write_down(self) -> None:
        """Have what happened on the disk, and the manifests of those whose episodes are over."""
        news = self._study.news()
        if self._trouble:
            raise StudyRefusal("busy", self._trouble)
        if not news:
            return
        try:
            await asyncio.to_thread(self._store.note, news)
        except OSError as error:
            # What the roll says was not written down: nothing may be built on it.
            self._trouble = f"the server cannot write the journal of the study: {error.strerror or error}; tell the researchers"
            raise StudyRefusal("busy", self._trouble) from None
        for event in news:
            if event["event"] in ("played", "finished", "ended"):
                for number in event["who"]:
                    member = self._study.roll.get(number)
                    if member is not None and member.episode:
                        async with self._turns.setdefault(number, asyncio.Lock()):
                            with contextlib.suppress(StudyRefusal):  # the journal has it, and the data are where they were
                                await self._write_manifest(member)

    async def _write_manifest(self, member: Participant) -> None:
        facts: dict[str, Any] = {
            "participant": member.name,
            "number": member.number,
            "stage": str(member.stage),
            "kind": member.kind,
            "game": self.plan.game,
            "study": self._study.roll.born,
        }
        if self.plan.agent is not None:
            facts["agent"] = self.plan.agent.sha256
        await self._on_disk(self._store.write_manifest, member.number, member.name, facts)

    async def _on_disk(self, work: Callable[..., T], *arguments: Any) -> T:
        try:
            return await asyncio.to_thread(work, *arguments)
        except (OSError, UsageError) as error:
            sentence = getattr(error, "strerror", None) or error
            raise StudyRefusal(
                "busy", f"the server cannot write the data of the study: {sentence}; it is tried again"
            ) from None

    def _opened(self) -> str:
        assert self.open_room is not None, "a study that pairs people is served by a lobby"
        return self.open_room()

    def _begin(self) -> None:
        events, folder = self._store.events, self.plan.folder
        try:
            self._study.restore(events, now=self._clock())
        except (KeyError, ValueError, TypeError, IndexError, AttributeError):
            raise UsageError(f"{folder} holds a journal that is not of a study: name another folder") from None
        roll = self._study.roll
        if events and not roll.born:
            raise UsageError(f"{folder} holds a journal that is not of a study: name another folder")
        if not events:
            self._study.open(make_birth(self._clock()), now=self._clock())
            if self.plan.agent is not None:
                with self._written(f"the copy of the agent, {OPPONENT},"):
                    self._store.keep_agent(self.plan.agent.content)
            with self._written("the journal"):
                self._store.note(self._study.news())
        elif roll.mark != self.plan.mark:
            kept = f" (the agent it was played against is {OPPONENT} there)" if (folder / OPPONENT).exists() else ""
            raise UsageError(
                f"{folder} holds data of a study with another game, number of episodes, frames, opponent{kept} or settings of"
                " the session: name another folder for this one, or put these back as they were"
            )
        for member in roll:
            self._codes.know(member.code)

    @contextlib.contextmanager
    def _written(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UsageError(
                f"{what} in {self.plan.folder} cannot be written: {error.strerror or error}; make room there, or name another"
                " folder"
            ) from None


_AHEAD = time.time() - time.monotonic()


def _steady_time() -> float:
    return _AHEAD + time.monotonic()
