"""Errors as one line of text."""


def one_line(error: Exception) -> str:
    """Tells an error; the system's as `photo.png: no such file or directory`, without a number."""
    text = str(error)
    if isinstance(error, OSError) and error.strerror and error.filename:
        name = error.filename2 or error.filename  # of a file that is moved: its place
        text = f"{name}: {error.strerror[:1].lower()}{error.strerror[1:]}"
    return " ".join(text.split())
