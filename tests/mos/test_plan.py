import shutil
import stat
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from srgan_tf.imaging.resize import reduce_4x, upscale_nearest
from srgan_tf.mos.gather import find_pictures, gather
from srgan_tf.mos.order import choose_subsets, order_pictures
from srgan_tf.mos.plan import PAPER, describe, make_study
from srgan_tf.mos.study import load_codes, load_study


def test_a_study_holds_every_version_of_every_image(plan, study_folders):
    study = plan()
    tested = [p for p in study.pictures if p.expected is None]
    assert Counter(p.method for p in tested) == {"nearest": 6, "bicubic": 6, "original": 6}
    assert study.sets == ("SetA", "SetB")
    for picture in tested:
        name = picture.image + ("_x4" if picture.method == "bicubic" else "")
        source = study_folders / picture.method / picture.set / "HR" / f"{name}.png"
        if picture.method != "original":
            source = study_folders / picture.method / picture.set / f"{name}.png"
        index = study.pictures.index(picture)
        with Image.open(study.picture_path(index)) as stored, Image.open(source) as given:
            np.testing.assert_array_equal(np.asarray(stored), np.asarray(given))


def test_calibration_is_nearest_as_1_and_original_as_5(plan, study_folders):
    study = plan()
    examples = [p for p in study.pictures if p.expected is not None]
    assert len(examples) == 4
    assert {(p.method, p.expected) for p in examples} == {("nearest", 1), ("original", 5)}
    for order in study.raters.values():
        assert {study.pictures[i] for i in order[:4]} == set(examples)
        assert study.num_calibration("rater1") == 4
    for picture in examples:
        source = study_folders / "calibration" / f"{picture.image}.png"
        path = study.picture_path(study.pictures.index(picture))
        with Image.open(path) as stored, Image.open(source) as given:
            original = np.asarray(given)
            expected = {1: upscale_nearest(reduce_4x(original)), 5: original}[picture.expected]
            np.testing.assert_array_equal(np.asarray(stored), expected)


def test_each_rater_has_an_order_of_their_own_without_an_image_twice_in_a_row(plan):
    study = plan(num_raters=20)
    assert len(set(study.raters.values())) == 20
    for order in study.raters.values():
        images = [(study.pictures[i].set, study.pictures[i].image) for i in order]
        assert all(a != b for a, b in pairwise(images))
        times = Counter(order)
        assert sorted(times.values()) == [1] * 20 + [2] * 2
        for index, count in times.items():
            if count == 2:
                first, second = (place for place, i in enumerate(order) if i == index)
                assert second - first >= 6  # in the first third of 18 and in the last


def test_a_seed_decides_all_but_the_secrets(plan):
    one, same, other = plan("a", seed=5), plan("b", seed=5), plan("c", seed=6)
    assert (one.folder / "study.json").read_bytes() == (same.folder / "study.json").read_bytes()
    assert one.raters != other.raters
    assert load_codes(one) != load_codes(same)
    assert (one.folder / "key").read_text() != (same.folder / "key").read_text()
    for secret in ("key", "raters.csv"):
        assert stat.S_IMODE((one.folder / secret).stat().st_mode) == 0o600


def test_it_loads_as_it_was_saved(plan):
    study = plan()
    assert load_study(study.folder) == study
    assert sorted(load_codes(study).values()) == ["rater1", "rater2", "rater3"]


def test_subsets_are_whole_images_each_equally_often(plan):
    study = plan(num_raters=4, ratings=9, num_repeats=0)
    given = Counter()
    for order in study.raters.values():
        rated = [study.pictures[i] for i in order[4:]]
        assert len(rated) == 9
        assert Counter(p.method for p in rated) == {"nearest": 3, "bicubic": 3, "original": 3}
        given.update({(p.set, p.image) for p in rated})
    assert set(given.values()) == {2} and len(given) == 6
    assert any("9 ratings" in line for line in describe(study))


def test_subsets_of_the_papers_size_are_balanced():
    sizes = [12] * 19 + [9] * 100
    subsets = choose_subsets(sizes, 50, 200, np.random.default_rng(0))
    given = Counter(index for subset in subsets for index in subset)
    assert max(given.values()) - min(given.values()) <= 1 and len(given) == 119
    assert all(190 < sum(sizes[i] for i in subset) <= 200 for subset in subsets)


