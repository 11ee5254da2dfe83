"""The house: who may import whom, what is public, what can be imported where, and how files look."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.cases import every

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("rollback", "signaling")
FOUNDATION = ("errors", "types", "config", "game", "state")
RANKS = (
    *FOUNDATION, "wire", "core", "replays", "games", "envs", "sim", "testing",
    "net", "netplay", "agents", "studio", "cli", "__main__",
)  # fmt: skip
LOWEST_OPTIONAL = RANKS.index("games")
SPREADING = ("rollback.errors", "rollback.types", "rollback.wire")  # what the lobby server may import

# Files that may be longer than 300 lines, with the reason.
LONG: dict[str, str] = {
    "rollback/types.py": "all words of a session in one place: data without behaviour",
    "rollback/core/membership.py": "from silence to cut in one place: its parts are in five files, and this is their order",
    "rollback/core/simulation.py": "the hot path of step and replay",
    "rollback/core/engine.py": "the seven steps of the tick in one place",
    "rollback/core/ride.py": "one closure: its functions share the registers that make it quick",
}
FORBIDDEN_NAMES = ("utils", "util", "manager", "helpers", "helper", "base", "common", "misc")

WITHOUT_PACKAGES = """
import sys
for name in ("numpy", "aiortc", "socketio", "multiprocessing", "subprocess", "asyncio.subprocess", "gymnasium", "rich"):
    sys.modules[name] = None
import importlib
for name in {names!r}:
    importlib.import_module(name)
from rollback import P2PSession, SyncTestSession
from rollback.games import Duel, Pong
for game in (Pong(), Duel()):
    session = SyncTestSession(game)
    for frame in range(30):
        session.tick({{0: game.idle(0), 1: game.idle(1)}})
print(len({names!r}))
"""
WHAT_IS_LOADED = """
import sys
before = set(sys.modules)
import rollback
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
others = [name for name in loaded if name not in sys.stdlib_module_names and name != "rollback"]
print(sorted(others), "asyncio" in sys.modules)
"""
CORE_WITHOUT_THIRD_PARTIES = """
import sys
before = set(sys.modules)
from rollback import P2PSession
import rollback.games
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
others = [name for name in loaded if name not in sys.stdlib_module_names and "cython" not in name]
print(sorted(others), "asyncio" in sys.modules)
"""


def sources() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def other_sources() -> list[Path]:
    """Return what is no module of the packages, and is to be as short: scripts, and what pages load."""
    kinds = {"benchmarks": "*.py", "examples": "*.py", "signaling/web": "*.js", "rollback/studio/web": "*.js"}
    found = (path for folder, kind in kinds.items() for path in (ROOT / folder).rglob(kind))
    return sorted(path for path in found if "assets" not in path.parts)  # what was fetched is of others


MODULES = {module_of(path): path for path in sources()}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def statements_of(path: Path) -> tuple[tuple[ast.Import | ast.ImportFrom, bool], ...]:
    """Return the imports of a file that happen when it runs, and whether each stands within a function."""
    found: list[tuple[ast.Import | ast.ImportFrom, bool]] = []

    def look(nodes: Iterable[ast.AST], lazy: bool) -> None:
        for node in nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                found.append((node, lazy))
            elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                look(node.orelse, lazy)
            elif not isinstance(node, ast.expr):
                look(ast.iter_child_nodes(node), lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    look(tree_of(path).body, False)
    return tuple(found)


def imports(path: Path, *, lazy: bool = True) -> Iterator[str]:
    """Yield the modules of this project that a file imports; with `lazy`, those within functions too."""
    module = module_of(path)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node, is_lazy in statements_of(path):
        if is_lazy and not lazy:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] in PACKAGES)
        else:
            origin = node.module or ""
            if node.level:
                origin = ".".join([*package.split(".")[: len(package.split(".")) - node.level + 1], *filter(None, [origin])])
            if origin.partition(".")[0] in PACKAGES:
                for alias in node.names:
                    inner = f"{origin}.{alias.name}"
                    yield inner if inner in MODULES else origin


def rank_of(module: str) -> int | None:
    """Return the rank of a module of `rollback`, None for the package itself."""
    parts = module.split(".")
    return None if len(parts) == 1 else RANKS.index(parts[1])


@every("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_lower_ranks_and_its_own_folder(path: Path) -> None:
    module = module_of(path)
    for target in imports(path):
        if module.startswith("signaling"):
            allowed = target.startswith("signaling") or any(
                target == name or target.startswith(f"{name}.") for name in SPREADING
            )
            assert allowed, f"{module} imports {target}: the lobby server knows errors, types and wire only"
            continue
        if target.startswith("signaling"):
            assert module.startswith("rollback.cli"), f"{module} imports {target}: only cli may"
            continue
        mine, theirs = rank_of(module), rank_of(target)
        if mine is None or theirs is None:
            assert mine is None or target == "rollback", f"{module} imports {target}"
            continue
        assert theirs <= mine, f"{module} imports {target}, which stands above it"


def test_every_folder_has_a_rank() -> None:
    found = {path.relative_to(ROOT / "rollback").parts[0].removesuffix(".py") for path in (ROOT / "rollback").rglob("*.py")}
    assert found - {"__init__"} <= set(RANKS)
    assert {"wire", "core", "replays", "games", "net", "netplay", "cli"} <= found


def test_no_two_files_import_each_other_in_a_circle() -> None:
    edges = {module: {target for target in imports(path, lazy=False) if target != module} for module, path in MODULES.items()}
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join([*trail[trail.index(module) :], module])
        if module in done:
            return
        for target in sorted(edges.get(module, ())):
            if MODULES[target].name != "__init__.py" or not module.startswith(f"{target}."):
                visit(target, (*trail, module))
        done.add(module)

    for module in sorted(edges):
        visit(module, ())


def in_order(name: str) -> tuple[int, str]:
    """Sort constants first, then classes, then functions, as the linter does."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


