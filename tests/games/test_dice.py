import pytest

from rollback.errors import UsageError
from rollback.games.dice import advance, below, spread


def test_the_generator_is_xorshift32_of_the_paper():
    word = 2_463_534_242  # the seed Marsaglia starts with
    drawn = []
    for _ in range(3):
        word = advance(word)
        drawn.append(word)
    assert drawn == [723_471_715, 2_497_366_906, 2_064_144_800]


def test_words_stay_within_32_bits_and_never_become_zero():
    word = spread(0)
    for _ in range(10_000):
        word = advance(word)
        assert 0 < word < 2**32


@pytest.mark.parametrize("seed", [0, 1, 7, 2**31, 2**63 - 1, 2**200])
def test_every_seed_gives_a_word_that_can_move_on(seed):
    assert 0 < spread(seed) < 2**32


def test_neighbouring_seeds_and_streams_start_far_apart():
    words = {spread(seed, stream) for seed in range(200) for stream in range(16)}
    assert len(words) == 200 * 16
    near = [abs(spread(seed) - spread(seed + 1)) for seed in range(500)]
    assert sum(gap > 2**20 for gap in near) > 495


@pytest.mark.parametrize("limit", [1, 2, 3, 10, 301, 2**32])
def test_numbers_below_a_limit_are_below_it(limit):
    assert below(1, limit) >= 0
    assert below(2**32 - 1, limit) == limit - 1


def test_numbers_below_six_come_equally_often():
    word, counts = spread(5), [0] * 6
    for _ in range(12_000):
        word = advance(word)
        counts[below(word, 6)] += 1
    assert all(1_800 < count < 2_200 for count in counts)


@pytest.mark.parametrize("seed", [-1, 1.5, "7", None, True])
def test_a_seed_that_is_no_whole_number_is_refused_in_one_sentence(seed):
    with pytest.raises(UsageError, match="a seed must be a whole number of at least 0, not"):
        spread(seed)
