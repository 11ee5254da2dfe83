"""The engine in the worker is the engine: its modules, matches, agents, replays and bytes are those of CPython."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from rollback.wire import pack_tree, unpack_tree
from tests.browser import anywhere, trained
from tests.browser.stage import Tab
from tests.wire.golden import vectors

CODE = Path(anywhere.__file__).read_text(encoding="utf-8")
CALL = """async ([name, ...given]) => {
    const bytes = (value) => (value?.bytes ? Uint8Array.from(value.bytes) : value);
    const { observation } = await python.step([name, ...given.map(bytes)]);
    const plain = (value) => {
        if (value instanceof Uint8Array) return { bytes: Array.from(value) };
        if (value instanceof Map) return Object.fromEntries(Array.from(value, ([key, held]) => [String(key), plain(held)]));
        if (Array.isArray(value)) return value.map(plain);
        if (value === null || typeof value !== "object") return value ?? null;
        return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, plain(held)]));
    };
    return plain(observation);
}"""

# What may be absent in a browser, by the folder of the module that wants it.
WANTS = {
    "rollback.envs.": ("numpy", "gymnasium"),
    "rollback.agents.onnx": ("numpy",),
    "rollback.testing.plugin": ("pytest",),
}
PLAYED_THERE = ("wire", "core", "replays", "games", "sim", "net", "netplay", "agents", "testing")
HOSTILE = ["", "00", "ff" * 40, "c1", "92" * 300, "81" + "a1" * 20, "dd7fffffff", "93010203"]


@pytest.fixture(scope="module")
def there(python: Tab) -> Any:
    """Return what calls a function of `anywhere` in the worker."""

    def call(name: str, *given: Any) -> Any:
        return read(python.evaluate(CALL, [name, *map(sent, given)]))

    assert python.evaluate("(code) => outcome(python.initEnv(code))", CODE)["value"]["name"] == "Anywhere"
    return call


def sent(value: Any) -> Any:
    return {"bytes": list(value)} if isinstance(value, bytes) else value


def read(value: Any) -> Any:
    """Return what came, with bytes where it says so."""
    if isinstance(value, list):
        return [read(item) for item in value]
    if not isinstance(value, dict):
        return value
    return bytes(value["bytes"]) if value.keys() == {"bytes"} else {key: read(item) for key, item in value.items()}


def test_every_module_that_a_browser_gets_can_be_imported_there(there: Any) -> None:
    found = there("modules")
    for name, why in found.items():
        packages = next((wanted for start, wanted in WANTS.items() if name.startswith(start)), ())
        assert not why or any(f"'{package}'" in why or f"package {package}" in why for package in packages), f"{name}: {why}"
    for folder in PLAYED_THERE:
        assert f"rollback.{folder}" in found, f"rollback/{folder} does not reach the browser"
    assert len(found) > 200 and not any(name.startswith(("rollback.cli", "rollback.studio")) for name in found)


@pytest.mark.parametrize("name", anywhere.GAMES)
def test_a_match_over_a_bad_network_is_the_same_there(there: Any, name: str) -> None:
    ours, theirs = anywhere.virtual_match(name, 7, 300), there("virtual_match", name, 7, 300)
    assert ours["parity"] and sum(ours["rollbacks"]) > 10 and ours["lost"] > 10, "the premise, or it proves nothing"
    assert theirs == ours
    assert theirs["ends"] != there("virtual_match", name, 8, 300)["ends"]


@pytest.mark.parametrize("name", trained.GAMES)
def test_a_trained_agent_makes_there_the_very_moves_that_it_makes_here(there: Any, name: str) -> None:
    checkpoint = trained.trained(name).to_bytes()
    ours, theirs = anywhere.agents_match(name, checkpoint, 5, 300), there("agents_match", name, checkpoint, 5, 300)
    assert ours["varied"] > 3 and len(set(ours["checksums"])) == 6, "the premise, or it proves nothing"
    assert theirs["checksums"] == ours["checksums"]
    assert theirs["checksums"] != there("agents_match", name, checkpoint, 6, 300)["checksums"]


@pytest.mark.parametrize("name", anywhere.GAMES)
def test_a_game_passes_the_check_there(there: Any, name: str) -> None:
    checks = there("checked", name)
    assert all(passed for _, _, passed, _ in checks) and len(checks) == 9
    assert [question for question, asked, _, _ in checks if not asked] == ["another process agrees"]
    assert "process" in checks[-1][3], checks[-1]


@pytest.mark.parametrize("name", anywhere.GAMES)
def test_a_replay_is_the_same_file_and_verifies_on_the_other_side(there: Any, name: str) -> None:
    written = there("recorded", name, 3, 150)
    for verdict in (anywhere.verified(name, written), there("verified", name, anywhere.recorded(name, 3, 150))):
        assert verdict["ok"] and verdict["complete"] and verdict["frames"] == 150 and verdict["checked"] > 8
        assert verdict["names"] == ["ann", "bob"]
    spoilt = bytearray(written)
    spoilt[len(spoilt) // 2] ^= 0x10
    told = there("verified", name, bytes(spoilt))
    assert told == anywhere.verified(name, bytes(spoilt)) and not told["complete"]


def test_messages_are_the_same_bytes_there(there: Any) -> None:
    hexes = [vector["hex"] for vector in vectors()["messages"]]
    assert there("datagrams", hexes) == anywhere.datagrams(hexes)
    assert [again for _, again in there("datagrams", hexes)] == hexes and len(hexes) > 5


def test_inputs_are_the_same_bytes_there(there: Any) -> None:
    golden = vectors()["inputs"]
    told = there("inputs", golden)
    assert told == anywhere.inputs(golden) and len(golden) > 5
    assert [(written, same) for written, same, *_ in told] == [(vector["hex"], True) for vector in golden]


def test_bytes_that_break_the_rules_are_refused_there_in_the_same_words(there: Any) -> None:
    told = there("refusals", HOSTILE)
    assert told == anywhere.refusals(HOSTILE)
    assert all(words.startswith("WireError") for words in told)


@pytest.mark.parametrize(
    "tree",
    [
        {"ball": (1, -2.5), 3: [None, True, b"\x00\xff"], "far": 2**80, "near": -(2**63)},
        [math.inf, -math.inf, -0.0, 0.1 + 0.2, 5e-324],
        {"nested": [[[{"deep": ("a", ("b",))}]]], "text": "\u202eabc\U0001f3d3", "none": [(), [], {}, "", b""]},
    ],
)
def test_a_state_crosses_with_every_type_and_its_checksum(there: Any, tree: Any) -> None:
    packed = pack_tree(tree)
    again, shown, total, differences = there("trees", packed)
    assert [again, shown, total, differences] == anywhere.trees(packed)
    assert again == packed and unpack_tree(again) == tree
