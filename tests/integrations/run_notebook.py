"""Runs a notebook in a real kernel, and prints the text that its cells show.

    python run_notebook.py FILE.ipynb

Run by the interpreter of an environment that holds `nbclient`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat  # type: ignore[import-not-found, unused-ignore]  # lives in the other environment
from nbclient import NotebookClient  # type: ignore[import-not-found, unused-ignore]


def main() -> None:
    notebook = nbformat.read(Path(sys.argv[1]), as_version=4)
    NotebookClient(notebook, timeout=600).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            shown = output.get("data", {})
            print(output.get("text") or shown.get("text/plain") or "")


if __name__ == "__main__":
    main()
