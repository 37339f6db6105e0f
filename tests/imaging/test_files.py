import os

import pytest

from srgan_tf.imaging.files import write_atomically


@pytest.fixture
def umask():
    before = os.umask(0o027)
    yield 0o027
    os.umask(before)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "scores.json"
    write_atomically(path, lambda file: file.write(b"long old content"))
    write_atomically(str(path), lambda file: file.write(b"new"))
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["scores.json"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_in_the_middle_leaves_the_old_content(tmp_path, error):
    path = tmp_path / "scores.json"
    path.write_bytes(b"old")

    def fail(file):
        file.write(b"half of the n")
        raise error

    with pytest.raises(error):
        write_atomically(path, fail)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["scores.json"]


def test_a_failure_in_the_middle_leaves_nothing_where_nothing_was(tmp_path):
    with pytest.raises(ZeroDivisionError):
        write_atomically(tmp_path / "new.bin", lambda file: file.write(bytes(1 // 0)))
    assert names(tmp_path) == []


def test_until_the_end_a_reader_sees_the_old_content(tmp_path):
    path = tmp_path / "scores.json"
    path.write_bytes(b"old")
    seen = []

    def write(file):
        file.write(b"new")
        file.flush()
        seen.append(path.read_bytes())

    write_atomically(path, write)
    assert (seen, path.read_bytes()) == ([b"old"], b"new")


def test_permissions_follow_the_umask(tmp_path, umask):
    write_atomically(tmp_path / "a.bin", lambda file: file.write(b"a"))
    assert (tmp_path / "a.bin").stat().st_mode & 0o777 == 0o666 & ~umask
    assert os.umask(umask) == umask  # and the process keeps its own


def test_a_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "none" / "a.bin", lambda file: file.write(b"a"))
