"""The studio's page, by a studio that acts: what is shown, what can be pressed, what is asked, and who is not believed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.acting_studio import GRID, LEARNED, ActingStudio, rows, run
from tests.browser.stage import Stage, Tab

HOSTILE = "<img src=x onerror=alert(1)>\u202e"
FACTS = "() => window.studio.facts()"
BEGUN = "() => window.studio.facts().drawn.episodes"  # the first and the last that a chart shows
SHOWN = "() => [...document.querySelectorAll('#beginning button, #controls button')].filter((each) => each.checkVisibility())"
CAN = f"() => ({SHOWN})().filter((each) => !each.disabled).map((each) => each.id)"


@pytest.fixture(scope="module")
def only_studio(stage: Stage) -> Iterator[ActingStudio]:
    """A studio."""
    studio = ActingStudio(stage)
    yield studio
    studio.close()


@pytest.fixture
def studio(only_studio: ActingStudio) -> Iterator[ActingStudio]:
    """The same, of which nobody asked anything yet."""
    only_studio.clear()
    yield only_studio


def text(tab: Tab, selector: str) -> str:
    return str(tab.evaluate("(selector) => document.querySelector(selector).innerText", selector)).strip()


def well_behaved(tab: Tab) -> bool:
    return not (tab.violations or tab.strangers or tab.errors)


def write(tab: Tab, label: str, value: str) -> None:
    tab._stage.run(tab._page.get_by_label(label, exact=True).fill(value))


def choose(tab: Tab, label: str, value: str) -> None:
    tab._stage.run(tab._page.get_by_label(label, exact=True).select_option(value))


def hears(studio: ActingStudio, tab: Tab, command: str, times: int) -> None:
    """Wait until a studio was asked something so often."""
    for _ in range(500):
        if len(studio.asked(command)) >= times:
            return
        tab.evaluate("() => new Promise((resolve) => setTimeout(resolve, 20))")
    raise AssertionError(f"{command} was asked {len(studio.asked(command))} times, not {times}")


def test_before_any_run_the_environment_is_shown_with_a_form_of_limits_and_help(studio: ActingStudio) -> None:
    tab = studio.open()
    tab.until("() => document.getElementById('caption').innerText")
    assert studio.asked("preview") == [{"algo": "q-learning", "env": "gridworld?layout=rooms"}]
    assert text(tab, "#caption").startswith("Map rooms") and tab.evaluate(CAN) == ["start"]
    assert "nothing learned yet" in tab.evaluate("() => document.getElementById('picture').getAttribute('aria-label')")
    form = text(tab, "#settings")
    assert "How far · from 0.001 to 1, usually 0.5" in form and "Rows · from 4 to 20, usually 6" in form
    algorithms = tab.evaluate("() => [...document.querySelectorAll('#what select')[0].options].map((each) => each.value)")
    assert algorithms == ["q-learning", "cross-entropy"]  # what cannot be used is not offered
    studio.answers["preview"] = {"ok": True, "picture": {**GRID, "layout": "halls"}}
    choose(tab, "Environment", "gridworld?layout=halls")
    tab.until("() => document.getElementById('caption').innerText.startsWith('Map halls')")
    assert studio.asked("preview")[-1]["env"] == "gridworld?layout=halls" and well_behaved(tab)


PROBLEMS = {
    ("Learning rate", "2"): "This must be a number from 0.001 to 1.",
    ("Field", "6.5"): "This must be a whole number from 4 to 20.",
    ("Field", ""): "This is needed.",
    ("Name of the run", "../up"): "A name has 1 to 64 of a-z, 0-9, - and _, the first a letter or a digit.",
}


def test_a_value_out_of_its_limits_is_told_beside_its_field_and_starts_nothing(studio: ActingStudio) -> None:
    tab = studio.open()
    usual = {"Learning rate": "0.5", "Field": "6", "Name of the run": ""}
    for (label, value), problem in PROBLEMS.items():
        write(tab, label, value)
        tab.click("Start training")
        assert text(tab, "[aria-invalid=true] ~ .problem") == problem and studio.asked("start") == []
        assert tab.evaluate("() => document.activeElement.getAttribute('aria-invalid')") == "true"
        write(tab, label, usual[label])
    assert tab.evaluate("() => document.querySelectorAll('[aria-invalid=true]').length") == 0


def test_start_sends_the_form_and_the_run_is_watched_with_its_parameters_locked(studio: ActingStudio) -> None:
    studio.answers["start"] = {"ok": True, "run": "rooms-1", "state": "starting"}
    tab = studio.open()
    write(tab, "Learning rate", "0.25")
    tab.click("Start training")
    studio.tell("status", run())
    tab.until("() => window.studio.facts().run?.state === 'running'")
    sent = {"algo": "q-learning", "env": "gridworld?layout=rooms", "learning_rate": 0.25, "kind": "a", "field": 6}
    assert studio.asked("start") == [{**sent, "episodes": 0, "seed": 1, "speed": "full"}]
    assert studio.asked("watch")[-1] == {"run": "rooms-1"}
    fields = "() => [...document.querySelectorAll('#settings :is(input, select)')]"
    assert tab.evaluate(f"() => ({fields})().every((each) => each.disabled)")
    shown = tab.evaluate(f"() => ({fields})().map((each) => each.value)")
    assert shown == ["q-learning", "gridworld?layout=rooms", "0.25", "b", "8", "0", "1", "rooms-1"]
    assert "Locked while it trains" in text(tab, "#settings-told")
    studio.tell("status", run(state="stopped"))
    tab.until("() => window.studio.facts().run?.state === 'stopped'")
    assert tab.evaluate(f"() => ({fields})().filter((each) => !each.disabled).length") == 1  # how long it goes on
    tab.click("New training")
    tab.until(f"() => ({fields})().every((each) => !each.disabled)")
    assert tab.evaluate(f"() => ({fields})()[2].value") == "0.25"  # it begins with a copy of them
    assert well_behaved(tab)


STATES = {
    "idle": ["go-on", "reset"],
    "starting": ["stop"],
    "running": ["pause", "stop", "reset", "save", "evaluate"],
    "paused": ["pause", "step", "stop", "reset", "save", "evaluate"],
    "stopping": [],
    "stopped": ["go-on", "reset", "evaluate"],
    "finished": ["go-on", "reset", "evaluate"],
    "crashed": ["go-on", "reset", "evaluate"],
    "elsewhere": [],
}


def test_each_state_has_its_buttons_and_each_button_asks_for_its_run(studio: ActingStudio) -> None:
    tab = studio.open(runs=[run(state="idle")], watching="rooms-1")
    for state, buttons in STATES.items():
        studio.tell("status", run(state=state))
        tab.until(f"() => window.studio.facts().run?.state === '{state}'")
        assert tab.evaluate(CAN) == buttons, state
    studio.tell("status", run())
    tab.until("() => window.studio.facts().run?.state === 'running'")
    for button in ("Pause", "Reset", "Evaluate", "Stop"):
        tab.click(button)
    choose(tab, "Speed", "headless")
    choose(tab, "Speed", "30")
    tab.until("() => true")
    assert [studio.asked(each) for each in ("pause", "reset", "evaluate", "stop")] == [[{"run": "rooms-1"}]] * 4
    assert studio.asked("speed") == [{"run": "rooms-1", "speed": "headless"}, {"run": "rooms-1", "speed": 30}]
    studio.tell("status", run(state="stopped", episodes=500))
    tab.until("() => window.studio.facts().run?.state === 'stopped'")
    write(tab, "Episodes", "900")
    tab.click("Go on training")
    assert studio.asked("start") == [{"run": "rooms-1", "episodes": 900}]
    assert (
        "the training waits" in text(tab, "#news") and tab.evaluate("() => document.querySelectorAll('#charts h3').length") == 0
    )


def test_the_picture_takes_keys_and_a_field_keeps_its_own(studio: ActingStudio) -> None:
    tab = studio.open(runs=[run(state="paused")], watching="rooms-1")
    tab.until("() => document.querySelector('#pause').innerText === 'Go on training'")
    tab.evaluate("() => document.getElementById('stage').focus()")
    for key in (" ", "ArrowRight", "s"):
        tab.press(key, down=True)
        tab.press(key, down=False)
    tab.evaluate("() => document.getElementById('save-name').focus()")
    for key in (" ", "s", "Escape"):
        tab.press(key, down=True)
        tab.press(key, down=False)
    tab.evaluate("() => window.studio.facts()")
    assert [len(studio.asked(each)) for each in ("resume", "step", "save", "stop")] == [1, 1, 1, 0]


def test_points_become_a_curve_in_bounded_memory_also_in_numbers(studio: ActingStudio) -> None:
    tab = studio.open(
        runs=[run()], watching="rooms-1", curves={"rooms-1": {"run": "rooms-1", "stride": 1, "last": 0, "rows": []}}
    )
    studio.tell("points", {"run": "rooms-1", "generation": 0, "rows": rows(1, 5, lines=2.0)}, wants_answer=True)
    tab.until("() => window.studio.facts().curve.last === 5")
    tab.until("() => document.querySelectorAll('#numbers-body tr').length === 5")
    assert text(tab, "#numbers-head").split() == ["Episode", "Reward", "Median", "Steps", "Epsilon", "Lines"]
    assert text(tab, "#numbers-body tr").split() == ["5", "5", "3", "10", "0.5", "2"]
    cut = "() => { const box = document.querySelector('.scrolled'); return box.scrollWidth - box.clientWidth; }"
    for width in (390, 1280):
        tab._stage.run(tab._page.set_viewport_size({"width": width, "height": 720}))
        assert tab.evaluate(cut) == 0, width
    tab.until("() => document.querySelectorAll('#charts .uplot canvas').length === 4")
    titles = ["Reward of an episode", "Steps of an episode", "Epsilon", "Lines"]
    assert tab.evaluate("() => [...document.querySelectorAll('#charts h3')].map((each) => each.innerText)") == titles
    for first in range(6, 8001, 1599):
        studio.tell("points", {"run": "rooms-1", "generation": 0, "rows": rows(first, first + 1598)}, wants_answer=True)
    tab.until("() => window.studio.facts().curve.last === 8000")
    assert tab.evaluate(FACTS)["points"] == 8000, "the premise: none is lost"
    curve = tab.evaluate(FACTS)["curve"]
    assert curve["stride"] == 8 and curve["size"] == 1000
    tab.until("() => document.querySelector('#numbers-body th').innerText === '8,000'")
    assert text(tab, "#numbers-body tr").split()[1] == "7,997"  # 7996.5, the mean of the last eight
    studio.tell("points", {"run": "rooms-1", "generation": 1, "rows": rows(8001, 8001)}, wants_answer=True)
    studio.tell("curve", {"run": "rooms-1", "generation": 2, "stride": 1, "last": 2, "rows": rows(1, 2)})
    tab.until("() => window.studio.facts().curve.last === 2")  # a load or a reset: the curve is that of the agent as it is
    tab.until("() => document.querySelectorAll('#numbers-body tr').length === 2")
    assert studio.acknowledged["points"] == 7 and well_behaved(tab)


def test_other_seeds_are_drawn_beside_and_other_settings_are_not(studio: ActingStudio) -> None:
    others = [run("rooms-2", "stopped", seed=2), run("rooms-3", "stopped", seed=3, parameters={})]
    curves = {name: {"stride": 1, "last": 9, "rows": rows(1, 9)} for name in ("rooms-1", "rooms-2", "rooms-3")}
    tab = studio.open(runs=[run(), *others], watching="rooms-1", curves=curves)
    tab.until("() => document.querySelectorAll('#charts-key span').length > 0")
    assert text(tab, "#charts-key").split("\n") == ["seed 1", "running median", "median of seed 2"]


def test_a_picture_is_acknowledged_when_it_is_painted_and_not_by_a_page_that_is_held_up(studio: ActingStudio) -> None:
    tab = studio.open(runs=[run()], watching="rooms-1")
    told = {"run": "rooms-1", "number": 1, "episode": 7, "step": 90, "agent_pos": [1, 1], "epsilon": 0.5, "picture": LEARNED}
    drawn = tab.evaluate(FACTS)["drawn"]["pictures"]
    studio.tell("update", told, wants_answer=True)
    tab.until("() => !document.getElementById('scale').hidden")
    assert tab.evaluate(FACTS)["drawn"]["pictures"] > drawn
    assert text(tab, "#scale").split("\n")[0].startswith("worth 1") and "step 3 of the episode" in text(tab, "#caption")
    tab.until("() => document.querySelector('#figures dd').innerText === '7'")
    assert studio.acknowledged["update"] == 1
    tab.evaluate("() => { window.requestAnimationFrame = () => 1; }")
    studio.tell("update", {**told, "number": 2, "episode": 8}, wants_answer=True)
    tab.until("() => window.studio.facts().updates === 2")
    tab.until("() => document.querySelector('#figures dd').innerText === '8'")
    assert studio.acknowledged["update"] == 1
    studio.tell("update", {**told, "run": "rooms-9", "number": 3}, wants_answer=True)  # another run's is not painted at all
    tab.until("() => window.studio.facts().updates === 3")
    assert text(tab, "#figures dd") == "8"


def test_a_run_that_rests_shows_its_last_picture_until_it_begins_anew(studio: ActingStudio) -> None:
    tab = studio.open(runs=[run(), run("rooms-2", "stopped")], watching="rooms-1")
    told = {"run": "rooms-1", "number": 1, "episode": 7, "step": 90, "agent_pos": [1, 1], "epsilon": 0.5, "picture": LEARNED}
    studio.tell("update", told, wants_answer=True)
    tab.until("() => !document.getElementById('scale').hidden")
    studio.tell("status", run(state="stopped"))
    tab.evaluate("() => document.querySelectorAll('.choice')[1].click()")
    tab.until("() => window.studio.facts().chosen === 'rooms-2' && document.getElementById('scale').hidden")
    tab.evaluate("() => document.querySelectorAll('.choice')[0].click()")
    tab.until("() => window.studio.facts().chosen === 'rooms-1' && !document.getElementById('scale').hidden")
    assert studio.asked("preview") == [{"run": "rooms-2"}]  # what its newest checkpoint has learned: no picture of it came
    studio.tell("reset_complete", {"run": "rooms-1", "episode": 0, "step": 0, "epsilon": 1.0})
    tab.until("() => document.getElementById('scale').hidden")


def test_checkpoints_stand_under_the_one_they_were_trained_on_from(studio: ActingStudio) -> None:
    def saved(name: str, kind: str, episode: int, own: str, parent: str, **metrics: float) -> dict[str, Any]:
        step = 10 * episode
        return {"name": name, "kind": kind, "episode": episode, "step": step, "hash": own, "parent": parent, "metrics": metrics}

    studio.answers["watch"] = {
        "ok": True,
        "checkpoints": [
            saved("last-1", "last", 900, "c" * 64, "b" * 64),
            saved("best", "best", 500, "a" * 64, "", success=0.975, starts=200),
            saved("mine", "manual", 600, "b" * 64, "a" * 64, reward=7.25),
            saved("foreign", "manual", 10, "e" * 64, "d" * 64),
            {"name": "torn", "kind": "manual", "problem": HOSTILE},
        ],
    }
    studio.answers["checkpoints"] = studio.answers["watch"]
    tab = studio.open(runs=[run()], watching="rooms-1")
    tab.until("() => document.querySelectorAll('.checkpoint').length === 5")
    lines = tab.evaluate(
        """() => [...document.querySelectorAll('.checkpoint')].map((each) =>
            [each.querySelector('.name').innerText, each.className.slice(-1), each.querySelector('.lineage')?.innerText])"""
    )
    assert lines == [
        ["best", "0", "← from nothing"], ["mine", "1", "← from best"], ["last-1", "2", "← from mine"],
        ["foreign", "0", "← from one that is gone (dddddddd)"], ["torn", "0", None],
    ]  # fmt: skip
    assert "Evaluated from 200 starts it never trained from: success 97.5 %" in text(tab, ".checkpoint")
    assert "<img" in text(tab, ".checkpoint:last-child")
    tab.click("Load mine")
    tab.click("Delete mine")
    assert studio.asked("delete") == []  # it asks first
    looked = len(studio.asked("checkpoints"))
    tab.click("Delete mine")
    hears(studio, tab, "checkpoints", looked + 1)  # it looks what is left
    assert studio.asked("load") == [{"run": "rooms-1", "name": "mine"}] == studio.asked("delete")
    studio.answers["play"] = {"ok": True, "url": "javascript:alert(1)", "room": "x"}
    tab.click("Play against it best")
    studio.answers["play"] = {"ok": True, "url": "/play/RIVER-OTTER-42", "room": "x"}
    tab.click("Play against it mine")
    tab.until("() => document.querySelector('#news a')")
    assert tab.evaluate("() => [...document.querySelectorAll('#news a')].map((a) => a.href)") == [
        f"{studio.url}/play/RIVER-OTTER-42"
    ]
    studio.answers["play_here"] = {"ok": True, "url": "/here/rooms-1-mine?key=k", "agent": "rooms-1-mine"}
    tab.click("Play it here mine")
    tab.until("() => document.querySelectorAll('#news a').length === 2")
    assert tab.evaluate("() => document.querySelector('#news p:last-child a').href") == f"{studio.url}/here/rooms-1-mine?key=k"
    assert studio.asked("play_here") == [{"run": "rooms-1", "name": "mine"}]
    studio.answers["checkpoints"] = {**studio.answers["watch"], "not_here": "nobody can <b>play</b> it there"}
    studio.tell("load_complete", {"run": "rooms-1", "name": "mine", "episode": 40})  # after which the page looks again
    tab.until("() => document.querySelector('#checkpoints').innerText.includes('Not in this browser')")
    assert "nobody can <b>play</b> it there" in text(tab, "#checkpoints li:last-child")
    labels = tab.evaluate("() => [...document.querySelectorAll('#checkpoints button')].map((each) => each.innerText)")
    assert "Play it here" not in labels and labels.count("Play against it") == 4


def test_each_save_and_load_has_a_notice_and_those_made_by_itself_are_told_quietly(studio: ActingStudio) -> None:
    tab = studio.open(runs=[run()], watching="rooms-1")
    told = {
        "run": "rooms-1",
        "name": "mine",
        "names": ["mine"],
        "episode": 40,
        "step": 400,
        "hash": "",
        "parent": "",
        "metrics": {},
    }
    studio.tell("save_complete", {**told, "by_hand": True})
    studio.tell("load_complete", {"run": "rooms-1", "name": "mine", "episode": 40})
    studio.tell("save_complete", {**told, "names": ["last-3", "best"], "by_hand": False})
    studio.tell("error", {"message": HOSTILE, "reason": "failed"})
    tab.until("() => document.querySelectorAll('.news').length === 3 && document.getElementById('saved-told').innerText")
    news = tab.evaluate("() => [...document.querySelectorAll('.news bdi')].map((each) => each.textContent)")
    assert news == [
        "Saved as mine, after episode 40.", "Loaded mine: the training goes on after episode 40.",
        "<img src=x onerror=alert(1)>",
    ]  # fmt: skip
    assert text(tab, "#saved-told") == "Saved by itself as last-3 and best, after episode 40."
    assert tab.evaluate("() => document.getElementById('news').ariaLive") == "polite"
    write(tab, "Name of the checkpoint", "No Name")
    tab.click("Save as")
    assert "is no name" in text(tab, "#save-told") and studio.asked("save") == []
    write(tab, "Name of the checkpoint", "my-own")
    tab.click("Save as")
    tab.until("() => document.getElementById('save-name').value === ''")
    assert studio.asked("save") == [{"run": "rooms-1", "name": "my-own"}]


def test_what_happened_while_a_page_was_away_is_told_once(studio: ActingStudio) -> None:
    def notice(number: int, event: str, **told: Any) -> dict[str, Any]:
        return {"number": number, "event": event, "at": 1e9, "told": {"run": "rooms-1", **told}}

    news = "() => [...document.querySelectorAll('.news bdi')].map((each) => each.textContent.replace(/, at .*?: /, ': '))"
    saved = notice(1, "save_complete", name="old", episode=1, by_hand=True)
    tab = studio.open(runs=[run()], watching="rooms-1", notices={"studio": "a", "newest": [saved]})
    tab.evaluate("() => window.studio.facts()")
    assert tab.evaluate(news) == []  # it was not here yet, and missed nothing
    studio.tell("error", {"message": "It crashed.", "run": "rooms-1", "notice": 2})
    tab.until("() => document.querySelectorAll('.news').length === 1")
    crashed, loaded = notice(2, "error", message="It crashed."), notice(3, "load_complete", name="mine", episode=40)
    studio.snapshot["notices"] = {"studio": "a", "newest": [saved, crashed, loaded, notice(4, "constructor")]}
    studio.drop()
    tab.until("() => document.body.dataset.connection === 'waiting'")
    tab.click("Try now")
    tab.until("() => document.querySelectorAll('.news').length === 2")
    told = "While this page was away: Loaded mine: the training goes on after episode 40."
    assert tab.evaluate(news) == ["It crashed.", told]
    tab.visit("/")  # loaded anew: it is the same page to whom looks at it
    tab.until("() => window.studio?.facts().snapshots > 0")
    assert tab.evaluate(news) == []
    newest = [notice(number, "complete") for number in range(1, 8)]
    studio.snapshot["notices"] = {"studio": "b", "newest": newest}  # the studio was started anew: its numbers too
    studio.drop()
    tab.until("() => document.body.dataset.connection === 'waiting'")
    tab.click("Try now")
    tab.until("() => document.querySelectorAll('.news').length === 3")
    one = "While this page was away: rooms-1 is finished."
    assert tab.evaluate(news) == ["While this page was away, 7 things happened; the last 2:", one, one]
    tab.evaluate("() => sessionStorage.clear()")
    assert well_behaved(tab)


def test_a_run_that_another_process_trains_is_watched_and_not_touched(studio: ActingStudio) -> None:
    tab = studio.open(runs=[run(state="elsewhere"), run("rooms-0", "stopped")], watching="rooms-1")
    tab.until("() => document.getElementById('caption').innerText")
    assert text(tab, "#state") == "trained in another process" and "Another process trains it" in text(tab, "#reason")
    delete = "() => [...document.querySelectorAll('.run .quiet')].map((each) => each.checkVisibility())"
    assert tab.evaluate(delete) == [False, True]
    assert tab.evaluate(CAN) == [] and not tab.evaluate("() => document.getElementById('save-form').checkVisibility()")
    assert tab.evaluate("() => [...document.querySelectorAll('#settings :is(input, select)')].every((each) => each.disabled)")
    saved = {"name": "last-1", "kind": "last", "episode": 3, "step": 30, "hash": "a" * 64, "parent": "", "metrics": {}}
    studio.answers["checkpoints"] = {"ok": True, "checkpoints": [saved]}
    studio.answers["preview"] = {"ok": True, "picture": LEARNED}
    studio.tell("checkpoints", {"run": "rooms-1"})  # it saved: that is the newest picture there is
    tab.until("() => !document.getElementById('scale').hidden")
    tab.until("() => document.querySelectorAll('.checkpoint').length === 1")
    loads = "() => [...document.querySelectorAll('.checkpoint button')].some((each) => each.textContent === 'Load')"
    assert not tab.evaluate(loads)
    assert studio.asked("preview") == [{"run": "rooms-1"}] * 2 and studio.asked("checkpoints")[-1] == {"run": "rooms-1"}
    studio.tell("status", run(state="stopped"))
    tab.until("() => window.studio.facts().run?.state === 'stopped'")
    assert tab.evaluate(CAN) == STATES["stopped"] and tab.evaluate(loads) and well_behaved(tab)


def test_older_runs_are_listed_when_they_are_asked_for(studio: ActingStudio) -> None:
    tab = studio.open(runs=[run("rooms-9", "stopped"), run("rooms-8", "stopped")], more_runs=2)
    assert text(tab, "#more-runs") == "Show more: 2 are older"
    studio.answers["runs"] = {"ok": True, "runs": [run("rooms-7", "stopped"), run("rooms-6", "stopped")], "more_runs": 0}
    tab.evaluate("() => document.getElementById('more-runs').click()")
    tab.until("() => document.querySelectorAll('.run').length === 4")
    names = tab.evaluate("() => [...document.querySelectorAll('.run .name')].map((each) => each.textContent)")
    assert names == ["rooms-9", "rooms-8", "rooms-7", "rooms-6"] and studio.asked("runs") == [{"run": "rooms-8"}]
    assert not tab.evaluate("() => document.getElementById('more-runs').checkVisibility()") and well_behaved(tab)


def test_a_crash_is_told_with_its_reason_and_its_last_words_as_text(studio: ActingStudio) -> None:
    tab = studio.open(runs=[run()], watching="rooms-1")
    crashed = run(state="crashed", reason=f"it was killed by signal 9 {HOSTILE}", last_words=["MemoryError", HOSTILE])
    studio.tell("status", crashed)
    tab.until("() => window.studio.facts().run?.state === 'crashed'")
    assert text(tab, "#state") == "crashed" and "killed by signal 9 <img" in text(tab, "#reason")
    assert tab.evaluate("() => document.getElementById('last-words-text').textContent").startswith("MemoryError\n<img")
    assert tab.evaluate("() => document.images.length") == 0 and tab.evaluate(CAN) == STATES["stopped"]


def test_nothing_of_what_others_named_becomes_an_element(studio: ActingStudio) -> None:
    hostile = run(HOSTILE, "stopped", algo=HOSTILE, env=HOSTILE, reason=HOSTILE, seed=HOSTILE, parameters={HOSTILE: HOSTILE})
    offered = {"name": HOSTILE, "environments": [HOSTILE], "problem": "", "parameters": [{"name": HOSTILE, "default": HOSTILE}]}
    picture = {**GRID, "layout": HOSTILE, "held": HOSTILE}
    studio.answers["preview"] = {"ok": True, "picture": picture}
    tab = studio.open(runs=[hostile], algorithms=[offered], watching=HOSTILE)
    tab.until("() => document.getElementById('caption').innerText")
    studio.tell("points", {"run": HOSTILE, "generation": 0, "rows": [[1, 1, 1.0, 1, 0.0, {HOSTILE: 1.0}]]}, wants_answer=True)
    tab.until("() => document.getElementById('charts').innerText.includes('<img')")  # drawn at its own time
    assert tab.evaluate("() => document.images.length + document.querySelectorAll('script').length") == 1  # the page's own
    assert "<img" in text(tab, "#runs") and well_behaved(tab)


def test_it_comes_back_by_itself_after_three_seconds_or_at_once_and_loses_nothing(studio: ActingStudio) -> None:
    tab = studio.open(runs=[run()], watching="rooms-1", curves={"rooms-1": {"stride": 1, "last": 3, "rows": rows(1, 3)}})
    studio.drop()
    tab.until("() => document.body.dataset.connection === 'waiting'")
    assert text(tab, "#connection-told") in ("Connection lost: trying again in 3 s", "Connection lost: trying again in 2 s")
    assert tab.evaluate(CAN) == []  # what nobody would hear cannot be pressed
    studio.snapshot["curves"]["rooms-1"] = {"stride": 1, "last": 9, "rows": rows(1, 9)}
    tab.click("Try now")
    tab.until("() => window.studio.facts().snapshots === 2 && window.studio.facts().curve.last === 9")
    assert tab.evaluate("() => document.body.dataset.connection") == "connected"
    assert studio.asked("watch")[-1] == {"run": "rooms-1"} and tab.evaluate(CAN) == STATES["running"]


def test_a_studio_with_a_token_lets_in_who_has_it_and_keeps_it_out_of_the_address(stage: Stage) -> None:
    studio = ActingStudio(stage, token="a token of some length")
    try:
        tab = studio.open()
        tab.until("() => document.body.dataset.connection === 'refused'")
        assert "<b>take</b>" in text(tab, "#token-told") and studio.tokens == [""]
        write(tab, "Token", "a token of some length")
        tab.click("Connect")
        tab.until("() => window.studio.facts().snapshots === 1")
        assert studio.tokens == ["", "a token of some length"]
        tab.evaluate("() => sessionStorage.clear()")
        tab.visit("/#token=a%20token%20of%20some%20length")
        tab.until("() => window.studio?.facts().snapshots === 1")
        assert tab.evaluate("() => location.href") == f"{studio.url}/"
        assert not [url for url in [*tab.requests, *tab.sockets] if "token" in url.partition("#")[0]]
    finally:
        studio.close()


BLOCKED = """Object.defineProperty(window, "sessionStorage", {
    get() { throw new DOMException("The operation is insecure.", "SecurityError"); },
});"""


def test_a_page_that_may_remember_nothing_comes_up_is_let_in_and_tells_what_happens(stage: Stage) -> None:
    studio = ActingStudio(stage, token="a token of some length")
    try:
        tab = studio.open()
        tab.prepare(BLOCKED)
        tab.visit("/#token=a%20token%20of%20some%20length")
        tab.until("() => window.studio?.facts().snapshots === 1")
        assert tab.evaluate("() => location.href") == f"{studio.url}/"
        studio.tell("error", {"message": "the disk is full", "run": "rooms-1", "reason": "failed", "notice": 1})
        tab.until("() => document.getElementById('news').textContent.includes('The disk is full')")
        tab.visit("/")  # the token is not remembered: it is asked for
        tab.until("() => document.body.dataset.connection === 'refused'")
        write(tab, "Token", "a token of some length")
        tab.click("Connect")
        tab.until("() => window.studio.facts().snapshots === 1")
        assert not tab.errors
    finally:
        studio.close()


def test_without_uplot_a_sentence_says_what_fetches_it_and_the_numbers_are_there(stage: Stage) -> None:
    studio = ActingStudio(stage, has_charts=False)
    try:
        tab = studio.open(runs=[run()], watching="rooms-1", curves={"rooms-1": {"stride": 1, "last": 3, "rows": rows(1, 3)}})
        tab.until("() => !document.getElementById('charts-told').hidden")
        assert "rollback fetch-assets" in text(tab, "#charts-told")
        tab.until("() => document.querySelectorAll('#numbers-body tr').length === 3")
        assert tab.evaluate("() => document.querySelectorAll('.uplot').length") == 0 and not (tab.errors or tab.violations)
    finally:
        studio.close()


def test_the_picture_of_one_run_is_not_shown_under_the_name_of_another(studio: ActingStudio) -> None:
    pixels = """() => { const canvas = document.getElementById("picture");
        return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((each) => each > 0); }"""
    tab = studio.open(runs=[run(), run("rooms-2", "stopped")], watching="rooms-1")
    told = {"run": "rooms-1", "number": 1, "episode": 7, "step": 90, "agent_pos": [1, 1], "epsilon": 0.5, "picture": LEARNED}
    studio.tell("update", told, wants_answer=True)
    tab.until("() => !document.getElementById('scale').hidden")
    assert tab.evaluate(pixels)
    studio.drop()
    tab.until("() => document.body.dataset.connection === 'waiting'")
    tab.evaluate("() => document.querySelectorAll('.choice')[1].click()")
    assert text(tab, "#watch-title") == "rooms-2" and text(tab, "#caption") == "Its picture comes when the connection is back."
    assert not tab.evaluate(pixels) and tab.evaluate("() => document.getElementById('scale').hidden")
    tab.evaluate("() => document.querySelectorAll('.choice')[0].click()")
    tab.until("() => !document.getElementById('scale').hidden")  # that of the first is known still
    assert tab.evaluate(pixels)


def test_notices_are_few_on_a_phone_and_closed_by_the_keyboard(studio: ActingStudio) -> None:
    tab = studio.open(runs=[run()], watching="rooms-1")
    count = "() => document.querySelectorAll('.news').length"
    try:
        for width, most in ((1280, 3), (390, 2)):
            tab._stage.run(tab._page.set_viewport_size({"width": width, "height": 844}))
            for number in range(4):
                studio.tell("error", {"message": f"Trouble {number} " + "of many words " * 30, "reason": "failed"})
            tab.until("() => document.getElementById('news').innerText.includes('Trouble 3')")
            assert tab.evaluate(count) == most
            covered = tab.evaluate("() => document.getElementById('news').getBoundingClientRect().height")
            assert covered <= 844 * (0.5 if width > 390 else 0.18)
            tab.evaluate("() => document.querySelector('.news .close').focus()")
            tab.press("Enter", down=True)
            tab.press("Enter", down=False)
            assert tab.evaluate(count) == most - 1
            tab.evaluate("() => document.querySelector('.news .close').focus()")
            tab.press("Escape", down=True)
            assert tab.evaluate(count) == most - 2
            tab.evaluate("() => document.getElementById('news').replaceChildren()")
    finally:
        tab._stage.run(tab._page.set_viewport_size({"width": 1280, "height": 720}))


def test_a_run_without_random_actions_has_no_epsilon_and_lines_say_of_how_many_episodes_they_are(studio: ActingStudio) -> None:
    plain = [[*row[:4], 0.0] for row in rows(1, 5)]
    tab = studio.open(runs=[run(epsilon=0.0)], watching="rooms-1", curves={"rooms-1": {"stride": 1, "last": 5, "rows": plain}})
    tab.until("() => document.querySelectorAll('#numbers-body tr').length === 5")
    assert text(tab, "#numbers-head").split() == ["Episode", "Reward", "Median", "Steps"]
    assert "Epsilon" not in text(tab, "#figures") and "Mean reward" in text(tab, "#figures")
    caption = "() => document.getElementById('numbers-caption').textContent"
    assert tab.evaluate(caption).endswith("a line is an episode")
    means = [[4 * row[0], 4 * row[1], *row[2:]] for row in rows(1, 5)]
    studio.tell("curve", {"run": "rooms-1", "generation": 2, "stride": 4, "last": 20, "rows": means})
    tab.until("() => document.querySelector('#numbers-body th').innerText === '20'")
    assert tab.evaluate(caption).endswith("a line has the means of 4 episodes")
    assert text(tab, "#numbers-head").split()[-1] == "Epsilon" and "Epsilon" in text(tab, "#figures")


def test_another_run_is_drawn_as_far_as_the_own_and_which_one_can_be_chosen(studio: ActingStudio) -> None:
    others = [run("rooms-2", "stopped", seed=2), run("rooms-3", "stopped", seed=3, parameters={})]
    curves = {name: {"stride": 1, "last": end, "rows": rows(1, end)} for name, end in (("rooms-1", 9), ("rooms-2", 900))}
    curves["rooms-3"] = curves["rooms-2"]
    tab = studio.open(runs=[run(), *others], watching="rooms-1", curves=curves)
    key = "() => document.getElementById('charts-key').innerText.split('\\n')"
    tab.until("() => document.querySelectorAll('#charts-key span').length === 3")
    drawn = "() => document.querySelector('#charts .u-over').getBoundingClientRect().width"
    assert tab.evaluate(drawn) > 0 and tab.evaluate(BEGUN) == [1, 9]
    labels = "[...document.querySelectorAll('#compared-list label')]"
    offered = f"() => {labels}.map((each) => [each.textContent, each.firstChild.checked])"
    assert tab.evaluate(offered) == [["rooms-2, seed 2", True], ["rooms-3, seed 3, other parameters", False]]
    for box in (0, 1):
        tab.evaluate("(box) => document.querySelectorAll('#compared-list input')[box].click()", box)
    tab.until(f"() => ({key})().includes('median of seed 3, other parameters')")
    assert "median of seed 2" not in tab.evaluate(key) and tab.evaluate(offered)[0][1] is False
    tab.evaluate("() => document.querySelectorAll('#compared-list input')[1].click()")  # its chart is made anew, in its place
    tab.until("() => document.querySelectorAll('#charts-key span').length === 2")
    assert tab.evaluate("() => document.querySelector('#charts h3').innerText") == "Reward of an episode"


def test_a_run_that_rests_is_named_and_evaluated_and_a_reset_says_how_to_have_it_back(studio: ActingStudio) -> None:
    tab = studio.open(runs=[run(state="finished")], watching="rooms-1")
    write(tab, "Name of the checkpoint", "mine")
    tab.click("Save as")
    tab.click("Evaluate")
    tab.until("() => document.getElementById('news').innerText.includes('It plays from where it never trained.')")
    assert studio.asked("save") == [{"run": "rooms-1", "name": "mine"}] and studio.asked("evaluate") == [{"run": "rooms-1"}]
    looked = len(studio.asked("checkpoints"))
    studio.tell("evaluated", {"run": "rooms-1", "metrics": {"success": 0.9, "length": 24.5, "starts": 100.0, "held_out": 1.0}})
    studio.tell("reset_complete", {"run": "rooms-1", "aside": "before-reset", "episode": 0, "step": 0, "epsilon": 1.0})
    tab.until("() => document.getElementById('news').innerText.includes('before-reset')")
    news = text(tab, "#news")
    evaluated = "Evaluated from 100 starts it never trained from: success 90 % · length of the successful ones 24.5."
    assert evaluated in news and "rooms-1 begins anew. What it had learned is kept: load before-reset to have it back." in news
    hears(studio, tab, "checkpoints", looked + 1)
    assert well_behaved(tab)
