"""One match of many, played again: its command, and what it says. Knows specs and results; knows no table."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollback.cli.exit_codes import FINE, NOT_TRUE
from rollback.errors import MissingPackage, UsageError

if TYPE_CHECKING:
    from rollback.sim.league import Failed, League
    from rollback.sim.pool.result import MatchResult
    from rollback.sim.pool.spec import MatchSpec

__all__ = ["again", "check_files", "command_for", "told_match"]

RESULTS = (".jsonl", ".csv", ".parquet")
LONGEST = 1_000_000  # bytes of a file with one match


def again(spec: MatchSpec, as_json: bool, how: Mapping[str, Any], index: int | None = None) -> int:
    """Play one match, tell all that is known of it, and return the exit code.

    Args:
        spec: The match, with its seed.
        as_json: Whether a program reads it.
        how: Where it is played, as in `rollback.sim.simulate`.
        index: Its number in its tournament.
    """
    from rollback.sim.pool.simulating import simulate

    (result,) = simulate([spec], **how)
    failed = result.status not in ("ok", "truncated")
    if as_json:
        print(json.dumps({"passed": not failed, **result.to_dict(), "index": index or 0, "spec": spec.to_dict()}))
    else:
        _tell(spec, result, "" if index is None else f" {index}")
    return NOT_TRUE if failed else FINE


def told_match(text: str, seed: int) -> MatchSpec:
    """Return the match that `--match` names: a JSON object, or a file with one.

    Raises:
        UsageError: It is none.
    """
    from dataclasses import replace

    from rollback.sim.pool.spec import MatchSpec

    if not text.lstrip().startswith("{"):
        path = Path(text)
        try:
            if path.stat().st_size > LONGEST:
                raise UsageError(f"{text} is larger than {LONGEST} bytes, which no match is")
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"--match is a JSON object or a file with one, and {text} cannot be read: {error.strerror}"
            ) from None
        except UnicodeDecodeError:
            raise UsageError(f"--match takes a JSON object or a file with one; {path} is no text") from None
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        shown = repr(text.strip()[:60])
        raise UsageError(
            f"--match takes a match as the command of a failure writes it, and {shown} is no JSON object"
        ) from None
    spec = MatchSpec.from_dict(values)
    return spec if spec.seed is not None else replace(spec, seed=seed)


def command_for(league: League, failed: Failed, agents: Sequence[str], flags: Mapping[str, Any]) -> str:
    """Return the command that plays a failed match again.

    The matches of a league depend on those before them, so its command names only those who played, in the order in which a
    round robin would seat them in the match of that number.

    Args:
        league: The tournament.
        failed: The match.
        agents: The names, as the user gave them.
        flags: The other options, as the user gave them; None are left out.
    """
    if league.schedule == "league":
        from rollback.sim.league.schedule import lineup_at

        seats = lineup_at(failed.index, league.players, league.players)
        named = [agents[league.labels.index(label)] for label in failed.agents]
        agents = [named[seats.index(place)] for place in range(league.players)]
    words = ["rollback", "simulate", "--agents", *agents]
    for name, value in flags.items():
        if value is not None:
            words += [f"--{name.replace('_', '-')}", str(value)]
    return shlex.join([*words, "--only", str(failed.index)])


def check_files(out: Path | None, plot: Path | None) -> None:
    """See before the first match whether what it comes to can be written.

    Raises:
        UsageError: A file has a wrong ending, or its folder is not there.
        MissingPackage: Parquet is asked for, and nothing here writes it.
    """
    for path, endings, name in ((out, RESULTS, "--out"), (plot, (".svg",), "--plot")):
        if path is None:
            continue
        if path.suffix.lower() not in endings:
            raise UsageError(f"{name} writes {' or '.join(endings)}, not {path.name!r}: name the file so")
        if not path.parent.is_dir():
            raise UsageError(f"{name} cannot write {path}: there is no folder {path.parent}")
        if path.suffix.lower() == ".parquet" and find_spec("pyarrow") is None:
            raise MissingPackage("writing Parquet", "pyarrow", "data")


def _tell(spec: MatchSpec, result: MatchResult, number: str) -> None:
    print(f"match{number} of {spec.game}, {' - '.join(spec.players) or 'random'}, seed {result.seed}: {result.status}")
    if result.scores:
        print(f"scores {' - '.join(f'{score:g}' for score in result.scores)}")
    for name, value in result.stats.items():
        print(f"{name} {value}")
    if result.digest:
        print(f"digest {result.digest}")
    if result.error:
        print(result.error.rstrip())
