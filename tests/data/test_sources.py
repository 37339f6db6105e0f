import numpy as np
import pytest
from PIL import Image

from srgan_tf.config import DataConfig
from srgan_tf.data.folder import FolderSource, Photo, read_photo
from srgan_tf.data.sources import choose_held_out, open_data
from srgan_tf.imaging.ranges import unit_to_uint8
from srgan_tf.imaging.resize import reduce_4x


@pytest.mark.parametrize(
    ("count", "wanted", "held_out"),
    [(9, 30, []), (10, 30, [5]), (40, 30, [5, 15, 25, 35]), (100, 2, [25, 75]), (100, 0, [])],
)
def test_at_most_a_tenth_is_held_out_evenly_spread(count, wanted, held_out):
    photos = tuple(Photo(f"{number:03d}.png", 96, 96, False) for number in range(count))
    chosen = choose_held_out(FolderSource(photos, ()), wanted)
    assert chosen == {photos[number].path for number in held_out}


def test_other_crops_hold_out_the_same_files():
    photos = [Photo(f"{number:03d}.png", 96, 96, False) for number in range(100)]
    small = {3, 15, 40, 41, 77}
    before = choose_held_out(FolderSource(tuple(photos), ()), 10)
    usable = tuple(photo for number, photo in enumerate(photos) if number not in small)
    skipped = tuple((photos[number].path, "80x80 pixels") for number in sorted(small))
    assert choose_held_out(FolderSource(usable, skipped), 10) == before


def test_what_was_held_out_stays_so_when_files_come_and_go(tmp_path, samples):
    names = [f"{number:02d}.png" for number in range(20)]
    for number, name in enumerate(names):
        Image.fromarray(samples["coffee"][number : number + 48, :50]).save(tmp_path / name)
    config = DataConfig(str(tmp_path), crop_size=48)
    before = open_data(config, 30)
    assert before.held_out_files == ["05.png", "15.png"]
    (tmp_path / "05.png").unlink()
    for name in names[:3]:
        Image.fromarray(samples["coffee"][100:148, :50]).save(tmp_path / f"a_{name}")
    after = open_data(config, 30, before.held_out_files)
    assert after.held_out_files == ["15.png"]
    assert [image.name for image in after.held_out] == ["15"]
    assert not any(photo.path.endswith("/15.png") for photo in after.photos)
    other_folder = open_data(config, 30, ["elsewhere.png"])
    assert len(other_folder.held_out_files) == 2
    for holdout in (0, 30):  # what was held out stays so, and so does what was trained on
        assert open_data(config, holdout, before.held_out_files).held_out_files == ["15.png"]
        assert open_data(config, holdout, []).held_out_files == []


def test_the_largest_seed_has_calibration_batches(tmp_path, samples):
    Image.fromarray(samples["coffee"]).save(tmp_path / "a.png")
    data = open_data(DataConfig(str(tmp_path), batch_size=1, crop_size=48, seed=2**32 - 1))
    assert data.calibration_batches(1)[0].shape == (1, 12, 12, 3)


def test_names_that_would_be_two_lines_are_not_held_out():
    photos = [Photo(f"/photos/{i}\n.png", 48, 48, False) for i in range(19)]
    photos.append(Photo("/photos/p\u2028.png", 48, 48, False))
    assert choose_held_out(FolderSource(tuple(photos), ()), 2) == {"/photos/p\u2028.png"}


def test_held_out_files_of_one_name_keep_apart(tmp_path, samples):
    for number in range(20):
        (tmp_path / f"{number:02d}").mkdir()
        Image.fromarray(samples["coffee"][:48, :50]).save(tmp_path / f"{number:02d}" / "IMG_1.png")
    held_out = open_data(DataConfig(str(tmp_path), crop_size=48), 30).held_out
    assert [image.name for image in held_out] == ["05_IMG_1", "15_IMG_1"]


@pytest.fixture(scope="module")
def data(tmp_path_factory, samples):
    """Ten pictures, the sixth of which is held out."""
    folder = tmp_path_factory.mktemp("photos")
    for number in range(10):
        picture = samples["coffee"][number : number + 57, 150:221]
        Image.fromarray(picture).save(folder / f"{number}.png")
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(folder / "tiny.png")
    return open_data(DataConfig(str(folder), batch_size=9, crop_size=48), holdout=30)


def test_a_folder_is_opened_for_training(data):
    assert data.summary == (
        "9 training pictures, 1 held out; 1 file skipped: tiny.png (9x9 pixels)"
    )
    assert len(data.photos) == 9


def test_a_held_out_picture_is_cut_to_its_middle(data, samples):
    (image,) = data.held_out
    assert image.name == "5"
    np.testing.assert_array_equal(image.hr, samples["coffee"][5:61, 151:219])
    np.testing.assert_array_equal(image.lr, reduce_4x(image.hr))


def test_batches_start_at_a_step(data):
    batches = iter(data.batches())
    next(batches)
    second, resumed = next(batches), next(iter(data.batches(first_step=1)))
    for ours, theirs in zip(second, resumed, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_photo_that_is_damaged_or_gone_is_found(tmp_path, samples):
    for name in ("a.jpg", "b.jpg", "c.png"):
        Image.fromarray(samples["coffee"]).save(tmp_path / name)
    data = open_data(DataConfig(str(tmp_path), batch_size=9, crop_size=48))
    assert data.find_unreadable() is None
    (tmp_path / "b.jpg").write_bytes((tmp_path / "b.jpg").read_bytes()[:900])
    assert data.find_unreadable() == str(tmp_path / "b.jpg")
    (tmp_path / "c.png").unlink()
    assert data.find_unreadable() == str(tmp_path / "c.png")


def test_calibration_pictures_are_not_those_of_the_first_steps(data):
    calibration = data.calibration_batches(2)
    assert [lr.shape for lr in calibration] == [(9, 12, 12, 3)] * 2
    first = {crop.tobytes() for crop in unit_to_uint8(np.asarray(next(iter(data.batches()))[0]))}
    assert not first & {crop.tobytes() for crop in unit_to_uint8(np.concatenate(calibration))}


def test_half_sizes_come_beside_the_photos_but_not_of_those_held_out(tmp_path, samples):
    for number in range(9):
        Image.fromarray(samples["coffee"][number : number + 57, 150:221]).save(
            tmp_path / f"{number}.png"
        )
    large = samples["coffee"][100:197, 150:301]  # 97 x 151
    Image.fromarray(large).save(tmp_path / "large.png")
    config = DataConfig(str(tmp_path), batch_size=9, crop_size=48, half_size=True)
    data = open_data(config, holdout=30)
    assert data.summary == "9 training pictures, 1 of them at half their size too, 1 held out"
    assert len(data.photos) == 10
    half = data.photos[-1]
    assert (half.height, half.width) == (49, 76)
    pixels = read_photo(half)
    assert pixels.shape == (49, 76, 3)
    means = large[:96, :150].reshape(48, 2, 75, 2, 3).mean((1, 3))
    np.testing.assert_allclose(pixels[:48, :75], means, rtol=0, atol=0.5)
    with pytest.raises(ValueError, match="half-size: got tfds:imagenet2012, expected a folder"):
        open_data(DataConfig("tfds:imagenet2012", half_size=True))
