from pathlib import Path

import pytest

from srgan_tf.cli import plan as plan_module
from srgan_tf.cli.plan import Found, check_existing, find_inputs, plan_targets, without_results


def plan(inputs, output=None):
    return plan_targets([Found(Path(path)) for path in inputs], output and str(output))


def touch(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def found_names(root, *names, output=None):
    found, problems = find_inputs([str(name) for name in names], output and str(output))
    assert problems == []
    return [str(item.path.relative_to(root)) for item in found]


# Which pictures are meant.


def test_a_folder_is_searched_to_the_bottom_in_order(tmp_path):
    kept = [tmp_path / name for name in ("a.jpg", "b/c.PNG", "b/d/e.tif", "z.webp")]
    touch(*kept, tmp_path / "notes.txt", tmp_path / ".a.jpg.tmp", tmp_path / ".git" / "x.png")
    touch(tmp_path / ".hidden.png")
    assert sorted(found_names(tmp_path, tmp_path)) == ["a.jpg", "b/c.PNG", "b/d/e.tif", "z.webp"]


def test_links_to_files_are_read_and_links_to_folders_are_not_followed(tmp_path):
    touch(tmp_path / "in" / "a.png", tmp_path / "elsewhere" / "b.png", tmp_path / "c.png")
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "link.png").symlink_to(tmp_path / "c.png")
    assert found_names(tmp_path, tmp_path / "in") == ["in/a.png", "in/link.png"]
    assert found_names(tmp_path, tmp_path / "in" / "**" / "*.png") == ["in/a.png", "in/link.png"]


def test_patterns(tmp_path, monkeypatch):
    touch(tmp_path / "a.png", tmp_path / "b.jpg", tmp_path / "s" / "c.png", tmp_path / "[x].png")
    assert found_names(tmp_path, tmp_path / "*.png") == ["[x].png", "a.png"]
    assert found_names(tmp_path, tmp_path / "**" / "*.png") == ["[x].png", "a.png", "s/c.png"]
    assert found_names(tmp_path, tmp_path / "[x].png") == ["[x].png"]  # a name that exists
    monkeypatch.chdir(tmp_path)
    assert found_names(Path(), "?.*", "a.png") == ["a.png", "b.jpg"]  # each picture once


def test_patterns_find_all_below_and_what_is_hidden_only_by_its_name(tmp_path):
    touch(tmp_path / "a.png", tmp_path / ".h" / "b.png", tmp_path / "s" / ".h" / "c.png")
    assert found_names(tmp_path, tmp_path / "**") == ["a.png"]
    assert found_names(tmp_path, tmp_path / ".h" / "*.png") == [".h/b.png"]
    assert found_names(tmp_path, tmp_path / ".*" / "*.png") == [".h/b.png"]


@pytest.mark.parametrize("name", ["empty", "*.png", "empty/**/*.jpg"])
def test_nothing_found_is_said(tmp_path, monkeypatch, name):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    found, (problem,) = find_inputs([name], None)
    assert found == []
    assert problem.startswith(f"{name}: got no picture there")


def test_a_folder_that_cannot_be_read_is_said(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", refuse)
    _, problems = find_inputs([str(tmp_path)], None)
    assert problems[0] == f"{tmp_path}: the folder cannot be read (Permission denied)"


def test_a_name_that_cannot_be_looked_up_does_not_stop_the_others(tmp_path):
    touch(tmp_path / "a.png")
    long = f"{'x' * 300}.png"
    found, (problem,) = find_inputs([long, str(tmp_path / "a.png")], None)
    assert [item.path for item in found] == [tmp_path / "a.png"]
    assert problem == f"{long}: file name too long"


def test_links_that_go_in_circles_are_names_without_a_file(tmp_path):
    touch(tmp_path / "a.png")
    loop = tmp_path / "loop.png"
    loop.symlink_to(loop)
    found, _ = find_inputs([str(tmp_path)], str(tmp_path / "out"))
    assert len(without_results(found, None, ["_x4"])) == 2
    assert len(plan_targets(found, None)) == 2
    with pytest.raises(ValueError, match=r"loop\.png exists; add --overwrite"):
        check_existing(*plan_targets([Found(tmp_path / "a.png")], str(loop)), False)


def test_the_output_folder_is_not_an_input(tmp_path):
    touch(tmp_path / "a.png", tmp_path / "out" / "a_x4.png")
    assert found_names(tmp_path, tmp_path, output=tmp_path / "out") == ["a.png"]


def test_results_of_an_earlier_run_are_not_inputs(tmp_path):
    touch(tmp_path / "a.png", tmp_path / "a_x4.png", tmp_path / "lone_x4.png")
    touch(tmp_path / "a_x2.png", tmp_path / "a_80x60.png", tmp_path / "a_x5.png")
    for output in (None, str(tmp_path / "elsewhere")):
        found = without_results(find_inputs([str(tmp_path)], None)[0], output, ["_x2", "_x4"])
        names = [item.path.name for item in found]
        assert names == ["a.png", "a_80x60.png", "a_x5.png", "lone_x4.png"]
    found = without_results(find_inputs([str(tmp_path)], None)[0], None, ["_x2", "_x4", "_80x60"])
    assert [item.path.name for item in found] == ["a.png", "a_x5.png", "lone_x4.png"]


def test_a_result_that_is_named_is_an_input(tmp_path):
    touch(tmp_path / "a.png", tmp_path / "a_x2.png")
    for names in ([tmp_path / "a_x2.png", tmp_path], [tmp_path, tmp_path / "a_x2.png"]):
        found = without_results(find_inputs([str(n) for n in names], None)[0], None, ["_x2", "_x4"])
        assert sorted(item.path.name for item in found) == ["a.png", "a_x2.png"]


def test_an_empty_name_is_not_the_current_folder(tmp_path, monkeypatch):
    touch(tmp_path / "a.png")
    monkeypatch.chdir(tmp_path)
    found, problems = find_inputs(["", "a.png"], None)
    assert [item.path for item in found] == [Path("a.png")]
    assert problems == ["inputs: got an empty name, expected a file, folder or pattern"]


# Where results go.


def test_without_output_each_result_lies_beside_its_input(tmp_path):
    inputs = [Path("a.jpg"), tmp_path / "b.c.png", Path("d.TIF")]
    assert plan(inputs) == [Path("a_x4.jpg"), tmp_path / "b.c_x4.png", Path("d_x4.TIF")]


@pytest.mark.parametrize("name", ["a", "a.heic", "a.txt"])
def test_what_cannot_be_written_becomes_png(name):
    assert plan([name]) == [Path("a_x4.png")]


def test_one_input_goes_to_the_file_that_is_named(tmp_path):
    assert plan(["a.jpg"], tmp_path / "big.webp") == [tmp_path / "big.webp"]


def test_one_input_goes_into_an_existing_folder_whatever_its_name(tmp_path):
    (tmp_path / "v1.0").mkdir()
    assert plan(["a.jpg"], tmp_path / "v1.0") == [tmp_path / "v1.0" / "a_x4.jpg"]


def test_a_slash_at_the_end_names_a_folder(tmp_path):
    assert plan(["a.jpg"], f"{tmp_path}/v2.0/") == [tmp_path / "v2.0" / "a_x4.jpg"]


def test_a_folder_keeps_its_structure(tmp_path):
    touch(tmp_path / "in" / "a.jpg", tmp_path / "in" / "s" / "t" / "a.jpg")
    found, _ = find_inputs([str(tmp_path / "in")], None)
    out = tmp_path / "out.d"
    assert plan_targets(found, str(out)) == [out / "a_x4.jpg", out / "s" / "t" / "a_x4.jpg"]
    assert not out.exists()


def test_nothing_is_written_outside_the_output_folder(tmp_path):
    touch(tmp_path / "in" / "s" / "a.jpg")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "s").symlink_to(tmp_path)
    with pytest.raises(ValueError, match=r"a_x4\.jpg lies outside .*out, through a link"):
        plan_targets(find_inputs([str(tmp_path / "in")], None)[0], str(tmp_path / "out"))


