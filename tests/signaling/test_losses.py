"""What the lobby drops is counted for each receiver, told once, and logged now and then."""

from __future__ import annotations

import importlib.util
import logging

from signaling.losses import REPORT_EVERY, Losses


def test_what_was_dropped_is_told_to_each_receiver_once() -> None:
    losses = Losses()
    assert losses.take() == {} and losses.report(0.0) == ""
    for receiver in ("a", "b", "a"):
        losses.note(receiver)
    assert losses.take() == {"a": 2, "b": 1} and losses.take() == {}


def test_the_log_has_a_line_in_ten_seconds_however_much_is_dropped() -> None:
    losses = Losses()
    losses.note("a")
    assert losses.report(100.0).startswith("the relay dropped 1 datagram for 1 member whose line takes too little")
    lines = []
    for tenth in range(1, 250):
        losses.note("a" if tenth % 2 else "b")
        lines.append(losses.report(100.0 + tenth / 10))
    assert [line for line in lines if line] == [
        f"the relay dropped {count} datagrams for 2 members whose lines take too little:"
        " matches that go through this lobby are held up there"
        for count in (100, 100)
    ]
    assert lines[int(10 * REPORT_EVERY) - 1], "as soon as ten seconds are over"


def test_what_nobody_reports_any_more_is_reported_later() -> None:
    losses = Losses()
    losses.note("a")
    assert losses.report(0.0)
    losses.note("b")
    assert losses.report(1.0) == "" and "1 datagram" in losses.report(60.0) and losses.report(120.0) == ""


def test_what_an_application_chose_for_its_log_is_left_alone_by_an_import(monkeypatch) -> None:
    log = logging.getLogger("signaling.relay")
    monkeypatch.setattr(log, "level", logging.CRITICAL)
    spec = importlib.util.find_spec("signaling.app")
    assert spec is not None and spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    assert log.level == logging.CRITICAL
