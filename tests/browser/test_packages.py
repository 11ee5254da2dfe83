"""Packages for the worker: offered by the own server only, with what they depend on, each held to its hash."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.stage import Tab


@pytest.fixture
def shop(python: Tab) -> Iterator[Tab]:
    """The shared Python, whose server offers a few small packages."""
    kept = python.evaluate("() => told.length")
    yield python
    python.evaluate("(kept) => { told.length = kept; }", kept)  # what it told of its start is for others


def test_a_package_comes_with_what_it_depends_on_and_once(shop: Tab) -> None:
    assert sorted(shop.evaluate("() => python.installPackages(['needy'])")) == ["needy", "tiny"]
    assert shop.evaluate("() => python.installPackages(['tiny', 'needy'])") == []
    code = "import needy\nclass Env:\n  def reset(self): return needy.answer, {}\n  def step(self, action): ...\nenv = Env()"
    assert (
        shop.evaluate("async (code) => { await python.initEnv(code); return (await python.reset()).observation; }", code) == 42
    )
    wheels = [url for url in shop.requests if url.endswith(".whl")]
    assert len(wheels) == 2
    last = shop.evaluate("() => told.at(-1)")
    assert last["stage"] == "packages" and last["loaded"] == last["total"] > 300


@pytest.mark.parametrize(
    ("packages", "sentence"),
    [
        ("['numpy']", "run `rollback fetch-assets --packages numpy` where it runs"),
        ("['tiny', 'nowhere', '../x']", "offers no package nowhere, ../x (offered: tiny, needy, torn, raising)"),
        ("['constructor']", "offers no package constructor"),
        ("['http://127.0.0.2/evil.whl']", "offers no package http"),
        ("'tiny'", "takes a list of names"),
        ("[5]", "takes a list of names"),
        ("['torn']", "torn could not be installed"),
    ],
)
def test_what_is_not_offered_or_not_intact_is_refused(shop: Tab, packages: str, sentence: str) -> None:
    error = shop.evaluate(f"() => outcome(python.installPackages({packages}))")["error"]
    assert error["name"] == "PackageError" and sentence in error["message"]
    shop.console.clear()  # the browser's own words on the wrong hash