def test_one_file_in_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"folder .*none does not exist"):
        plan(["a.jpg"], tmp_path / "none" / "big.png")


def test_several_inputs_cannot_go_to_one_file(tmp_path):
    (tmp_path / "big.png").touch()
    with pytest.raises(ValueError, match=r"got the file .*big\.png, expected a folder"):
        plan(["a.png", "b.png"], tmp_path / "big.png")


def test_two_results_cannot_have_one_name(tmp_path):
    with pytest.raises(ValueError, match=r"two inputs would both be written to .*a_x4\.png"):
        plan(["x/a.png", "y/a.png"], tmp_path)


def test_names_that_differ_in_case_alone(tmp_path, monkeypatch):
    pair = ["x/photo.png", "y/Photo.PNG"]
    if not plan_module._ignores_case(tmp_path):
        assert plan(pair, tmp_path / "new") == [
            tmp_path / "new" / "photo_x4.png",
            tmp_path / "new" / "Photo_x4.PNG",
        ]
    monkeypatch.setattr(plan_module, "_ignores_case", lambda folder: True)
    with pytest.raises(ValueError, match=r"two inputs would both be written to .*Photo_x4\.PNG"):
        plan(pair, tmp_path / "new")


def test_a_file_by_another_name_is_the_same_file(tmp_path):
    """A hard link whose name differs in case is what such a name is where case does not count."""
    touch(tmp_path / "photo.png", tmp_path / "in" / "a.png", tmp_path / "in" / "made" / "b.png")
    (tmp_path / "PHOTO.png").hardlink_to(tmp_path / "photo.png")
    with pytest.raises(ValueError, match="is an input too"):
        plan([tmp_path / "photo.png"], tmp_path / "PHOTO.png")
    (tmp_path / "other").symlink_to(tmp_path / "in" / "made")
    assert found_names(tmp_path, tmp_path / "in", output=tmp_path / "other") == ["in/a.png"]


def test_a_hard_link_of_another_name_is_another_file(tmp_path):
    touch(tmp_path / "a.png", tmp_path / "a_x4.png")
    (tmp_path / "b.png").hardlink_to(tmp_path / "a_x4.png")
    (tmp_path / "big.png").hardlink_to(tmp_path / "a.png")
    found, _ = find_inputs([str(tmp_path)], None)
    names = [item.path.name for item in without_results(found, None, ["_x4"])]
    assert sorted(names) == ["a.png", "b.png", "big.png"]
    assert plan([tmp_path / "a.png"], tmp_path / "big.png") == [tmp_path / "big.png"]


def test_an_input_is_never_an_output(tmp_path):
    photo, link = tmp_path / "photo.png", tmp_path / "link.png"
    photo.touch()
    link.symlink_to(photo)
    for output in (photo, link, tmp_path / "." / "photo.png"):
        with pytest.raises(ValueError, match="is an input too"):
            plan([photo], output)
    with pytest.raises(ValueError, match=r"photo_x4\.png is an input too"):
        plan([photo, tmp_path / "photo_x4.png"])


def test_an_existing_result_is_kept_unless_overwrite_says_so(tmp_path):
    (tmp_path / "a_x4.png").touch()
    with pytest.raises(ValueError, match=r"a_x4\.png exists; add --overwrite"):
        check_existing(tmp_path / "a_x4.png", False)
    check_existing(tmp_path / "a_x4.png", True)