def test_small_images_are_not_given_more_often_than_large_ones():
    for sizes, most in (([12] * 14 + [2] * 5, 20), ([3] * 4 + [7] * 3, 20), ([12] * 19 + [2], 30)):
        for seed in range(5):
            rng = np.random.default_rng(seed)
            subsets = choose_subsets(sizes, 12, max(most, 3 * max(sizes) - 1), rng)
            given = Counter(index for subset in subsets for index in subset)
            counts = [given[index] for index in range(len(sizes))]
            assert max(counts) - min(counts) <= 1


def test_enough_ratings_can_always_be_ordered():
    for sizes in ([12] * 19 + [9] * 100, [5, 5, 5], [9, 4, 4, 4], [3, 2]):
        with pytest.raises(ValueError, match="ratings: got 2") as error:
            choose_subsets(sizes, 20, 2, np.random.default_rng(0))
        enough = int(str(error.value).split()[-3])
        for subset in choose_subsets(sizes, 26, enough, np.random.default_rng(0)):
            images = [index for index in subset for _ in range(sizes[index])]
            order_pictures(images, 0, np.random.default_rng(0))


def test_images_that_nobody_sees_are_told(plan):
    study = plan(num_raters=1, ratings=6, num_repeats=0)
    assert "4 images are shown to nobody: too few raters or --ratings" in describe(study)


def test_an_order_of_the_papers_size():
    images = [image for image in range(119) for _ in range(12 if image < 19 else 9)]
    order = order_pictures(images, PAPER["num_repeats"], np.random.default_rng(0))
    assert len(set(order)) == len(images) == 1128 and len(order) == 1138
    assert all(images[a] != images[b] for a, b in pairwise(order))


def test_a_method_may_leave_out_a_set_but_not_an_image(plan, study_folders, tmp_path):
    part = tmp_path / "part"
    (part / "SetA").mkdir(parents=True)
    for path in (study_folders / "nearest" / "SetA").iterdir():
        (part / "SetA" / path.name).write_bytes(path.read_bytes())
    images = gather(study_folders / "original", {"part": str(part)})
    assert [len(image.versions) for image in images] == [2, 2, 1, 1, 1, 1]
    (part / "SetA" / "img_0.png").unlink()
    with pytest.raises(ValueError, match="part: got no result for SetA/img_0"):
        gather(study_folders / "original", {"part": str(part)})


def test_a_set_without_results_is_left_out_and_named(plan, study_folders, tmp_path):
    only_b = tmp_path / "only_b"
    shutil.copytree(study_folders / "nearest" / "SetB", only_b / "SetB")
    study = make_study(
        tmp_path / "study",
        study_folders / "original",
        {"b": str(only_b)},
        study_folders / "original" / "SetA",  # no picture of the test any more
        num_raters=2,
    )
    tested = [p for p in study.pictures if p.expected is None]
    assert Counter((p.set, p.method) for p in tested) == {("SetB", "b"): 4, ("SetB", "original"): 4}
    assert describe(load_study(study.folder))[:2] == [
        "SetB: 4 images, 2 versions of each",
        "SetA: left out, no method has results for it",
    ]
    assert not any("left out" in line for line in describe(plan("whole")))


