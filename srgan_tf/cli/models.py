"""`srgan-tf models`: the models in the package, their scores and how they were trained."""

import argparse
import dataclasses
import shutil
import textwrap
from typing import TYPE_CHECKING, Any

from srgan_tf.cli.json_file import check_json_file, write_json_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from srgan_tf.models.cards import Card

_EPILOG = """\
examples:
  srgan-tf models                         all of them, with their scores
  srgan-tf models srgan_vgg54             and its data, notes and the commands that trained it
  srgan-tf models --json models.json

Scores: PSNR (dB) and SSIM by protocol paper; NIQE, phi_3,4, LPIPS, better when lower. They are from
  srgan-tf evaluate --model NAME --benchmarks DIR --perceptual --lpips
and, fast, from
  srgan-tf evaluate --model NAME --benchmarks DIR --fast
"""
_ROWS = {"psnr": ("PSNR (dB)", ".2f"), "ssim": ("SSIM", ".4f")}


def add_command(commands: Any) -> None:
    """Declares the command's arguments."""
    parser = commands.add_parser(
        "models",
        help="the models in the package, their scores and how they were trained",
        description="List the trained models in the package.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="tell everything of these (default: list all)")
    add("--json", metavar="FILE", help="write everything as JSON")


def run(options: argparse.Namespace) -> int:
    """Prints the cards."""
    from srgan_tf.models.cards import read_card
    from srgan_tf.models.shipped import shipped_names
    from srgan_tf.recipes import RECIPES

    check_json_file(options.json)
    shipped = sorted(shipped_names(), key=_place)
    for name in options.names:
        if name not in shipped:
            raise ValueError(f"models: got {name}, expected one of {', '.join(shipped)}")
    cards = {name: read_card(name) for name in options.names or shipped}
    missing = [name for name in RECIPES if name not in shipped]
    for name, card in cards.items():
        recipe = RECIPES.get(name)
        print(f"{name}: {recipe.paper_name} of {recipe.answers_to}" if recipe else name)
        print("\n".join(_describe(card, bool(options.names))) if card else "  It has no card yet.")
        if recipe and options.names:
            print(f"  with the paper's settings:\n  $ {recipe.command}")
        print()
    if missing and not options.names:
        print(f"not in the package: {', '.join(missing)}")
    known = {
        name: dataclasses.asdict(card) | {"scores_up_to_date": card.is_up_to_date}
        for name, card in cards.items()
        if card
    }
    write_json_file(options.json, {"models": known, "not_in_the_package": missing})
    return 0


def _place(name: str) -> tuple[int, str]:
    """The recipes' order; models without a recipe come last."""
    from srgan_tf.recipes import RECIPES

    return (list(RECIPES).index(name) if name in RECIPES else len(RECIPES)), name


def _describe(card: "Card", everything: bool) -> list[str]:
    """A card as lines of text."""
    from srgan_tf.inference.measures import FORMATS, LABELS

    lines = []
    if card.is_up_to_date:
        rows = _ROWS | {name: (LABELS[name], FORMATS[name]) for name in LABELS}
        lines.append(f"  {'':<15}" + "".join(f"{benchmark:>9}" for benchmark in card.scores))
        lines += _score_rows(rows, card.scores)
        if card.fast_scores:
            fast = {name: (f"{label}, fast", kind) for name, (label, kind) in _ROWS.items()}
            lines += _score_rows(fast, card.fast_scores)
    else:
        lines.append("  These weights have not been scored yet.")
    width = max(40, min(shutil.get_terminal_size().columns, 100))
    facts = [f"trained: {card.steps:,} steps, {card.hardware}", f"files: {_files(card.name)}"]
    if everything:
        facts += [f"finished: {card.date}", f"data: {card.data}"]
        facts += [f"notes: {card.notes}"] if card.notes else []
    for fact in facts:
        lines += textwrap.wrap(fact, width, initial_indent="  ", subsequent_indent="    ")
    return lines + [f"  $ {command}" for command in card.commands if everything]


def _score_rows(
    rows: "Mapping[str, tuple[str, str]]", scores: "Mapping[str, Mapping[str, float]]"
) -> list[str]:
    """Lines of a table, a measure in each, by (label, format)."""
    lines = []
    for measure, (label, kind) in rows.items():
        values = [one.get(measure) for one in scores.values()]
        cells = [f"{'-' if x is None else format(x, kind):>9}" for x in values]
        lines.append(f"  {label:<15}{''.join(cells)}")
    return lines


def _files(name: str) -> str:
    """Names and sizes of a model's files."""
    from srgan_tf.models.shipped import FAST, shipped_path

    paths = [shipped_path(name, suffix) for suffix in (".npz", ".tflite", FAST)]
    sizes = [(path.name, path.stat().st_size / 1e6) for path in paths if path.exists()]
    return ", ".join(f"{file} ({size:.1f} MB)" for file, size in sizes)
