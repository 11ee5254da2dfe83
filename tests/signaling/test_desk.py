from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.wire.feed import Keyframe, Rows, encode_feed
from signaling.desk import EVENTS, UNANSWERED, Desk
from signaling.limits import Limits, Rate
from signaling.refusals import Refusal
from signaling.visitors import FEED_MESSAGE

LIMITS = Limits()


class Hall:
    """A desk with a clock that stands still, and what was delivered."""

    def __init__(self, limits=LIMITS):
        self.desk, self.now, self.delivered, self.ended = Desk(limits), 0.0, [], []

    def arrive(self, *connections, address="192.0.2.1"):
        for connection in connections:
            self.desk.arrive(connection, address, now=self.now)

    def take(self, outcome):
        self.delivered += [(each.connection, each.event, each.payload) for each in outcome.deliveries]
        self.ended += outcome.ended
        return outcome.answer

    def ask(self, connection, event, /, **fields):
        return self.take(self.desk.handle(connection, event, (fields,), now=self.now))

    def heard(self, connection, event):
        return [payload for to, what, payload in self.delivered if to == connection and what == event]


@pytest.fixture
def hall():
    hall = Hall()
    hall.arrive("a", "b", "x", "y")
    hall.code = hall.ask("a", "create", name="ann", players=2, game="Pong 1")["room"]
    hall.welcome = hall.ask("b", "join", name="bob", room=hall.code)
    other = hall.ask("x", "create", name="xia", players=2, game="Duel 1")["room"]
    hall.ask("y", "join", name="yan", room=other)
    hall.delivered.clear()
    return hall


def test_a_joiner_is_told_all_about_the_room(hall):
    assert hall.welcome["ok"] is True
    assert hall.welcome["room"] == hall.code
    assert hall.welcome["me"] == {"id": "m2", "name": "bob", "seat": 1, "connected": True, "life": 1}
    assert [member["id"] for member in hall.welcome["members"]] == ["m1", "m2"]
    assert (hall.welcome["players"], hall.welcome["game"], hall.welcome["locked"]) == (2, "Pong 1", False)
    assert hall.welcome["invite"].startswith("invite.") and hall.welcome["resume"].startswith("resume.")


def test_the_others_are_told_of_every_change(hall):
    hall.ask("a", "lock")
    assert hall.heard("b", "members")[-1]["locked"] is True
    hall.take(hall.desk.depart("b", now=1.0))
    assert [member["connected"] for member in hall.heard("a", "members")[-1]["members"]] == [True, False]
    hall.arrive("b2")
    assert hall.ask("b2", "join", room=hall.code, resume=hall.welcome["resume"])["me"]["id"] == "m2"
    assert [member["connected"] for member in hall.heard("a", "members")[-1]["members"]] == [True, True]
    hall.ask("b2", "leave")
    assert [member["id"] for member in hall.heard("a", "members")[-1]["members"]] == ["m1"]
    assert not [each for each in hall.delivered if each[0] in "xy"]


def test_everybody_is_told_who_is_loading_and_when_it_is_done(hall):
    hall.arrive("c", "d")
    code = hall.ask("c", "create", name="cay", players=2, game="pong", loading=True)["room"]
    welcome = hall.ask("d", "join", name="dan", room=code, loading=True)
    assert [member.get("loading") for member in welcome["members"]] == [True, True] and welcome["me"]["loading"] is True
    hall.delivered.clear()
    assert hall.ask("c", "loaded") == {"ok": True}
    assert [member.get("loading") for member in hall.heard("d", "members")[-1]["members"]] == [None, True]
    told = len(hall.delivered)
    assert told == 2 and hall.ask("c", "loaded") == {"ok": True} and len(hall.delivered) == told  # news to nobody


@pytest.mark.parametrize("event", ["create", "join"])
def test_whether_somebody_is_loading_is_true_or_false(hall, event):
    hall.arrive("z")
    for wrong in (1, "yes", [], {}):
        assert "loading must be true or false" in hall.ask("z", event, room=hall.code, loading=wrong)["error"]


