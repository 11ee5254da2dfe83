"""How much memory a worker may take: from what it has on, and only while it plays."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from rollback.errors import UsageError
from rollback.sim.pool import limits
from rollback.sim.pool.limits import check_memory_limit, limited, size_now

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
from rollback.sim.pool.limits import limited, size_now
def takes(mib):
    try:
        bytes(mib << 20)
    except MemoryError:
        return False
    return True
start = size_now()
with limited(100, start):
    inside = takes(50), takes(200)
print(*inside, takes(200))
"""


def test_more_than_the_limit_cannot_be_had_and_afterwards_it_can():
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["True", "False", "True"]


@pytest.mark.parametrize(("memory_mb", "start"), [(None, 1 << 30), (16, 0)])
def test_without_a_limit_or_a_start_nothing_changes(memory_mb, start):
    before = resource.getrlimit(resource.RLIMIT_AS)
    with limited(memory_mb, start):
        assert resource.getrlimit(resource.RLIMIT_AS) == before
    assert size_now() > 1 << 20


def test_a_limit_is_refused_where_nobody_holds_it(monkeypatch):
    check_memory_limit(100)
    monkeypatch.setattr(limits.sys, "platform", "win32")
    check_memory_limit(None)
    with pytest.raises(UsageError, match="memory_mb=100 cannot be held on win32: it needs Linux; leave memory_mb out"):
        check_memory_limit(100)
