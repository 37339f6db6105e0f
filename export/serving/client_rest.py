"""Sends a picture to TensorFlow Serving over REST and writes the picture that comes back.

    python client_rest.py photo.jpg photo_x4.png [--url http://127.0.0.1:8501] [--model NAME]

Needs Python's standard library alone.
"""

import argparse
import base64
import json
import secrets
import sys
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPException, IncompleteRead, InvalidURL
from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n"  # how every such file begins
MOST_SECONDS = 1e6  # a wait that every system can time


def upscale(file: bytes, url: str, model: str, seconds: float) -> bytes:
    """Returns a PNG file for the content of a PNG or JPEG file.

    Raises:
        ValueError: the server refused the picture, or does not answer as it should.
        OSError: it cannot be reached.
    """
    picture = {"b64": base64.b64encode(file).decode()}
    body = json.dumps({"signature_name": "image_bytes", "instances": [picture]}).encode()
    kind = {"Content-Type": "application/json"}
    name = urllib.parse.quote(model)
    address = f"{url.rstrip('/')}/v1/models/{name}:predict"
    request = urllib.request.Request(address, body, kind)
    try:
        with urllib.request.urlopen(request, timeout=seconds) as response:
            answer = json.load(response)
        result = base64.b64decode(answer["predictions"][0]["b64"])
    except urllib.error.HTTPError as error:
        raise ValueError(f"the server answered {error.code}: {_reason(error)}") from None
    except urllib.error.URLError as error:
        raise ValueError(f"cannot reach {url}: {error.reason}") from None
    except (InvalidURL, UnicodeEncodeError) as error:
        raise ValueError(f"--url: got {url}: {error}") from None
    except (KeyError, IndexError, TypeError, HTTPException) as error:
        raise ValueError(f"the server's answer has no picture: {error!r}") from None
    if not result.startswith(PNG):
        raise ValueError("the server's answer has no picture")
    return result


def _reason(answer: urllib.error.HTTPError) -> str:
    """TensorFlow Serving explains in JSON; a proxy before it may not, or break off."""
    try:
        body = answer.read()
    except IncompleteRead as error:
        body = error.partial
    try:
        reason = str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        reason = body[:200].decode(errors="replace")
    return " ".join(reason.split())


def save(file: bytes, path: Path) -> None:
    """Writes under another name first, so that a failure leaves what was there."""
    if path.is_symlink() or (path.exists() and not path.is_file()):  # such as /dev/stdout
        path.write_bytes(file)
        return
    part = path.with_name(f".{secrets.token_hex(4)}.{path.name[-50:]}")
    try:
        with part.open("xb") as new:
            new.write(file)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 2 where there is no result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("picture", type=Path, help="PNG or JPEG")
    parser.add_argument("result", type=Path, help="PNG file to write")
    parser.add_argument("--url", default="http://127.0.0.1:8501", help="(default: %(default)s)")
    parser.add_argument("--model", default="srresnet_mse", help="(default: %(default)s)")
    parser.add_argument("--timeout", type=float, default=120, help="seconds (default: 120)")
    options = parser.parse_args(arguments)
    if not 0 < options.timeout <= MOST_SECONDS:
        parser.error(f"--timeout: expected more than 0 and at most {MOST_SECONDS:,.0f} seconds")
    try:
        file = options.picture.read_bytes()
        result = upscale(file, options.url, options.model, options.timeout)
        save(result, options.result)
    except (OSError, ValueError) as error:
        print(f"client_rest: {error}", file=sys.stderr)
        return 2
    print(options.result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