def test_a_page_that_loads_again_shows_no_match_and_the_next_player_does(hall):
    hall.ask("a", "lock")
    resume = hall.heard("a", "resume")[-1]["resume"]
    hall.arrive("a2")
    hall.ask("a2", "join", room=hall.code, resume=resume, instance="new", loading=True)
    assert hall.ask("a2", "feed", data=KEY) is None and hall.desk.dropped["not_feeder"] == 1
    hall.ask("b", "feed", data=KEY)
    assert hall.desk.dropped["not_feeder"] == 1
    hall.ask("a2", "loaded")
    hall.ask("b", "feed", data=KEY)
    assert hall.desk.dropped["not_feeder"] == 2
    hall.desk.depart("a2", now=1.0)
    hall.arrive("b2")
    hall.ask("b2", "join", room=hall.code, resume=hall.heard("b", "resume")[-1]["resume"], instance="new", loading=True)
    hall.ask("b2", "feed", data=KEY)  # nobody is left who could
    assert hall.desk.dropped["not_feeder"] == 3


def test_locking_a_locked_room_is_news_to_nobody(hall):
    assert hall.ask("a", "lock") == {"ok": True}
    assert len(hall.heard("a", "members")) == len(hall.heard("b", "members")) == 1
    assert hall.ask("b", "lock") == hall.ask("a", "lock") == {"ok": True}
    assert [event for _, event, _ in hall.delivered] == ["resume", "members"] * 2  # tokens tell of the lock


def test_signals_and_datagrams_reach_one_member_and_name_their_sender(hall):
    assert hall.ask("a", "signal", to="m2", data={"sdp": "x"}) == {"ok": True}
    assert hall.ask("b", "relay", to="m1", data=b"inputs") is None
    assert hall.delivered == [
        ("b", "signal", {"from": "m1", "data": {"sdp": "x"}}),
        ("a", "relay", {"from": "m2", "data": b"inputs"}),
    ]


@pytest.mark.parametrize("field", ["from", "sender", "id", "member"])
def test_a_sender_cannot_pretend_to_be_somebody_else(hall, field):
    hall.ask("a", "signal", to="m2", data={}, **{field: "m2"})
    assert hall.heard("b", "signal") == [{"from": "m1", "data": {}}]


@pytest.mark.parametrize("to", ["m1", "m3", "m99", "a", "b", "x", "y", "/", "*", None, 0, ["m2"], {"m2": 1}])
def test_nothing_reaches_anybody_who_is_not_another_member_of_the_room(hall, to):
    assert hall.ask("a", "signal", to=to, data={})["code"] == "unknown_member"
    assert hall.ask("a", "relay", to=to, data=b"") is None
    assert hall.desk.dropped["unknown_member"] == 1
    assert hall.delivered == []


@pytest.mark.parametrize("event", sorted(EVENTS - {"create", "join", "leave"}))
def test_outside_a_room_nothing_is_granted(hall, event):
    hall.arrive("z")
    answer = hall.ask("z", event, to="m1", data={} if event == "signal" else b"")
    assert answer is None if event in UNANSWERED else answer["code"] == "no_room"
    assert hall.delivered == []


def test_unknown_events_are_refused(hall):
    for event in ("disconnect", "connect", "message", "", 7, None, ["join"], {"a": 1}):
        assert hall.ask("a", event)["code"] == "unknown_event"


def test_an_invitation_can_be_renewed(hall):
    hall.now = 200.0
    fresh = hall.ask("a", "invite")["invite"]
    hall.ask("a", "lock")
    hall.ask("b", "leave")
    hall.now = 400.0
    hall.arrive("c")
    assert hall.ask("c", "join", room=hall.code, token=hall.welcome["invite"])["code"] == "token"
    assert hall.ask("c", "join", room=hall.code)["code"] == "locked"
    assert hall.ask("c", "join", room=hall.code, token=fresh)["me"]["seat"] == 1


def test_a_replaced_connection_is_told_why_and_ended(hall):
    hall.arrive("b2")
    hall.ask("b2", "join", room=hall.code, resume=hall.welcome["resume"])
    assert [payload["code"] for payload in hall.heard("b", "closed")] == ["replaced"]
    assert hall.ended == ["b"]
    hall.delivered.clear()
    hall.take(hall.desk.depart("b", now=0.0))
    assert hall.delivered == []


