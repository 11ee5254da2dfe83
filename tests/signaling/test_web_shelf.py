import pytest

from signaling.bundle_installed import InstalledWheel
from signaling.served_file import FOR_EVER
from signaling.web_shelf import lacking_packages, take_stock
from tests.signaling.http import ask
from tests.signaling.pyodide_like import WHEELS, lay_pyodide, lay_wheels
from tests.signaling.third_party import third_party

OURS = InstalledWheel("ours", "3", "ours-3-py3-none-any.whl", b"zip", "f" * 64, ("tiny-one",), ("ours",))
TINY = InstalledWheel("tiny-one", "3", "tiny_one-3-py3-none-any.whl", b"zap", "e" * 64, (), ("tiny",))


@pytest.fixture
def look(tmp_path):
    package = lay_pyodide(tmp_path / "assets")

    def look(*wanted, wheels=()):
        return take_stock([tmp_path / "assets"], tmp_path / "packages", wanted=wanted or [package], wheels=wheels)

    return look


async def test_what_is_there_has_an_address_that_names_its_version(look):
    stock = look()
    assert stock.folders == {"pyodide": "/assets/pyodide/9.9.9/"} and stock.missing == ()
    status, headers, body = await ask(stock.files["/assets/pyodide/9.9.9/python.wasm"])
    assert (status, body) == (200, b"\0asm" * 999)
    assert headers["content-type"] == "application/wasm" and headers["cache-control"] == FOR_EVER


async def test_whose_it_all_is_can_be_read(look):
    _, headers, body = await ask(look().files["/assets/NOTICE.txt"])
    assert b"pyodide 9.9.9" in body and headers["content-type"].startswith("text/plain")


def test_what_lacks_something_has_no_folder(look, tmp_path):
    other = third_party(a=b"a")
    (tmp_path / "assets/pyodide/9.9.9/python.wasm").write_bytes(b"cut")
    stock = look(lay_pyodide(tmp_path / "elsewhere"), other)
    assert stock.missing == ("pyodide@9.9.9", "thing@1.2.3") and stock.folders == {}
    assert "/assets/pyodide/9.9.9/python.wasm" not in stock.files


async def test_fetched_packages_are_offered_under_their_hash(look, tmp_path):
    lay_wheels(tmp_path / "packages")
    stock = look()
    assert set(stock.packages) == {"numpy", "tiny-one"}
    numpy = stock.packages["numpy"]
    assert numpy["url"] == f"/assets/packages/{numpy['sha256'][:16]}/{next(iter(WHEELS))}"
    assert numpy["depends"] == ["tiny-one"] and numpy["imports"] == ["numpy"] and numpy["version"] == "2.0"
    assert (await ask(stock.files[numpy["url"]]))[2] == next(iter(WHEELS.values()))


async def test_installed_packages_are_offered_unless_pyodide_has_its_own(look, tmp_path):
    assert set(look(wheels=[OURS, TINY]).packages) == {"ours", "tiny-one"}
    lay_wheels(tmp_path / "packages")
    stock = look(wheels=[OURS, TINY])
    assert set(stock.packages) == {"ours", "tiny-one", "numpy"}
    assert stock.packages["tiny-one"]["version"] == "1.0"
    assert (await ask(stock.files[stock.packages["ours"]["url"]]))[2] == b"zip"


def test_every_package_that_is_offered_can_be_loaded(look, tmp_path):
    lay_wheels(tmp_path / "packages")
    stock = look(wheels=[OURS])
    assert all(package["url"] in stock.files for package in stock.packages.values())


def test_what_a_package_needs_may_lack_too():
    packages = {"ours": {"depends": ["tiny-one", "numpy"]}, "tiny-one": {"depends": ["ours"]}}
    assert lacking_packages(["ours"], packages) == ["numpy"]
    assert lacking_packages(["other"], packages) == ["other"]
    assert lacking_packages([], packages) == []
