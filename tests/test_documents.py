"""What the documents point at exists, and they agree with the package."""

import re
from pathlib import Path

import pytest

import srgan_tf

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "export/**/*.md", "srgan_tf/**/*.md")
    for path in ROOT.glob(pattern)
)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    targets = [link for link in LINK.findall(path.read_text()) if "://" not in link]
    assert [link for link in targets if not (path.parent / link).exists()] == []


def test_the_link_pattern_finds_links():
    assert LINK.findall("[a](docs/x.md) ![b](c.jpg) [d](e.md#f) [g](#h)") == [
        "docs/x.md",
        "c.jpg",
        "e.md",
    ]


def test_the_citation_is_of_this_version():
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {srgan_tf.__version__}\n" in citation
    assert f"## {srgan_tf.__version__}" in (ROOT / "CHANGELOG.md").read_text()
