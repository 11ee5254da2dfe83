"""Whether a game can be rolled back: asks the questions and gathers the answers. Knows no network."""

from __future__ import annotations

import copy
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from rollback.core.synctest import SyncTestSession
from rollback.errors import GameError, UsageError
from rollback.game import Game, codecs_of
from rollback.testing.budget import affordable, pace_of
from rollback.testing.costs import measure
from rollback.testing.environment_facts import environment_of, facts_of
from rollback.testing.examination import Examination, where_raised
from rollback.testing.layers import given_up_in, unlike_layer
from rollback.testing.other_process import agrees
from rollback.testing.references import keeps_no_reference
from rollback.testing.report import ELSEWHERE, KEPT, MADE, Check, CheckReport
from rollback.testing.suspects import outside_of, suspects
from rollback.testing.travel import travels
from rollback.testing.trial import Failed, NotAsked, Trial

__all__ = ["Check", "CheckReport", "check_game"]

MAX_FRAMES: Final = 1_000_000
USUAL_FRAMES: Final = 300
_NO_WITNESS: Final = "nobody was seen"
_WRONG_SETTINGS: Final = (
    "unexpected keyword argument",
    "there is no setting",
    "the idle action cannot be used",
    "players must be",
    "share must be",
    "there is no saver",
    "bits must be",
    "episodes must be",
    "this game has",
    "is there once",
)


@contextmanager
def _hushed() -> Iterator[None]:
    """Leave out what gymnasium's checker says at every step, such as of a reward for each player, which `split` takes."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"gymnasium\.utils\.passive_env_checker")
        yield


@_hushed()
def check_game(
    game: Game | Callable[[], Game],
    frames: int | None = None,
    *,
    distance: int = 8,
    seed: int = 0,
    other_process: bool = True,
    on_progress: Callable[[str], None] | None = None,
) -> CheckReport:
    """Play a game with random legal actions and find out whether it is deterministic and saves all of its state.

    Args:
        game: What makes fresh games, such as the class; or a game, which is copied and not touched.
        frames: Frames of each part; a game that is over earlier starts again with the next seed. None takes 300, and of a
            slow environment as many as take half a minute.
        distance: Frames of each rollback.
        seed: Of the actions, and of the first `reset`.
        other_process: Whether to play in other processes too, which alone finds hashes and the order of sets. It takes
            a fraction of a second, and a game that other processes can import.
        on_progress: Told what is done next, in a few words.

    Returns:
        The report. An environment that cannot be made a game gets one too: its only check says why.

    Raises:
        UsageError: `frames` or `distance` is out of its limits.
        GameError: The game lacks a method, or its codecs cannot travel.
    """
    wanted = USUAL_FRAMES if frames is None else frames
    if type(wanted) is not int or not 1 <= wanted <= MAX_FRAMES:
        raise UsageError(f"frames must be a whole number from 1 to {MAX_FRAMES}, not {frames!r}")
    tell = on_progress or (lambda what: None)
    make = _maker(game)
    tell("making it")
    try:
        first = make()
    except GameError as error:
        if not _is_about_an_environment(error):
            raise
        sentence = f"{error}{_place_of(error)}"
        return CheckReport(_name_of(make), wanted, distance, (Check(MADE, False, sentence),), causes=_causes_of(error))
    codecs_of(first)
    SyncTestSession(first, distance)  # says what is wrong with the distance
    own = environment_of(first)
    name = type(first).__name__ if own is None else _name_of(make, own.game_id)
    before = outside_of(first)
    try:
        trial = Trial(make, wanted, distance, seed)
        if frames is None and own is not None:
            tell("measuring how fast it is")
            trial.frames = affordable(pace_of(trial), wanted, distance)
    except Failed as failed:
        question = "can be saved" if str(failed).startswith(("save()", "load()")) else "can be played"
        return CheckReport(name, wanted, distance, (Check(question, False, f"{failed}{_place_of(failed)}.", failed.frame),))
    examined = Examination(trial)
    questions: list[tuple[str, Callable[[], str]]] = [
        ("every input is an action", examined.decodes_everything),
        ("same inputs, same states", examined.is_deterministic),
        ("load(save()) changes nothing", examined.restores),
        ("snapshots stay as they are", examined.leaves_snapshots_alone),
        (KEPT, partial(keeps_no_reference, trial)),
        (f"rollback of {distance} every frame", examined.survives_rollbacks),
        ("rollbacks of random depth", examined.survives_random_rollbacks),
        ("snapshots can travel", partial(travels, trial)),
    ]
    if other_process:
        questions.append((ELSEWHERE, partial(agrees, trial)))
    checks = tuple(_ask(name, question, tell) for name, question in questions)
    tell("measuring what it costs")
    try:
        costs = measure(trial)
    except Failed:
        costs = None
    facts = None if own is None else facts_of(own, trial.ended, trial.longest)
    failed_any = not all(check.passed for check in checks)
    causes = tuple(suspects(trial, before)) if failed_any else ()
    return CheckReport(name, trial.frames, distance, checks, trial.why_opaque, costs, facts, causes)


def _place_of(error: Exception) -> str:
    """Return where a game raised what is the cause of an error, in brackets; nothing where it has none."""
    cause = error.__cause__
    where = "" if cause is None else where_raised("".join(traceback.format_exception(cause)))
    return f" ({where})" if where and where not in str(error) else ""


def _is_about_an_environment(error: GameError) -> bool:
    """Whether the error tells what an environment is like, and not that it was asked for wrongly."""
    if any(words in str(error) for words in _WRONG_SETTINGS):
        return False
    places = [frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__)]
    return any(place.startswith("rollback.envs.") and place != "rollback.envs.names" for place in places)


def _causes_of(error: GameError) -> tuple[str, ...]:
    """Return which wrapper it is that makes an environment differ from itself, where nothing was seen that says it."""
    env = given_up_in(error) if _NO_WITNESS in str(error) else None
    found = None if env is None else unlike_layer(env)
    return () if found is None else (found,)


def _name_of(make: Any, otherwise: str = "This environment") -> str:
    """Return the name as the user gave it, where it was made by one."""
    name = getattr(make, "name", None)
    return name if isinstance(name, str) else otherwise


def _ask(name: str, question: Callable[[], str], tell: Callable[[str], None]) -> Check:
    tell(name)
    try:
        return Check(name, True, question())
    except NotAsked as why:
        return Check(name, True, f"not asked, because {why}", asked=False)
    except Failed as failed:
        return Check(name, False, str(failed), failed.frame, failed.differences)


class _Copies:
    """Makes copies of one game; a class of its own so that it can be sent to another process."""

    def __init__(self, game: Game) -> None:
        self.game = game

    def __call__(self) -> Game:
        return copy.deepcopy(self.game)


def _maker(game: Any) -> Callable[[], Game]:
    if (own := environment_of(game)) is not None:
        return own.another
    if isinstance(game, type) or not hasattr(game, "step"):
        if not callable(game):
            raise GameError(f"{game!r:.80} is neither a game nor makes one: a game needs players, step, save and load")
        return game  # type: ignore[no-any-return]
    try:
        return _Copies(copy.deepcopy(game))
    except Exception as error:  # a game may refuse to be copied in any way
        raise GameError(f"{type(game).__name__} cannot be copied ({error}): give check_game its class instead") from None
