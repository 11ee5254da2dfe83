import pytest

from rollback.errors import UsageError
from rollback.games.gridworld_layouts import LAYOUTS, LETTERS, MAX_HEIGHT, MAX_WIDTH, Layout, layout_named


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=list(LAYOUTS))
def test_every_layout_is_walled_fits_a_terminal_and_is_called_by_its_name(layout):
    assert layout_named(layout.name) is layout
    assert layout.width <= MAX_WIDTH
    assert layout.height <= MAX_HEIGHT
    assert len(layout.floor) == layout.width * layout.height
    for cell, kind in enumerate(layout.floor):
        if kind:
            assert all(0 <= cell + step < len(layout.floor) for step in layout.offsets), "no step leads out of the map"


def test_the_layouts_take_the_players_they_are_told_to():
    takes = {name: (layout.least, len(layout.starts)) for name, layout in LAYOUTS.items()}
    assert takes == {"handover": (2, 4), "keys": (1, 4), "race": (1, 4), "rooms": (1, 1), "cliff": (1, 1), "halls": (1, 1)}


def test_a_map_is_read_letter_by_letter():
    layout = Layout("own", ("#######", "O1aA.GT", "#.~.=.#", "P..2..H", "#######"))
    assert (layout.width, layout.height) == (7, 5)
    assert layout.starts == (8, 24)
    assert layout.floor[7:14] == (0, 1, 2, 2, 1, 2, 0)
    assert layout.keys == {9: 0}
    assert layout.doors == {10: 0}
    assert layout.cliffs == (16,)
    assert layout.spots == (12,)
    assert layout.stations == {7: ("O", 0), 13: ("T", 0), 18: ("=", 0), 21: ("P", 0), 27: ("H", 0)}
    assert layout.counters == (18,)
    assert layout.pots == (21,)
    assert layout.offsets == (0, -7, 7, -1, 1)
    assert layout.is_kitchen


def test_cells_that_can_be_entered_are_numbered_without_gaps():
    for layout in LAYOUTS.values():
        ranks = [rank for rank in layout.rank if rank >= 0]
        assert ranks == list(range(len(ranks)))
        assert all((rank >= 0) == bool(kind) for rank, kind in zip(layout.rank, layout.floor, strict=True))


def test_the_two_sides_of_the_handover_are_apart_and_each_has_what_the_other_lacks():
    layout = LAYOUTS["handover"]
    sides = [layout.reached(start, [cell for cell, kind in enumerate(layout.floor) if kind]) for start in layout.starts]
    assert sides[0] == sides[3]
    assert sides[1] == sides[2]
    assert not set(sides[0]) & set(sides[1])

    def stations(side):
        return {letter for cell, (letter, _) in layout.stations.items() if any(cell + step in side for step in layout.offsets)}

    assert stations(sides[0]) == {"O", "T", "="}
    assert stations(sides[1]) == {"P", "H", "="}
    for counter in layout.counters:
        assert counter - 1 in sides[0]
        assert counter + 1 in sides[1]


def test_a_race_is_equally_long_for_those_who_are_mirrored():
    layout = LAYOUTS["race"]
    assert all(row == row[::-1] for row in (row.translate(str.maketrans("1234", "....")) for row in layout.rows))
    rows = [row.translate(str.maketrans("1234", "....")) for row in layout.rows]
    assert rows == rows[::-1]
    corners = {divmod(start, layout.width) for start in layout.starts}
    assert corners == {(1, 1), (1, 11), (5, 1), (5, 11)}


def test_a_single_player_starts_anywhere_but_beyond_doors_on_cliffs_keys_and_goals():
    for name, count in (("rooms", 53), ("cliff", 37), ("halls", 491)):
        assert len(LAYOUTS[name].homes) == count, name
    keys = LAYOUTS["keys"]
    assert {keys.rows[cell // 13][cell % 13] for cell in keys.homes} == {".", "1", "2", "3", "4"}
    assert all(cell % 13 < 4 for cell in keys.homes), "in front of the first door"
    assert len(LAYOUTS["race"].homes) == sum(kind == 1 for kind in LAYOUTS["race"].floor)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((), "a map is 3 to 24 rows of the same 3 to 40 letters each"),
        (("###", "#1#"), "3 to 24 rows"),
        (("###", "#1#", *["#.#"] * 21, "###", "###"), "3 to 24 rows"),
        (("###", "#1#", "####"), "of the same"),
        (("#" * 41, "#1" + "#" * 39, "#" * 41), "3 to 40 letters"),
        (("###", "#1#", "#x#", "###"), "has 'x' in its map: the letters are # "),
        (("###", "#1.", "###"), "is open at its edge"),
        (("###", "1.#", "###"), "is open at its edge"),
        (("###", "#.#", "###"), "needs one start for each player"),
        (("####", "#11#", "####"), "needs one start for each player"),
        (("####", "#13#", "####"), "needs one start for each player"),
        (("####", "#1b#", "####"), "needs one key for each door"),
        (("####", "#1A#", "####"), "needs one key for each door"),
        (("#####", "#1aa#", "#####"), "needs one key for each door"),
        (("####", "#1P#", "####"), "is half a kitchen"),
    ],
)
def test_what_is_no_map_is_refused_in_one_sentence(rows, told):
    with pytest.raises(UsageError, match=f"^layout 'mine'.*{told}"):
        Layout("mine", rows)


def test_every_letter_is_explained_and_used_by_a_layout():
    used = {letter for layout in LAYOUTS.values() for row in layout.rows for letter in row}
    assert set(LETTERS) <= used
    assert used - set(LETTERS) == set("234bcBC")


def test_layouts_are_compared_by_what_they_are_made_of():
    one = Layout("own", ("###", "#1#", "###"))
    assert one == Layout("own", ("###", "#1#", "###"))
    assert len({one, Layout("own", ("###", "#1#", "###"))}) == 1
    assert one != Layout("own", ("###", "#1#", "###"), price=2)
