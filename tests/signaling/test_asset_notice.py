import pytest

from signaling.asset_notice import notice
from signaling.assets import PINNED


@pytest.mark.parametrize("package", PINNED, ids=lambda package: package.name)
def test_every_package_is_named_with_its_licence_and_its_makers(package):
    text = notice()
    assert f"{package.name} {package.version} ({package.licence})" in text
    assert "Copyright" in package.notice and package.notice in text
    assert f"{package.licence}: " in text  # what the licence asks for to be repeated


def test_the_notice_says_whose_packages_it_was_asked_about_only():
    assert "pyodide" not in notice(PINNED[1:]) and "socket.io-client" in notice(PINNED[1:])
