"""The page of a study and the requests it makes, with Flask behind waitress."""

import hashlib
import hmac
import io
import ipaddress
import logging
import socket
import urllib.parse
from collections.abc import Callable
from importlib import resources
from typing import Any

import flask
import waitress
from PIL import Image
from werkzeug.exceptions import HTTPException

from srgan_tf.mos.log import RatingLog
from srgan_tf.mos.session import ConflictError, Sessions
from srgan_tf.mos.study import Secret, Study, load_codes

_MAX_POST = 4096  # bytes; a rating has about 200
_THREADS = 8
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; script-src 'self'; "
    "style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE = {"": "text/html", "page.js": "text/javascript", "page.css": "text/css"}


def is_loopback(host: str) -> bool:
    """Whether only this computer reaches that address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _name_of(host: str) -> str:
    """A Host header without its port and without the brackets of an IPv6 address."""
    try:
        return urllib.parse.urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def serve(study: Study, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Serves a study until it is interrupted.

    Args:
        study: what to serve.
        host: the address to listen on; one that other computers reach asks for a token.
        port: 0 for any that is free.
        tell: gets the address to open.

    Raises:
        ValueError: another program serves the study, or the address is taken.
    """
    if not 0 <= port <= 65535:
        raise ValueError(f"port: got {port}, expected 0 to 65535")
    with RatingLog(study) as log, _listen(host, port) as listener:
        token = None if is_loopback(host) else Secret(study).token()
        app = create_app(study, log, token)
        server = waitress.create_server(
            app, sockets=[listener], threads=_THREADS, ident=None, max_request_body_size=65536,
            # A browser keeps two connections open; idle ones must not lock others out.
            connection_limit=2000, channel_timeout=20, cleanup_interval=5, asyncore_use_poll=True,
        )  # fmt: skip
        name = socket.gethostname() if host in ("0.0.0.0", "::") else host
        name = f"[{name}]" if ":" in name else name
        address = f"http://{name}:{listener.getsockname()[1]}/"
        tell(address + (f"?token={token}" if token else ""))
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # many raters at once are fine
        server.run()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ValueError(
            f"serve: cannot listen on {host}, port {port} ({error.strerror or error}); choose "
            "another --port or --host"
        ) from None


def create_app(study: Study, log: RatingLog, token: str | None = None) -> flask.Flask:
    """Makes the web application.

    Requests change nothing unless they come from the page (JSON, which other sites cannot send
    unasked), with a rater's code, for the picture whose turn it is.

    Args:
        study: what to serve.
        log: where ratings go.
        token: what browsers must show once, in the address; None: only this computer gets here.
    """
    codes = load_codes(study)
    sessions = Sessions(study, log)
    page = {name: _read_page(name or "index.html") for name in _PAGE}
    app = flask.Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _MAX_POST
    # Browsers keep one cookie of a name for all ports of a computer, which may serve other studies.
    cookie = f"study_{hashlib.sha256((token or '').encode()).hexdigest()[:8]}"

    @app.before_request
    def check_visitor() -> Any:
        if token is None:
            if not is_loopback(_name_of(flask.request.host)):  # another site's name that leads here
                return "This page is for this computer only.", 403
            return None
        given = flask.request.cookies.get(cookie) or ""
        shown = flask.request.args.get("token")
        if shown is not None and hmac.compare_digest(shown.encode(), token.encode()):
            reply = flask.redirect("/")  # takes the token out of the address
            # Lax: who comes by a link in a web mail has the cookie at the next request already.
            reply.set_cookie(cookie, token, httponly=True, samesite="Lax", max_age=30 * 86400)
            return reply
        if not hmac.compare_digest(given.encode(), token.encode()):
            return "Open the whole address that you were given: a part of it is missing.", 403
        return None

    @app.after_request
    def add_headers(reply: flask.Response) -> flask.Response:
        reply.headers.update(_HEADERS)
        return reply

    @app.errorhandler(HTTPException)
    def fail(error: HTTPException) -> Any:
        return {"error": error.description}, error.code

    @app.get("/", defaults={"name": ""})
    @app.get("/<any('page.js', 'page.css'):name>")
    def send_page(name: str) -> Any:
        return flask.Response(page[name], content_type=f"{_PAGE[name]}; charset=utf-8")

    @app.get("/picture/<name>")
    def send_picture(name: str) -> Any:
        index = sessions.find_picture(name)
        if index is None:
            flask.abort(404, "There is no such picture.")
        return flask.Response(_bare_png(study, index), content_type="image/png")

    @app.post("/<any(start, rate, undo):action>")
    def act(action: str) -> Any:
        try:
            post = flask.request.get_json()
        except RecursionError:
            flask.abort(400, "The request is nested too deeply.")
        if not isinstance(post, dict) or not isinstance(post.get("code"), str):
            flask.abort(400, "A rater's code is missing.")
        rater = codes.get(post["code"].strip().upper())
        if rater is None:
            flask.abort(403, "This code is not known.")
        error, status = None, 200
        try:
            if action == "start":
                sessions.start(rater, post.get("screen"))
            elif action == "rate":
                sessions.rate(rater, post)
            else:
                sessions.undo(rater, post.get("position"))
        except ValueError as refusal:
            error, status = str(refusal), 400
        except ConflictError as refusal:
            error, status = str(refusal), 409
        except OSError as failure:
            return {"error": f"The rating could not be saved: {failure.strerror}."}, 503
        return {"error": error, "state": sessions.state(rater)}, status

    return app


def _read_page(name: str) -> str:
    return resources.files("srgan_tf.mos").joinpath("page", name).read_text("utf-8")


def _bare_png(study: Study, index: int) -> bytes:
    """Pixels without compression: the number of bytes tells the size and nothing else.

    A smooth picture would otherwise be a smaller file than a sharp one.
    """
    file = io.BytesIO()
    Image.fromarray(study.read_picture(index)).save(file, "PNG", compress_level=0)
    return file.getvalue()
