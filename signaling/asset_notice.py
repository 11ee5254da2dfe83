"""Whose the files of others are, and under which licences, in words that lie beside them. Knows no file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from signaling.assets import PINNED, ThirdParty

__all__ = ["NOTICE", "notice"]

NOTICE: Final = "NOTICE.txt"
_MIT: Final = """MIT: Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction, including without
limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software,
and to permit persons to whom the Software is furnished to do so, subject to the following conditions: The above
copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.
THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
_MPL: Final = """MPL-2.0: This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0.
You can obtain one at https://mozilla.org/MPL/2.0/. The files are unchanged; their source is where the notice says.
"""


def notice(wanted: Iterable[ThirdParty] = PINNED) -> str:
    """Return whose the assets are and under which licence, to lie beside them."""
    parts = ["The files in these folders are the work of others and have licences of their own.\n"]
    for package in wanted:
        names = ", ".join(asset.name for asset in package.files)
        parts.append(f"{package.name} {package.version} ({package.licence}): {names}\n{package.notice}\n")
    return "\n".join([*parts, _MIT, _MPL])
