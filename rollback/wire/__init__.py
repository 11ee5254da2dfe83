"""Messages and state trees as bytes, and back. The only place that knows msgpack; the limits on everything that arrives."""

from rollback.wire.inputs import Inputs, Line, decode_inputs, encode_inputs
from rollback.wire.messages import Bye, Claim, Forward, Hello, Join, Message, Notice, decode_message, encode_message
from rollback.wire.tree import pack_tree, unpack_tree

__all__ = [
    "Bye",
    "Claim",
    "Forward",
    "Hello",
    "Inputs",
    "Join",
    "Line",
    "Message",
    "Notice",
    "decode_inputs",
    "decode_message",
    "encode_inputs",
    "encode_message",
    "pack_tree",
    "unpack_tree",
]
