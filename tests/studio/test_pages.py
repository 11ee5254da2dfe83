from starlette.applications import Starlette

from rollback.studio.pages import SafeHeaders, page_routes
from tests.signaling.http import ask


def app(folder):
    return SafeHeaders(Starlette(routes=page_routes(folder)))


async def test_the_page_and_its_files_are_served_with_their_types(tmp_path):
    (tmp_path / "index.html").write_text("<!doctype html>studio")
    (tmp_path / "main.js").write_text("// the page")
    (tmp_path / "style.css").write_text("body {}")
    for path, kind in (("/", "text/html"), ("/studio/main.js", "text/javascript"), ("/studio/style.css", "text/css")):
        status, headers, body = await ask(app(tmp_path), path)
        assert status == 200 and headers["content-type"].startswith(kind) and body
        assert headers["x-content-type-options"] == "nosniff" and headers["cross-origin-resource-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]


async def test_nothing_else_of_the_disk_is_served(tmp_path):
    web = tmp_path / "web"
    web.mkdir()
    (tmp_path / "secret.js").write_text("secret")
    (web / ".hidden.js").write_text("secret")
    (web / "notes.txt").write_text("secret")
    (web / "folder.js").mkdir()
    for name in ("../secret.js", "..%2fsecret.js", ".hidden.js", "notes.txt", "folder.js", "absent.js", "MAIN.JS", ""):
        status, _, body = await ask(app(web), f"/studio/{name}")
        assert status == 404 and b"secret" not in body


async def test_a_studio_whose_page_is_not_installed_says_so(tmp_path):
    status, headers, body = await ask(app(tmp_path))
    assert status == 200 and b"not installed" in body and headers["content-type"].startswith("text/html")
