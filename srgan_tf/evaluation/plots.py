"""How the figures look in print, and how they are written: PNG and SVG of the same drawing."""

import functools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from srgan_tf.imaging.files import made_folder, write_atomically

INKS = ("#3b6ea5", "#c8553d", "#4c956c", "#8d6b94", "#d9a441", "#5f6b76", "#9c4a2f", "#2f7f86")
_STYLE: Any = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.hashsalt": "srgan_tf",
}


def styled(function: Callable[..., list[Path]]) -> Callable[..., list[Path]]:
    """Draws and writes in the style of this file, whatever the user's matplotlib is set to.

    Its warnings, such as of letters that its font lacks, stay unsaid: a user can do nothing there.
    """

    @functools.wraps(function)
    def draw_in_style(*arguments: Any, **settings: Any) -> list[Path]:
        import matplotlib

        style = matplotlib.rc_context({**matplotlib.rcParamsDefault, **_STYLE})
        with style, warnings.catch_warnings(action="ignore", category=UserWarning):
            return function(*arguments, **settings)

    return draw_in_style


def new_figure(width: float, height: float) -> Any:
    """Begins a figure of so many inches, without a window system."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def draw(width: float, height: float, rows: int, columns: int, **settings: Any) -> Any:
    """Begins a figure with axes, an array (rows, columns); `settings` are of `subplots`."""
    figure = new_figure(width, height)
    return figure, figure.subplots(rows, columns, squeeze=False, **settings)


def save(figure: Any, folder: Path, name: str) -> list[Path]:
    """Writes FOLDER/NAME.png (200 dots per inch) and FOLDER/NAME.svg.

    Returns:
        The two paths.
    """
    paths = []
    with made_folder(folder):
        for kind, settings in (("png", {"dpi": 200}), ("svg", {"metadata": {"Date": None}})):
            path = folder / f"{name}.{kind}"
            write_atomically(path, functools.partial(figure.savefig, format=kind, **settings))
            paths.append(path)
    return paths
