import json

import pytest
from engineio.packet import Packet as EnginePacket
from socketio.packet import Packet
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import BytesMessage, TextMessage

from signaling.raw_socket import event_frames


@pytest.mark.parametrize("size", [0, 1, 125, 126, 16 * 1024, 65_535, 65_536, 200_000])
def test_the_frames_are_what_the_libraries_make_of_the_same_event(size):
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    client, server = Connection(ConnectionType.CLIENT), Connection(ConnectionType.SERVER)
    announcement, attachment = Packet(data=["feed", {"data": data}], namespace="/").encode()
    theirs = server.send(TextMessage(data=EnginePacket(4, data=announcement).encode())) + server.send(
        BytesMessage(data=attachment)
    )
    assert event_frames("feed", data) == theirs
    client.receive_data(event_frames("feed", data))
    text, *pieces = list(client.events())
    assert text.data.startswith("451-") and json.loads(text.data[4:])[0] == "feed"
    assert b"".join(bytes(piece.data) for piece in pieces) == data
