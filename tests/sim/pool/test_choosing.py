"""Backends by name, and one sentence for what is none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rollback.errors import UsageError
from rollback.sim.pool.backends import executor, process, serial
from rollback.sim.pool.backends.choosing import backend_of


def test_a_name_leads_to_the_file_of_that_name() -> None:
    assert backend_of("serial") is serial.run and backend_of("process") is process.run


def test_a_function_that_makes_executors_is_a_backend() -> None:
    def make() -> Any:
        raise AssertionError("it is not called before there is something to play")

    chosen: Any = backend_of(make)
    assert chosen.func is executor.run and chosen.keywords == {"factory": make}


@pytest.mark.parametrize(
    ("backend", "sentence"),
    [
        ("proces", "there is no backend 'proces', did you mean process?: backend must be one of 'serial', 'process', 'ray'"),
        ("Ray", "there is no backend 'Ray', did you mean ray?"),
        ("cloud", "there is no backend 'cloud': backend must be one of"),
        (None, "None is no backend: backend must be one of"),
        (2, "2 is no backend"),
    ],
)
def test_what_is_no_backend_is_told_in_one_sentence(backend: Any, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        backend_of(backend)
    assert sentence in str(caught.value)


def test_an_executor_that_was_made_already_is_told_from_what_makes_one() -> None:
    with (
        ThreadPoolExecutor(1) as made,
        pytest.raises(UsageError, match="made already: each run shuts its own down"),
    ):
        backend_of(made)