def test_who_enters_no_room_in_time_is_ended(hall):
    hall.arrive("z")
    hall.take(hall.desk.sweep(now=LIMITS.join_within - 0.1))
    assert hall.ended == []
    hall.take(hall.desk.sweep(now=LIMITS.join_within))
    assert hall.ended == ["z"]
    assert hall.heard("z", "closed")[0]["code"] == "no_room"


def test_who_left_has_the_same_time_again(hall):
    hall.now = 100.0
    hall.ask("b", "leave")
    hall.take(hall.desk.sweep(now=100.0 + LIMITS.join_within - 0.1))
    assert hall.ended == []
    hall.take(hall.desk.sweep(now=100.0 + LIMITS.join_within))
    assert hall.ended == ["b"]


def test_an_idle_room_is_closed_with_a_word_and_traffic_keeps_it(hall):
    hall.now = LIMITS.room_idle - 1
    hall.ask("a", "relay", to="m2", data=b"")
    hall.take(hall.desk.sweep(now=LIMITS.room_idle))
    assert sorted(hall.ended) == ["x", "y"]
    assert hall.heard("x", "closed") and not hall.heard("a", "closed")


def test_datagrams_over_the_rate_are_dropped_silently_and_counted(hall):
    allowed = int(LIMITS.relays_per_peer.burst * 2)
    for _ in range(allowed + 50):
        assert hall.ask("a", "relay", to="m2", data=b"") is None
    assert len(hall.heard("b", "relay")) == allowed
    assert hall.desk.dropped["rate"] == 50
    assert hall.ended == []
    hall.now = 1.0
    hall.ask("a", "relay", to="m2", data=b"")
    assert len(hall.heard("b", "relay")) == allowed + 1


def test_sixteen_players_at_sixty_frames_a_second_lose_nothing():
    hall = Hall()
    keys = [f"c{number}" for number in range(16)]
    hall.arrive(*keys)
    code = hall.ask("c0", "create", name="p", players=16)["room"]
    for key in keys[1:]:
        assert hall.ask(key, "join", name="p", room=code)["ok"]
    for frame in range(240):
        hall.now = frame / 60
        for other in range(2, 17):
            for _copy in range(2):
                hall.ask("c0", "relay", to=f"m{other}", data=b"")
    assert hall.desk.dropped == {}


def test_a_flood_of_datagrams_ends_the_connection(hall):
    for _ in range(10_000):
        hall.ask("a", "relay", to="m2", data=b"")
        if hall.ended:
            break
    assert hall.ended == ["a"]
    assert hall.heard("a", "closed")[0]["code"] == "busy"


def test_sending_to_a_peer_that_was_lost_does_not_end_the_sender(hall):
    hall.take(hall.desk.depart("b", now=0.0))
    for frame in range(60 * 300):
        hall.now = frame / 60
        hall.ask("a", "relay", to="m2", data=b"")
    assert hall.ended == []
    assert hall.desk.dropped["away"] == 60 * 300


def test_signals_over_the_rate_get_an_answer(hall):
    answers = [hall.ask("a", "signal", to="m2", data={}) for _ in range(int(LIMITS.signals.burst) + 1)]
    assert all(answer["ok"] for answer in answers[:-1])
    assert answers[-1]["code"] == "busy" and "50 a second" in answers[-1]["error"]


def test_refusal_after_refusal_ends_the_connection(hall):
    for _ in range(int(LIMITS.patience.burst)):
        assert hall.ask("a", "nonsense")["ok"] is False
    assert hall.ended == []
    hall.ask("a", "nonsense")
    assert hall.ended == ["a"]


def test_joins_are_counted_by_address_whatever_connection_makes_them():
    hall = Hall(replace(LIMITS, joins=Rate(0.5, 3)))
    hall.arrive("a", "b", "c", "d")
    hall.arrive("e", address="192.0.2.2")
    for key in "abc":
        assert hall.ask(key, "join", room="0000-0000")["code"] == "unknown_room"
    assert hall.ask("d", "create", players=2)["code"] == "busy"
    assert hall.ask("e", "create", players=2)["ok"]
    hall.now = 2.1
    assert hall.ask("d", "create", players=2)["ok"]


