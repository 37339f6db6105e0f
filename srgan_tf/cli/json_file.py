"""The `--json FILE` of a command."""

import json
import secrets
from pathlib import Path
from typing import Any

from srgan_tf.imaging.files import write_text


def check_json_file(path: str | None) -> None:
    """Makes sure, before any work, that the file could be written.

    Raises:
        ValueError: its folder does not exist or is closed, it is a folder, or it holds something
            else.
    """
    if not path:
        return
    file = Path(path)
    if file.is_dir():
        raise ValueError(f"json: got the folder {path}, expected a file")
    if not file.parent.is_dir():
        raise ValueError(f"json: the folder {file.parent} does not exist")
    if file.is_file() and file.stat().st_size:
        try:
            json.loads(file.read_bytes())
        except (ValueError, RecursionError):
            raise ValueError(f"json: got {path}, which holds no JSON; choose another") from None
    if not _is_written_in_place(file):
        _try_to_write(file)


def _try_to_write(file: Path) -> None:
    """Under its own name where that is free, since that may be too long."""
    trial = file.with_name(f".{secrets.token_hex(8)}") if file.exists() else file
    try:
        trial.touch(exist_ok=False)
        trial.unlink()
    except OSError as error:
        raise ValueError(f"json: {file} cannot be written ({error.strerror})") from None


def write_json_file(path: str | None, content: dict[str, Any]) -> None:
    """Writes what a command found, if that was asked for."""
    if not path:
        return
    file, text = Path(path), json.dumps(content, indent=2) + "\n"
    if _is_written_in_place(file):
        file.write_text(text, encoding="utf-8")
    else:
        write_text(file, text)


def _is_written_in_place(file: Path) -> bool:
    """Such as /dev/stdout, which nothing must replace."""
    return file.is_symlink() or (file.exists() and not file.is_file())
