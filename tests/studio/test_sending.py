import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from socketio import AsyncClient, packet

from rollback.studio.sending import Answer, Packet
from rollback.studio.server import StudioApp

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**90), 10**90) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def finite(value):
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def strictly(text):
    return json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


@settings(max_examples=60, deadline=None)
@given(ANYTHING)
def test_whatever_is_sent_is_json_and_numbers_stay_what_they_were(value):
    text = Packet(data=["event", value], namespace="/").encode()
    assert strictly(text.removeprefix("2")) == ["event", finite(value)]
    assert packet.Packet(encoded_packet=text).data == ["event", finite(value)], "as a client reads it"


def test_an_answer_over_http_is_no_other_and_is_kept_nowhere():
    answer = Answer({"reward": math.nan, "text": "\ud800", "rows": [1, math.inf]}, 404)
    assert strictly(answer.body) == {"reward": None, "text": "\ud800", "rows": [1, None]}
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
    assert answer.headers["content-type"] == "application/json"


def test_the_studio_sends_so_and_changes_nothing_for_other_servers_and_clients(tmp_path):
    assert StudioApp(tmp_path)._server.packet_class is Packet
    assert AsyncClient().packet_class is packet.Packet and packet.Packet.json is not Packet.json
