"""What can be trained, as data: the paper's variants with their schedules."""

import difflib
from dataclasses import dataclass


@dataclass(frozen=True)
class Phase:
    """A stretch of training at one learning rate.

    Attributes:
        steps: number of mini-batches.
        learning_rate: Adam's, at the paper's batch size.
    """

    steps: int
    learning_rate: float


@dataclass(frozen=True)
class Recipe:
    """One row of the paper's Tables 1 and 2, and how the paper trained it.

    Attributes:
        name: its spelling everywhere in the package and on the command line.
        paper_name: its name in the paper.
        answers_to: the tables with its published scores.
        phases: the paper's schedule (Section 3.2), one after the other.
        command: trains it as the paper did.
    """

    name: str
    paper_name: str
    answers_to: str
    phases: tuple[Phase, ...]
    command: str

    @property
    def steps(self) -> int:
        """Length of the paper's schedule, mini-batches."""
        return sum(phase.steps for phase in self.phases)


SRRESNET_MSE = Recipe(
    name="srresnet_mse",
    paper_name="SRResNet-MSE",
    answers_to="Tables 1 and 2",
    phases=(Phase(steps=1_000_000, learning_rate=1e-4),),
    command="srgan-tf train srresnet_mse --data tfds:imagenet2012 --out runs/srresnet_mse",
)

RECIPES = {recipe.name: recipe for recipe in (SRRESNET_MSE,)}

INTERPOLATIONS = ("nearest", "bicubic")
"""The baselines of Table 2 that are not trained."""


def find_recipe(name: str) -> Recipe:
    """Returns the recipe of that name.

    Raises:
        ValueError: there is none; the nearest name is suggested.
    """
    if name in RECIPES:
        return RECIPES[name]
    close = difflib.get_close_matches(name, RECIPES, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise ValueError(f"recipe: got {name!r}, expected one of {', '.join(RECIPES)}{hint}")
