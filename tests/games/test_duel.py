import pytest

from rollback.games import Duel
from rollback.games.duel import CHEER, INTRO_FRAMES, OUTRO_FRAMES, PHASES, ROUND_FRAMES, ROUNDS, Phase
from rollback.games.duel_moves import ATTACKS, BODY, GUARD, HEALTH, STAGE, Stance

STILL = (False, False, False, False, False)
BACK = (True, False, False, False, False)
FORWARD = (False, True, False, False, False)
PUNCH = (False, False, True, False, False)
KICK = (False, False, False, True, False)
DASH = (False, True, False, False, True)
P, K = ATTACKS[Stance.PUNCH], ATTACKS[Stance.KICK]


def fight(distance, left=None, right=None, **changes):
    """Return a game in the middle of a round, both fighters `distance` apart, with some parts replaced."""
    game = Duel(seed=1)
    state = game.save()
    places = (distance // 2, distance - distance // 2)
    fighters = tuple(
        {**fighter, "place": place, **(special or {})}
        for fighter, place, special in zip(state["fighters"], places, (left, right), strict=True)
    )
    game.load({**state, "phase": int(Phase.FIGHT), "clock": ROUND_FRAMES, "fighters": fighters, **changes})
    return game


def run(game, frames, left=STILL, right=STILL):
    for _ in range(frames):
        game.step([left, right])
    return game


def press(game, left=STILL, right=STILL, after=60):
    """Press once, and let go for a while."""
    game.step([left, right])
    return run(game, after)


def test_every_phase_has_a_length_and_a_follower():
    assert list(PHASES) == list(Phase)
    assert all(follower in PHASES for _, follower in PHASES.values())


def test_a_round_begins_with_an_introduction_in_which_nobody_moves():
    game = Duel(seed=4)
    before = game.save()["fighters"]
    run(game, INTRO_FRAMES - 1, PUNCH, FORWARD)
    assert game.phase == Phase.INTRO
    assert game.save()["fighters"] == before
    game.step([STILL, STILL])
    assert (game.phase, game.clock) == (Phase.FIGHT, ROUND_FRAMES)


def test_rounds_start_at_different_distances_of_the_same_seed_always_the_same():
    starts = [Duel(seed=seed).fighters[0].place for seed in range(40)]
    assert len(set(starts)) > 25
    assert starts == [Duel(seed=seed).fighters[1].place for seed in range(40)]


def test_a_punch_in_reach_hits_and_one_out_of_reach_does_not():
    for distance, damage in ((P.reach, P.damage), (P.reach + 1, 0)):
        game = press(fight(distance), left=PUNCH)
        assert game.fighters[1].health == HEALTH - damage, distance


@pytest.mark.parametrize("distance", [600, 1_200, 1_500, 1_594, 1_595])
def test_a_kick_reaches_farther_by_its_step(distance):
    game = press(fight(distance), left=KICK)
    assert (game.fighters[1].health < HEALTH) == (distance - K.lunge * K.startup <= K.reach)


def test_an_attack_hits_once():
    game = press(fight(BODY), left=KICK, after=120)
    assert game.fighters[1].health == HEALTH - K.damage


@pytest.mark.parametrize("attack", ATTACKS.values())
def test_an_attack_hits_when_its_start_up_is_over_and_freezes_both(attack):
    game = fight(700)
    buttons = PUNCH if attack is P else KICK
    game.step([buttons, STILL])
    run(game, attack.startup - 1)
    assert game.fighters[1].stance == Stance.READY
    run(game, 1)
    assert game.fighters[1].stance == Stance.HIT
    frozen = game.save()["fighters"]
    for left in range(attack.freeze, 0, -1):
        assert game.freeze == left
        assert game.save()["fighters"] == frozen
        run(game, 1)
    run(game, 1)
    assert game.save()["fighters"] != frozen


def test_the_clock_stands_still_in_a_freeze():
    game = fight(700, freeze=5)
    run(game, 5)
    assert game.clock == ROUND_FRAMES
    run(game, 1)
    assert game.clock == ROUND_FRAMES - 1


def test_holding_back_blocks_and_costs_guard():
    game = fight(900)
    game.step([KICK, BACK])
    run(game, 40, right=BACK)
    assert game.fighters[1].health == HEALTH
    assert game.fighters[1].guard == GUARD - K.guard


def test_a_guard_that_blocks_too_much_is_crushed():
    game = fight(700, right={"guard": 1})
    game.step([PUNCH, BACK])
    run(game, P.startup, right=BACK)
    assert game.fighters[1].stance == Stance.CRUSHED
    assert game.fighters[1].health == HEALTH


def test_a_hit_pushes_away_and_a_cornered_fighter_pushes_the_attacker():
    middle = press(fight(700), left=PUNCH)
    assert middle.fighters[0].place + middle.fighters[1].place > 700 + 2 * P.push
    assert middle.fighters[0].place == 350
    corner = fight(700, right={"place": STAGE}, left={"place": 700 - STAGE})
    press(corner, left=PUNCH)
    assert corner.fighters[1].place == STAGE
    assert corner.fighters[0].place > 700 - STAGE + 2 * P.push


def test_a_punch_punishes_a_kick_that_missed():
    distance = K.reach + K.lunge * K.startup + 10
    game = fight(distance)
    game.step([KICK, STILL])
    run(game, K.startup + K.active - 1)
    game.step([STILL, DASH])
    run(game, 8)
    game.step([STILL, PUNCH])
    run(game, 30)
    assert game.fighters[0].health == HEALTH - P.damage
    assert game.fighters[1].health == HEALTH


def test_a_stretched_leg_can_be_hit_where_the_body_could_not():
    distance = K.reach + 200
    standing = press(fight(distance + K.lunge * K.startup), left=KICK)
    assert standing.fighters[1].health == HEALTH, "out of reach of a standing fighter"
    game = fight(distance, right={"stance": int(Stance.KICK), "age": K.startup + K.active, "landed": 0})
    run(game, 1)
    game.step([PUNCH, STILL])
    run(game, 30)
    assert game.fighters[1].health == HEALTH, "a punch is too short even so"
    game = fight(distance - 300, right={"stance": int(Stance.KICK), "age": K.startup + K.active, "landed": 0})
    game.step([PUNCH, STILL])
    run(game, 30)
    assert distance - 300 > P.reach
    assert game.fighters[1].health == HEALTH - (P.damage if distance - 300 - K.exposed <= P.reach else 0) < HEALTH


def test_a_punch_beats_a_kick_that_begins_at_the_same_time():
    game = press(fight(800), left=PUNCH, right=KICK, after=90)
    assert game.fighters[0].health == HEALTH
    assert game.fighters[1].health == HEALTH - P.damage


@pytest.mark.parametrize(("buttons", "attack"), [(PUNCH, P), (KICK, K)])
def test_equal_attacks_trade(buttons, attack):
    game = press(fight(800), left=buttons, right=buttons, after=90)
    assert [fighter.health for fighter in game.fighters] == [HEALTH - attack.damage] * 2


def test_a_punch_that_hit_and_a_kick_at_once_make_a_combination():
    game = fight(800)
    game.step([PUNCH, STILL])
    run(game, P.startup + P.freeze - 2)
    game.step([KICK, BACK])
    run(game, 60, right=BACK)
    assert game.fighters[1].health == HEALTH - P.damage - K.damage, "whoever is hit cannot guard in time"


def test_nobody_walks_through_anybody():
    game = run(fight(2_000), 200, FORWARD, FORWARD)
    assert BODY <= game.fighters[0].place + game.fighters[1].place <= BODY + 1
    left, right = (fighter.place for fighter in game.fighters)
    assert left == right, "equally strong"
    pushed = run(fight(800), 30, FORWARD, STILL)
    assert pushed.fighters[1].place > 400


def test_nobody_leaves_the_stage():
    game = run(fight(2_000), 300, BACK, BACK)
    assert [fighter.place for fighter in game.fighters] == [STAGE, STAGE]
    game = run(fight(2_000), 600, FORWARD, BACK)
    assert [fighter.place for fighter in game.fighters] == [BODY - STAGE, STAGE]


@pytest.mark.parametrize("player", [0, 1])
def test_a_knock_out_wins_the_round(player):
    weak = {"health": 1}
    game = fight(800, **{"right" if player == 0 else "left": weak})
    press(game, **{"left" if player == 0 else "right": PUNCH}, after=P.startup)
    assert game.phase == Phase.OUTRO
    assert game.scores() == ((1, 0) if player == 0 else (0, 1))
    assert game.fighters[1 - player].stance == Stance.DOWN
    while game.clock > CHEER:
        run(game, 1)
    assert game.fighters[player].stance == Stance.PROUD


def test_a_double_knock_out_counts_for_both():
    game = press(fight(800, left={"health": 1}, right={"health": 1}), left=PUNCH, right=PUNCH, after=P.startup)
    assert game.scores() == (1, 1)
    assert [fighter.stance for fighter in game.fighters] == [Stance.DOWN] * 2


@pytest.mark.parametrize(
    ("health", "rounds"), [((50, 40), (1, 0)), ((40, 50), (0, 1)), ((60, 60), (1, 1)), ((100, 99), (1, 0))]
)
def test_when_time_is_up_health_decides(health, rounds):
    game = fight(2_000, left={"health": health[0]}, right={"health": health[1]}, clock=1)
    run(game, 1)
    assert game.phase == Phase.OUTRO
    assert game.scores() == rounds


def test_no_blow_counts_after_the_round():
    game = fight(800, clock=2)
    game.step([PUNCH, STILL])
    run(game, 40)
    assert game.phase == Phase.OUTRO
    assert game.fighters[1].health == HEALTH


def test_after_a_round_comes_the_next_with_fresh_fighters():
    game = fight(800, right={"health": 1})
    press(game, left=PUNCH, after=P.startup + P.freeze + OUTRO_FRAMES)
    assert (game.phase, game.clock) == (Phase.INTRO, INTRO_FRAMES)
    assert game.rounds == (1, 0)
    assert all((fighter.health, fighter.stance) == (HEALTH, Stance.READY) for fighter in game.fighters)


@pytest.mark.parametrize("rounds", [(2, 0), (2, 2), (0, 2)])
def test_the_first_to_three_rounds_wins_after_the_last_pose(rounds):
    winner = 0 if rounds[0] == 2 else 1
    game = fight(800, rounds=rounds, **{"right" if winner == 0 else "left": {"health": 1}})
    press(game, **{"left" if winner == 0 else "right": PUNCH}, after=P.startup)
    assert game.scores()[winner] == ROUNDS == 3
    frames = 0
    while not game.over:
        run(game, 1)
        frames += 1
        assert frames < 300
    assert frames == P.freeze + OUTRO_FRAMES, "the impact and the pose are seen to their end"


def test_two_idle_players_come_to_an_end_too():
    game = Duel(seed=2)
    frames = 0
    while not game.over:
        run(game, 1)
        frames += 1
        assert frames < 10_000
    assert game.scores() == (3, 3)
    assert frames == 3 * (INTRO_FRAMES + ROUND_FRAMES + OUTRO_FRAMES)


def test_a_fighter_sees_itself_first():
    game = fight(1_500, left={"health": 70, "guard": 3}, right={"stance": int(Stance.KICK), "age": 9}, rounds=(2, 1))
    own, other = (750, 0, 0, 70, 3, 0, 2), (750, int(Stance.KICK), 9, 100, GUARD, 0, 1)
    assert game.observe(0) == (1_500, *own, *other, int(Phase.FIGHT), ROUND_FRAMES)
    assert game.observe(1) == (1_500, *other, *own, int(Phase.FIGHT), ROUND_FRAMES)


def test_arrow_keys_mean_the_same_direction_to_both_players():
    game = Duel()
    left, right = game.keys(0), game.keys(1)
    assert game.buttons[left["right"]] == game.buttons[right["left"]] == "forward"
    assert game.buttons[left["left"]] == game.buttons[right["right"]] == "back"
    assert left["j"] == right["j"] == game.buttons.index("punch")