def test_connections_are_bounded_at_all_and_by_address():
    hall = Hall(replace(LIMITS, connections=3, connections_per_address=2))
    hall.arrive("a", "b")
    with pytest.raises(Refusal, match="2 connections come from your address"):
        hall.arrive("c")
    hall.arrive("c", address="192.0.2.2")
    with pytest.raises(Refusal, match="this lobby has 3 connections"):
        hall.arrive("d", address="192.0.2.3")
    hall.desk.depart("a", now=0.0)
    hall.arrive("d")
    assert len(hall.desk.visitors) == 3


def test_a_connection_nobody_announced_is_ended(hall):
    assert hall.ask("ghost", "create", players=2) is None
    assert hall.ended == ["ghost"]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
HUGE = st.sampled_from(["x" * 10_000, "\u202e" * 10_000, "é" * 40_000, b"\x00" * 20_000, 10**500, [[[]]] * 1000])
KNOWN = st.sampled_from(["m1", "m2", "m3", "a", "b", "K7QW-3MZP", "CODE", "INVITE", "RESUME", 2, True])
FIELDS = st.dictionaries(
    st.sampled_from(
        ["room", "name", "players", "game", "token", "resume", "spectate", "loading", "instance", "to", "data", "from"]
    )
    | st.text(max_size=5),
    JUNK | HUGE | KNOWN,
    max_size=8,
)
CALLS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "ghost"]),
        st.sampled_from(sorted(EVENTS)) | JUNK,
        st.lists(FIELDS | JUNK | HUGE, max_size=2) | FIELDS.map(lambda fields: [fields]),
        st.floats(0, 40),
    ),
    max_size=25,
)


@settings(deadline=None, max_examples=300)
@given(CALLS)
def test_whatever_clients_send_the_desk_answers_and_never_raises(calls):
    hall = Hall(replace(LIMITS, signals=Rate(1e6, 1e6), requests=Rate(1e6, 1e6), joins=Rate(1e6, 1e6), patience=Rate(1e6, 1e6)))
    hall.arrive("a", "b", "c", "watch", "out")
    welcome = hall.ask("a", "create", name="ann", players=3, game="g")
    real = {"CODE": welcome["room"], "INVITE": welcome["invite"], "RESUME": welcome["resume"]}
    secluded = hall.ask("watch", "create", name="w", players=2)
    hall.ask("out", "join", room=secluded["room"])
    hall.delivered.clear()
    for connection, event, arguments, later in calls:
        hall.now += later
        arguments = [
            {key: real.get(value, value) if isinstance(value, str) else value for key, value in each.items()}
            if isinstance(each, dict)
            else each
            for each in arguments
        ]
        outcome = hall.desk.handle(connection, event, arguments, now=hall.now)
        hall.take(outcome)
        if outcome.answer is not None and not outcome.answer["ok"]:
            assert outcome.answer["error"].isprintable() and len(outcome.answer["error"]) < 300
        hall.take(hall.desk.sweep(now=hall.now))
    assert not [each for each in hall.delivered if each[0] in ("watch", "out") and each[1] in ("signal", "relay")]
    assert hall.desk.rooms.members <= 5


LEFT, RIGHT = 0b0011, 0b1100


@pytest.fixture
def four():
    hall = Hall()
    hall.arrive(*"abcdxs")
    hall.code = hall.ask("a", "create", name="ann", players=4, game="Duel 1")["room"]
    for connection in "bcd":
        hall.ask(connection, "join", name=connection, room=hall.code)
    hall.ask("s", "join", name="eve", room=hall.code, spectate=True)
    hall.ask("x", "create", name="xia", players=2)
    hall.delivered.clear()
    return hall


def settle(hall, later):
    hall.now += later
    hall.take(hall.desk.settle(now=hall.now))


