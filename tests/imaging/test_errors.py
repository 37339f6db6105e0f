import pytest

from srgan_tf.imaging.errors import one_line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            FileNotFoundError(2, "No such file or directory", "a.png"),
            "a.png: no such file or directory",
        ),
        (OSError(28, "No space left on device"), "[Errno 28] No space left on device"),
        (OSError("image file is truncated"), "image file is truncated"),
        (ValueError("model: got\n 'x'"), "model: got 'x'"),
    ],
)
def test_one_line(error, line):
    assert one_line(error) == line
