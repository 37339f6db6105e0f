"""What can be trained, as data: the paper's variants and baselines with their schedules."""

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
        vgg_layer: (i, j) of the content loss on phi_{i,j} (Eq. 5); None: MSE (Eq. 4).
        feature_scale: factor of the VGG feature maps before they are compared (Section 3.2).
        adversarial_weight: of -log D(G(lr)) beside the content loss (Eq. 3); 0: no discriminator.
        total_variation: weight of the total variation of the result.
        init: the recipe whose weights it starts from; None: untrained.
        network: `srresnet`, `srcnn`, `espcn` or `drcn`.
        luma_only: whether its loss compares luma alone, since its network leaves colours to
            interpolation.
    """

    name: str
    paper_name: str
    answers_to: str
    phases: tuple[Phase, ...]
    vgg_layer: tuple[int, int] | None = None
    feature_scale: float = 1 / 12.75
    adversarial_weight: float = 0.0
    total_variation: float = 0.0
    init: str | None = None
    network: str = "srresnet"
    luma_only: bool = False

    @property
    def steps(self) -> int:
        """Length of the paper's schedule, mini-batches."""
        return sum(phase.steps for phase in self.phases)

    @property
    def command(self) -> str:
        """Trains it as the paper did."""
        return f"srgan-tf train {self.name} --data tfds:imagenet2012 --out runs/{self.name}"


_SRRESNET_PHASES = (Phase(steps=1_000_000, learning_rate=1e-4),)
_SRGAN_PHASES = (
    Phase(steps=100_000, learning_rate=1e-4),
    Phase(steps=100_000, learning_rate=1e-5),
)

_VGG22_SCALE = 1e-3
"""Deviation: the paper has one factor, 1/12.75, meant to make the VGG loss comparable to the MSE
loss. The maps of phi_{2,2} are far larger than those of phi_{5,4}: with 1/12.75 the loss of an
SRResNet with an MSE of 0.026 is 235, and the adversarial loss has 1/1800 of its gradient. With 1e-3
it is 0.038: comparable, as the factor is meant. On phi_{5,4} the paper's own factor, which
`srgan_vgg54` has, comes near that: 0.12 for an MSE of 0.023."""

SRRESNET_MSE = Recipe("srresnet_mse", "SRResNet-MSE", "Tables 1 and 2", _SRRESNET_PHASES)
SRRESNET_VGG22 = Recipe(
    "srresnet_vgg22",
    "SRResNet-VGG22",
    "Table 1",
    _SRRESNET_PHASES,
    vgg_layer=(2, 2),
    feature_scale=_VGG22_SCALE,
    total_variation=2e-8,
)
SRGAN_MSE = Recipe(
    "srgan_mse",
    "SRGAN-MSE",
    "Table 1",
    _SRGAN_PHASES,
    adversarial_weight=1e-3,
    init="srresnet_mse",
)
SRGAN_VGG22 = Recipe(
    "srgan_vgg22",
    "SRGAN-VGG22",
    "Table 1",
    _SRGAN_PHASES,
    vgg_layer=(2, 2),
    feature_scale=_VGG22_SCALE,
    adversarial_weight=1e-3,
    init="srresnet_mse",
)
SRGAN_VGG54 = Recipe(
    "srgan_vgg54",
    "SRGAN-VGG54",
    "Tables 1 and 2",
    _SRGAN_PHASES,
    vgg_layer=(5, 4),
    adversarial_weight=1e-3,
    init="srresnet_mse",
)

_BASELINE_PHASES = _SRRESNET_PHASES
"""Deviation: the baselines of Table 2 are trained as SRResNet is. The paper takes their results as
published, and their papers trained on other pictures, with other optimizers."""

SRCNN, ESPCN, DRCN = (
    Recipe(name, name.upper(), "Table 2", _BASELINE_PHASES, network=name, luma_only=True)
    for name in ("srcnn", "espcn", "drcn")
)

VARIANTS = (SRRESNET_MSE, SRRESNET_VGG22, SRGAN_MSE, SRGAN_VGG22, SRGAN_VGG54)
BASELINES = (SRCNN, ESPCN, DRCN)
RECIPES = {recipe.name: recipe for recipe in (*VARIANTS, *BASELINES)}

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
