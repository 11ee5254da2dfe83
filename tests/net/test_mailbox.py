import asyncio

import pytest

from rollback.net.mailbox import Mailbox


def test_what_comes_before_a_handler_is_kept_in_order():
    box, heard = Mailbox(10), []
    for number in range(3):
        box.put("m1", number)
    box.handler = lambda *what: heard.append(what)
    box.put("m1", 3)
    assert heard == [("m1", 0), ("m1", 1), ("m1", 2), ("m1", 3)]


def test_only_the_newest_are_kept():
    box, heard = Mailbox(3), []
    for number in range(10):
        box.put(number)
    box.handler = heard.append
    assert heard == [7, 8, 9]


def test_kept_ones_are_handed_over_once():
    box, first, second = Mailbox(3), [], []
    box.put(1)
    box.handler = first.append
    box.handler = second.append
    box.put(2)
    assert (first, second) == ([1], [2])


def test_without_a_handler_again_things_are_kept_again():
    box, heard = Mailbox(3), []
    box.handler = heard.append
    box.handler = None
    box.put(1)
    assert heard == [] and box.handler is None
    box.handler = heard.append
    assert heard == [1]


def test_a_handler_that_steps_back_leaves_the_rest_for_the_next():
    box, first, second = Mailbox(5), [], []

    def take_one(what):
        first.append(what)
        box.handler = None

    for number in range(3):
        box.put(number)
    box.handler = take_one
    box.handler = second.append
    assert (first, second) == ([0], [1, 2])


def test_what_arrives_while_kept_ones_are_handed_over_comes_after_them():
    box, heard = Mailbox(5), []

    def answer(what):
        heard.append(what)
        if what == 0:
            box.put("new")

    for number in range(3):
        box.put(number)
    box.handler = answer
    assert heard == [0, 1, 2, "new"]


async def test_a_handler_that_fails_is_reported_and_the_rest_still_comes():
    reported, heard = [], []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context["exception"]))

    def fail(what):
        heard.append(what)
        raise KeyError(what)

    box = Mailbox(5)
    box.put(1)
    box.put(2)
    box.handler = fail
    assert heard == [1, 2]
    assert [type(error) for error in reported] == [KeyError, KeyError]


def test_an_interrupt_in_a_handler_is_not_swallowed():
    def interrupt(what):
        raise KeyboardInterrupt

    box = Mailbox(1)
    box.handler = interrupt
    with pytest.raises(KeyboardInterrupt):
        box.put(1)
