"""A virtual match as an assertion: it holds, or says what did not and how to see it again. Knows reports; words them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rollback.config import SessionConfig
from rollback.game import Game
from rollback.sim import Link, MatchReport, VirtualMatch
from rollback.testing.named import game_of, link_of
from rollback.types import DesyncFound

__all__ = ["play_match"]

_INTERVAL: Final = 10  # frames between checksums: a desync is named while its cause is near
_SHOWN: Final = 5  # failures and differences in a message


def play_match(
    game: str | Callable[[], Game],
    *,
    link: Any = None,
    seed: int = 0,
    frames: int = 300,
    config: SessionConfig | None = None,
    parity: bool = True,
    premises: bool = True,
    **settings: Any,
) -> MatchReport:
    """Play a whole match over a virtual network, and hold that nothing came apart and that this proves something.

    Args:
        game: What makes fresh games, such as the class; or its name, as commands take it.
        link: A `Link`, the name of a profile such as `wifi`, or links by (from, to); None takes that of `mobile`.
        seed: Decides losses, delays and drawn actions, and is what the game is reset with.
        frames: Where the match ends at the latest.
        config: The settings; None takes no input delay, and compares checksums often.
        parity: Whether to hold that every oracle of the match did.
        premises: Whether to hold that something was rolled back and lost, and that the inputs varied.
        settings: What else `rollback.sim.VirtualMatch` takes, such as `act` and `seats`.

    Raises:
        AssertionError: It does not hold; the message names frame and fields.
        UsageError: The arguments do not fit each other.
    """
    make, over = game_of(game), link_of(link)
    settled = config or SessionConfig(input_delay=0, seed=seed, desync_interval=_INTERVAL, on_desync="report")
    report = VirtualMatch(make, config=settled, link=over, seed=seed, **settings).run(frames)
    name = game if isinstance(game, str) else getattr(game, "__name__", type(game).__name__)
    again = f"(seed={seed}, frames={frames}, link={_short(over)})"
    if parity and report.failures:
        raise AssertionError("\n".join([f"{name}: the match came apart {again}", *_troubles(report)]))
    if premises and (lacking := _lacking(report, over, settled)):
        raise AssertionError(
            f"{name}: the match proves nothing, for {' and '.join(lacking)} {again}: play more frames, over a worse link,"
            " or say premises=False"
        )
    return report


def _short(link: Any) -> str:
    """Return a link as one would write it down."""
    if isinstance(link, Link):
        return f"Link({', '.join(f'{name}={value!r}' for name, value in link.to_dict().items())})"
    return "{" + ", ".join(f"{way}: {_short(each)}" for way, each in link.items()) + "}"


def _troubles(report: MatchReport) -> list[str]:
    """Return what went wrong, one line each."""
    lines = [f"  {failure}" for failure in report.failures[:_SHOWN]]
    found = [event for _, event in report.events[0] if isinstance(event, DesyncFound)] if report.events else []
    if found:
        named = "; ".join(map(str, found[0].differences[:_SHOWN]))
        lines.append(f"  peers 0 and 1 differ at frame {found[0].frame}" + (f": {named}" if named else ""))
    if not report.parity:
        lines.append("  rollback check, or check_game, says what it is in the game that does this")
    return lines


def _lacking(report: MatchReport, link: Any, config: SessionConfig) -> list[str]:
    """Return what the match did not show."""
    links = [link] if isinstance(link, Link) else list(link.values())
    lacking = []
    if config.prediction_window > 0 and not sum(report.rollbacks):
        lacking.append("nothing was rolled back")
    if any(each.loses for each in links) and not report.lost:
        lacking.append("no datagram was lost")
    if not report.inputs_varied:
        lacking.append("the inputs never varied")
    return lacking
