"""Every limit on what may arrive, in one place. Knows numbers; knows no bytes."""

from __future__ import annotations

from typing import Final

PROTOCOL: Final = 2  # raised with every change of the format; compared in the handshake

MAX_DATAGRAM: Final = 16 * 1024  # bytes; nothing larger is looked at
MAX_INPUTS_DATAGRAM: Final = 1100  # bytes sent: under the smallest path MTU with room for DTLS, SCTP and IP headers
MAX_HOT: Final = 1400  # bytes of such a datagram that are read: with all that may ride along
MAX_INBOX: Final = 256  # datagrams queued per peer: four seconds at 60 Hz, more is a flood
MAX_AHEAD: Final = 60  # frames a peer may be ahead of us and still be buffered, on top of both windows and delays
MAX_TEXT: Final = 200  # characters of a label in a message
MAX_REASON: Final = 2000  # characters of a reason; enough for the end of a traceback
MAX_PAUSE: Final = 80  # characters of the reason of a pause: it rides in every datagram while that lasts
MAX_ENTRIES: Final = 64  # entries of a map or list in a message
MAX_BLOB: Final = 16 * 1024 * 1024  # bytes on the reliable channel
RING: Final = 256  # frames of inputs held per peer; two windows and two delays of 60 fit
MAX_TOKENS: Final = 1024  # bytes of the inputs in a message that is not the hot one
