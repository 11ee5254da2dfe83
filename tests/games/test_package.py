import subprocess
import sys

import rollback.games
from rollback.games import Duel, GridWorld, Pong, Tetris, bots

PROGRAM = """
import sys
for name in ("numpy", "gymnasium", "asyncio.subprocess", "multiprocessing", "threading", "pygame", "msgpack"):
    sys.modules[name] = None
before = set(sys.modules)
from rollback.games import Duel, GridWorld, Pong, Tetris, bots
for make in (Pong, Duel, GridWorld, Tetris):
    game = make(seed=3)
    acts = [bots.act_with(bots.bot_for(game, player)) for player in range(2)]
    for _ in range(300):
        game.step([act(game, player) for player, act in enumerate(acts)])
    assert len(game.render().splitlines()) == 18
foreign = {name.split(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names) - {"rollback"}
print(sorted(foreign))
"""


def test_the_public_names_are_there():
    assert rollback.games.__all__ == ["Duel", "GridWorld", "Pong", "Tetris", "bots"]
    assert (rollback.games.Pong, rollback.games.Duel) == (Pong, Duel)
    assert (rollback.games.GridWorld, rollback.games.Tetris) == (GridWorld, Tetris)
    assert set(bots.__all__) == {"DuelBot", "GridWorldBot", "PongBot", "RandomBot", "TetrisBot", "act_with", "bot_for"}
    assert all(hasattr(bots, name) for name in bots.__all__)


def test_the_games_run_where_only_the_standard_library_can_be_imported():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]", "nothing but the standard library was imported"