def test_a_vote_is_answered_to_all_who_asked_when_both_sides_had_their_moment(four):
    assert four.desk.wake_at is None
    for connection, roster in (("a", LEFT), ("c", RIGHT), ("d", RIGHT)):
        assert four.ask(connection, "vote", match=0, epoch=1, roster=roster) == {"ok": True}
    assert four.desk.wake_at == LIMITS.vote_wait and four.delivered == []
    settle(four, LIMITS.vote_wait)
    verdict = {"match": 0, "epoch": 1, "roster": LEFT}
    assert four.delivered == [(each, "verdict", verdict) for each in "acd"]
    assert four.desk.wake_at is None
    assert four.ask("d", "vote", match=0, epoch=1, roster=RIGHT) == {"ok": True, "roster": LEFT}


def test_the_side_that_the_lobby_still_hears_is_preferred(four):
    four.ask("a", "vote", match=0, epoch=1, roster=LEFT)
    four.ask("c", "vote", match=0, epoch=1, roster=RIGHT)
    four.take(four.desk.depart("b", now=0.0))
    settle(four, LIMITS.vote_wait)
    assert four.heard("a", "verdict") == four.heard("c", "verdict") == [{"match": 0, "epoch": 1, "roster": RIGHT}]


@pytest.mark.parametrize(
    ("connection", "fields", "code"),
    [
        ("s", {"match": 0, "epoch": 1, "roster": 1}, "no_seat"),
        ("a", {"match": 1, "epoch": 1, "roster": 1}, "no_vote"),
        ("a", {"epoch": 1, "roster": 1}, "no_vote"),
        ("a", {"match": 0, "epoch": 1, "roster": 2}, "malformed"),
        ("x", {"match": 0, "epoch": 1, "roster": 3}, "malformed"),
        ("a", {"match": 0}, "malformed"),
    ],
    ids=str,
)
def test_a_vote_that_cannot_be_asked_for_is_refused(four, connection, fields, code):
    assert four.ask(connection, "vote", **fields)["code"] == code
    assert four.desk.wake_at is None


def test_rooms_vote_for_themselves(four):
    four.arrive("y")
    room = next(room for room in four.desk.rooms if room.code != four.code.replace("-", ""))
    four.ask("y", "join", name="yan", room=room.code)
    four.ask("y", "vote", match=0, epoch=1, roster=2)
    four.ask("c", "vote", match=0, epoch=1, roster=RIGHT)
    settle(four, LIMITS.vote_wait)
    assert four.heard("y", "verdict")[0]["roster"] == 2 and four.heard("c", "verdict")[0]["roster"] == RIGHT


def test_the_next_match_begins_when_all_players_asked_for_it(hall):
    hall.ask("a", "lock")
    hall.delivered.clear()
    assert hall.ask("a", "again", match=1) == {"ok": True, "match": 0}
    assert [member.get("again") for member in hall.heard("b", "members")[-1]["members"]] == [True, None]
    assert hall.ask("b", "again", match=1) == {"ok": True, "match": 1}
    told = hall.heard("a", "members")[-1]
    assert told["match"] == 1 and told["locked"] and not any("again" in member for member in told["members"])
    assert hall.ask("a", "again", match=1) == {"ok": True, "match": 1}  # asked once more: it has begun
    assert hall.ask("a", "again", match=3)["code"] == "malformed"
    assert hall.ask("a", "again", match=None)["code"] == "malformed"


def test_who_declines_is_told_to_the_others_and_may_think_again(hall):
    hall.ask("b", "again", match=1, again=False)
    assert hall.heard("a", "members")[-1]["members"][1]["again"] is False
    hall.ask("a", "again", match=1)
    assert hall.heard("a", "members")[-1]["match"] == 0
    hall.ask("b", "again", match=1)
    assert hall.heard("a", "members")[-1]["match"] == 1


def test_who_leaves_keeps_nobody_from_the_next_match_and_spectators_are_not_asked(four):
    for connection in "abc":
        four.ask(connection, "again", match=1)
    assert four.ask("s", "again", match=1)["code"] == "no_seat"
    assert four.heard("s", "members")[-1]["match"] == 0
    four.ask("d", "leave")
    assert four.heard("s", "members")[-1]["match"] == 1


