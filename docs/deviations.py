"""Keeps the README's list of departures from the paper: `python docs/deviations.py`.

Each paragraph of the package that begins with `Deviation:` becomes a line of the list, between two
marks in README.md. A test fails when the list is not what this script writes.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
START, END = "<!-- deviations: python docs/deviations.py -->\n", "<!-- end of deviations -->"
_PARAGRAPH = re.compile(r'Deviation: (.+?)(?="""|\n\s*\n)', re.DOTALL)


def collect() -> str:
    """The list as Markdown, by file."""
    lines = []
    for path in sorted((ROOT / "srgan_tf").rglob("*.py")):
        for text in _PARAGRAPH.findall(path.read_text()):
            sentence = " ".join(text.split())
            sentence = sentence[0].upper() + sentence[1:]
            lines.append(f"- {sentence} (`{path.relative_to(ROOT)}`)\n")
    return "".join(lines)


def insert(readme: str) -> str:
    """The README with the list as the code has it now.

    Raises:
        ValueError: the marks are missing.
    """
    before, start, rest = readme.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"README.md: expected the marks {START.strip()} and {END}")
    return before + start + collect() + end + after


if __name__ == "__main__":
    file = ROOT / "README.md"
    file.write_text(insert(file.read_text()))
