import json

import pytest
from engineio.packet import Packet as EnginePacket
from hypothesis import example, given, settings
from hypothesis import strategies as st
from socketio.packet import Packet

from signaling.frames import FrameCheck
from tests.cases import every

EVENTS = frozenset({"join", "relay", "signal"})


def fresh(*, connected=True):
    check = FrameCheck(EVENTS, 1000)
    if connected:
        assert check.is_fine("40")
    return check


@pytest.mark.parametrize(
    "frame",
    [
        "1",
        "3",
        "41",
        '42["join",{"room":"K7QW-3MZP"}]',
        '420["join"]',
        '42123456789["join",{}]',
        '42["signal",{"to":"m1","data":{"sdp":"v=0\\r\\n[::1]","n":[1,2.5,null,true]}}]',
        '451-["relay",{"to":"m1","data":{"_placeholder":true,"num":0}}]',
        '451-7["relay",{"to":"m1","data":{"_placeholder":true,"num":0}}]',
    ],
)
def test_what_honest_clients_send_passes(frame):
    assert fresh().is_fine(frame)


@pytest.mark.parametrize("frame", ["40", "40{}", '40{"token":"x"}'])
def test_a_client_connects_once(frame):
    check = fresh(connected=False)
    assert check.is_fine(frame)
    assert not check.is_fine(frame)


@every(
    "frame",
    [
        "",
        "0",
        "2",
        "2probe",
        "3probe",
        "4",
        "5",
        "6",
        "b4AAA",
        "40/admin,",
        "40/admin,{}",
        "40[]x",
        "42",
        "42{}",
        "42[]",
        "42[1]",
        '42[["join"]]',
        '42[{"a":1}]',
        '42["connect",{}]',
        '42["disconnect","x"]',
        '42["unknown"]',
        '42/admin,["join"]',
        '420123456789["join"]',
        '42\u0661["join"]',
        '42["join",{"a":NaN}]',
        '42["join",{"a":-Infinity}]',
        '42["join"',
        '42["join",' + "[" * 30_000 + "]" * 30_000 + "]",
        '42["join",' + "[" * 40 + "]" * 40 + "]",
        "430[]",
        "44{}",
        '450-["relay",{}]',
        '452-["relay",{}]',
        '4599999999-["relay",{}]',
        '451-["relay",{"data":{"_placeholder":true,"num":1}}]',
        '451-["relay",{"data":{"_placeholder":true,"num":-1}}]',
        '451-["relay",{"data":{"_placeholder":true,"num":"0"}}]',
        '451-["relay",{"data":{"_placeholder":true,"num":true}}]',
        '451-["relay",{"data":{"_placeholder":true}}]',
        "461-0[]",
        b"",
        b"\x00",
    ],
)
def test_anything_else_is_stopped(frame):
    assert not fresh().is_fine(frame)


def test_nothing_is_said_before_connecting():
    assert not fresh(connected=False).is_fine('42["join",{}]')


def test_a_binary_message_comes_after_its_announcement_and_nothing_comes_between():
    check = fresh()
    announcement = '451-["relay",{"data":{"_placeholder":true,"num":0}}]'
    assert check.is_fine(announcement)
    assert check.is_fine(b"inputs")
    assert not check.is_fine(b"more")
    assert check.is_fine(announcement)
    assert not check.is_fine("3")
    other = fresh()
    assert other.is_fine(announcement)
    assert not other.is_fine(bytes(1001))


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just({"_placeholder": True, "num": 0}),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["_placeholder", "num", "data"]), inner, max_size=3)
    ),
    max_leaves=8,
)
NEAR = st.tuples(
    st.sampled_from(["42", "451-", "450-", "452-", "40", "41", "43", "45", "2", "3", "4", "421", "451-1"]),
    st.sampled_from(["", "/x,", "12", "-"]),
    st.lists(st.sampled_from(["join", "relay", "disconnect"]) | VALUE, max_size=3),
).map(lambda parts: parts[0] + parts[1] + json.dumps(parts[2]))


@settings(deadline=None, max_examples=500)
@given(st.lists(NEAR | st.text(max_size=20) | st.binary(max_size=20), max_size=4))
@example(['451-["relay",{"_placeholder":true,"num":0}]', b"x"])
def test_the_library_can_decode_whatever_passes(frames):
    check, waiting = fresh(), None
    for frame in frames:
        if not check.is_fine(frame):
            return
        decoded = EnginePacket(encoded_packet=frame)
        if waiting is not None:
            assert waiting.add_attachment(decoded.data)
            assert waiting.data[0] in EVENTS
            waiting = None
        elif decoded.packet_type == 4:
            packet = Packet(encoded_packet=decoded.data)
            if packet.attachment_count:
                waiting = packet
            elif packet.packet_type == 2:
                assert packet.data[0] in EVENTS
