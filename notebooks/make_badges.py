"""Writes the project's public address into every notebook: `python notebooks/make_badges.py`.

REPOSITORY is the one setting. From it come the "Open in Colab" badges, the address that the first
code cell installs from outside of a checkout, and nothing else. A test fails when a notebook is not
what this script writes.
"""

from pathlib import Path

import nbformat

REPOSITORY = "OWNER/srgan_tf"
"""To be set: the project has no public address yet. Until then the badges lead nowhere, and the
notebooks run from a checkout."""

BRANCH = "main"
_FOLDER = Path(__file__).parent
_SETTING = 'ADDRESS = "'


def notebooks() -> list[Path]:
    """The notebooks, in the order of their names."""
    return sorted(_FOLDER.glob("*.ipynb"))


def badge(path: Path) -> str:
    """The badge of a notebook, as Markdown."""
    page = f"github/{REPOSITORY}/blob/{BRANCH}/notebooks/{path.name}"
    image = "https://colab.research.google.com/assets/colab-badge.svg"
    return f"[![Open in Colab]({image})](https://colab.research.google.com/{page})"


def with_address(notebook: nbformat.NotebookNode, path: Path) -> nbformat.NotebookNode:
    """Sets a notebook's badge, its first cell, and the address in its first code cell.

    Raises:
        ValueError: the notebook does not begin with these two cells.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if notebook.cells[0].cell_type != "markdown" or _SETTING not in code[0].source:
        raise ValueError(f"{path.name}: expected a badge, and {_SETTING} in the first code cell")
    notebook.cells[0].source = badge(path)
    before, _, rest = code[0].source.partition(_SETTING)
    _, _, after = rest.partition('"')
    code[0].source = f'{before}{_SETTING}https://github.com/{REPOSITORY}"{after}'
    return notebook


if __name__ == "__main__":
    for file in notebooks():
        nbformat.write(with_address(nbformat.read(file, as_version=4), file), file)
