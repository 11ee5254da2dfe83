import pytest

from rollback.games.gridworld_kitchen import COOKING, MISSED, ORDER, SERVED, Item, Kitchen

NOTHING, ONION, TOMATO, ONION_SOUP, TOMATO_SOUP = Item


@pytest.fixture
def kitchen():
    kitchen = Kitchen(2, 1, pace=2)
    kitchen.open(word=12345)
    return kitchen


def test_a_source_fills_an_empty_hand_and_no_full_one(kitchen):
    assert kitchen.use(("O", 0), NOTHING) == (ONION, 0)
    assert kitchen.use(("T", 0), NOTHING) == (TOMATO, 0)
    assert kitchen.use(("O", 0), TOMATO) == (TOMATO, 0)


@pytest.mark.parametrize("item", [ONION, TOMATO, ONION_SOUP, TOMATO_SOUP])
def test_a_counter_holds_one_thing_of_any_kind(kitchen, item):
    assert kitchen.use(("=", 1), item) == (NOTHING, 0)
    assert kitchen.counters == [NOTHING, item]
    assert kitchen.use(("=", 1), ONION) == (ONION, 0), "it is taken"
    assert kitchen.use(("=", 1), NOTHING) == (item, 0)
    assert kitchen.use(("=", 1), NOTHING) == (NOTHING, 0)


@pytest.mark.parametrize(("food", "dish"), [(ONION, ONION_SOUP), (TOMATO, TOMATO_SOUP)])
def test_a_pot_makes_a_dish_in_its_time(kitchen, food, dish):
    assert kitchen.use(("P", 0), food) == (NOTHING, 0)
    for left in range(COOKING * 2, 0, -1):
        assert kitchen.cooking == [left]
        assert kitchen.use(("P", 0), NOTHING) == (NOTHING, 0), "it is not done"
        assert kitchen.use(("P", 0), ONION) == (ONION, 0), "it is full"
        kitchen.tick()
    assert kitchen.use(("P", 0), TOMATO) == (TOMATO, 0)
    assert kitchen.use(("P", 0), NOTHING) == (dish, 0)
    assert kitchen.use(("P", 0), NOTHING) == (NOTHING, 0)


@pytest.mark.parametrize("item", [ONION_SOUP, TOMATO_SOUP])
def test_a_dish_is_not_cooked_again(kitchen, item):
    assert kitchen.use(("P", 0), item) == (item, 0)
    assert kitchen.pots == [0]


def test_the_hatch_takes_what_is_ordered_and_the_next_order_follows(kitchen):
    for _ in range(10):
        kitchen.tick()
        wanted, following = kitchen.wanted, kitchen.following
        for item in Item:
            if item != wanted:
                assert kitchen.use(("H", 0), item) == (item, 0)
        assert kitchen.use(("H", 0), wanted) == (NOTHING, SERVED)
        assert (kitchen.wanted, kitchen.timer) == (following, ORDER * 2)
    assert kitchen.served == 10


def test_an_order_is_withdrawn_when_its_time_is_up(kitchen):
    following = kitchen.following
    lost = [kitchen.tick() for _ in range(ORDER * 2)]
    assert lost == [0] * (ORDER * 2 - 1) + [-MISSED]
    assert (kitchen.missed, kitchen.wanted, kitchen.timer) == (1, following, ORDER * 2)


def test_both_dishes_are_ordered_and_other_words_order_otherwise():
    orders = []
    for word in range(1, 2_000_000_000, 97_654_321):
        kitchen = Kitchen(1, 1, 1)
        kitchen.open(word)
        row = []
        for _ in range(12):
            row.append(int(kitchen.wanted))
            kitchen.use(("H", 0), kitchen.wanted)
        orders.append(tuple(row))
    assert len(set(orders)) == len(orders)
    dishes = [dish for row in orders for dish in row]
    assert set(dishes) == {ONION_SOUP, TOMATO_SOUP}
    assert 0.35 < dishes.count(ONION_SOUP) / len(dishes) < 0.65


def test_opening_clears_the_kitchen(kitchen):
    for station, item in ((("=", 0), ONION), (("P", 0), TOMATO), (("H", 0), kitchen.wanted)):
        kitchen.use(station, item)
    kitchen.open(12345)
    fresh = Kitchen(2, 1, 2)
    fresh.open(12345)
    assert kitchen.save() == fresh.save()
    assert kitchen.save()["counters"] == (0, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"counters": (0,)}, {"counters": (0, 5)}, {"counters": 3}, {"pots": ()}, {"pots": (3,)}, {"pots": (-1,)},
        {"cooking": (COOKING * 2 + 1,)}, {"wanted": 2}, {"wanted": 5}, {"following": 0}, {"timer": 0},
        {"timer": ORDER * 2 + 1}, {"served": -1}, {"missed": 10**12}, {"word": 0}, {"word": 2**32}, {"word": "x"},
    ],
)  # fmt: skip
def test_a_kitchen_that_cannot_be_is_not_loaded(kitchen, change):
    before = kitchen.save()
    with pytest.raises((KeyError, TypeError, ValueError)):
        kitchen.load({**before, **change})
    assert kitchen.save() == before


def test_a_kitchen_is_loaded_as_it_was_saved(kitchen):
    kitchen.use(("P", 0), ONION)
    kitchen.use(("=", 1), TOMATO_SOUP)
    kitchen.tick()
    other = Kitchen(2, 1, 2)
    other.open(7)
    other.load(kitchen.save())
    assert other.save() == kitchen.save()
