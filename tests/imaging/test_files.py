import errno
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from srgan_tf.imaging import files
from srgan_tf.imaging.errors import one_line
from srgan_tf.imaging.files import read_arrays, write_atomically, write_text


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


@pytest.mark.parametrize("name", ["n" * 255, "名" * 85])
def test_the_longest_names(tmp_path, name):
    write_atomically(tmp_path / name, lambda file: file.write(b"new"))
    assert names(tmp_path) == [name]


def test_windows_is_asked_again_while_another_program_has_the_file(tmp_path, monkeypatch):
    replace, refusals = Path.replace, []

    def refuse_twice(path, target):
        if len(refusals) < 2:
            refusals.append(target)
            raise PermissionError(13, "Access is denied", str(path), 5, str(target))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse_twice)
    with pytest.raises(PermissionError) as refused:  # elsewhere it means something else
        write_text(tmp_path / "a", "new")
    assert one_line(refused.value) == f"{tmp_path / 'a'}: access is denied"
    assert names(tmp_path) == []
    monkeypatch.setattr(files, "fcntl", None)
    write_text(tmp_path / "a", "new")
    assert names(tmp_path) == ["a"]


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


def test_a_full_disk_is_told_with_the_file(tmp_path):
    def fail(file):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError) as raised:
        write_atomically(tmp_path / "page.html", fail)
    assert one_line(raised.value) == f"{tmp_path / 'page.html'}: no space left on device"


@pytest.mark.skipif(os.name != "posix", reason="Windows ends a program at once")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_the_program_cleans_up_when_it_is_told_to_end(tmp_path, name):
    code = f"""
import os, signal
signal.signal(signal.{name}, signal.SIG_DFL)  # nohup has it ignored
from srgan_tf.cli import main, models
from srgan_tf.imaging.files import write_atomically

def write(file):
    file.write(b"half of it")
    os.kill(os.getpid(), signal.{name})

models.run = lambda options: write_atomically({str(tmp_path / "a")!r}, write)
main.main(["models"])
"""
    ended = subprocess.run([sys.executable, "-c", code], check=False)
    assert ended.returncode == 128 + getattr(signal, name)
    assert names(tmp_path) == []


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


def test_the_new_content_is_on_the_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    order = []
    sync, move = os.fsync, files.move_into_place

    def sync_whole(handle):
        order.append(os.fstat(handle).st_size)
        sync(handle)

    def move_after(temporary, path):
        order.append("moved")
        move(temporary, path)

    monkeypatch.setattr(os, "fsync", sync_whole)
    monkeypatch.setattr(files, "move_into_place", move_after)
    write_text(tmp_path / "a", "new")
    assert order == [len("new"), "moved"]


def test_permissions_follow_the_umask(tmp_path, umask):
    write_atomically(tmp_path / "a.bin", lambda file: file.write(b"a"))
    assert (tmp_path / "a.bin").stat().st_mode & 0o777 == 0o666 & ~umask
    assert os.umask(umask) == umask  # and the process keeps its own


def test_permissions_of_what_is_replaced_stay(tmp_path):
    (tmp_path / "a").touch(0o600)
    write_text(tmp_path / "a", "new")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


def test_a_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "none" / "a.bin", lambda file: file.write(b"a"))


def test_arrays_come_back(tmp_path):
    arrays = {"a/kernel": np.arange(6.0).reshape(2, 3), "step": np.array(7)}
    write_atomically(tmp_path / "state.npz", lambda file: np.savez_compressed(file, **arrays))
    loaded = read_arrays(str(tmp_path / "state.npz"))
    assert list(loaded) == list(arrays)
    for key, array in arrays.items():
        np.testing.assert_array_equal(loaded[key], array)


@pytest.mark.parametrize("content", [b"", b"text\n", b"PK\x03\x04 and no more", None])
def test_what_is_no_file_of_arrays_is_one_clear_line(tmp_path, content):
    path = tmp_path / "state.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"state\.npz cannot be read as arrays") as error:
        read_arrays(path)
    assert "\n" not in str(error.value)


def test_arrays_beyond_all_memory_are_refused(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "a.npz", a=np.zeros(1000))
    monkeypatch.setattr(files, "_MOST_BYTES", 4096)
    with pytest.raises(ValueError, match="would need more than"):
        read_arrays(tmp_path / "a.npz")


def test_arrays_of_python_objects_are_refused(tmp_path):
    np.savez(tmp_path / "state.npz", objects=np.array([{}, []], dtype=object))
    with pytest.raises(ValueError, match=r"state\.npz cannot be read as arrays"):
        read_arrays(tmp_path / "state.npz")


@pytest.mark.parametrize("header", ["'shape': (", "'shape': ((2,)", "'sh\x00ape': (2,)"])
def test_a_header_that_is_no_python_is_one_clear_line(tmp_path, header):
    np.savez(tmp_path / "arrays.npz", x=np.zeros(2, np.float16))
    with zipfile.ZipFile(tmp_path / "arrays.npz") as archive:
        content = archive.read("x.npy")
    damaged = content[:10] + f"{{{header}".encode().ljust(len(content) - 15) + content[-5:]
    with zipfile.ZipFile(tmp_path / "arrays.npz", "w") as archive:
        archive.writestr("x.npy", damaged)
    with pytest.raises(ValueError, match="cannot be read as arrays"):
        read_arrays(tmp_path / "arrays.npz")
