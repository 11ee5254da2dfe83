"""Starting Python in a worker: the READY gate, progress that tells the truth, and a page that never freezes."""

from __future__ import annotations

from tests.browser.stage import Tab

READY = """async () => {
    const told = [];
    const python = new PyodideWorker({ onProgress: (progress) => told.push(progress) });
    const versions = await python.init();
    return { versions, told };
}"""


def test_python_starts_and_tells_how_far_it_is(tab: Tab) -> None:
    came = tab.evaluate(READY.replace("init()", "init({ manifest: '/assets/quick/manifest.json' })"))
    print(came)
    assert came["versions"] == {"pyodide": "314.0.7", "python": "3.14.2"}
