"""Whom a watch tells, what, and how often."""

from __future__ import annotations

import json
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import oomlog
from oomlog.errors import UsageError
from oomlog.watch.command_hook import CommandHook, plain, read_command
from oomlog.watch.hooks import Hooks, Message
from oomlog.watch.limit import RateLimit
from oomlog.watch.metrics import OTHER, Counts, Exporter, read_address
from oomlog.watch.notify import Notifier
from oomlog.watch.telling import Teller
from oomlog.watch.unit import unit_text
from oomlog.watch.webhook import WebHook, chat_text, payload, read_url

HOSTILE = "\x1b]0;x\x07`rm`<!all>"


def teller(**more: Any) -> Teller:
    options = {"explained": False, "lang": "en", "heading": False, "colour": False, "short": False}
    return Teller(more.pop("form", "text"), **{**options, **more})


def test_text_is_a_row_and_the_verdict(lines: Any) -> None:
    """Both are there, and no byte of a name reaches a terminal as it is."""
    (event,) = oomlog.parse(lines.kill(5, "\x1b]0;x\x07\u202e"))
    told = teller()
    row, sentence = told.render(told.take(event)).decode().splitlines()
    assert row.startswith("[5.000]") and "The kernel killed" in sentence
    assert (row + sentence).isprintable()


def test_ndjson_has_the_event_and_its_explanation(lines: Any) -> None:
    """With the explanation, it follows on a line of its own."""
    (event,) = oomlog.parse(lines.kill(5))
    told = teller(form="ndjson", explained=True)
    one, two = map(json.loads, told.render(told.take(event)).splitlines())
    assert (one["schema"], two["schema"]) == ("oomlog.event/1", "oomlog.explanation/1")


def test_unknown_facts_are_not_told(lines: Any) -> None:
    """What the log does not say is missing, and neither empty nor None."""
    (event,) = oomlog.parse(lines.header())
    message = teller().take(event).message("id")
    assert message.facts == {"SCOPE": "unknown", "OUTCOME": "unknown", "KILLS": "0"}


def test_rate_is_limited_and_the_rest_summed_up() -> None:
    """So many a minute, in any minute; the others are counted and told of once a minute."""
    now = [0.0]
    limit = RateLimit(2, clock=lambda: now[0])
    assert [limit.allows(1) for _ in range(4)] == [True, True, False, False]
    now[0] = 59.0
    assert (limit.allows(3), limit.summary()) == (False, 0)
    now[0] = 60.0
    assert (limit.summary(), limit.summary(), limit.allows(1)) == (5, 0, True)


def test_series_are_bounded(lines: Any) -> None:
    """The first names have a series of their own, all others share one, however many there are."""
    counts = Counts(2)
    for event in oomlog.parse(b"".join(lines.kill(pid, f"n{pid}") for pid in range(1, 30))):
        counts.add(event)
    assert {labels[1]: count for labels, count in counts.kills.items()} == {"n1": 1, "n2": 1, OTHER: 27}


def test_addresses() -> None:
    """Without an address only this machine is served; what is none is refused."""
    assert read_address("0.0.0.0:0") == ("0.0.0.0", 0)
    for text in ("9755", ":", ":x", ":70000", ":٣"):
        with pytest.raises(UsageError):
            read_address(text)


