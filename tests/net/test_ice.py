from __future__ import annotations

import pytest

from rollback.errors import UsageError
from rollback.net.ice import IceOptions


def test_without_options_nobody_is_asked_and_all_addresses_are_offered():
    assert IceOptions.checked() == IceOptions(servers=(), addresses=None)


def test_a_url_and_a_mapping_are_both_servers():
    turn = {"urls": "turn:turn.example.org", "username": "ann", "credential": "secret"}
    options = IceOptions.checked(["stun:stun.example.org:3478", turn])
    assert options.servers[0] == {"urls": ["stun:stun.example.org:3478"]}
    assert options.servers[1] == {"urls": ["turn:turn.example.org"], "username": "ann", "credential": "secret"}


def test_a_server_with_several_urls_keeps_them():
    options = IceOptions.checked([{"urls": ["stun:one.example", "stuns:two.example"]}])
    assert options.servers[0]["urls"] == ["stun:one.example", "stuns:two.example"]


@pytest.mark.parametrize(
    ("servers", "words"),
    [
        ("stun:one.example", "write \\['stun:one.example'\\]"),
        (["http://one.example"], "must start with stun:"),
        ([{"urls": ["stun:a", 7]}], "not 7"),
        ([{"url": "stun:a"}], "with urls"),
        ([{"urls": "stun:a", "password": "x"}], "credential"),
        ([17], "not 17"),
    ],
)
def test_a_server_that_cannot_be_one_is_refused(servers, words):
    with pytest.raises(UsageError, match=words):
        IceOptions.checked(servers)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "192.0.2.7"])
def test_addresses_are_kept(address):
    assert IceOptions.checked([], [address]).addresses == (address,)


@pytest.mark.parametrize(
    ("addresses", "words"),
    [("127.0.0.1", "write"), (["localhost"], "not 'localhost'"), ([], "empty"), ([None], "not None")],
)
def test_an_address_that_is_none_is_refused(addresses, words):
    with pytest.raises(UsageError, match=words):
        IceOptions.checked([], addresses)