@pytest.mark.parametrize("module", [name for name in MODULES if MODULES[name].name == "__init__.py"])
def test_all_of_a_package_is_sorted_and_resolvable(module: str) -> None:
    package = importlib.import_module(module)
    names = getattr(package, "__all__", None)
    tree = tree_of(MODULES[module])
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module != "__future__" and node.module != "typing"
        for alias in node.names
    }
    if names is None:
        assert not imported, f"{module} imports names and has no __all__"
        return
    assert len(names) == len(set(names))
    wanted = sorted((name for name in names if not name.startswith("_")), key=in_order)
    assert [name for name in names if not name.startswith("_")] == wanted, f"{module}.__all__ is not sorted"
    for name in names:
        assert getattr(package, name) is not None, f"{module}.{name}"
    if module != "rollback":
        public = {name for name in imported if not name.startswith("_")}
        assert public - {"Any", "import_module", "annotations"} <= set(names), f"{module}.__all__ lacks {public - set(names)}"


PUBLIC = """
    ActionCodec ActionError Bits ConfigError Confirmed Cut Default DesyncError DesyncFound Ended Event Game
    GameError Local Mismatch MissingAction MissingPackage NetworkError NotReproducible Open P2PSession Paused PeerInterrupted
    PeerJoined PeerLeft PeerLost PeerResumed PeerStats PlayResult Policy Raw Remote RepeatLast ReplayError
    Resumed Resynced RollbackError SessionConfig SessionStats SpectatorSession SyncTestSession Synchronized TakeOver Tick
    TookOver UInt UsageError VoteWanted WatchResult WireError join next_match play watch
""".split()


def test_the_public_names_are_these() -> None:
    import rollback

    assert set(rollback.__all__) == {*PUBLIC, "__version__"}
    assert dir(rollback) == sorted(rollback.__all__)
    with pytest.raises(AttributeError, match="module 'rollback' has no attribute 'nothing'"):
        rollback.nothing  # noqa: B018


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_everything_up_to_the_games_is_imported_and_played_without_numpy_threads_of_others_or_processes() -> None:
    names = [module for module in MODULES if module.startswith("rollback.") and (rank_of(module) or 0) <= LOWEST_OPTIONAL]
    assert len(names) > 40
    assert run(WITHOUT_PACKAGES.format(names=names)) == str(len(names))


def test_importing_the_package_imports_nothing_of_others_and_no_event_loop() -> None:
    assert run(WHAT_IS_LOADED) == "[] False"


def test_the_engine_and_the_games_need_msgpack_and_nothing_else() -> None:
    assert run(CORE_WITHOUT_THIRD_PARTIES) == "['msgpack', 'rollback'] False"


@every("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_says_its_idea_first_and_is_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(tree_of(path))
    assert docstring, f"{path.name} does not start with a docstring"
    assert text.lstrip().startswith('"""')
    first = docstring.splitlines()[0]
    assert first.endswith((".", ":")) and len(first) > 15, f"{path.name}: {first!r} is no sentence"
    name = path.relative_to(ROOT).as_posix()
    lines = text.count("\n")
    if name not in LONG:
        assert lines <= 300, f"{name} has {lines} lines: one idea a file"
    assert lines <= 450


@every("path", other_sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_script_and_what_a_page_loads_say_their_idea_first_and_are_short(path: Path) -> None:
    text, name = path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()
    assert text.startswith("// " if path.suffix == ".js" else '"""'), f"{name} does not say first what its idea is"
    lines = text.count("\n")
    assert lines <= 300, f"{name} has {lines} lines: one idea a file"


def test_scripts_and_what_pages_load_are_found() -> None:
    found = {path.relative_to(ROOT).parts[0]: path.suffix for path in other_sources()}
    assert found == {"benchmarks": ".py", "examples": ".py", "signaling": ".js", "rollback": ".js"}


@every("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_named_after_its_idea(path: Path) -> None:
    for part in (*path.relative_to(ROOT).parts[:-1], path.stem):
        assert part not in FORBIDDEN_NAMES


def test_the_list_of_long_files_is_no_longer_than_it_must_be() -> None:
    for name in LONG:
        assert (ROOT / name).exists(), f"{name} is gone"


def test_the_package_says_that_it_is_typed() -> None:
    assert (ROOT / "rollback" / "py.typed").is_file()


@pytest.mark.parametrize("folder", ["core", "games", "wire"])
def test_no_clock_no_global_random_and_no_hash_where_peers_must_agree(folder: str) -> None:
    for path in sorted((ROOT / "rollback" / folder).rglob("*.py")):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called != "hash", f"{path.name}: hash() differs from process to process"
                assert not called.startswith("time."), f"{path.name} reads a clock: {called}"
                drawn = called.startswith("random.") and called not in ("random.Random",)
                assert not drawn, f"{path.name} draws from the global generator: {called}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
                assert not {"time", "socket", "asyncio", "threading", "logging"} & set(names), f"{path.name}: {names}"
