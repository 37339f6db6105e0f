"""The card of each shipped model, `weights/NAME.json`: how it was trained and how it scores.

The one source of `srgan-tf models` and of the tables in `weights/README.md`. Standard library only.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srgan_tf.imaging.files import digest_files, write_text
from srgan_tf.models.shipped import FAST, shipped_names, shipped_path


@dataclass(frozen=True)
class Card:
    """What there is to know of a shipped model.

    Attributes:
        name: the recipe's.
        commands: what trained it, one after the other.
        steps: mini-batches in all.
        data: the training pictures.
        hardware: what it was trained on, and for how long.
        date: when it was finished, YYYY-MM-DD.
        notes: what else should be known.
        scored_file: SHA-256 of the files whose scores these are.
        scores: benchmark -> `psnr` (dB), `ssim` by protocol `paper`, `niqe`, `phi34`, `lpips`.
        fast_scores: benchmark -> `psnr` (dB), `ssim` with `--fast`; empty: no such file.
    """

    name: str
    commands: tuple[str, ...]
    steps: int
    data: str
    hardware: str
    date: str
    notes: str = ""
    scored_file: str = ""
    scores: Mapping[str, Mapping[str, float]] = dataclasses.field(default_factory=dict)
    fast_scores: Mapping[str, Mapping[str, float]] = dataclasses.field(default_factory=dict)

    @property
    def is_up_to_date(self) -> bool:
        """Whether the scores are those of the weights that lie beside the card."""
        return bool(self.scores) and self.scored_file == digest_scored(self.name)


def digest_scored(name: str) -> str:
    """SHA-256 of what `evaluate --model NAME` runs, and with `--fast`."""
    fast = [shipped_path(name, FAST)] if name in shipped_names(FAST) else []
    return digest_files([scored_path(name), *fast])


def scored_path(name: str) -> Path:
    """The file that `evaluate --model NAME` runs: the LiteRT model where there is one."""
    is_deployed = name in shipped_names(".tflite")
    return shipped_path(name, ".tflite" if is_deployed else ".npz")


def card_path(name: str) -> Path:
    """Path of a model's card; it need not exist."""
    return shipped_path(name, ".json")


def read_card(name: str) -> Card | None:
    """Reads a model's card; None: it has none.

    Raises:
        ValueError: the file is not a card.
    """
    path = card_path(name)
    if not path.exists():
        return None
    try:
        values: dict[str, Any] = json.loads(path.read_text())
        return Card(**{**values, "name": name, "commands": tuple(values["commands"])})
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path}: not a model card ({error})") from None


def write_card(card: Card) -> None:
    """Writes a model's card beside its weights."""
    text = json.dumps(dataclasses.asdict(card), indent=2) + "\n"
    write_text(card_path(card.name), text)