def test_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Metrics without prometheus-client end with what to install."""
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(UsageError, match=r"pip install 'oomlog\[watch\]'"):
        Exporter(Counts(1), None, Path("/nowhere"))


def test_urls(tmp_path: Path) -> None:
    """Only web addresses are taken, from the argument or a file."""
    (tmp_path / "url").write_text("https://example.org/x\n")
    assert read_url(f"@{tmp_path}/url") == "https://example.org/x"
    for text in ("file:///etc/passwd", "ftp://x/", "https://", "http://a b", "@/nowhere", "http://x:99999/"):
        with pytest.raises(UsageError):
            read_url(text)


def test_chat_gets_text_only() -> None:
    """No mention, link or formatting can be made of a name, and the event stays exact."""
    message = Message("id", f"killed {HOSTILE}", json.dumps({"comm": HOSTILE}).encode())
    body = json.loads(payload(message))
    assert body["text"] == "killed \\x1b]0;x\\x07`rm`&lt;!all&gt;" and body["mrkdwn"] is False
    assert body["event"]["comm"] == HOSTILE
    assert len(chat_text("x" * 10_000)) == 2000
    assert json.loads(payload(Message("id", "", b" " * (2 << 20))))["event"] is None


def test_web_service_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time after a longer pause, and never for an answer that will stay the same."""
    pauses: list[float] = []

    def pause(_stopping: threading.Event, seconds: float) -> bool:
        pauses.append(seconds)
        return False

    hook = WebHook("https://hooks.example.org/secret", pause=pause)
    message = Message("id", "", b"{}")
    monkeypatch.setattr(hook, "_send", lambda _request: ("answered 503", 3.0))
    assert hook.run(message, threading.Event()) == "hooks.example.org: answered 503"
    assert pauses == [3.0, 3.0, 4.0, 8.0]
    pauses.clear()
    monkeypatch.setattr(hook, "_send", lambda _request: ("answered 404", None))
    assert hook.run(message, threading.Event()) == "hooks.example.org: answered 404"
    assert pauses == []


def test_environment_has_plain_values_only() -> None:
    """Nothing in it could mean anything to a shell."""
    assert plain(HOSTILE) == "__0_x__rm___all_"
    assert plain("-x\n'\"\\") == "_x____"
    with pytest.raises(UsageError):
        read_command("'open")
    with pytest.raises(UsageError):
        read_command(" ")


def test_command_that_is_not_there_is_reported() -> None:
    """A hook that cannot start says so, each time."""
    hook = CommandHook(["/nowhere/hook"], workers=1, timeout_s=1, environ={})
    assert hook.run(Message("id", "", b"{}"), threading.Event()) == "hook: no such file or directory"
    hook = CommandHook(["false"], workers=1, timeout_s=1, environ={"PATH": "/usr/bin:/bin"})
    assert hook.run(Message("id", "", b"{}"), threading.Event()) == "false: ended with status 1"


def test_hooks_are_bounded() -> None:
    """A hook that does not come to an end holds so many messages and no more."""
    go_on = threading.Event()

    class Slow:
        name = "slow"
        workers = 1

        def run(self, message: Message, stopping: threading.Event) -> str | None:
            go_on.wait(5)
            if message.id == "0":
                raise ValueError("broken")
            return None

    said: list[str] = []
    done: list[int] = []
    hooks = Hooks([Slow()], said.append)
    taken = [hooks.tell("slow", Message(str(n), "", b""), lambda n=n: done.append(n)) for n in range(110)]
    assert 100 <= sum(taken) <= 101 and not all(taken)
    go_on.set()
    while not hooks.idle:
        threading.Event().wait(0.01)
    hooks.close(5)
    assert said == ["--slow: ValueError: broken"] and 0 in done


def test_systemd_hears_what_it_asks_for(tmp_path: Path) -> None:
    """A sign of life comes in half the time; without a socket, or for another process, nothing is sent."""
    now = [0.0]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as service:
        service.bind(str(tmp_path / "s"))
        service.setblocking(False)
        environ = {"NOTIFY_SOCKET": str(tmp_path / "s"), "WATCHDOG_USEC": "4000000"}
        notifier = Notifier(environ, clock=lambda: now[0])
        notifier.alive()
        now[0] = 2.0
        notifier.alive()
        assert service.recv(100) == b"WATCHDOG=1"
        Notifier({**environ, "WATCHDOG_PID": "1"}, clock=lambda: now[0] + 9).alive()
        with pytest.raises(BlockingIOError):
            service.recv(100)
    Notifier({}).ready()


def test_unit_names_a_plain_program_only() -> None:
    """A path that systemd would read otherwise is not put into the unit."""
    assert "ExecStart=/opt/oomlog/bin/oomlog watch\n" in unit_text("/opt/oomlog/bin/oomlog")
    assert "ExecStart=/usr/local/bin/oomlog watch\n" in unit_text("/opt/%n x/oomlog")
    assert "NoNewPrivileges=yes\n" in unit_text(None)
