"""Whether those who remain may go on without the others: by majority, by the lobby's vote, or by the settings of two.

Knows the roster and the caller's clock; knows no lobby, only that one may be asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rollback.core.agreement import Agreement
from rollback.core.roster import Standing
from rollback.types import Event, VoteWanted

__all__ = ["Ballot"]

VOTE_PATIENCE: Final = 1.5  # seconds the lobby may take to vote: within the two that nobody is to be stuck for longer


class Ballot:
    """The votes of one session.

    Args:
        agreement: The roster.
        emit: Takes the event that asks for a vote.
        votes: Whether a lobby stands by that votes where two halves are left.
    """

    def __init__(self, agreement: Agreement, emit: Callable[[Event], None], *, votes: bool) -> None:
        self._agreement = agreement
        self._emit = emit
        self._votes = votes
        self._asked: tuple[int, int] | None = None  # the vote we wait for
        self._asked_at = 0.0

    def is_lost(self, now: float) -> bool:
        """Whether we, who remain, have to end; exactly half of those who were wait for the lobby's vote."""
        agreement = self._agreement
        standing = agreement.standing
        if standing is Standing.MORE or agreement.may_go_on:
            self._asked = None
            return False
        if standing is Standing.LESS:
            return True
        if self._votes and agreement.left:
            return True  # the other half may have committed who left, we have not: it would ask for another vote
        if self._votes:
            if not agreement.agreed:
                return False
            if self._asked != (agreement.survivors, agreement.epoch + 1):
                self._asked, self._asked_at = (agreement.survivors, agreement.epoch + 1), now
                self._emit(VoteWanted(*self._asked))
            if now - self._asked_at < VOTE_PATIENCE:
                return False
        # Each of two follows its settings where no lobby says otherwise.
        agreement.approved = agreement.roster.bit_count() <= 2
        return not agreement.approved