def test_who_is_away_is_waited_for_and_after_the_grace_the_seat_is_open(hall):
    hall.ask("a", "lock")
    hall.take(hall.desk.depart("b", now=0.0))
    hall.ask("a", "again", match=1)
    hall.take(hall.desk.sweep(now=LIMITS.away_grace - 1))
    assert hall.heard("a", "members")[-1]["match"] == 0
    hall.take(hall.desk.sweep(now=LIMITS.away_grace))
    told = hall.heard("a", "members")[-1]
    assert (told["match"], told["locked"], [member["name"] for member in told["members"]]) == (1, False, ["ann"])


def test_a_new_match_has_new_votes_and_no_feed_of_the_old_one(hall):
    hall.ask("a", "vote", match=0, epoch=1, roster=1)
    settle(hall, 1.0)
    for connection in "ab":
        hall.ask(connection, "again", match=1)
    assert hall.ask("b", "vote", match=0, epoch=1, roster=2)["code"] == "no_vote"
    assert hall.ask("b", "vote", match=1, epoch=1, roster=2) == {"ok": True}


KEY = encode_feed(Keyframe(0, 10, 0, 0, {}, (1,), {}, {}, {}))


def test_only_the_connected_player_with_the_lowest_seat_shows_the_match(four):
    for connection, code in (("b", "not_feeder"), ("s", "no_seat")):
        assert four.ask(connection, "feed", data=KEY) is None
        assert four.desk.dropped[code] == 1
    outcome = four.desk.handle("a", "feed", ({"data": KEY},), now=0.0)
    assert outcome.fed is not None and outcome.answer is None and outcome.deliveries == []
    four.take(four.desk.depart("a", now=0.0))
    assert four.desk.handle("b", "feed", ({"data": KEY},), now=0.0).fed is outcome.fed


def test_a_state_for_which_there_is_no_room_is_refused_in_a_sentence(four):
    four.ask("a", "feed", data=encode_feed(Keyframe(0, 16 * 1024 * 1024, 0, 0, {}, (1,), {}, {}, {})))
    assert four.heard("a", "refused") == []
    four.desk.limits = replace(LIMITS, feeds_bytes=1000)
    four.ask("a", "feed", data=encode_feed(Keyframe(0, 1001, 0, 0, {}, (1,), {}, {}, {})))
    (told,) = four.heard("a", "refused")
    assert told["code"] == "too_large" and "has 1001 bytes, and this lobby has room for 1000" in told["error"]


def test_uploads_have_a_rate():
    hall = Hall(replace(LIMITS, feed_rate=Rate(100, len(KEY) + FEED_MESSAGE)))
    hall.arrive("a")
    hall.ask("a", "create", name="ann", players=2)
    for _ in range(2):
        hall.ask("a", "feed", data=KEY)
    assert hall.desk.dropped == {"rate": 1}


def test_many_tiny_messages_of_a_feed_are_no_way_around_its_rate():
    hall = Hall()
    hall.arrive("a")
    hall.ask("a", "create", name="ann", players=2)
    tiny = encode_feed(Rows(0, 1, b""))
    for _ in range(20_000):
        hall.ask("a", "feed", data=tiny)
    read = 20_000 - hall.desk.dropped["rate"]
    assert 1000 < read <= LIMITS.feed_rate.burst / FEED_MESSAGE


def test_players_hear_at_once_of_the_first_who_watches_and_of_the_crowd_once_a_second(four):
    assert four.ask("s", "watch") == {"ok": True}
    assert four.heard("a", "members")[-1]["watching"] == 1
    four.arrive(*(f"w{number}" for number in range(40)), address="192.0.2.9")
    four.delivered.clear()
    for number in range(40):
        four.ask(f"w{number}", "join", name="w", room=four.code, spectate=True, watch=True)
    listed = LIMITS.spectators - 1  # of these everybody hears; eve was there already
    assert len(four.heard("a", "members")) == listed
    four.take(four.desk.sweep(now=1.0))
    assert len(four.heard("a", "members")) == listed + 1 and four.heard("a", "members")[-1]["watching"] == 41
    four.take(four.desk.sweep(now=2.0))
    four.take(four.desk.depart("w39", now=2.0))
    assert len(four.heard("a", "members")) == listed + 1
    assert four.ask("s", "watch", on=False) == {"ok": True}
    four.take(four.desk.sweep(now=3.0))
    assert four.heard("a", "members")[-1]["watching"] == 39
