"""Runs a notebook in a fresh kernel, and writes it with what its cells showed.

    python docs/update_notebook.py docs/imitation.ipynb

A second name is where to write it instead. Nothing of the machine or of the time gets into the file. The kernel is spoken
to by sockets in a folder: no port is opened.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import nbformat
from nbclient import NotebookClient

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDERS: Final = ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "TMPDIR")
LIMIT: Final = 120  # seconds a cell may take; all of them take ten on a machine that has nothing else to do


def run(notebook: Any) -> Any:
    """Run the notebook from the folder of its page, and return it with its outputs; an error in a cell is raised.

    Args:
        notebook: As nbformat reads it; it is changed.
    """
    with tempfile.TemporaryDirectory(prefix="nb") as folder:  # a short name: a socket's may have a hundred characters
        os.environ.update(dict.fromkeys(FOLDERS, folder), PYTHONPATH=str(ROOT))
        os.environ.pop("MPLBACKEND", None)  # the kernel brings the one that draws into cells
        place = {"metadata": {"path": str(ROOT / "docs")}}
        client = NotebookClient(notebook, timeout=LIMIT, record_timing=False, resources=place)
        kernel = client.create_kernel_manager()
        kernel.transport, kernel.ip = "ipc", f"{folder}/kernel"
        client.execute()
    notebook.metadata.language_info = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    return notebook


if __name__ == "__main__":
    source, target = Path(sys.argv[1]), Path(sys.argv[-1])
    target.write_text(nbformat.writes(run(nbformat.read(source, as_version=4))) + "\n", encoding="utf-8")
