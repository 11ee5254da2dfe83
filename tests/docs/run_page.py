"""Runs the Python blocks of a page one after another in one namespace, and says what each printed. Knows no test.

Reads a JSON list of sources from stdin, and writes a JSON list of outputs. A block whose first line names a file is also
written to that file, as the page asks its reader to do.
"""

import contextlib
import io
import json
import re
import sys
from pathlib import Path


def main() -> None:
    sys.path.insert(0, "")
    names = {"__name__": "page"}
    said = []
    for number, source in enumerate(json.load(sys.stdin)):
        if named := re.match(r"# (\w+\.py)\n", source):
            Path(named[1]).write_text(source, encoding="utf-8")
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(source, f"block {number}", "exec"), names)
        said.append(out.getvalue())
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
