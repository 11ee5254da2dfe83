import hashlib
import io
import re
import zipfile

import pytest

from rollback.errors import GameError
from signaling import bundle_installed
from signaling.bundle_installed import installed_wheels, of_distribution, zipped


@pytest.fixture(scope="module")
def wheels():
    return {wheel.name: wheel for wheel in installed_wheels()}


def test_gymnasium_is_offered_with_all_it_needs_and_pyodide_does_not_have(wheels):
    assert {"gymnasium", "farama-notifications", "cloudpickle", "typing-extensions"} <= set(wheels)
    for wheel in wheels.values():
        assert set(wheel.depends) - {"numpy"} <= set(wheels)


def test_each_is_a_wheel_of_its_own_in_pure_python(wheels):
    for wheel in wheels.values():
        names = zipfile.ZipFile(io.BytesIO(wheel.content)).namelist()
        folders = {name.partition("/")[0] for name in names if ".dist-info/" in name}
        assert folders == {wheel.file_name.removesuffix("-py3-none-any.whl") + ".dist-info"}
        assert {f"{next(iter(folders))}/WHEEL", f"{next(iter(folders))}/METADATA"} <= set(names)
        assert all(name.endswith(".py") or ".dist-info/" in name for name in names)
        assert re.fullmatch(r"[a-z_]+-[\w.]+-py3-none-any\.whl", wheel.file_name)
        assert hashlib.sha256(wheel.content).hexdigest() == wheel.sha256


@pytest.mark.parametrize(("name", "module"), [("typing-extensions", "typing_extensions"), ("gymnasium", "gymnasium")])
def test_it_is_told_which_modules_it_brings(wheels, name, module):
    assert module in wheels[name].imports


def test_the_same_packages_make_the_same_bytes(wheels):
    assert {wheel.name: wheel.sha256 for wheel in installed_wheels()} == {name: each.sha256 for name, each in wheels.items()}


def test_what_is_not_installed_is_not_offered(monkeypatch):
    monkeypatch.setattr(bundle_installed, "OFFERED", {"no-such-package": ()})
    assert installed_wheels() == []
    with pytest.raises(GameError, match="no-such-package is not installed: pip install no-such-package"):
        list(of_distribution("no-such-package"))


def test_a_distribution_leaves_its_programs_and_compiled_files_behind():
    places = [place for place, _ in of_distribution("msgpack")]
    assert "msgpack/fallback.py" in places and not [place for place in places if place.startswith("..") or ".so" in place]


def test_the_order_in_which_files_are_given_is_not_in_the_zip():
    assert zipped({"b": b"1", "a": b"2"}) == zipped({"a": b"2", "b": b"1"}) != zipped({"a": b"1", "b": b"2"})
