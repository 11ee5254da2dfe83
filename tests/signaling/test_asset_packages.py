import pytest

from rollback.errors import UsageError
from signaling.asset_packages import closure, find_packages, packages_folder, read_lock
from signaling.assets import Found, find_assets
from tests.signaling.pyodide_like import WHEELS, lay_pyodide, lay_wheels, lock


@pytest.fixture
def locked(tmp_path):
    """Return what reads a lock file that lies in a folder of assets."""

    def read(content=None):
        return read_lock(find_assets([tmp_path], wanted=[lay_pyodide(tmp_path, content)]))

    return read


def test_the_lock_says_what_there_is_and_pyodide_says_where(locked):
    read = locked()
    assert set(read.wheels) == {"numpy", "tiny-one"}
    assert read.origin == "https://files.example.org/pyodide/v9.9.9/full/"
    assert (read.platform, read.python) == ("pyemscripten_2026_0_wasm32", "3.14")
    assert read.info["platform"] == "emscripten_5"


def test_without_pyodide_there_is_no_lock():
    assert read_lock(Found({}, ("pyodide@9.9.9",), ())) is None
    assert find_packages(None) == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"info": {}, "packages": {}}',
        lock(sha256="short"),
        lock(file_name="../../etc/passwd"),
        lock(file_name="a/../../.bashrc"),
        lock(file_name="C:\\windows.whl"),
        lock(file_name=""),
        lock(file_name=None),
        b"[" * 100_000,
    ],
    ids=lambda content: repr(content[:12]),
)
def test_a_lock_that_is_none_is_refused(locked, content):
    with pytest.raises(UsageError, match="no lock file of Pyodide"):
        locked(content)


@pytest.mark.parametrize(
    ("told", "name", "url"),
    [
        ("https://example.org/a/numpy-2.whl", "numpy-2.whl", "https://example.org/a/numpy-2.whl"),
        ("folder/numpy-2.whl", "numpy-2.whl", ""),
        ("file:///etc/numpy-2.whl", "numpy-2.whl", ""),
    ],
)
def test_a_file_is_called_by_its_last_name_wherever_it_is(locked, told, name, url):
    wheel = locked(lock(file_name=told)).wheels["numpy"]
    assert (wheel.file_name, wheel.url) == (name, url)


@pytest.mark.parametrize("names", [["numpy"], ["NumPy", "tiny.one"], ["tiny-one", "numpy", "numpy"]])
def test_a_package_comes_with_what_it_needs(locked, names):
    assert [wheel.name for wheel in closure(locked(), names)] == ["numpy", "tiny-one"]


def test_packages_that_need_each_other_are_no_trouble(locked):
    assert [wheel.name for wheel in closure(locked(lock(depends=["numpy"])), ["numpy"])] == ["numpy"]


@pytest.mark.parametrize(("name", "words"), [("nunpy", "did you mean numpy"), ("zzz", "or it needs none")])
def test_a_package_that_is_not_there_is_named_with_the_closest(locked, name, words):
    with pytest.raises(UsageError, match=words):
        closure(locked(), [name])


def test_only_whole_files_count_as_there(locked, tmp_path):
    folder = tmp_path / "packages"
    assert find_packages(locked(), folder) == {}
    lay_wheels(folder, **{"tiny_one-1.0-py3-none-any.whl": b"tinX", "other.whl": b""})
    assert find_packages(locked(), folder) == {"numpy": folder / next(iter(WHEELS))}


def test_packages_lie_in_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("ROLLBACK_CACHE_DIR", str(tmp_path))
    assert packages_folder() == tmp_path / "packages"
