import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from signaling import web_pages
from signaling.offers import Offer
from signaling.pages import SafeHeaders
from signaling.served_file import FOR_EVER, REVALIDATED, in_memory
from signaling.web_pages import WebPages
from signaling.web_shelf import Stock
from tests.cases import every
from tests.signaling.http import ask

WHOLE = Stock(
    {"/assets/thing/1.2.3/a.js": in_memory(b"thing", ".js", FOR_EVER)},
    {"pyodide": "/assets/pyodide/9.9.9/"},
    {"gymnasium": {"url": "/assets/packages/0/g.whl", "depends": ["numpy"]}},
    {"python": "3.14"},
    (),
)
EMPTY = Stock({}, {}, {}, {}, ("pyodide@9.9.9",))
PAGE = b"<!doctype html><h1>page</h1><!-- what is missing --></html>"


class Site:
    """Pages in a folder of their own, with what there is of others given."""

    def __init__(self, folder, stock=WHOLE, games=None, examples=None):
        self.stock = stock
        self.looks = 0
        self.now = 0.0
        examples = examples or folder / "no such folder"
        self.pages = WebPages(games, folder=folder, examples=examples, look=self.look, clock=lambda: self.now)
        self.app = SafeHeaders(Starlette(routes=self.pages.routes))

    def look(self):
        self.looks += 1
        return self.stock

    async def manifest(self):
        status, headers, body = await ask(self.app, "/assets/manifest.json")
        assert status == 200 and headers["cache-control"] == "no-store"
        return json.loads(body)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "web"
    for place, content in {
        "index.html": PAGE,
        "lobby.js": b"export const a = 1;\n",
        "deep/inner.js": b"export const b = 2;\n",
        "glue.py": b"x = 1\n",
        "notes.md": b"not served",
        ".hidden.js": b"not served",
        "__pycache__/glue.py": b"not served",
        "assets/thing.js": b"not served from here",
    }.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(content)
    (folder.parent / "secret.js").write_text("outside")
    return folder


@pytest.fixture(scope="session")
def site(folder):
    return Site(folder)


