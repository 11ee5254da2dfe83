"""Checkpoints to test with: a small one that fills every field, and the same with other insides under a right hash."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from rollback.agents.checkpoints import Array, Checkpoint, state_of
from rollback.agents.checkpoints.archive import pack, unpack
from rollback.agents.checkpoints.arrays import array_from_npy, npy_from_array


def made(**changes: Any) -> Checkpoint:
    given = {
        "algorithm": "q-learning",
        "environment": "gym:rollback/GridWorld-v0?layout=rooms",
        "config_hash": "0123456789abcdef" * 4,
        "parameters": {"learning_rate": 0.1, "seed": 7, "kind": "plain", "deep": [1, [2, {"three": None}]], "on": True},
        "step": 12_345,
        "episode": 67,
        "epsilon": 0.25,
        "random_state": [1, 2**2000, "mt", state_of(random.Random(5))[0]],
        "metrics": {"success": 0.95, "episodes": 200},
        "versions": {"python": "3.11.4", "rollback": "0.1.0"},
        "parent": "ab" * 32,
        "arrays": {"q": Array.of([[1.5, -0.0], [float("nan"), 1e300]]), "visits": Array.of([[1, 2], [3, -4]], "i")},
    }
    return Checkpoint(**{**given, **changes})


def rebuilt(content: bytes, change: Callable[[dict[str, bytes]], Any]) -> bytes:
    """Return an archive with other contents, and the hash that belongs to them: as somebody would who knows the format."""
    members = unpack(content, "it")
    changed = change(members)
    return pack(members if changed is None else changed)


def retold(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Return a checkpoint that says something else of itself, byte for byte."""

    def changed(members: dict[str, bytes]) -> None:
        text = change(array_from_npy(members["meta.npy"]).data.tobytes())
        members["meta.npy"] = npy_from_array(Array((len(text),), "B", text))  # type: ignore[arg-type]

    return rebuilt(content, changed)


def with_facts(content: bytes, **facts: Any) -> bytes:
    """Return a checkpoint some of whose values are others, written as checkpoints write them."""

    def changed(text: bytes) -> bytes:
        return json.dumps({**json.loads(text), **facts}, sort_keys=True, separators=(",", ":")).encode()

    return retold(content, changed)
