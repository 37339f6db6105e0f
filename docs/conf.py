"""Settings of the documentation: `make docs` builds it into build/docs, warnings as errors.

Pages are Markdown. Parts of the README stand in them by `include`, each command's help by the
directive `help` below, and the reference comes from the docstrings of every module.
"""

import contextlib
import io
import os
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["COLUMNS"] = "100"  # argparse wraps its help there

from srgan_tf.cli.main import main
from srgan_tf.cli.quiet import quiet_start
from srgan_tf.version import __version__

with quiet_start():
    import tensorflow  # noqa: F401  (its libraries' remarks would look like warnings of the build)

ROOT = Path(__file__).resolve().parents[1]

project = "srgan_tf"
release = version = __version__
extensions = [
    "myst_parser",
    "sphinx.ext.apidoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
html_theme = "furo"
html_title = f"srgan_tf {release}"
html_show_copyright = False
exclude_patterns = [
    "reference/modules.rst",  # a list of one package
    "evaluation.md",  # stands in evaluate.md
    "mos.md",  # stands in rate.md
]

default_role = "code"  # docstrings write `name`, as in Markdown
autodoc_member_order = "bysource"
autodoc_mock_imports = ["apache_beam"]  # an extra
napoleon_use_ivar = True  # attributes are described where their class is, not once more
autodoc_typehints_format = "short"
apidoc_modules = [
    {
        "path": str(ROOT / "srgan_tf"),
        "destination": "reference",
        "separate_modules": True,
        "module_first": True,
        "automodule_options": ["members", "show-inheritance"],
    }
]
myst_heading_anchors = 3


class Help(SphinxDirective):
    """`{help} upscale`: what `srgan-tf upscale --help` prints."""

    required_arguments = 1
    optional_arguments = 2

    def run(self) -> list[nodes.Node]:
        """Returns the text as a block."""
        text = io.StringIO()
        with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
            main([*self.arguments, "--help"])
        return [nodes.literal_block(text.getvalue(), text.getvalue(), language="text")]


PAGES = {
    "docs/evaluation.md": "evaluate.md",
    "docs/mos.md": "rate.md",
    "export/README.md": "export.md",
    "export/legacy/README.md": "export.md",
    "export/on_device/README.md": "export.md",
    "export/serving/README.md": "serve.md",
    "srgan_tf/weights/README.md": "training_cost.md",
}
"""The page that each included document stands in."""


def link_to_pages(app: Sphinx, path: str | Path, page: str, content: list[str]) -> None:
    """Turns links of a document, which hold in its own folder, into links between pages."""
    folder = (app.srcdir / path).resolve().parent

    def from_page(link: re.Match[str]) -> str:
        target = (folder / link[1]).resolve()
        if "://" in link[1] or not target.exists():
            return link[0]
        known = PAGES.get(str(target.relative_to(ROOT)))
        return f"]({known or os.path.relpath(target, app.srcdir)}{link[2] or ''})"

    content[0] = re.sub(r"\]\(([^)#\s]+)(#[^)\s]*)?\)", from_page, content[0])


def setup(app: Sphinx) -> None:
    """Registers the directive and the links."""
    app.add_directive("help", Help)
    app.connect("include-read", link_to_pages)
    app.connect("source-read", lambda app, page, content: link_to_pages(app, page, page, content))
