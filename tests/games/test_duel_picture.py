import pytest

from rollback.games import Duel
from rollback.games.duel import OUTRO_FRAMES, Phase
from rollback.games.duel_moves import HEALTH, Stance
from rollback.games.duel_picture import LEFT, RIGHT, SHIELD, SPARK, picture
from rollback.games.text import paint
from tests.cases import every


def state(left=None, right=None, **changes):
    saved = Duel(seed=1).save()
    one, other = saved["fighters"]
    return {**saved, "fighters": ({**one, **(left or {})}, {**other, **(right or {})}), **changes}


def shown(**changes):
    return paint(picture(state(**changes)), 58, 18)


def limbs(colours, **changes):
    return [shape for shape in picture(state(**changes)) if shape[0] in ("line", "circle") and shape[-1] in colours]


def test_each_fighter_has_a_head_a_body_and_four_limbs_in_its_colours():
    for colours in (LEFT, RIGHT):
        kinds = [shape[0] for shape in limbs(colours)]
        assert kinds.count("circle") == 1
        assert kinds.count("line") == 1 + 4 * 2


def test_fighters_who_mirror_each_other_are_drawn_mirrored():
    for stance in Stance:
        changes = {"left": {"stance": int(stance), "age": 7}, "right": {"stance": int(stance), "age": 7}}
        left = sorted((round(shape[1], 9), round(shape[2], 9)) for shape in limbs(LEFT, **changes))
        right = sorted((round(1 - shape[1], 9), round(shape[2], 9)) for shape in limbs(RIGHT, **changes))
        assert left == right, stance.name


@every("stance", Stance)
@every("place", [-2_480, 0, 3_000])
def test_every_stance_stays_on_the_picture_and_above_the_ground(stance, place):
    for age in (0, 5, 10, 30):
        for shape in limbs(LEFT, left={"stance": int(stance), "age": age, "place": place}):
            assert -0.15 < shape[1] < 1.15
            assert 0.15 < shape[2] < 17 / 18


@pytest.mark.parametrize("health", [100, 99, 60, 1, 0])
def test_the_bars_show_the_health_that_is_left(health):
    bars = [
        [shape for shape in picture(state(**{side: {"health": health}})) if shape[0] == "rect" and shape[-1] == colour]
        for side, colour in (("left", LEFT[0]), ("right", RIGHT[0]))
    ]
    for bar in bars:
        assert len(bar) == (health > 0)
    if health:
        ((_, x, _, width, _, _),), ((_, other_x, _, other_width, _, _),) = bars
        assert width == other_width == pytest.approx(0.44 * health / HEALTH)
        assert x == pytest.approx(1 - other_x - other_width), "both shrink towards the edge of the screen"


def test_the_guard_is_a_bar_of_its_own():
    widths = [
        sum(shape[3] for shape in picture(state(left={"guard": guard})) if shape[0] == "rect" and shape[-1] == SHIELD)
        for guard in range(5)
    ]
    assert widths == sorted(widths)
    assert len(set(widths)) == 5


@pytest.mark.parametrize(("rounds", "left", "right"), [((0, 0), "○○○", "○○○"), ((2, 1), "●●○", "○○●"), ((3, 0), "●●●", "○○○")])
def test_rounds_won_are_medals_beside_the_names(rounds, left, right):
    top = shown(rounds=rounds).split("\n")[0]
    assert f"P1 {left}" in top
    assert f"{right} P2" in top


@pytest.mark.parametrize(("clock", "seconds"), [(1_800, "30"), (1_799, "30"), (601, "11"), (600, "10"), (1, " 1")])
def test_the_seconds_left_stand_in_the_middle(clock, seconds):
    assert shown(phase=int(Phase.FIGHT), clock=clock).split("\n")[0][28:30] == seconds


@pytest.mark.parametrize(
    ("changes", "notice"),
    [
        ({"phase": 0, "clock": 70}, "ROUND 1"),
        ({"phase": 0, "clock": 70, "rounds": (1, 1)}, "ROUND 3"),
        ({"phase": 0, "clock": 10}, "FIGHT!"),
        ({"phase": 2, "clock": OUTRO_FRAMES, "right": {"health": 0}}, "K.O."),
        ({"phase": 2, "clock": OUTRO_FRAMES}, "TIME"),
        ({"phase": 2, "clock": 20, "rounds": (3, 1)}, "P1 WINS THE MATCH"),
        ({"phase": 3, "clock": 0, "rounds": (2, 3)}, "P2 WINS THE MATCH"),
        ({"phase": 3, "clock": 0, "rounds": (3, 3)}, "DRAW"),
    ],
)
def test_a_notice_says_what_goes_on(changes, notice):
    assert notice in shown(**changes)


def test_no_notice_disturbs_the_fight():
    text = [shape[4] for shape in picture(state(phase=1, clock=900)) if shape[0] == "text"]
    assert [line for line in text if line] == ["P1 ○○○", "○○○ P2", "15"]


def test_a_hit_sparks_and_a_block_shows_a_shield_only_in_the_freeze():
    def drawn(colour, **changes):
        return [shape for shape in picture(state(**changes)) if shape[0] == "line" and shape[-1] == colour]

    hit, block = {"stance": int(Stance.HIT), "age": 0}, {"stance": int(Stance.BLOCK), "age": 0}
    assert drawn(SPARK, right=hit, freeze=5)
    assert not drawn(SPARK, right=hit, freeze=0)
    assert drawn(SHIELD, left=block, freeze=5)
    assert not drawn(SPARK, left=block, freeze=5)
    assert not drawn(SPARK, freeze=5)


def test_whoever_attacks_stands_in_front():
    def last(**changes):
        return [shape[-1] for shape in picture(state(**changes)) if shape[0] == "circle"][-1]

    assert last(left={"stance": int(Stance.KICK)}) == LEFT[0]
    assert last(right={"stance": int(Stance.PUNCH)}) == RIGHT[0]
