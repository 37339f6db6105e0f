"""The `--json FILE` of a command."""

import json
from pathlib import Path
from typing import Any

from srgan_tf.imaging.files import write_text


def check_json_file(path: str | None) -> None:
    """Makes sure, before any work, that the file could be written.

    Raises:
        ValueError: its folder does not exist, it is a folder, or it holds something else.
    """
    if path and Path(path).is_dir():
        raise ValueError(f"json: got the folder {path}, expected a file")
    if path and not Path(path).parent.is_dir():
        raise ValueError(f"json: the folder {Path(path).parent} does not exist")
    if path and Path(path).is_file() and Path(path).stat().st_size:
        try:
            json.loads(Path(path).read_bytes())
        except ValueError:
            raise ValueError(f"json: got {path}, which holds no JSON; choose another") from None


def write_json_file(path: str | None, content: dict[str, Any]) -> None:
    """Writes what a command found, if that was asked for."""
    if not path:
        return
    file, text = Path(path), json.dumps(content, indent=2) + "\n"
    if file.is_symlink() or (file.exists() and not file.is_file()):  # such as /dev/stdout
        file.write_text(text, encoding="utf-8")
    else:
        write_text(file, text)
