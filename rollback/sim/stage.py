"""Who plays at present, and what incidents do to them. Knows processes, lines and the lobby; knows no frame loop.

Everything that decides who is in touch with whom is noted as a fact: from the facts alone it can be told who has to go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rollback.sim.lobby import Agenda, VirtualLobby
from rollback.sim.oracles import Referee
from rollback.sim.peer import VirtualPeer
from rollback.sim.schedule import Incident, Kind
from rollback.sim.watcher import Watcher
from rollback.sim.wires import Wires

__all__ = ["Fact", "Stage"]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened, as anybody could have seen it from outside.

    Attributes:
        at: Virtual time.
        kind: What.
        peer: To whom, -1 for nobody in particular.
        hears: From then on: by peer, the mask of those whose datagrams get through to it.
        lobby: From then on: the mask of those that reach the lobby.
        until: When a process that stands still goes on.
    """

    at: float
    kind: Kind
    peer: int
    hears: tuple[int, ...]
    lobby: int
    until: float = 0.0


class Stage:
    """The processes of one match.

    Args:
        peers: Those there are in the beginning, one a peer.
        absent: The peers that are not there yet.
        wires: The lines between the peers.
        referee: Is told who leaves and who comes.
        seed: Decides how long the lobby takes.
        replace: Makes a new process for a peer; takes its number among the processes.
        spectate: Makes a spectator; takes its number, and where it notes when it ticks.

    Attributes:
        processes: All there ever were; those that came later at the end.
        absent: The peers that never came yet.
        left: Those that exist.
        watchers: The spectators.
        foremost: Most frames that any of them has simulated.
        agenda: What is to be done later.
        lobby: Lets newcomers in, and votes.
        facts: What happened.
        disturbed_at: When the newest fact happened.
    """

    def __init__(
        self,
        peers: list[VirtualPeer],
        absent: list[int],
        wires: Wires,
        referee: Referee,
        seed: int = 0,
        replace: Callable[[int, int], VirtualPeer] | None = None,
        spectate: Callable[[int, Agenda, Sequence[VirtualPeer]], Watcher] | None = None,
    ) -> None:
        self.processes = peers
        self.absent = absent
        self.left = list(peers)
        self.watchers: list[Watcher] = []
        self.foremost = 0
        self.agenda = Agenda()
        self.lobby = VirtualLobby(self.agenda, self.left, seed, self._connect)
        self.facts: list[Fact] = []
        self.disturbed_at = 0.0
        self._now_at = {peer.peer: peer for peer in peers}
        self._wires = wires
        self._referee = referee
        self._replace = replace
        self._spectate = spectate

    @property
    def has_hosts(self) -> bool:
        """Whether anybody plays who could let others in."""
        return any(peer.playing and peer.ended is None for peer in self.left)

    def happen(self, incident: Incident, now: float) -> Sequence[VirtualPeer]:
        """Do what an incident says; return the processes that come with it."""
        came: list[VirtualPeer] = []
        peer = self._now_at.get(incident.peer)
        until = 0.0
        match incident.kind:
            case "kill":
                if peer is None or not peer.alive or len(self.left) == 1:
                    return came
                self._kill(peer)
            case "leave":
                if peer is None or not peer.alive or peer.ended is not None or peer.wakes_at > now:
                    return came
                self._referee.may_be_cut(peer.seats)
                peer.session.leave(now=peer.clock.shows(now))
            case "rejoin" | "join":
                came.append(self._bring(incident.peer, now))
            case "watch":
                assert self._spectate is not None
                watcher = self._spectate(self._referee.appears(), self.agenda, self.left)
                self.watchers.append(watcher)
                watcher.watch(peer, now)
                return came  # whoever watches changes nothing
            case "pause":
                if peer is not None and peer.alive:
                    peer.wakes_at = until = now + incident.seconds
                    if incident.seconds > peer.session.config.disconnect_after / 2:
                        self._referee.may_be_cut(peer.seats)
            case "partition":
                self._wires.partition(incident.groups, one_way=incident.one_way)
                near = range(self._wires.peers) if incident.lobby < 0 else incident.groups[incident.lobby]
                self.lobby.reached_by = sum(1 << number for number in near)
                self._all_may_be_cut()
            case "sever":
                self._wires.sever(incident.peer, incident.other, one_way=incident.one_way)
                self._all_may_be_cut()
            case "heal":
                self._wires.heal(resets=incident.resets)
                self.lobby.reached_by = -1
            case "set_delay":
                for each in self.left:
                    if incident.player in each.seats and each.ended is None:
                        each.set_delay(incident.player, incident.frames)
                return came
        self.disturbed_at = now
        hears, lobby = tuple(self._wires.hears), self.lobby.reached_by
        self.facts.append(Fact(now, incident.kind, incident.peer, hears, lobby, until))
        return came

    def _connect(self, peer: VirtualPeer, newcomer: VirtualPeer) -> None:
        one, two = peer.peer, newcomer.peer
        peer.connect(two, self._wires.line(one, two), self._wires.line(two, one))

    def _kill(self, peer: VirtualPeer) -> None:
        peer.alive = False
        self.left.remove(peer)
        self._referee.leaves(peer.number, peer.seats)

    def _bring(self, number: int, now: float) -> VirtualPeer:
        """Put a new process in a peer's place, with connections of its own."""
        if number in self.absent:
            self.absent.remove(number)
        assert self._replace is not None
        old = self._now_at.get(number)
        if old is not None and old.alive:
            self._kill(old)
        self._wires.renew(number)
        peer = self._replace(number, self._referee.appears())
        peer.came_at = peer.moved_at = now
        peer.cadence.deadline = peer.clock.own(now)
        self._now_at[number] = peer
        self.processes.append(peer)
        self.left.append(peer)
        self.lobby.admit(peer, now)
        return peer

    def _all_may_be_cut(self) -> None:
        for peer in self.left:
            self._referee.may_be_cut(peer.seats)
