"""A report as Markdown and as one HTML page, from the same content."""

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    """A title; level 1 is the document's."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """Plain text; a loud one is set apart."""

    text: str
    is_loud: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of text under a header; the first column is left-aligned, numbers right."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Drawing:
    """A figure.

    Attributes:
        name: of its files, without suffix.
        caption: what it shows.
        svg: its content.
    """

    name: str
    caption: str
    svg: bytes


Part = Heading | Paragraph | Table | Drawing

_STYLE = """
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; background: #fff; color: #1a1a1a;
  font: 16px/1.5 system-ui, sans-serif; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #bbb; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 12px; border-bottom: 1px solid #ddd; text-align: right;
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
thead th { border-bottom: 2px solid #888; vertical-align: bottom; }
.scroll { overflow-x: auto; }
figure { margin: 1.5rem 0; }
figure img { max-width: 100%; height: auto; }
figcaption { color: #444; }
.loud { padding: 10px 14px; border-left: 5px solid #c8102e; background: #f3f3f3; }
"""


def to_markdown(parts: Sequence[Part]) -> str:
    """Writes Markdown; figures are links to their PNG files."""
    blocks = []
    for part in parts:
        match part:
            case Heading(text, level):
                blocks.append(f"{'#' * level} {_escape_markdown(text)}")
            case Paragraph(text, is_loud):
                blocks.append(
                    f"**{_escape_markdown(text)}**" if is_loud else _escape_markdown(text)
                )
            case Table(header, rows):
                lines = [[_escape_markdown(cell) for cell in row] for row in (header, *rows)]
                lines.insert(1, ["---", *["---:"] * (len(header) - 1)])
                blocks.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
            case Drawing(name, caption, _):
                blocks.append(f"![{_escape_markdown(caption)}]({name}.png)")
    return "\n\n".join(blocks) + "\n"


def _escape_markdown(text: str) -> str:
    for letter in "\\`*_[]<>|":
        text = text.replace(letter, f"\\{letter}")
    return text


def to_html(title: str, parts: Sequence[Part]) -> str:
    """Writes a page that needs nothing else; figures are inside it, as SVG."""
    body = "\n".join(_html_part(part) for part in parts)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
{body}
</body>
</html>
"""


def _html_part(part: Part) -> str:
    match part:
        case Heading(text, level):
            return f"<h{level}>{html.escape(text)}</h{level}>"
        case Paragraph(text, is_loud):
            return f"<p{' class=loud' if is_loud else ''}>{html.escape(text)}</p>"
        case Table(header, rows):
            head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in header)
            lines = "\n".join(
                "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
                for row in rows
            )
            return (
                f'<div class="scroll"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n'
                "</tbody></table></div>"
            )
        case Drawing(_, caption, svg):
            source = base64.b64encode(svg).decode()
            text = html.escape(caption)
            return (
                f'<figure><img alt="{text}" src="data:image/svg+xml;base64,{source}">'
                f"<figcaption>{text}</figcaption></figure>"
            )
