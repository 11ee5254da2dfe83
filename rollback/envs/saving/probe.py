"""The probe: saving, stepping, loading and stepping again must agree before a saver is trusted. Knows no kind of saver.

It looks from outside: at what steps return, and at whether the snapshots of equal moments are equal. What an environment
hides from both for longer than the probe plays stays unseen; the checksums of a match are there for that.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from rollback.envs.saving.trial import Episode, Script, changes, play, samples, told
from rollback.envs.saving.witnesses import witnesses
from rollback.errors import RollbackError
from rollback.state import checksum, diff, why_not_tree
from rollback.wire import pack_tree, unpack_tree

if TYPE_CHECKING:
    from rollback.envs.saving.savers import Saver

__all__ = ["END_WITHIN", "JUMPS", "SPAN", "WARM", "Episode", "refusal", "unlike_itself", "witnesses"]

SEEDS: Final = (2_024, 77)  # of the two episodes; any two will do
WARM: Final = 9  # steps before the first snapshot: more than a reset leaves behind
SPAN: Final = 40  # steps compared after a load: five times the usual window, and enough to drift apart
_EVERY: Final = 8  # steps between the snapshots of which the last one before an end is loaded
JUMPS: Final = (
    24  # a fault that shows in one load of four, such as a sticky action that is not saved, escapes one probe in 1,000
)
END_WITHIN: Final = 260  # steps in which an end is looked for: beyond the usual limit of 200


def unlike_itself(
    episode: Episode, another: Callable[[], tuple[Any, Episode]] | None = None, *, seeds: tuple[int, int] = SEEDS
) -> str | None:
    """Return how an environment differs from itself: two resets with one seed and the same actions; None if it does not.

    The second time comes after an episode of another seed, so that what a reset forgets to reset is seen too; the third,
    where `another` is given, is in a fresh instance.
    """
    actions = samples(episode, WARM + SPAN)
    first = play(episode, seeds[0], actions)
    play(episode, seeds[1], actions[:WARM])
    if found := changes(first, play(episode, seeds[0], actions), -1):
        why = f"after two resets with the same seed and the same actions {found}"
        return why if another is None else f"{why}{_of_fresh_ones(another, seeds[0], actions)}"
    if another is not None:
        fresh = another()[1]
        play(fresh, seeds[1], actions[:WARM])
        if found := changes(first, play(fresh, seeds[0], actions), -1):
            return f"in a second, fresh instance with the same seed and the same actions {found}"
    return None


def _of_fresh_ones(another: Callable[[], tuple[Any, Episode]], seed: int, actions: Sequence[Any]) -> str:
    """Return what two fresh instances say about one that differs from itself."""
    if changes(play(another()[1], seed, actions), play(another()[1], seed, actions)):
        return ""
    return (
        "; two fresh instances agree, so it is its reset that leaves something of the episode before: a wrapper that makes"
        " the environment, or its physics world, anew at every reset mends that"
    )


def refusal(
    saver: Saver,
    episode: Episode,
    another: Callable[[], tuple[Saver, Episode]] | None = None,
    *,
    seeds: tuple[int, int] = SEEDS,
    end_within: int = END_WITHIN,
    jumps: int = JUMPS,
) -> str | None:
    """Return why `saver` cannot be trusted, without its name and in words that follow "after"; None when it agreed.

    The order: in the same place; after another seed's episode; after an end; in a fresh instance, over the wire.

    Args:
        saver: The saver to try; it saves the environment that `episode` drives.
        episode: The driver. Its environment is left somewhere in the middle of an episode.
        another: Makes a fresh environment of the same kind with its own saver.
        seeds: Of the two episodes.
        end_within: How many steps to look for an end of an episode; 0 for not at all.
        jumps: How often to go back a few steps in the course of an episode, as a match does.
    """
    try:
        return _tried(saver, episode, another, seeds, end_within, jumps)
    except RollbackError as error:
        return f"it says: {error}"
    except Exception as error:
        return f"it raises {type(error).__name__}: {error}"


def _tried(
    saver: Saver,
    episode: Episode,
    another: Callable[[], tuple[Saver, Episode]] | None,
    seeds: tuple[int, int],
    end_within: int,
    jumps: int,
) -> str | None:
    actions = samples(episode, max(WARM + SPAN + 2 * end_within, jumps * _EVERY))
    straight = play(episode, seeds[0], actions[: WARM + SPAN], saver)[1:]  # nobody saves here
    script = Script(episode, actions, saver)
    script.begin(seeds[0])
    script.go(WARM)
    early = _Kept(saver, script)
    if early.why_not:
        return early.why_not
    if found := changes(straight[WARM:], script.go(SPAN), WARM):
        return f"saving changes the play: {found}"
    late = _Kept(saver, script)
    if found := early.again(straight[WARM:], late, "after load"):
        return found
    script.begin(seeds[1])
    script.go(WARM // 2)
    other = _Kept(saver, script)
    forth = script.go(SPAN)
    if found := early.again(straight[WARM:], late, "after the load of an older state, of another episode,"):
        return found
    if found := other.again(forth, None, "after the load of a state of another episode"):
        return found
    if end_within and (found := _across_an_end(saver, script, seeds[0], end_within)):
        return found
    if jumps and (found := _to_and_fro(saver, script, seeds[1], jumps)):
        return found
    for kept in (early, late, other):
        if found := kept.changed():
            return found
    if another is None:
        return None
    second, episode = another()
    there = Script(episode, actions, second)
    there.begin(seeds[0])
    fresh = _Kept(second, there)
    if found := fresh.unlike(_begun(another, actions, seeds[0])):
        return f"after the same reset two fresh instances hold different values{found}: peers begin with one each"
    if second.is_opaque:
        return None  # it cannot travel
    there.begin(seeds[1])
    there.go(2)
    return early.moved(second, there).again(straight[WARM:], late, "after load into a second, fresh instance")


def _begun(another: Callable[[], tuple[Saver, Episode]], actions: Sequence[Any], seed: int) -> _Kept:
    saver, episode = another()
    script = Script(episode, actions, saver)
    script.begin(seed)
    return _Kept(saver, script)


def _across_an_end(saver: Saver, script: Script, seed: int, end_within: int) -> str | None:
    script.begin(seed)
    script.ended.clear()
    before, since = _Kept(saver, script), list[Any]()
    for place in range(end_within):
        if place and place % _EVERY == 0:
            before, since = _Kept(saver, script), []
        since += script.go(1)
        if script.ended:
            break
    else:
        return None
    at_end = _Kept(saver, script)
    beyond = script.go(WARM)
    later = _Kept(saver, script)
    if found := before.again([*since, *beyond], later, "after load across the end of an episode"):
        return found
    return at_end.again(beyond, None, "after the load of a state at the end of an episode")


def _to_and_fro(saver: Saver, script: Script, seed: int, jumps: int) -> str | None:
    """Go back by 1 to 8 steps again and again; a fault that shows only after some loads needs many."""
    dice = random.Random(seed)
    script.begin(seed)
    for _ in range(jumps):
        kept, shown = [], []
        for _ in range(_EVERY):
            kept.append((saver.save(), script.mark()))
            shown += script.go(1)
        wanted = _compared(saver, saver.save())
        back = dice.randrange(1, _EVERY + 1)
        state, mark = kept[-back]
        saver.load(state)
        script.back(mark)
        if found := changes(shown[-back:], script.go(back), mark[0]):
            return f"after load {found}"
        if checksum(again := _compared(saver, saver.save())) != checksum(wanted):
            return f"after load and {back} steps the snapshot differs{told(diff(wanted, again, 1)[0])}"
    return None


def _compared(saver: Saver, state: Any) -> Any:
    """Return what peers compare of the present, whose snapshot is `state`."""
    return saver.digest() if saver.is_opaque else state


class _Kept:
    """A snapshot with the place it belongs to, and what it looked like when it was taken."""

    def __init__(self, saver: Saver, script: Script) -> None:
        self.saver, self.script = saver, script
        self.state = saver.save()
        self.compared = _compared(saver, self.state)
        self.mark = script.mark()
        self.why_not = None if saver.is_opaque else why_not_tree(self.state)
        self.look = b"" if saver.is_opaque or self.why_not else pack_tree(self.state)

    def changed(self) -> str | None:
        """Return what became of the snapshot since: nothing may."""
        if self.saver.is_opaque or pack_tree(self.state) == self.look:
            return None
        found = diff(unpack_tree(self.look), self.state, 1)
        where = f" at {found[0].path or 'its root'}" if found else ""
        return f"the environment keeps a reference into its snapshot: it changed by stepping{where}"

    def restore(self) -> None:
        self.saver.load(self.state)
        self.script.back(self.mark)

    def again(self, shown: Sequence[Any], end: _Kept | None, when: str) -> str | None:
        """Load, take the same steps, and compare with what they showed and with the snapshot at their end."""
        if found := self.changed():
            return found
        self.restore()
        if found := _Kept(self.saver, self.script).unlike(self):
            return f"{when} the snapshot differs{found}"
        if found := changes(shown, self.script.go(len(shown)), self.mark[0]):
            return f"{when} {found}"
        if end is not None and (found := _Kept(self.saver, self.script).unlike(end)):
            return f"{when} and {len(shown)} steps the snapshot differs{found}"
        return self.changed()

    def unlike(self, other: _Kept) -> str | None:
        """Return where this one differs from another one, of which peers would say that it is a desync."""
        if checksum(self.compared) == checksum(other.compared):
            return None
        return told(diff(other.compared, self.compared, 1)[0])

    def moved(self, saver: Saver, script: Script) -> _Kept:
        """Return this snapshot for another environment, having travelled as bytes if it can."""
        there = _Kept(saver, script)
        there.mark = self.mark
        there.state = there.compared = unpack_tree(pack_tree(self.state))
        there.look = self.look
        return there