@pytest.mark.parametrize(
    ("path", "kind", "content"),
    [
        ("/", "text/html; charset=utf-8", PAGE),
        ("/web/index.html", "text/html; charset=utf-8", PAGE),
        ("/web/lobby.js", "text/javascript; charset=utf-8", b"export const a = 1;\n"),
        ("/web/deep/inner.js", "text/javascript; charset=utf-8", b"export const b = 2;\n"),
        ("/web/glue.py", "text/x-python; charset=utf-8", b"x = 1\n"),
        ("/assets/thing/1.2.3/a.js", "text/javascript; charset=utf-8", b"thing"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_what_is_served_comes_as_what_it_is(site, path, kind, content, method):
    status, headers, body = await ask(site.app, path, method=method)
    assert (status, headers["content-type"]) == (200, kind)
    assert body == (content if method == "GET" else b"") and headers["content-length"] == str(len(content))
    assert headers["cache-control"] == (FOR_EVER if path.startswith("/assets/") else REVALIDATED)
    assert (await ask(site.app, path, method=method, if_none_match=headers["etag"]))[0] == 304


OUTSIDE = [
    "/web/../secret.js",
    "/web/deep/../../secret.js",
    "/web/..\\secret.js",
    "/web//lobby.js",
    "/web/./lobby.js",
    "/web/%2e%2e/secret.js",
    "/web/lobby.js\0",
    "/web/\0",
    "/web/lobby.js/",
    "/web/LOBBY.JS",
    "/web/notes.md",
    "/web/.hidden.js",
    "/web/__pycache__/glue.py",
    "/web/assets/thing.js",
    "/web/deep",
    "/web/" + "a" * 10_000,
    "/assets/",
    "/assets/../web/lobby.js",
    "/assets/thing/1.2.3/../1.2.3/a.js",
    "/assets/thing/9.9.9/a.js",
    "/assets/\0",
    "/assets//etc/passwd",
    "/assets/rollback.zip/",
]


@pytest.mark.parametrize("path", OUTSIDE, ids=range(len(OUTSIDE)))
async def test_no_other_path_leads_anywhere_and_the_answer_is_safe_too(site, path):
    status, headers, body = await ask(site.app, path)
    assert status == 404 and b"outside" not in body and b"not served" not in body
    for name in ("content-security-policy", "cross-origin-embedder-policy", "x-content-type-options"):
        assert headers[name]


@given(path=st.text(alphabet=st.sampled_from("./\\%\0:~aelobyjsecrtdpinx-"), max_size=40))
def test_whatever_path_is_asked_for_nothing_but_our_own_files_is_found(site, path):
    found = site.pages._page(f"/web/{path}")
    assert found is None or path in ("index.html", "lobby.js", "deep/inner.js", "glue.py")


async def test_a_file_that_changes_is_served_as_it_is_now_and_what_comes_later_is_not(tmp_path):
    own = tmp_path / "web"
    own.mkdir()
    (own / "a.js").write_text("old")
    site = Site(own)
    assert (await ask(site.app, "/web/a.js"))[2] == b"old"
    (own / "a.js").write_text("newer")
    _, headers, body = await ask(site.app, "/web/a.js")
    assert body == b"newer" and headers["etag"] == f'"{hashlib.sha256(b"newer").hexdigest()[:32]}"'
    (own / "a.js").unlink()
    (own / "b.js").write_text("added later")
    assert [(await ask(site.app, path))[0] for path in ("/web/a.js", "/web/b.js")] == [404, 404]


async def test_the_engine_is_kept_for_ever_under_its_hash_and_never_under_another(site):
    told = await site.manifest()
    path, _, query = told["engine"].partition("?")
    status, headers, body = await ask(site.app, path, query=query.encode())
    assert (status, headers["cache-control"], headers["content-type"]) == (200, FOR_EVER, "application/zip")
    assert query == f"h={hashlib.sha256(body).hexdigest()[:16]}" and body[:2] == b"PK"
    for other in (b"", b"h=" + b"0" * 16, query.encode() + b"&a=b"):
        assert (await ask(site.app, path, query=other))[1]["cache-control"] == REVALIDATED


async def test_the_manifest_says_where_everything_is_and_how_long(site):
    told = await site.manifest()
    assert told["pyodide"] == "/assets/pyodide/9.9.9/" and told["missing"] == [] and told["lock"] == {"python": "3.14"}
    assert told["packages"]["gymnasium"]["depends"] == ["numpy"] and told["command"] == "rollback fetch-assets"
    for path in ("/assets/thing/1.2.3/a.js", "/assets/rollback.zip"):
        assert told["sizes"][path] == len((await ask(site.app, path))[2])
    assert site.pages.missing == "" and told["ice_servers"] == []


async def test_the_page_and_the_manifest_name_the_command_where_something_is_missing(folder):
    site = Site(folder, EMPTY)
    _, headers, body = await ask(site.app)
    assert b'<p role="alert">The browser client lacks pyodide@9.9.9: run rollback fetch-assets' in body
    assert headers["content-length"] == str(len(body))
    told = await site.manifest()
    assert told["missing"] == ["pyodide@9.9.9"] and "pyodide" not in told
    assert site.pages.missing.startswith("The browser client lacks pyodide@9.9.9")


async def test_what_is_fetched_later_is_found_without_a_restart_and_not_looked_for_at_every_question(folder):
    site = Site(folder, EMPTY)
    site.stock = WHOLE
    for _ in range(5):
        assert (await site.manifest())["missing"]
    assert site.looks == 1
    site.now = 2.0
    assert (await site.manifest())["missing"] == []
    assert b"alert" not in (await ask(site.app))[2]
    assert (await ask(site.app, "/assets/thing/1.2.3/a.js"))[2] == b"thing"
    site.now = 100.0
    await site.manifest()
    assert site.looks == 2


async def test_a_game_that_needs_a_package_says_which_command_fetches_it(folder):
    site = Site(folder, games={"gym:CartPole-v1": Offer("gym:CartPole-v1", "CartPole-v1", (2,))})
    told = await site.manifest()
    assert told["games"]["gym:CartPole-v1"]["full"] == "gym:CartPole-v1" and told["needs"] == ["gymnasium"]
    assert told["missing"] == ["numpy"] and told["command"] == "rollback fetch-assets --packages numpy"
    assert b"run rollback fetch-assets --packages numpy on" in (await ask(site.app))[2]


async def test_the_manifest_offers_the_built_in_games_and_those_of_the_user_by_the_names_that_rooms_carry(folder, tmp_path):
    (tmp_path / "own.py").write_text("class Ring: players = 3")
    name = f"{tmp_path}/own.py:Ring"
    games = (await Site(folder, games={name: Offer(name, "Ring", (2, 3))}).manifest())["games"]
    assert list(games) == ["pong", "duel", "gridworld", "tetris", name]
    grid = {"full": "rollback.games:GridWorld", "title": "GridWorld", "players": [2, 3, 4], "comes_with_us": True}
    assert games["gridworld"] == grid
    assert games[name] == {"full": "served_games/own.py:Ring", "title": "Ring", "players": [2, 3], "comes_with_us": False}


async def test_examples_are_served_where_they_lie_beside_and_from_their_own_folder_only(folder, tmp_path):
    (tmp_path / "check.html").write_bytes(PAGE)
    (tmp_path / "secret.ini").write_text("not served")
    site = Site(folder, examples=tmp_path)
    assert (await ask(site.app, "/examples/browser/check.html"))[2] == PAGE
    for path in ("/examples/browser/secret.ini", "/examples/check.html", "/examples/browser/", "/web/check.html"):
        assert (await ask(site.app, path))[0] == 404
    assert (await ask(Site(folder).app, "/examples/browser/check.html"))[0] == 404


async def test_the_example_of_a_worker_is_reached_in_a_copy_of_the_source():
    app = SafeHeaders(Starlette(routes=WebPages(look=lambda: WHOLE).routes))
    for place in ("worker-check.html", "worker-check.js"):
        assert (await ask(app, f"/examples/browser/{place}"))[0] == 200


POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'"
HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
OURS = [
    f"/web/{path.relative_to(web_pages.FOLDER).as_posix()}"
    for path in sorted(web_pages.FOLDER.rglob("*"))
    if path.suffix in (".js", ".py", ".css", ".html", ".svg") and path.relative_to(web_pages.FOLDER).parts[0] != "assets"
]


@pytest.fixture(scope="session")
def whole():
    return WebPages(look=lambda: WHOLE)


@every("embedders", [[], ["https://survey.example.org"]], ids=["alone", "embedded"])
@every("path", [*OURS, "/", "/assets/rollback.zip", "/assets/manifest.json", "/assets/thing/1.2.3/a.js", "/x"])
async def test_each_file_worker_scripts_and_engine_included_carries_the_policy_however_it_is_asked_for(whole, path, embedders):
    app = SafeHeaders(Starlette(routes=whole.routes), embedders)
    status, first, body = await ask(app, path)
    assert status == (404 if path == "/x" else 200) and (path == "/x" or body)
    answers = [first, (await ask(app, path, method="HEAD"))[1], (await ask(app, path, method="PUT"))[1]]
    if "etag" in first:
        answers += [(await ask(app, path, if_none_match=first["etag"]))[1], (await ask(app, path, range="bytes=0-0"))[1]]
        answers += [(await ask(app, path, range="bytes=999999999-"))[1], (await ask(app, path, accept_encoding="gzip"))[1]]
    for headers in answers:
        assert all(headers[name].startswith(value) for name, value in HEADERS.items())
        ancestors = headers["content-security-policy"].rpartition("; ")[2]
        assert ancestors == ("frame-ancestors 'self' https://survey.example.org" if embedders else "frame-ancestors 'none'")
        assert headers["cross-origin-resource-policy"] == ("cross-origin" if embedders else "same-origin")
    if path != "/x":
        assert first["cache-control"] in (FOR_EVER, REVALIDATED, "no-store")


@pytest.mark.parametrize("path", ["/", "/web/worker.js", "/assets/rollback.zip"])
async def test_what_a_browser_has_is_not_sent_again_and_a_part_is_that_part(whole, path):
    app = SafeHeaders(Starlette(routes=whole.routes))
    _, headers, body = await ask(app, path)
    assert headers["etag"] == f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    status, headers, nothing = await ask(app, path, if_none_match=headers["etag"])
    assert (status, nothing) == (304, b"")
    status, headers, part = await ask(app, path, range="bytes=5-14")
    assert (status, part, headers["content-range"]) == (206, body[5:15], f"bytes 5-14/{len(body)}")


async def test_our_own_page_says_what_this_is_and_loads_nothing_from_elsewhere():
    pages = WebPages(look=lambda: WHOLE)
    app = SafeHeaders(Starlette(routes=pages.routes))
    status, _, body = await ask(app)
    assert status == 200 and b"</html>" in body and b"://" not in body and b"<script>" not in body
    assert (await ask(app, "/web/icon.svg"))[1]["content-type"] == "image/svg+xml"
