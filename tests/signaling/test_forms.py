import pytest

from signaling.forms import Form
from signaling.limits import Limits
from signaling.refusals import Refusal

LIMITS = Limits()


def form(**fields):
    return Form("join", (fields,), LIMITS)


def test_a_field_that_was_left_out_has_a_plain_default():
    empty = Form("join", (), LIMITS)
    assert (empty.name(), empty.game(), empty.players(), empty.flag("spectate"), empty.get("room")) == (
        "",
        "",
        None,
        False,
        None,
    )


@pytest.mark.parametrize("arguments", [(1,), ("create",), ([],), (None,), ({}, {}), (b"",)])
def test_anything_but_one_mapping_is_refused(arguments):
    with pytest.raises(Refusal, match="'join' takes one mapping of fields") as caught:
        Form("join", arguments, LIMITS)
    assert caught.value.code == "malformed"


@pytest.mark.parametrize("players", [0, -1, 17, 2.0, True, "2", [2], {}, b"2", 10**400, float("nan")])
def test_a_wrong_number_of_players_is_refused_naming_the_limits(players):
    with pytest.raises(Refusal, match="players must be a whole number from 1 to 16, not ") as caught:
        form(players=players).players()
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize("players", [1, 2, 16])
def test_a_right_number_of_players_is_taken(players):
    assert form(players=players).players() == players


def test_names_are_cut_and_cleaned_and_labels_of_games_are_not_cut():
    assert form(name="\u202e" + "x" * 10_000).name() == "x" * 32
    assert form(game="g" * 200).game() == "g" * 200
    with pytest.raises(Refusal, match="game has 201 characters: a label has at most 200"):
        form(game="g" * 201).game()


@pytest.mark.parametrize("value", [1, [], {}, b"x", 1.5, True])
def test_a_text_that_is_none_is_refused(value):
    with pytest.raises(Refusal, match="name must be a string, not a "):
        form(name=value).name()


@pytest.mark.parametrize("value", [1, 0, "yes", [], {}])
def test_a_flag_is_true_or_false(value):
    assert form(spectate=True).flag("spectate")
    with pytest.raises(Refusal, match="spectate must be true or false"):
        form(spectate=value).flag("spectate")


def deep(levels):
    value: dict = {}
    for _ in range(levels):
        value = {"": value}
    return value


@pytest.mark.parametrize(
    "data",
    [None, [], "sdp", 1, {"a": b"bytes"}, {"a": float("nan")}, {"a": float("inf")}, {"a": object()}, deep(100_000)],
)
def test_a_signal_that_is_no_plain_json_mapping_is_refused(data):
    with pytest.raises(Refusal) as caught:
        form(data=data).signal()
    assert caught.value.code == "malformed"


def test_signals_and_datagrams_have_their_limits():
    fits = {"s": "x" * (LIMITS.signal_bytes - len('{"s":""}'))}
    assert form(data=fits).signal() == fits
    with pytest.raises(Refusal, match="at most 32768 are taken"):
        form(data={"s": fits["s"] + "x"}).signal()
    assert form(data=bytes(16384)).datagram() == bytes(16384)
    with pytest.raises(Refusal, match="at most 16384 are relayed"):
        form(data=bytes(16385)).datagram()
    for wrong in ("text", None, [1], {"_placeholder": True, "num": 0}):
        with pytest.raises(Refusal, match="must be bytes"):
            form(data=wrong).datagram()
