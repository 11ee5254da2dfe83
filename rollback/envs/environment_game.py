"""An environment as a game: what is counted, saved and seen, whichever way its players share it. Knows no space's codec.

The frame that ends an episode leaves its last observations and rewards standing; the next one resets, ignores its
actions and rewards nobody. Everything counted lives in the snapshot, so a replay counts nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from operator import add
from random import Random
from typing import Any, Final

from rollback.envs.controls import Control, Watching
from rollback.envs.draws import ChanceBot
from rollback.envs.episodes import seed_of
from rollback.envs.kept_values import Copies, kept
from rollback.envs.keys import KeyTable
from rollback.envs.painters import Painter
from rollback.envs.pictures import told
from rollback.envs.saving.savers import Saver
from rollback.errors import GameError
from rollback.types import Policy

__all__ = ["USUAL_FPS", "EnvironmentGame"]

USUAL_FPS: Final = 30  # where an environment names none: fast enough to play, slow enough for most to keep up with


class EnvironmentGame:
    """A game made of an environment; `from_parallel_env` and `from_gymnasium` make it.

    It is reset when it is made, so it can be saved and stepped at once; `reset(seed)` begins episode 0 of a match.

    Attributes:
        players: How many play.
        agents: Their names.
        codecs: Their actions as bytes.
        fps: What the environment's metadata name, or 30.
        game_id: Which environment it is, in the words of `--game` where it has such a name.
        game_version: The versions of what decides its course.
        has_noop: Whether doing nothing is an action of everybody who plays.
        watchers: Players who only watch.
        saver: Saves and loads the environment.
        episode: Number of the episode, from 0.
        step_in_episode: Steps of it that were played.
        rewards: Of the last step, by player.
        returns: Sums of the rewards in this episode, by player.
        terminated: Whose episode ended by the rules.
        truncated: Whose episode was cut short, by a time limit say.
        alive: Who still plays this episode.
        is_between: Whether the episode is over: the next frame resets, and ignores its actions.
        over: Whether the last of the wanted episodes is over; False without a number of them.
    """

    game_id = ""
    game_version = ""
    watchers: tuple[int, ...] = ()

    alive: tuple[bool, ...]  # set by `_begin`, replaced and never changed, as all that snapshots hold
    _observations: tuple[Any, ...]
    _infos: tuple[dict[str, Any], ...]  # empty where nobody is told anything

    def __init__(
        self,
        controls: Sequence[Control],
        saver: Saver,
        *,
        fps: int = USUAL_FPS,
        episodes: int | None = None,
        keys: KeyTable | None = None,
        painter: Painter | None = None,
        again: Callable[[], EnvironmentGame] | None = None,
    ) -> None:
        if episodes is not None and (type(episodes) is not int or episodes < 1):
            raise GameError(f"episodes must be a whole number from 1 on, or None to go on for ever, not {episodes!r}")
        count = self.players = len(controls)
        self.controls = tuple(controls)
        self.agents = tuple(control.name for control in controls)
        self.codecs = tuple(
            Watching(control.idle) if player in self.watchers else control.codec for player, control in enumerate(controls)
        )
        self.has_noop = all(control.has_noop for player, control in enumerate(controls) if player not in self.watchers)
        self.saver = saver
        self.fps = fps
        self.wanted_episodes = episodes
        self._keys, self._painter, self._again = keys or KeyTable(), painter or Painter(), again
        self._save_environment = saver.save
        if saver.is_opaque:  # a method of every game would cost every game: whoever has digest() is asked for it
            self.digest = self._digest
        self._load_environment = saver.load
        self._copies = Copies()
        self._seen, self._told = self._copies.view, self._copies.info
        self._widths, self._zeros = {count}, (0.0,) * count
        self._no, self._yes = (False,) * count, (True,) * count
        places = [self._bare(player)[0] for player in range(count)]
        drawn: Any = getattr(places[0], "game", None)
        if type(drawn).__module__.startswith("rollback.games.") and all(place is places[0] for place in places):
            self.draw = drawn.draw  # a built-in game draws itself better than in pixels
        self.seed, self._earlier = 0, self._zeros
        self._start(0)
        self._pristine = saver.save()

    # What each way of sharing an environment does for itself.

    def step(self, actions: Sequence[Any]) -> None:
        """Play one frame: step the environment, or, after the end of an episode, reset it.

        Args:
            actions: One of each player; those of who is not alive, or only watches, are ignored.
        """
        raise NotImplementedError

    def _begin(self, seed: int) -> None:
        """Reset the environment, set `_observations`, `_infos` and `alive`."""
        raise NotImplementedError

    def _rendered(self) -> Any:
        """Return what the environment shows, None where it shows nothing."""
        raise NotImplementedError

    # What is the same for all.

    def reset(self, seed: int) -> None:
        """Begin a match: episode 0, with all scores at zero.

        Whatever was played before leaves no trace, also none that the environment's own reset would leave: peers with
        different pasts begin with the same snapshot.
        """
        self._load_environment(self._pristine)
        self.seed, self._earlier = seed, self._zeros
        self._start(0)

    def _start(self, episode: int) -> None:
        self._begin(seed_of(self.seed, episode))
        self.episode = episode
        self.step_in_episode = 0
        self.rewards = self.returns = self._zeros
        self.terminated = self.truncated = self._no
        self.is_between = self.over = False

    def _next_episode(self) -> None:
        """Do what the frame after an episode's end does."""
        earlier = tuple(map(add, self._earlier, self.returns))
        self._start(self.episode + 1)
        self._earlier = earlier

    def _done(self, player: int, terminated: bool, truncated: bool) -> None:
        """Note that the frame was the player's last of this episode."""
        self.alive = (*self.alive[:player], False, *self.alive[player + 1 :])
        self.terminated = (*self.terminated[:player], terminated, *self.terminated[player + 1 :])
        self.truncated = (*self.truncated[:player], truncated, *self.truncated[player + 1 :])

    def _reward(self, rewards: tuple[float, ...]) -> None:
        """Note the rewards of a step that was played."""
        self.rewards, returns = rewards, self.returns
        if len(rewards) == 2:  # the usual match: a sixth of what it costs for any number
            self.returns = (returns[0] + rewards[0], returns[1] + rewards[1])
        else:
            self.returns = tuple(map(add, returns, rewards))
        self.step_in_episode += 1

    def _end(self) -> None:
        """Note that the frame ended the episode."""
        self.is_between = True
        self.over = self.wanted_episodes is not None and self.episode + 1 >= self.wanted_episodes

    def save(self) -> dict[str, Any]:
        """Return a snapshot: the environment's own state, and everything counted here."""
        # Tuples of floats, bools and read-only arrays are handed out as they are: they are replaced, never written into.
        observations, infos = self._observations, self._infos
        if self._copies.is_deep:
            observations = tuple(map(kept, observations))
        return {
            "environment": self._save_environment(),
            "seed": self.seed,
            "episode": self.episode,
            "step": self.step_in_episode,
            "observations": observations,
            "infos": tuple(map(kept, infos)) if infos else (),
            "rewards": self.rewards,
            "returns": self.returns,
            "earlier": self._earlier,
            "alive": self.alive,
            "terminated": self.terminated,
            "truncated": self.truncated,
            "is_between": self.is_between,
        }

    def _digest(self) -> dict[str, Any]:
        """Return the snapshot with what peers can compare in the place of what only this one can load."""
        saving, self._save_environment = self._save_environment, self.saver.digest
        digest = self.save()
        self._save_environment = saving
        return digest

    def load(self, state: Mapping[str, Any]) -> None:
        """Become the saved state again; raise `GameError` where it is no snapshot of this game."""
        # Also on the way of every rollback: one pass, and the reasons are looked for only where something is wrong.
        try:
            rows = rewards, returns, earlier = state["rewards"], state["returns"], state["earlier"]
            alive, terminated, truncated = state["alive"], state["terminated"], state["truncated"]
            seen, told, environment = state["observations"], state["infos"], state["environment"]
            seed, episode, step, is_between = state["seed"], state["episode"], state["step"], state["is_between"]
            fits = {len(rewards), len(returns), len(earlier), len(alive), len(terminated), len(truncated)} == self._widths
            fits = fits and len(seen) == len(self._observations) and len(told) in (0, len(seen))
            fits = fits and {*map(type, (*rows, alive, terminated, truncated, seen, told))} == {tuple}
            counts = {*map(type, (seed, episode, step))} == {int} and min(seed, episode, step) >= 0
            counts = counts and {*map(type, (is_between, *alive, *terminated, *truncated))} == {bool}
            numbers = counts and [1 for row in rows for number in row if number.__class__ is not float] == []
        except (TypeError, ValueError, LookupError) as error:
            raise GameError(f"this is no snapshot of {self.game_id or 'an environment'}: {error!r}") from None
        if not fits:
            raise GameError(f"this is a snapshot of another environment than {self.game_id}, or of other players")
        if not numbers:
            raise GameError("in this snapshot something else stands where numbers do")
        self._load_environment(environment)
        self.seed, self.episode, self.step_in_episode, self.is_between = seed, episode, step, is_between
        self.rewards, self.returns, self._earlier = rewards, returns, earlier
        self.alive, self.terminated, self.truncated = alive, terminated, truncated
        self._observations = tuple(map(self._copies.seen_again, seen))
        self._infos = tuple(map(self._told, told)) if told else ()
        self.over = is_between and self.wanted_episodes is not None and episode + 1 >= self.wanted_episodes

    def idle(self, player: int) -> Any:
        """Return the action that does nothing, or the one that does least where there is none."""
        return self.controls[player].idle

    def observe(self, player: int) -> Any:
        """Return what the player sees: its own observation, or the one that all share. It may be changed."""
        observations = self._observations
        return kept(observations[player] if len(observations) > 1 else observations[0])

    @property
    def infos(self) -> tuple[dict[str, Any], ...]:
        """What the last step told besides, by player, as far as it is a state tree."""
        infos = self._infos or ({},)
        return tuple([*map(kept, infos if len(infos) == self.players else infos * self.players)])

    def scores(self) -> tuple[float, ...]:
        """Return the sum of all rewards since the match began, by player."""
        return tuple(map(add, self._earlier, self.returns))

    def spaces(self, player: int) -> tuple[Any, Any]:
        """Return the player's observation space and action space."""
        control = self.controls[player]
        return control.observation_space, control.action_space

    def keys(self, player: int) -> Mapping[str, Any]:
        """Return which single key is which action."""
        return {} if player in self.watchers else self._keys.singles(self.controls[player])

    def action_for(self, held: Collection[str], player: int) -> Any:
        """Return the action of the keys that are held together; without any that means something, the idle one.

        Args:
            held: Names of keys, the newest last where they have an order.
            player: Whose keyboard it is.
        """
        return self.controls[player].idle if player in self.watchers else self._keys.action(held, self.controls[player])

    def another(self) -> EnvironmentGame:
        """Return a fresh game of the same making; raise `GameError` where its environment cannot be made again."""
        if self._again is None:
            raise GameError(f"{self.game_id} was made of an environment that is there once: give what makes it instead")
        return self._again()

    def bot(self, player: int, seed: int = 0) -> Policy:
        """Return the bot that the environment brings along for a player, or one that draws actions by chance.

        Args:
            player: Whom it plays for.
            seed: Of its moods and mistakes.
        """
        place, told = self._bare(player)
        own = getattr(place, "bot", None)
        policy: Policy | None = own(*told, seed) if callable(own) and hasattr(place, "game") else None
        return ChanceBot(self.controls[player].action_space, player, seed) if policy is None else policy

    def sample(self, player: int, dice: Random) -> Any:
        """Return some legal action of a player, all alike; random bytes are nearly always the idle one."""
        return self.controls[player].draw(dice)

    def _bare(self, player: int) -> tuple[Any, tuple[Any, ...]]:
        """Return the innermost environment a player plays in, and what it calls the player there."""
        raise NotImplementedError

    def made_by(self, again: Callable[[], EnvironmentGame]) -> None:
        """Tell what makes another of this game: for who makes games in a way of their own, by name say."""
        self._again = again

    def render(self) -> Any:
        """Return a picture (height, width, 3) or a text of this state; nothing is drawn unless this is called."""
        shown = self._rendered()
        return told(self) if shown is None else shown

    @property
    def notes(self) -> tuple[str, ...]:
        """What should be known: of the saver, and of what is left out of snapshots."""
        return (*self.saver.notes, *self._copies.notes)
