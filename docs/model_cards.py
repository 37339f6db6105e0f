"""Keeps what documents say of the shipped models: `python docs/model_cards.py`.

In srgan_tf/weights/README.md, each `<!-- model NAME -->` is followed by its scores and commands, as
its card `srgan_tf/weights/NAME.json` has them. A test fails when they are not what this writes.
"""

import re
import textwrap
from pathlib import Path

from srgan_tf.evaluation.methods import paper_name
from srgan_tf.evaluation.paper import find_paper_score
from srgan_tf.models.cards import Card, read_card

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "srgan_tf" / "weights" / "README.md"
_PART = re.compile(r"(<!-- model (\w+) -->\n).*?(<!-- end of \2 -->)", re.DOTALL)


def describe(name: str) -> str:
    """A card as Markdown."""
    card = read_card(name)
    if card is None or not card.is_up_to_date:
        raise SystemExit(f"{name}: score it with python -m srgan_tf.evaluation.score_shipped")
    lines = ["| | " + " | ".join(card.scores) + " |", "|---" * (len(card.scores) + 1) + "|"]
    rows = {"this file, PSNR (dB) / SSIM": [_pair(x) for x in card.scores.values()]}
    printed = [find_paper_score(paper_name(name), benchmark) for benchmark in card.scores]
    if any(printed):
        cells = [f"{x.psnr:.2f} / {x.ssim:.4f}" if x and x.psnr else "" for x in printed]
        rows[f"the paper's {paper_name(name)}"] = cells
    rows["NIQE"] = [_number(x.get("niqe"), ".2f") for x in card.scores.values()]
    rows["phi_3,4 distance"] = [_number(x.get("phi34"), ",.0f") for x in card.scores.values()]
    reference = read_card("srresnet_mse")
    if name != "srresnet_mse" and reference and reference.is_up_to_date:
        rows["the same, times that of `srresnet_mse`"] = _ratios(card, reference)
    if any("lpips" in scores for scores in card.scores.values()):
        rows["LPIPS"] = [_number(x.get("lpips"), ".4f") for x in card.scores.values()]
    if card.fast_scores:
        rows["with `--fast`, PSNR (dB) / SSIM"] = [_pair(x) for x in card.fast_scores.values()]
    lines += [f"| {title} | " + " | ".join(cells) + " |" for title, cells in rows.items()]
    lines += [
        "",
        *_wrap(f"**Training.** {card.steps:,} steps, {card.hardware}, finished {card.date}"),
    ]
    lines += ["```sh", *(_fold(command) for command in card.commands), "```", ""]
    lines += _wrap(f"**Data.** {card.data}")
    if card.notes:
        lines += _wrap(card.notes)
    return "\n".join(lines) + "\n"


def _wrap(paragraph: str) -> list[str]:
    return [*textwrap.wrap(f"{paragraph}.", 100, break_on_hyphens=False), ""]


def _pair(scores: dict[str, float]) -> str:
    return f"{scores['psnr']:.2f} / {scores['ssim']:.4f}"


def _number(value: float | None, kind: str) -> str:
    return "" if value is None else format(value, kind)


def _ratios(card: Card, reference: Card) -> list[str]:
    pairs = [(x.get("phi34"), reference.scores[b].get("phi34")) for b, x in card.scores.items()]
    return ["" if x is None or not y else f"{x / y:.2f}" for x, y in pairs]


def _fold(command: str) -> str:
    """Breaks a long command between its flags and its `FILE:SHARE`s."""
    lines = [""]
    for part in re.split(r" (?=--|\S+:-?\d)", command):
        if len(lines[-1]) + len(part) > 92:
            lines.append("   ")
        lines[-1] += f" {part}" if lines[-1] else part
    return " \\\n".join(lines)


def insert(text: str) -> str:
    """The document with the models' parts as their cards have them now."""
    return _PART.sub(lambda part: part[1] + describe(part[2]) + part[3], text)


if __name__ == "__main__":
    README.write_text(insert(README.read_text()))
