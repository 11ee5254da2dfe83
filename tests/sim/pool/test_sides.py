"""Players by name: what each name stands for, what it is told, and one sentence for each that leads nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollback.errors import CheckpointError, RollbackError, UsageError
from rollback.games import GridWorld, Pong
from rollback.games.bots import PongBot, RandomBot
from rollback.sim.pool.played import Shared
from rollback.sim.pool.sides import check_side, checkpoints_of, looks, policies_of
from tests.sim.pool.games import Alone, Buttons, Sums

HERE = "tests.sim.pool.games"
FILE = str(Path(__file__).with_name("games.py"))


def played(name: str, game: Any = None, seed: int = 3) -> list[Any]:
    """Return the first actions of all players that have this name."""
    game = Sums() if game is None else game
    return [policy.act((1, 2), None)[0] for policy in policies_of(game, (name,), seed, Shared())]


def test_the_best_player_is_the_games_own_bot_and_nobody_where_it_has_none() -> None:
    class Bright(Sums):
        def bot(self, player: int, seed: int) -> Any:
            return PongBot(seed=seed)

    class Dull(Sums):
        def bot(self, player: int, seed: int) -> Any:
            return None

    for game in (Pong(), Bright()):
        assert [type(policy) for policy in policies_of(game, ("best",), 1, Shared())] == [PongBot, PongBot]
    for game in (Sums(), Dull()):
        assert [type(policy) for policy in policies_of(game, ("random",), 1, Shared())] == [RandomBot, RandomBot]
        with pytest.raises(
            UsageError, match=r"^this game has no scripted bot.*: name another player, random, idle, module:Policy"
        ):
            policies_of(game, ("random", "best"), 1, Shared())


def test_without_names_everybody_draws_from_the_seed_and_each_player_for_itself() -> None:
    def tape(seed: int) -> list[list[Any]]:
        tapes = []
        for policy in policies_of(Sums(3), (), seed, Shared()):
            memory, actions = None, []
            for _ in range(60):
                action, memory = policy.act(None, memory)
                actions.append(action)
            tapes.append(actions)
        return tapes

    assert tape(1) == tape(1) != tape(2)
    assert len({tuple(actions) for actions in tape(1)}) == 3


def test_an_environment_draws_from_its_space_and_not_from_bytes() -> None:
    from rollback.envs.draws import ChanceBot
    from rollback.envs.names import game_factory

    game = game_factory("gym:CartPole-v1")()
    assert [type(policy) for policy in policies_of(game, ("random",), 1, Shared())] == [ChanceBot] * game.players


def test_idle_is_what_the_game_calls_idle_or_all_zeros() -> None:
    assert played("idle") == [0, 0]
    assert played("idle", Buttons()) == [(False,) * 3] * 2
    assert played("idle", GridWorld(players=2)) == [GridWorld(players=2).idle(0)] * 2


@pytest.mark.parametrize("place", [HERE, FILE])
@pytest.mark.parametrize(
    ("name", "actions"),
    [
        ("Constant", [3, 3]),
        ("Constant?value=7", [7, 7]),
        ("Told", [5, 15]),  # two players, and a seed of 3
        ("Told?factor=0.5", [2, 7]),
        ("Told?seed=4", [6, 16]),
        ("Sown", [48, 49]),  # tells its players apart by seeds of their own
        ("make_constant?value=200", [200, 200]),
        ("READY", [9, 9]),
        ("Seeing", [3, 3]),
    ],
)
def test_a_class_a_function_or_a_policy_of_a_module_or_file_plays_and_is_told_what_it_names(
    place: str, name: str, actions: list[int]
) -> None:
    assert played(f"{place}:{name}") == actions


def test_one_name_is_for_all_and_several_are_for_one_each() -> None:
    names = (f"{HERE}:Constant?value=1", f"{HERE}:Constant?value=2", "idle")
    assert [policy.act(None, None)[0] for policy in policies_of(Sums(3), names, 0, Shared())] == [1, 2, 0]
    with pytest.raises(UsageError, match=r"3 players are named, and the game has 2: name one each, or a single one for all"):
        policies_of(Sums(), names, 0, Shared())
    assert len(policies_of(Alone(), ("random",), 0, Shared())) == 1


def test_a_class_is_made_anew_for_every_match_and_player() -> None:
    shared = Shared()
    made = [policy for _ in range(2) for policy in policies_of(Sums(), (f"{HERE}:Constant",), 0, shared)]
    assert len({id(policy) for policy in made}) == 4


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("besst", "there is no player called 'besst', did you mean best?: name a player as best, random, idle, module:Policy"),
        ("nobody", "there is no player called 'nobody': name a player as"),
        ("", "'' names no player: name a player as"),
        (5, "5 names no player: name a player as"),
        ("x" * 2000, "names no player"),
        ("best?skill=1", "best takes no settings, as in 'best?skill=1'"),
        ("a:B?c", "the settings of 'a:B?c' are not written as ?key=value&key=value, at most 16"),
        ("a:B?" + "&".join(f"k{n}=1" for n in range(17)), "are not written as ?key=value&key=value, at most 16"),
        ("a:B?c=1&c=2", "a setting of 'a:B?c=1&c=2' has no proper name, or stands there twice"),
        ("a:B?1=2", "has no proper name"),
        ("a:b c", "there is no player called 'a:b c'"),
    ],
)
def test_a_name_of_no_form_is_told_in_one_sentence_before_anything_is_played(name: Any, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_side(name)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (f"{HERE}:Constnat", "has no 'Constnat', did you mean Constant or Counting"),
        ("tests.sim.pool.gamse:Constant", "there is no module 'tests.sim.pool.gamse', did you mean tests.sim.pool.games"),
        (FILE.replace("games.py", "gamse.py") + ":Constant", "did you mean games.py"),
        (f"{HERE}:NUMBER", "is no player but 5: name a class or function that makes a policy, or a policy"),
        (f"{HERE}:make_nothing", "makes 5, which is no policy: act(observation, memory) is needed"),
        (f"{HERE}:make_constant", "needs 'value', and is given game, player and seed where it names them: add ?value=..."),
        (f"{HERE}:Constant?vlaue=3", "has a setting 'vlaue', did you mean value?: it takes value"),
        (f"{HERE}:Rising?speed=3", "has a setting 'speed': it takes none"),
        (f"{HERE}:READY?value=3", "is a policy that was made already and takes no settings"),
    ],
)
def test_a_name_that_leads_nowhere_is_told_in_one_sentence_where_it_is_played(name: str, sentence: str) -> None:
    check_side(name)
    with pytest.raises(RollbackError) as caught:
        policies_of(Sums(), (name,), 0, Shared())
    assert sentence in str(caught.value) and "\n" not in str(caught.value)


def test_settings_are_read_as_what_they_look_like() -> None:
    settings = {}

    class Any_:
        def __init__(self, **given: Any) -> None:
            settings.update(given)

        def act(self, observation: Any, memory: Any) -> tuple[int, Any]:
            return 0, None

    import tests.sim.pool.games as games

    games.Any_ = Any_  # type: ignore[attr-defined]
    try:
        played(f"{HERE}:Any_?a=1&b=-2.5&c=true&d=None&e=word&f=1e3&g=007&h=a%20b&i=")
    finally:
        del games.Any_  # type: ignore[attr-defined]
    assert settings == {"a": 1, "b": -2.5, "c": True, "d": None, "e": "word", "f": 1000.0, "g": 7, "h": "a b", "i": ""}


def test_checkpoints_are_told_apart_and_each_file_once() -> None:
    names = ("best", "a/one.npz", "two.npz?greedy=true", "a/one.npz", "module:x")
    assert checkpoints_of(names) == ("a/one.npz", "two.npz")
    for name in names:
        check_side(name)


def test_a_checkpoint_that_did_not_travel_is_told() -> None:
    with pytest.raises(UsageError, match=r"the parcel 'one.npz' is not here"):
        policies_of(Sums(), ("one.npz",), 0, Shared())
    with pytest.raises(CheckpointError, match=r"one.npz is no checkpoint: it does not begin as an .npz file does"):
        policies_of(Sums(), ("one.npz",), 0, Shared({"one.npz": b"weights"}))
    with pytest.raises(UsageError, match=r"one.npz is a checkpoint, and takes no settings such as \?greedy"):
        policies_of(Sums(), ("one.npz?greedy=true",), 0, Shared({"one.npz": b"weights"}))


def test_only_those_are_not_shown_anything_that_are_known_not_to_look() -> None:
    shared = Shared()
    assert [looks(*policies_of(Alone(), (name,), 0, shared)) for name in ("random", "idle")] == [False, False]
    assert looks(*policies_of(Alone(), (f"{HERE}:Constant",), 0, shared))
    assert all(looks(policy) for policy in policies_of(Pong(), ("best",), 0, shared))
