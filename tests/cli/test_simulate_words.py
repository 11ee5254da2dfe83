"""`--agents a b c`: one option, several words, and whatever else stands on the line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rollback.cli.simulate_words import spread_words
from rollback.errors import UsageError


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("--agents a b c", "--agents a --agents b --agents c"),
        ("--agents a.npz b.npz scripted --matches 400", "--agents a.npz --agents b.npz --agents scripted --matches 400"),
        ("--matches 4 --agents a b", "--matches 4 --agents a --agents b"),
        ("--agents a --agents b", "--agents a --agents b"),
        ("--agents a b --json --agents c", "--agents a --agents b --json --agents c"),
        ("--agents=a b --json", "--agents=a --agents b --json"),
        ("--agents a - b", "--agents a --agents - --agents b"),
        ("--game pong", "--game pong"),
        ("stray --game pong", "stray --game pong"),
        ("--agents a -- --agents b", "--agents a -- --agents b"),
        ("", ""),
    ],
)
def test_the_option_stands_in_front_of_each_of_its_words(line, meant):
    assert spread_words(line.split(), "--agents") == meant.split()


@pytest.mark.parametrize("line", ["--agents", "--agents --json", "--agents --agents a", "--agents -5 a", "--agents -- a"])
def test_without_a_word_after_it_the_next_option_is_not_taken_for_one(line):
    with pytest.raises(UsageError, match="--agents takes one name or more, as in --agents best random"):
        spread_words(line.split(), "--agents")


@given(some.lists(some.sampled_from(["--agents", "--json", "a", "b", "--", "--agents=c", "-x"])))
def test_no_word_is_lost_and_the_order_stays(words):
    def others(line):
        return [word for word in line if word != "--agents"]

    try:
        spread = spread_words(words, "--agents")
    except UsageError:
        assert "--agents" in words
        return
    assert others(spread) == others(words)
    assert spread.count("--agents") >= words.count("--agents")
    assert spread_words(spread, "--agents") == spread, "what is spread already stays"
