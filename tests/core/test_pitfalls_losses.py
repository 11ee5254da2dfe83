"""What the loss of peers has cost others: frames cut below what was confirmed, survivors that no longer agree."""

from __future__ import annotations

import pytest

from rollback import Cut, Ended, SessionConfig
from tests.core.games import Sums
from tests.core.network import Link, Match


@pytest.mark.parametrize("seed", range(12))
def test_a_cut_never_lies_below_a_frame_that_was_confirmed(seed: int) -> None:
    """The least of what is held may be confirmed already: the cut is at the newest input that anybody holds."""
    config = SessionConfig(on_disconnect="idle", input_delay=seed % 3)
    match = Match(Sums, config=config, link=Link(2, 4, 0.3), seed=seed, end=500, hold=0.4).started()
    match.rounds(60 + seed)
    first, second = match.peers
    first.watched = second.stopped = True
    while not first.happened(Cut):
        confirmed, settled, handed_out = first.session.confirmed, first.session.settled, first.frames[:]
        match.rounds(1)
        assert match.round_number < 2_000
    (cut,) = first.happened(Cut)
    given = second.oracles[1].line
    assert settled <= confirmed <= cut.frame < len(given)
    assert cut.frame == first.newest, "the cut is not at the newest input that arrived"
    match.finish().check(500)
    assert first.frames[: len(handed_out)] == handed_out
    for done in first.frames:
        expected = given[done.frame] if done.frame <= cut.frame else second.idle[1]
        assert done.inputs[1] == expected, f"frame {done.frame}, cut at {cut.frame}"


@pytest.mark.parametrize("on_disconnect", ["idle", "end", "pause"])
@pytest.mark.parametrize("gap", [0, 30, 290, 340])
def test_when_a_second_of_four_is_lost_while_the_first_is_missed_the_survivors_agree(gap: int, on_disconnect: str) -> None:
    """Whoever relayed the last words of the first may be the second: what has settled is the same everywhere all the same."""
    seats = ((0,), (1,), (2,), (3,))
    config = SessionConfig(on_disconnect=on_disconnect, rejoin_grace=2.0, input_delay=1)  # type: ignore[arg-type]
    match = Match(lambda: Sums(4), seats, config, Link(2, 3, 0.1), seed=gap, hold=0.5, end=900).started()
    match.rounds(90)
    match.peers[3].stopped = True
    match.rounds(gap)
    match.peers[2].stopped = True
    survivors = match.peers[:2]
    match.until(lambda: all(peer.happened(Ended) for peer in survivors), 2_000)
    match.rounds(60)
    shared = min(len(peer.frames) for peer in match.peers)
    assert shared > 60
    longest = max((peer.frames for peer in match.peers), key=len)
    for peer in match.peers:
        assert [done.frame for done in peer.frames] == list(range(len(peer.frames)))
        assert peer.frames == longest[: len(peer.frames)], f"{peer.name} settled other frames"
        for player, oracle in peer.oracles.items():
            cuts = [cut.frame for each in survivors for cut in each.happened(Cut) if player in cut.players]
            own = min(cuts) + 1 if cuts else len(longest)
            settled = [done.inputs[player] for done in longest]
            assert settled[:own] == oracle.line[: len(settled[:own])]
            assert settled[own:] == [peer.idle[player]] * len(settled[own:])
    assert all(peer.session.frame > 90 for peer in survivors)
    if on_disconnect == "idle":  # two of four are no more than half; two of the three that are left after a cut are
        reasons = {peer.happened(Ended)[0].reason for peer in survivors}
        assert reasons == ({"end_at"} if gap == 340 else {"partitioned"})
