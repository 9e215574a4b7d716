"""The notebooks: kept without outputs, and run from the first cell to the last, each in under two minutes."""

import json
import time
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs/notebooks"
FILES = sorted(FOLDER.glob("*.ipynb"))
MOST_S = 120
"""Seconds of processor that a notebook may take; by the clock it takes longer where the computer has other work."""


def test_there_are_five():
    assert len(FILES) == 5


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert cells[0]["cell_type"] == "markdown"
    assert cells[0]["source"][0].startswith("# ")
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert any(line.startswith("assert ") for cell in code for line in cell["source"])


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path, monkeypatch):
    for name in ("nbclient", "ipykernel", "matplotlib"):
        pytest.importorskip(name, reason=f"{name} is not installed: pip install -e '.[notebooks]'")
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    notebook = nbformat.read(path, as_version=4)
    clock = nbformat.v4.new_code_cell("import time; print(time.process_time())")
    notebook.cells.append(clock)
    began = time.perf_counter()
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=None, kernel_name="python3", resources=resources).execute()
    took = float(notebook.cells[-1]["outputs"][0]["text"])
    assert took < MOST_S, f"{took:.0f} s of processor, {time.perf_counter() - began:.0f} s"
    drawn = [o for cell in notebook.cells for o in cell.get("outputs", ()) if "image/png" in o.get("data", {})]
    assert drawn
