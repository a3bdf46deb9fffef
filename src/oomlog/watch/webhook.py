"""POST each event as JSON to a URL: ``text`` for Slack and its likes, ``event`` for everybody else.

A failed request is repeated, each time after a longer pause.  Redirects are not followed: an address that
was given as https must not become another.
"""

from __future__ import annotations

import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from oomlog.errors import UsageError
from oomlog.report.escape import escape
from oomlog.watch.hooks import Message

__all__ = ["WebHook", "chat_text", "payload", "read_url"]

_TIMEOUT_S = 10.0
_PAUSES_S = (1.0, 2.0, 4.0, 8.0)
_LONGEST_PAUSE_S = 60.0
_LONGEST_TEXT = 2000
_LARGEST_EVENT = 1 << 20


def read_url(text: str) -> str:
    """Read a URL, or ``@FILE`` that holds one: it is often a secret, and arguments can be seen by all."""
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text("utf-8").strip()
        except (OSError, ValueError):
            raise UsageError(f"{text!r} is no file that can be read") from None
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or not text.isascii() or not text.isprintable() or " " in text:
        raise UsageError(
            "is not the address of a web service; write one that begins with https:// or http://"
        )
    return text


def chat_text(text: str) -> str:
    r"""Escape text for a chat: no control characters, no mentions, no links made of what a log says.

    >>> chat_text("<!channel> a\nb")
    '&lt;!channel&gt; a\\x0ab'
    """
    text = escape(text[:_LONGEST_TEXT])
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def payload(message: Message) -> bytes:
    """Return the body of the request."""
    event = message.event if len(message.event) <= _LARGEST_EVENT else b"null"
    record = {
        "text": chat_text(message.text),
        "mrkdwn": False,  # Slack: no *bold* and `code` from names
        "id": message.id,
        "event": orjson.Fragment(event),
    }
    return orjson.dumps(record)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        return None


class WebHook:
    """Sends one request after the other."""

    name = "webhook"
    workers = 1

    def __init__(self, url: str, *, pause: Callable[[threading.Event, float], bool] | None = None) -> None:
        self._url = url
        self._host = urlsplit(url).hostname or ""
        self._pause = pause or (lambda stopping, seconds: stopping.wait(seconds))
        self._opener = urllib.request.build_opener(_NoRedirect)

    def run(self, message: Message, stopping: threading.Event) -> str | None:
        """Send, and send again until it is taken or there is no hope."""
        request = urllib.request.Request(
            self._url,
            data=payload(message),
            headers={
                "Content-Type": "application/json",
                "User-Agent": "oomlog",
                "Idempotency-Key": message.id,
            },
            method="POST",
        )
        for pause_s in (*_PAUSES_S, None):
            failure, again_s = self._send(request)
            if failure is None:
                return None
            if again_s is None or pause_s is None or self._pause(stopping, max(pause_s, again_s)):
                break
        # The path of such an address is a password.
        return f"{self._host}: {failure}"

    def _send(self, request: urllib.request.Request) -> tuple[str | None, float | None]:
        """Return why it failed, and how long to wait at least before trying again, if that makes sense."""
        try:
            with self._opener.open(request, timeout=_TIMEOUT_S) as answer:
                answer.read(1024)
            return None, None
        except urllib.error.HTTPError as error:
            error.close()
            again = error.code in (408, 429) or error.code >= 500
            after = error.headers.get("Retry-After", "")
            seconds = float(after) if after.isascii() and after.isdigit() and len(after) < 6 else 0.0
            return f"answered {error.code}", min(seconds, _LONGEST_PAUSE_S) if again else None
        except urllib.error.URLError as error:
            return str(getattr(error.reason, "strerror", None) or error.reason).lower(), 0.0
        except (OSError, http.client.HTTPException) as error:
            return (str(error) or type(error).__name__).lower(), 0.0
