"""The hook that packs what the browser client needs; hatchling itself is not there when the tests run."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from signaling import asset_npm, assets
from signaling.asset_npm import Fetched
from tests.signaling.third_party import lay, third_party

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = third_party(a=b"aaa")


@pytest.fixture
def build(monkeypatch, tmp_path):
    """Return what runs the hook for a folder of source, and what it said; npm is replaced by `fetch`."""
    interface = ModuleType("hatchling.builders.hooks.plugin.interface")
    interface.BuildHookInterface = object
    for name in ("hatchling", "hatchling.builders", "hatchling.builders.hooks", "hatchling.builders.hooks.plugin"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, interface.__name__, interface)
    monkeypatch.setenv("ROLLBACK_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setitem(assets.find_assets.__kwdefaults__, "wanted", [PACKAGE])
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def build(version, fetch):
        monkeypatch.setattr(asset_npm, "fetch_assets", fetch)
        hook = module.CustomBuildHook()
        said = []
        hook.root = str(tmp_path / "source")
        hook.app = SimpleNamespace(display_info=said.append)
        data = {"force_include": {}}
        path = list(sys.path)
        hook.initialize(version, data)
        assert sys.path == path and len(said) == 1
        return data["force_include"], said[0]

    return build


def fetched(into, folders):
    lay(into, PACKAGE, a=b"aaa")
    return Fetched((), (PACKAGE.pinned_name,), ())


def failed(into, folders):
    return Fetched((), (), ("thing@1.2.3: npm is not here", "other@1: not tried after that"))


def test_a_wheel_carries_the_files_and_their_licences(build, tmp_path):
    included, said = build("standard", fetched)
    assert set(included.values()) == {"signaling/web/assets/thing/1.2.3/a.js", "signaling/web/assets/NOTICE.txt"}
    assert all(Path(path).is_file() and Path(path).is_relative_to(tmp_path / "cache") for path in included)
    assert said == "rollback: the browser client's assets are packed (thing@1.2.3)"


def test_an_editable_install_has_them_beside_the_source(build, tmp_path):
    included, _ = build("editable", fetched)
    packed = tmp_path / "source/signaling/web/assets"
    assert included == {} and (packed / "thing/1.2.3/a.js").read_bytes() == b"aaa"
    assert "MIT" in (packed / "NOTICE.txt").read_text()


@pytest.mark.parametrize("version", ["standard", "editable"])
def test_a_build_without_npm_goes_on_and_says_what_to_run(build, version):
    included, said = build(version, failed)
    assert set(included.values()) <= {"signaling/web/assets/NOTICE.txt"}
    assert said.endswith("not packed (thing@1.2.3: npm is not here): run rollback fetch-assets afterwards")


def test_nothing_that_goes_wrong_ends_a_build(build):
    def broken(into, folders):
        raise RuntimeError("anything")

    assert build("standard", broken) == (
        {},
        "rollback: the browser client's assets are not packed (anything): run rollback fetch-assets afterwards",
    )


def test_a_build_without_a_writable_home_has_a_folder_of_its_own(build, tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    included, said = build("standard", fetched)
    assert len(included) == 2 and "are packed" in said


def test_the_hook_is_named_and_goes_with_the_source():
    text = (ROOT / "pyproject.toml").read_text()
    assert "[tool.hatch.build.targets.wheel.hooks.custom]" in text and '"/hatch_build.py"' in text
    assert "signaling/web/assets/" in (ROOT / ".gitignore").read_text().split()
