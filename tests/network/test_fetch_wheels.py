"""Packages for the browser come from an address that somebody names; here it is a server of the test's."""

import functools
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rollback.cli.app import run
from rollback.errors import NetworkError
from signaling import asset_npm, asset_sources, assets
from signaling.asset_packages import closure, read_lock
from signaling.asset_sources import FromAddress, fetch_wheels
from signaling.assets import find_assets
from tests.signaling.pyodide_like import WHEELS, lay_pyodide, lock

NUMPY, TINY = WHEELS


class Handler(BaseHTTPRequestHandler):
    def __init__(self, site, *arguments):
        self.site = site
        super().__init__(*arguments)

    def do_GET(self):
        self.site.asked.append(self.path)
        content = self.site.files.get(self.path)
        if isinstance(content, str):
            self.send_response(302)
            self.send_header("location", content)
            self.end_headers()
            return
        self.send_response(200 if content is not None else 404)
        self.send_header("content-length", str(len(content or b"") + self.site.promised_more))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_):
        pass


class Site:
    """Files by path; a string is where the file is instead."""

    def __init__(self):
        self.files = {f"/full/{name}": content for name, content in WHEELS.items()}
        self.asked = []
        self.promised_more = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, self))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/full"


@pytest.fixture
def site(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
    site.server.server_close()


def wheels(folder, content=None):
    return closure(read_lock(find_assets([folder], wanted=[lay_pyodide(folder, content)])), ["numpy"])


@pytest.mark.parametrize("ending", ["", "/"])
def test_packages_are_fetched_from_an_address(site, tmp_path, ending):
    done = fetch_wheels(wheels(tmp_path), tmp_path / "into", [FromAddress(site.url + ending)])
    assert done == ([], ["numpy", "tiny-one"], [])
    assert site.asked == [f"/full/{NUMPY}", f"/full/{TINY}"]
    assert (tmp_path / "into" / NUMPY).read_bytes() == WHEELS[NUMPY]


def test_an_address_in_the_lock_is_taken_where_nobody_names_another(site, tmp_path):
    told = lock(file_name=f"{site.url}/{NUMPY}")
    _, fetched, trouble = fetch_wheels(wheels(tmp_path, told), tmp_path / "into", [FromAddress("")])
    assert fetched == ["numpy"] and "nobody says where tiny_one" in trouble[0]


def test_what_came_elsewhere_from_is_held_to_the_same_hash(site, tmp_path):
    site.files["/full/" + NUMPY] = "/other"
    site.files["/other"] = WHEELS[NUMPY]
    assert fetch_wheels(wheels(tmp_path)[:1], tmp_path / "a", [FromAddress(site.url)])[1] == ["numpy"]
    site.files["/other"] = b"evil"
    assert (
        "is not what Pyodide's lock names" in fetch_wheels(wheels(tmp_path)[:1], tmp_path / "b", [FromAddress(site.url)])[2][0]
    )
    site.files["/full/" + NUMPY] = "file:///etc/hostname"
    assert "cannot be had" in fetch_wheels(wheels(tmp_path)[:1], tmp_path / "c", [FromAddress(site.url)])[2][0]


def test_what_is_not_there_and_what_is_cut_are_sentences(site, tmp_path):
    del site.files[f"/full/{TINY}"]
    with pytest.raises(NetworkError, match=rf"{TINY} cannot be had: Not Found"):
        FromAddress(site.url).content(wheels(tmp_path)[1])
    site.files[f"/full/{NUMPY}"] = WHEELS[NUMPY][:-1]
    site.promised_more = 1
    _, fetched, trouble = fetch_wheels(wheels(tmp_path)[:1], tmp_path / "into", [FromAddress(site.url)])
    assert not fetched and len(trouble) == 1 and not (tmp_path / "into").exists()


def test_a_server_that_speaks_no_http_is_a_sentence(tmp_path):
    def babble(listening):
        connection, _ = listening.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"hello\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=babble, args=(listening,))
        thread.start()
        with pytest.raises(NetworkError, match="cannot be had"):
            FromAddress(f"http://127.0.0.1:{listening.getsockname()[1]}").content(wheels(tmp_path)[0])
        thread.join()


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(asset_sources, "_PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with pytest.raises(NetworkError, match=r"cannot be had: .*timed out"):
            FromAddress(f"http://127.0.0.1:{silent.getsockname()[1]}").content(wheels(tmp_path)[0])


def test_the_command_fetches_from_an_address(site, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ROLLBACK_CACHE_DIR", str(tmp_path))
    package = lay_pyodide(tmp_path / "assets")
    for function in (assets.find_assets, asset_npm.fetch_assets):
        monkeypatch.setitem(function.__kwdefaults__, "wanted", [package])
    assert run(["fetch-assets", "--packages", "numpy", "--from", site.url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["fetched"] == ["numpy", "tiny-one"]
    assert sorted(path.name for path in (tmp_path / "packages").iterdir()) == sorted(WHEELS)