def test_metadata_is_not_taken_over(plan, study_folders, tmp_path):
    note = PngImagePlugin.PngInfo()
    note.add_text("Method", "SECRETNAME")
    exif = Image.Exif()
    exif[0x010E] = "SECRETNAME"
    for path in (study_folders / "nearest").rglob("*.png"):
        target = tmp_path / "noted" / path.relative_to(study_folders / "nearest")
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(path) as image:
            image.save(target, pnginfo=note, exif=exif)
    study = make_study(
        tmp_path / "study",
        study_folders / "original",
        {"noted": str(tmp_path / "noted")},
        study_folders / "calibration",
        num_raters=1,
    )
    for path in (study.folder / "pictures").iterdir():
        assert b"SECRETNAME" not in path.read_bytes()
        with Image.open(path) as image:
            assert not image.info


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_raters": 0}, "raters: got 0, expected at least 1"),
        ({"num_raters": 10_001}, "raters: got 10001, expected at most 10000"),
        ({"num_repeats": 7}, "repeats: got 7, expected at most 6"),
        ({"num_repeats": -1}, "repeats: got -1"),
        ({"num_calibration": 4}, "calibration: got 3 pictures, expected at least 4"),
        ({"num_calibration": 1}, "calibration-images: got 1, expected at least 2"),
        ({"ratings": 2}, "ratings: got 2, of which one image would be more than half; 6 are"),
        ({"ratings": 3}, "ratings: got 3, of which one image would be more than half; 6 are"),
        ({"break_every": 0}, "break-every: got 0"),
        ({"seed": -1}, "seed: got -1"),
        ({"methods": ()}, "method: got none"),
        ({"calibration": "nowhere"}, "got nowhere, expected a folder"),
    ],
)
def test_bad_numbers_are_refused_and_leave_nothing_behind(plan, tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        plan(**settings)
    assert list(tmp_path.iterdir()) == []


def test_pictures_of_the_test_are_no_calibration(plan, study_folders, tmp_path):
    with pytest.raises(ValueError, match="is a picture of the test"):
        plan(calibration=study_folders / "original")
    assert list(tmp_path.iterdir()) == []


def test_results_of_another_size_are_refused(plan, study_folders, tmp_path):
    save(tmp_path / "small" / "img_0.png", np.zeros((12, 16, 3), np.uint8))
    save(tmp_path / "one" / "img_0.png", np.zeros((48, 64, 3), np.uint8))
    with pytest.raises(ValueError, match="got 16x12 pixels, expected 64x48"):
        make_study(
            tmp_path / "study",
            tmp_path / "one",
            {"small": str(tmp_path / "small")},
            study_folders / "calibration",
        )
    assert not (tmp_path / "study").exists()


def test_a_folder_that_holds_something_is_not_replaced(plan, tmp_path):
    (tmp_path / "study").mkdir()
    plan()  # an empty one is used
    with pytest.raises(ValueError, match="exists; a study is made in a new folder"):
        plan()


def test_a_folder_that_cannot_be_replaced_is_named(plan, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "study").symlink_to(tmp_path / "empty")
    with pytest.raises(
        ValueError, match=r"study cannot be put in its place .*; choose a new folder"
    ):
        plan()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "study"]


def test_one_image_cannot_be_ordered():
    with pytest.raises(ValueError, match="twice in a row"):
        order_pictures(["a", "a", "a", "b"], 0, np.random.default_rng(0))


def test_pictures_in_the_folder_itself_are_one_set(tmp_path):
    save(tmp_path / "Set5" / "HR" / "a.png", np.zeros((4, 4, 3), np.uint8))
    assert list(find_pictures(tmp_path / "Set5" / "HR")) == [("Set5", "a")]
    assert list(find_pictures(tmp_path / "Set5")) == [("Set5", "a")]
    assert list(find_pictures(tmp_path)) == [("Set5", "a")]
    save(tmp_path / "Set5" / "HR" / "a.jpg", np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(ValueError, match="the same name"):
        find_pictures(tmp_path)


@pytest.mark.parametrize("content", ["", "{}", '{"pictures": [], "raters": {"a": [1]}}'])
def test_a_damaged_plan_is_one_line(plan, content):
    study = plan()
    (study.folder / "study.json").write_text(content)
    with pytest.raises(ValueError, match=r"study\.json: damaged"):
        load_study(study.folder)


@pytest.mark.parametrize("file", ["../key", "/etc/passwd", "00001.png/../../key", "a.png"])
def test_a_plan_names_files_of_its_own_alone(plan, file):
    study = plan()
    path = study.folder / "study.json"
    path.write_text(path.read_text().replace(study.pictures[0].file, file))
    with pytest.raises(ValueError, match=r"study\.json: damaged \(got the file"):
        load_study(study.folder)


def test_pictures_that_are_links_or_no_png_are_not_read(plan, tmp_path):
    study = plan()
    pixels = study.read_picture(0)
    path = study.picture_path(0)
    path.rename(tmp_path / "private.png")
    path.symlink_to(tmp_path / "private.png")
    with pytest.raises(ValueError, match="got a link"):
        study.read_picture(0)
    path.unlink()
    Image.fromarray(pixels).save(path, "PPM")
    with pytest.raises(OSError, match="cannot identify"):
        study.read_picture(0)


def test_orders_cannot_be_told_beforehand(plan):
    first, second = plan("first"), plan("second")
    assert first.seed != second.seed and first.raters != second.raters


def test_nobody_else_can_read_a_study(plan):
    assert plan().folder.stat().st_mode & 0o077 == 0


def test_a_folder_without_a_study_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected a folder made by `srgan-tf mos plan`"):
        load_study(tmp_path)
