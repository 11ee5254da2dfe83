"""What came of a demo: whether all peers agree, in a sentence, as values and as an exit code. Knows no process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rollback.cli.demo_match import PeerState
from rollback.cli.exit_codes import FINE, NOT_REACHED, NOT_TRUE, NOT_WRITTEN
from rollback.cli.match_settings import MatchSettings
from rollback.netplay.telling.event_texts import first_of
from rollback.netplay.telling.sentences import ended, why_ended

__all__ = ["DemoResult"]

_COMPLETE: Final = ("over", "end_at")


@dataclass(frozen=True, slots=True)
class DemoResult:
    """The outcome.

    Attributes:
        parity: Whether all peers came to the end and hold the same state there.
        sentence: All of it in a sentence.
        code: The exit code.
        peers: The peers' own results; None for one without.
        names: Their names.
        paths: How the datagrams of each travelled.
        settings: Of the match.
    """

    parity: bool
    sentence: str
    code: int
    peers: tuple[Mapping[str, Any] | None, ...]
    names: tuple[str, ...]
    paths: tuple[str, ...]
    settings: MatchSettings

    @classmethod
    def of(cls, peers: Sequence[PeerState], settings: MatchSettings) -> DemoResult:
        """Judge what the peers told."""
        parity, sentence, code = _judge(peers)
        if code == FINE and any(peer.result and peer.result.get("problem") for peer in peers):
            code = NOT_WRITTEN
        return cls(
            parity,
            sentence,
            code,
            tuple(peer.result for peer in peers),
            tuple(peer.name for peer in peers),
            tuple(peer.path for peer in peers),
            settings,
        )

    @property
    def bundles(self) -> list[str]:
        """The files to look into, of all peers."""
        found = [desync["bundle"] for result in self.peers if result for desync in result["desyncs"]]
        return [bundle for bundle in found if bundle is not None]

    @property
    def transitions(self) -> list[str]:
        """The data sets, of all peers."""
        found = [result.get("transitions") for result in self.peers if result]
        return [file for file in found if file is not None]

    @property
    def problems(self) -> list[str]:
        """Why a data set is not whole."""
        return [result["problem"] for result in self.peers if result and result.get("problem")]

    @property
    def replay(self) -> str | None:
        """The file, if there is one."""
        found: str | None = self.peers[0]["replay"] if self.peers[0] else None
        return found

    def as_values(self) -> dict[str, Any]:
        """Return what `--json` prints: sums over all peers, and lists by peer."""
        results = [result or {} for result in self.peers]
        stats = [result.get("stats", {}) for result in results]
        rtts = [each["rtt_ms"] for each in stats if each]
        return {
            "parity": self.parity,
            "verdict": self.sentence,
            "game": self.settings.game,
            "frames": min((result["frames"] for result in results if result), default=0),
            "rollbacks": sum(each.get("rollbacks", 0) for each in stats),
            "resimulated": sum(each.get("resimulated", 0) for each in stats),
            "stalls": sum(each.get("stalls", 0) for each in stats),
            "checksums": [result["checksum"] for result in results if result.get("checksum")],
            "rtt_ms": round(sum(rtts) / len(rtts), 1) if rtts else None,
            "replay": self.replay,
            "transitions": self.transitions,
            "problems": self.problems,
            "desyncs": [result.get("desyncs", []) for result in results],
            "resyncs": max(result.get("resyncs", 0) for result in results),
            "ended": [result.get("ended") for result in results],
            "paths": list(self.paths),
            "peers": [{"name": name, **each} for name, each in zip(self.names, stats, strict=True)],
        }


def _judge(peers: Sequence[PeerState]) -> tuple[bool, str, int]:
    failures = [ended(_capital(peer.failure)) for peer in peers if peer.failure]
    if failures:
        ends = [ended(f"{peer.name} ended at frame {peer.frame}: {_ended(peer)}") for peer in peers if peer.result]
        return False, " ".join(dict.fromkeys(failures + ends)), NOT_REACHED
    results = [peer.result or {} for peer in peers]
    for peer, result in zip(peers, results, strict=True):
        if result["desync"]:
            return False, f"The peers do not agree: {_difference(peer, result)}.", NOT_TRUE
        if result["ended"] not in _COMPLETE:
            why = why_ended(result["ended"])
            code = NOT_TRUE if "raised" in why else NOT_REACHED
            return False, ended(f"The match ended early for {peer.name} at frame {result['frames']}: {why}"), code
    one = results[0]
    if any(each["frames"] != one["frames"] or each["checksum"] != one["checksum"] for each in results):
        told = _listed([f"{each['checksum']} at frame {each['frames']}" for each in results])
        return False, f"The peers do not agree: their last states have the checksums {told}.", NOT_TRUE
    rollbacks = sum(result["stats"]["rollbacks"] for result in results)
    resyncs = max(each["resyncs"] for each in results)
    mended = f", and {resyncs} desync{'s' * (resyncs > 1)} that {'were' if resyncs > 1 else 'was'} mended," if resyncs else ""
    after = f"after {one['frames']} frames and {rollbacks} rollbacks{mended}"
    who = "Both peers agree" if len(peers) == 2 else f"All {len(peers)} peers agree"
    return True, f"{who}: {after} their states are the same (checksum {one['checksum']}).", FINE


def _difference(peer: PeerState, result: Mapping[str, Any]) -> str:
    """Return what differed last, by the words of one peer."""
    last = result["desyncs"][-1]
    places = [f"{each['path'] or 'state'}: {each['ours']} != {each['theirs']}" for each in last["differences"]]
    told = f": {first_of(places)} ({peer.name}'s first)" if places else ""
    return f"the states of frame {last['frame']} differ{told}"


def _ended(peer: PeerState) -> str:
    assert peer.result is not None
    reason: str = peer.result["ended"]
    return {"over": "the game is over", "end_at": "that is its end"}.get(reason, reason.partition("\n")[0])


def _listed(told: list[str]) -> str:
    return f"{', '.join(told[:-1])} and {told[-1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
