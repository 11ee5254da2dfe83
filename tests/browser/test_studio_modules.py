"""The modules of the studio's page alone: a curve that stays small and true, a link that comes back, fields and words."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.acting_studio import ActingStudio
from tests.browser.stage import Stage, Tab


@pytest.fixture(scope="module")
def tab(stage: Stage) -> Iterator[Tab]:
    """An open page of a studio."""
    studio = ActingStudio(stage)
    yield studio.open()
    studio.close()


CURVE = """async ([begun, batches]) => {
    const { Curve } = await import("/studio/curve.js");
    const curve = new Curve();
    if (begun) curve.begin(begun);
    for (const rows of batches) curve.add(rows);
    const columns = Object.fromEntries(curve.columns);
    const { stride, last, episodes, step, size } = curve;
    return { stride, last, episodes, step, size, columns, medians: curve.medians("reward") };
}"""


def points(dice: random.Random, count: int, first: int = 1) -> list[list[Any]]:
    return [[first + at, 3 * (first + at), dice.uniform(-9, 9), dice.randrange(50), 1 / (first + at)] for at in range(count)]


@pytest.mark.parametrize("count", [0, 1, 7, 1500, 1501, 1502, 4321])
def test_a_curve_holds_the_means_of_its_groups_however_the_points_come(tab: Tab, count: int) -> None:
    dice = random.Random(count)
    rows = points(dice, count)
    batches, at = [], 0
    while at < count:
        size = dice.randrange(1, 700)
        batches.append(rows[at : at + size] + rows[max(0, at - 2) : at])  # and some of before once more
        at += size
    held = tab.evaluate(CURVE, [None, batches])
    stride = held["stride"]
    groups = [rows[at : at + stride] for at in range(0, count, stride)]
    assert held["size"] == len(groups) <= 1500 and held["last"] == count
    assert held["episodes"] == [group[-1][0] for group in groups]
    if count:
        assert held["step"] == rows[-1][1]
        assert held["columns"]["reward"] == pytest.approx([statistics.mean(row[2] for row in group) for group in groups])
        assert held["columns"]["epsilon"] == [group[-1][4] for group in groups]
        rewards = held["columns"]["reward"]
        windows = [rewards[max(0, at - 24) : at + 1] for at in range(len(rewards))]
        assert held["medians"] == pytest.approx([statistics.median(window) for window in windows])


def test_a_curve_goes_on_from_a_thinned_one_and_shows_gaps_as_gaps(tab: Tab) -> None:
    begun = {"stride": 4, "last": 10, "rows": [[4, 8, 1.0, 5, 0.1], [8, 16, 3.0, 5, 0.1], [10, 20, 5.0, 5, 0.1]]}
    rows = [[11, 22, 8.0, 5, 0.1], [12, 24, None, 5, 0.1], [13, 26, 7.0, 5, 0.1, {"lines": 2}]]
    held = tab.evaluate(CURVE, [begun, [rows]])
    assert held["episodes"] == [4, 8, 12, 13] and held["columns"]["lines"] == [None, None, None, 2]
    assert held["columns"]["reward"] == [1, 3, 6, 7]  # 5, 5 and 8; what is no number changes nothing


LINK = """async () => {
    const { Link } = await import("/studio/link.js");
    const [timers, sockets, states, events, sent] = [[], [], [], [], []];
    const real = { setTimeout, clearTimeout, WebSocket };
    window.setTimeout = (act, ms) => timers.push({ act, ms });
    window.clearTimeout = (number) => number && (timers[number - 1].isOff = true);
    window.WebSocket = class extends EventTarget {
        static OPEN = 1;
        readyState = 1;
        constructor() { super(); sockets.push(this); }
        send(text) { sent.push(text); }
        close() { this.readyState = 3; }
        say(data) { this.dispatchEvent(new MessageEvent("message", { data })); }
    };
    const due = (ms) => timers.findLast((timer) => timer.ms === ms && !timer.isOff);
    try {
        const onEvent = (...told) => { events.push(told); };
        const link = new Link({ token: "t", onEvent, onState: ({ state }) => states.push(state) });
        link.connect();
        const pauses = [];
        for (let time = 0; time < 8; time++) {
            const before = timers.length;
            sockets.at(-1).dispatchEvent(new Event("close"));
            const retry = timers.slice(before).at(-1);
            pauses.push(retry.ms);
            retry.act();
        }
        const socket = sockets.at(-1);
        socket.say('0{"sid":"x","pingInterval":5000,"pingTimeout":20000}');
        socket.say('40{"sid":"y"}');
        socket.say("2");
        socket.say('427["points",{"rows":[]}]');
        socket.say('42["status",{"run":"a"}]');
        socket.say("42garbage");
        socket.say("42[7]");
        const answers = [link.ask("start", { a: 1 }), link.ask("stop"), link.ask("save")];
        socket.say('430[{"ok":true,"run":"a"}]');
        socket.say('431[{"ok":false,"error":"no\\\\u0000 way"}]');
        await Promise.resolve();
        due(25000).act(); // silence for as long as the studio said
        const after = timers.at(-1).ms;
        answers.push(link.ask("late"));
        const told = await Promise.allSettled(answers);
        return { pauses, sent, states, events, after, told: told.map(({ value, reason }) => value ?? reason.message) };
    } finally {
        Object.assign(window, real);
    }
}"""


def test_a_link_waits_longer_each_time_answers_what_wants_it_and_notices_silence(tab: Tab) -> None:
    seen = tab.evaluate(LINK)
    assert seen["pauses"] == pytest.approx([3000, 4500, 6750, 10125, 15187.5, 22781.25, 30000, 30000])
    assert seen["after"] == 3000  # it was connected in between
    assert seen["sent"] == ['40{"token":"t"}', "3", '420["start",{"a":1}]', '421["stop",{}]', '422["save",{}]', "437[]"]
    assert seen["events"] == [["points", {"rows": []}], ["status", {"run": "a"}]]
    assert seen["states"] == ["connecting", *["waiting", "connecting"] * 8, "connected", "waiting"]
    lost = "The connection to the studio is lost."
    assert seen["told"] == [
        {"ok": True, "run": "a"}, "no way", lost, "The studio is not connected: this was not sent.",
    ]  # fmt: skip


WORDS = """async (values) => {
    const { number, shortNumber, plainWords } = await import("/studio/words.js");
    return [...values.map(number), number(NaN), number(undefined), shortNumber(512345), plainWords("a\\u202eb\\nc", 4)];
}"""


def test_numbers_are_told_with_the_digits_that_matter(tab: Tab) -> None:
    told = tab.evaluate(WORDS, [0, 1234567, 0.123456, -71.65, 1234.5])
    assert told == ["0", "1,234,567", "0.123", "-71.7", "1,235", "\u2013", "\u2013", "512K", "a b…"]


DRAWN = """async ([words, places]) => {
    const { drawShapes } = await import("/studio/shapes-picture.js");
    const canvas = Object.assign(document.createElement("canvas"), { width: 424, height: 265 });
    const context = canvas.getContext("2d");
    const edges = places.map((y) => {
        drawShapes({ context, width: 424, height: 265 }, { primitives: [["text", 0.5, y, 0.08, words, "white", "center"]] });
        const lit = (row) => context.getImageData(0, row, 424, 1).data.some((each, at) => at % 4 === 0 && each > 0x60);
        return [lit(0), lit(132), lit(264)];
    });
    return edges;
}"""


@pytest.mark.parametrize("words", ["30", "serve \u25ba", "\u1ea4\u01fa|gq\u1ee4"])
def test_a_text_at_the_edge_of_a_picture_is_seen_whole(tab: Tab, words: str) -> None:
    edges = tab.evaluate(DRAWN, [words, [1 / 36, 0.0, 0.5, 35 / 36, 1.0]])
    assert [(top, bottom) for top, _, bottom in edges] == [(False, False)] * 5
    assert edges[2][1], "the premise: it is drawn"


FIGURES = """async (all) => {
    const { figuresOf } = await import("/studio/metrics.js");
    return all.map(figuresOf).map(({ evaluation, training }) => [evaluation, training]);
}"""
MEASURED = [
    (
        {"success": 0.97, "length": 24.5, "starts": 100, "held_out": 1, "training_reward": 61.5, "training_episodes": 100},
        ["evaluated from 100 starts it never trained from: success 97 % \u00b7 length of the successful ones 24.5",
         "in training, means of 100 episodes: reward 61.5"],
    ),
    ({"success": 0, "length": 0, "starts": 9, "held_out": 0}, ["evaluated from 9 starts of the training: success 0 %", ""]),
    ({"lines": 1203, "lines_tenth": 5, "games": 10}, ["evaluated in 10 games it never trained on: lines (median) 1,203", ""]),
    ({"won": 0.5, "matches": 40}, ["evaluated in 40 matches against the built-in bot: won 50 %", ""]),
    ({"training_success": 1, "training_episodes": 1}, ["", "in training: success 100 %"]),
    # Of checkpoints from before the two had names of their own.
    ({"success": 1, "reward": 7}, ["", "in training: success 100 % \u00b7 reward 7"]),
    (
        {"success": 0.9, "reward": 7, "starts": 5},
        ["evaluated from 5 starts it never trained from: success 90 %", "in training: reward 7"],
    ),
    ({}, ["", ""]),
    (None, ["", ""]),
]  # fmt: skip


def test_figures_say_whether_they_are_of_training_or_of_an_evaluation_and_of_how_many(tab: Tab) -> None:
    assert tab.evaluate(FIGURES, [metrics for metrics, _ in MEASURED]) == [told for _, told in MEASURED]
