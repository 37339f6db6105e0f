from operator import attrgetter

from srgan_tf.recipes import RECIPES, Phase

LONG = (Phase(1_000_000, 1e-4),)
TWICE = (Phase(100_000, 1e-4), Phase(100_000, 1e-5))


def test_recipes_have_the_numbers_of_the_paper():
    columns = attrgetter(
        "phases", "vgg_layer", "feature_scale", "adversarial_weight", "total_variation", "init"
    )
    assert {name: columns(recipe) for name, recipe in RECIPES.items()} == {
        "srresnet_mse": (LONG, None, 1 / 12.75, 0, 0, None),
        "srresnet_vgg22": (LONG, (2, 2), 1e-3, 0, 2e-8, None),
        "srgan_mse": (TWICE, None, 1 / 12.75, 1e-3, 0, "srresnet_mse"),
        "srgan_vgg22": (TWICE, (2, 2), 1e-3, 1e-3, 0, "srresnet_mse"),
        "srgan_vgg54": (TWICE, (5, 4), 1 / 12.75, 1e-3, 0, "srresnet_mse"),
        **dict.fromkeys(("srcnn", "espcn", "drcn"), (LONG, None, 1 / 12.75, 0, 0, None)),
    }


def test_baselines_enlarge_luma_alone():
    networks = {name: (r.network, r.luma_only) for name, r in RECIPES.items()}
    baselines = {name: (name, True) for name in ("srcnn", "espcn", "drcn")}
    assert networks == dict.fromkeys(RECIPES, ("srresnet", False)) | baselines
