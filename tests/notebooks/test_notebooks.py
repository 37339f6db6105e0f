"""The notebooks: one address, nothing stored, and every cell runs."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="the notebooks' tests want the extra dev")

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SECONDS_PER_CELL = 600  # many times what the slowest takes, for a busy computer


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture(scope="module")
def make_badges():
    spec = importlib.util.spec_from_file_location("make_badges", FOLDER / "make_badges.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def test_there_are_notebooks():
    assert [path.name[:3] for path in NOTEBOOKS] == ["01_", "02_", "03_", "04_"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_has_the_address_of_the_setting(path, make_badges):
    notebook = read(path)
    assert make_badges.REPOSITORY in notebook.cells[0].source
    assert make_badges.with_address(read(path), path) == notebook, (
        "run python notebooks/make_badges.py"
    )


def test_a_notebook_without_a_badge_is_refused(make_badges):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    with pytest.raises(ValueError, match="expected a badge"):
        make_badges.with_address(notebook, Path("05_new.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stripped(path):
    for cell in read(path).cells:
        if cell.cell_type == "code":
            assert cell.outputs == [], "run nbstripout notebooks/*.ipynb"
            assert cell.execution_count is None


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient", reason="the notebooks' tests want the extra dev")
    pytest.importorskip("ipykernel", reason="the notebooks' tests want the extra dev")
    programs = Path(sys.executable).parent  # where `!srgan-tf` is
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nothing is downloaded
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    notebook = read(path)
    client = nbclient.NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()
    kept = os.environ.get("SRGAN_TF_EXECUTED_NOTEBOOKS")
    if kept:
        nbformat.write(notebook, Path(kept) / path.name)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    said = "".join(output.text for output in outputs if output.output_type == "stream")
    assert "Traceback" not in said
    assert "srgan-tf: " not in said  # how the program reports an error
    assert any("image/png" in output.get("data", ()) for output in outputs)
