"""Matches whose peers die, come back and come late, with an oracle of what has settled where. Knows rounds; knows no socket.

Peer numbers are those of the seats they sit at. A process that died keeps what it had settled: no other may ever settle another
input for those frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rollback import Ended, Game, Local, Open, P2PSession, PeerJoined, Remote, SessionConfig
from rollback.errors import UsageError
from tests.core.network import Link, Match, Peer

Seats = Sequence[Sequence[int]]
DIRECT = Link()


class Returning(Match):
    """A match into which somebody may come.

    Args:
        make: Makes a game.
        seats: The players of each peer, those included who come later.
        config: The settings.
        link: The link of all directions.
        absent: Peers that are not there at the beginning: their seats are open.
    """

    def __init__(
        self,
        make: Any,
        seats: Seats = ((0,), (1,)),
        config: SessionConfig | None = None,
        link: Link = DIRECT,
        *,
        seed: int = 0,
        end: int | None = None,
        absent: Sequence[int] = (),
    ) -> None:
        self.seats = [tuple(players) for players in seats]
        self.config = config or SessionConfig()
        self.absent = tuple(absent)
        self.end = end
        self.dead: list[Peer] = []
        self.nonces = 1000
        self.stops: dict[int, int] = {}  # by peer: the most rounds in a row in which it did not advance, since `watched`
        self._still: dict[int, int] = {}
        self.truth: dict[int, tuple[bytes, ...]] = {}  # what anybody ever settled, by frame
        super().__init__(make, seats, self.config, link, seed=seed)
        self.letters = True
        for number in range(len(seats)):
            self.peers[number] = self._process(number, joining=False)
        for number in absent:
            self.peers[number].stopped = True

    def _process(self, number: int, *, joining: bool, make: Any = None, config: SessionConfig | None = None) -> Peer:
        where = {player: other for other, players in enumerate(self.seats) for player in players}
        stands: list[Local | Remote | Open] = []
        for player in sorted(where):
            if where[player] == number:
                stands.append(Local())
            elif where[player] in self.absent and not joining:
                stands.append(Open())
            else:
                stands.append(Remote(f"p{where[player]}"))
        self.nonces += 1
        session = P2PSession((make or self.make)(), stands, config or self.config, nonce=self.nonces, joining=joining)
        if self.end is not None and not joining:
            session.end_at(self.end)
        return Peer(number, session, sorted(self.seats[number]), 0.0, 0)

    @property
    def living(self) -> list[Peer]:
        """Those whose process runs."""
        return [peer for peer in self.peers if not peer.stopped]

    def kill(self, number: int) -> None:
        """End a process without a word; nothing that is on its way to it arrives."""
        peer = self.peers[number]
        self._settle(peer)
        self.dead.append(peer)
        peer.stopped = True
        self._wire = [item for item in self._wire if item[3] != number]
        self._post = [item for item in self._post if item[2] != number]

    def start(self, number: int, *, make: Any = None, config: SessionConfig | None = None) -> Peer:
        """Start a new process at a seat; nobody is told yet."""
        if not self.peers[number].stopped:
            self.kill(number)
        self.peers[number] = peer = self._process(number, joining=True, make=make, config=config)
        peer.now = self.round_number / self.config.fps
        return peer

    def admit(self, number: int, by: Sequence[int] | None = None) -> None:
        """Let the others know of a new process."""
        for peer in self.living:
            if peer.number != number and (by is None or peer.number in by):
                peer.session.admit(f"p{number}", self.seats[number][0])

    def come(self, number: int, limit: int = 1200) -> Peer:
        """Start a new process at a seat, let everybody know, and play until it is in everywhere."""
        peer = self.start(number)
        self.admit(number)
        self.until(lambda: self.is_in(number), limit)
        return peer

    def is_in(self, number: int) -> bool:
        """Whether the newest process of a seat plays, as all others say."""
        peer = self.peers[number]
        return bool(peer.happened(PeerJoined)) and peer.session.reason == "running"

    def round(self) -> None:
        """Play one round, and hold the settled frames of everybody against those of all others."""
        for peer in self.peers:
            if peer.stopped:
                self._wire = [item for item in self._wire if item[3] != peer.number]
                self._post = [item for item in self._post if item[2] != peer.number]
        before = {peer.number: len(peer.ticks) for peer in self.living}
        super().round()
        for peer in self.living:
            self._settle(peer)
            if peer.number in before and len(peer.ticks) > before[peer.number]:
                still = 0 if peer.ticks[-1][1] else self._still.get(peer.number, 0) + 1
                self._still[peer.number] = still
                self.stops[peer.number] = max(self.stops.get(peer.number, 0), still)

    def watch_stops(self) -> None:
        """Count anew for how long anybody stands still."""
        self.stops.clear()
        self._still.clear()

    def deliver(self, peer: Peer, late: int = 0) -> None:
        """Hand a peer what has arrived; what comes from a label it does not know is dropped, as a driver does."""
        if peer.stopped:
            return
        session: Any = peer.session
        receive = session.receive

        def lenient(name: str, datagram: bytes) -> None:
            try:
                receive(name, datagram)
            except UsageError:
                pass

        session.receive = lenient
        try:
            super().deliver(peer, late)
        finally:
            del session.receive

    def _settle(self, peer: Peer) -> None:
        """Hold what a peer settled since the last time against what anybody did."""
        for done in peer.frames[getattr(peer, "checked", 0) :]:
            inputs = tuple(done.inputs)
            assert self.truth.setdefault(done.frame, inputs) == inputs, (
                f"{peer.name} settled {inputs} for frame {done.frame}, another {self.truth[done.frame]}"
            )
        peer.checked = len(peer.frames)  # type: ignore[attr-defined]

    def check_states(self) -> None:
        """Hold the final states of all who are left against a plain run over what has settled."""
        last = max(peer.session.frame for peer in self.living)
        rows = [self.truth[frame] for frame in range(last)]
        state = self.plain(rows).save()
        for peer in self.living:
            assert peer.happened(Ended), f"{peer.name} has not ended"
            assert peer.session.frame == last, f"{peer.name} stands at {peer.session.frame} of {last}"
            assert peer.game.save() == state, f"{peer.name} ended in another state than the plain run"
            frames = [done.frame for done in peer.frames]
            assert frames == list(range(frames[0], last)), f"{peer.name}: frames missing or twice"


def idle_of(game: Game) -> Any:
    """Return nothing to do."""
    return 0
