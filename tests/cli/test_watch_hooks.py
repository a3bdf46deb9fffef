"""What a watch tells besides its output: commands, web services, Prometheus and systemd."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import watched as watch

HOSTILE = "$(id)<!here>\x1b"


class Receiver(HTTPServer):
    """A web service that fails once and remembers what it was told."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.ids: list[str | None] = []
        self.answers = [503]
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/secret"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.answers.pop(0) if self.server.answers else 200
        if answer == 200:
            self.server.bodies.append(json.loads(body))
            self.server.ids.append(self.headers["Idempotency-Key"])
        self.send_response(answer)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_command_and_web_service_are_told(tmp_path: Path, receiver: Receiver) -> None:
    """Both get the event; what a name says reaches no shell and no chat as more than text."""
    script, told = tmp_path / "hook", tmp_path / "told"
    script.write_text(f'#!/bin/sh\necho "$OOMLOG_COMM $OOMLOG_PID $OOMLOG_ID" >> {told}\ncat >> {told}\n')
    script.chmod(0o755)
    log = watch.kill(5, HOSTILE).encode()
    done = subprocess.run(
        [*watch.OOMLOG, "-", "--exec", str(script), "--webhook", receiver.url],
        input=log, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    first, event = told.read_text().splitlines()
    name, pid, key = first.split(" ")
    assert (name, pid) == ("__id___here__", "5")
    assert json.loads(event)["kills"][0]["comm"] == HOSTILE
    (body,) = receiver.bodies
    assert body["event"]["kills"][0]["comm"] == HOSTILE
    assert '"$(id)&lt;!here&gt;\\x1b" (pid 5)' in body["text"] and not body["mrkdwn"]
    assert body["id"] == key == receiver.ids[0]


def test_storm_is_told_of_in_one_sentence(tmp_path: Path, receiver: Receiver) -> None:
    """Hooks hear of so many events a minute, and then of how many more there were."""
    receiver.answers.clear()
    log = "".join(watch.kill(pid) for pid in range(1, 51)).encode()
    done = subprocess.run(
        [*watch.OOMLOG, "-", "--webhook", receiver.url, "--max-per-minute", "3", "--format", "ndjson"],
        input=log, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    assert watch.pids(done.stdout.decode()) == list(range(1, 51))
    assert done.stderr == b"oomlog: 47 more kills in the last minute, which no hook was told about\n"
    assert [body["text"] for body in receiver.bodies[3:]] == ["47 more kills in the last minute"]


def test_hooks_that_fail_are_reported(tmp_path: Path) -> None:
    """A command that fails or hangs, and a service that is not there, cost nothing but a message."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/secret"
        with watch.watching(
            "-", "--exec", "sleep 60", "--exec-timeout", "0.2", "--webhook", url, "--format", "ndjson",
            stdin=subprocess.PIPE, bufsize=0,
        ) as process:  # fmt: skip
            process.stdin.write(watch.kill(1).encode())
            first = process.stderr.readline().rstrip()
            process.stdin.close()
            process.stdin = None
            status, err = watch.stop(process)
    assert status == 0
    assert first == b"oomlog: --exec: sleep: ended after 0.2 seconds"
    assert b"127.0.0.1: connection refused" in err
    assert b"secret" not in err


def test_hook_is_told_again_after_sigkill(tmp_path: Path) -> None:
    """A hook that was not done when the watch was killed is told once more, and the output is not."""
    log, out, told = tmp_path / "kern.log", tmp_path / "out", tmp_path / "told"
    log.write_text(watch.kill(7))
    script = tmp_path / "hook"
    script.write_text(f'#!/bin/sh\necho "$OOMLOG_PID" >> {told}\n[ -e {tmp_path}/fast ] || sleep 30\n')
    script.chmod(0o755)
    args = (
        str(log), *watch.FAST, "--from", "start", "-o", str(out), "--state", str(tmp_path / "state"),
        "--exec", str(script),
    )  # fmt: skip
    with watch.watching(*args):
        watch.wait_for(told, "7")
    (tmp_path / "fast").touch()
    with watch.watching(*args) as process:
        watch.wait_for(told, "7\n7\n")
        assert watch.stop(process) == (0, b"")
    with watch.watching(*args) as process:
        time.sleep(0.6)
        watch.stop(process)
    assert told.read_text() == "7\n7\n"
    assert watch.pids(out.read_text()) == [7]


def test_metrics_are_served_and_left_in_a_folder(tmp_path: Path) -> None:
    """Both say the same, with as many names as were allowed, and hostile ones escaped."""
    pytest.importorskip("prometheus_client")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    names = ['a"b\\', "x\ny", "third"]
    log = "".join(watch.kill(pid, name.replace("\n", "#012")) for pid, name in enumerate(names, 1))
    with watch.watching(
        "-", "--metrics", f":{port}", "--textfile", str(tmp_path), "--metrics-names", "2", "--settle", "0.1",
        stdin=subprocess.PIPE,
    ) as process:  # fmt: skip
        process.stdin.write(log.encode())
        process.stdin.flush()
        text = watch.wait_for(tmp_path / "oomlog.prom", 'comm="other"')
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            served = answer.read().decode()
        status, err = watch.stop(process)
    assert (status, err) == (0, b"")
    kills = [line for line in text.splitlines() if line.startswith("oomlog_kills_total{")]
    assert kills == [line for line in served.splitlines() if line.startswith("oomlog_kills_total{")]
    assert len(kills) == 3 and all(line.endswith(" 1.0") for line in kills)
    assert 'comm="a\\"b\\\\"' in kills[0]
    assert "oomlog_last_kill_timestamp_seconds" in text and "oomlog_problem_lines_total 0.0" in text


def test_systemd_is_told_and_hang_up_opens_the_output_anew(tmp_path: Path) -> None:
    """READY, WATCHDOG and STOPPING are sent; after SIGHUP a rotated output goes on under its name."""
    log, out = tmp_path / "kern.log", tmp_path / "out"
    log.write_text(watch.kill(1))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as service:
        service.bind(str(tmp_path / "notify"))
        service.settimeout(20)
        environ = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        with watch.watching(
            str(log), *watch.FAST, "--from", "start", "-o", str(out), "--state", str(tmp_path / "state"),
            env=environ,
        ) as process:  # fmt: skip
            said = [service.recv(200), service.recv(200)]
            watch.wait_for(out, '"pid":1,')
            out.rename(tmp_path / "out.1")
            process.send_signal(signal.SIGHUP)
            while b"RELOADING" not in said[-1]:
                said.append(service.recv(200))
            with log.open("a") as file:
                file.write(watch.kill(2))
            watch.wait_for(out, '"pid":2,')
            assert watch.stop(process) == (0, b"")
            while b"STOPPING=1" not in said[-1]:
                said.append(service.recv(200))
    assert said[0].startswith(b"READY=1") and b"WATCHDOG=1" in said


def test_reader_that_goes_away_loses_nothing(tmp_path: Path) -> None:
    """What could not be written because nobody read any more is written by the next run."""
    log, state = tmp_path / "kern.log", tmp_path / "state"
    log.write_text(watch.kill(1))
    args = (str(log), *watch.FAST, "--from", "start", "--state", str(state))
    read, write = os.pipe()
    os.close(read)
    with watch.watching(*args, stdout=write) as process:
        os.close(write)
        assert (process.wait(20), process.stderr.read()) == (141, b"")
    with watch.watching(*args) as process:
        assert b'"pid":1,' in process.stdout.readline()
        assert watch.stop(process) == (0, b"")


def test_ctrl_c_and_two_watches_at_once(tmp_path: Path) -> None:
    """Ctrl-C ends with 130; meanwhile the state belongs to one watch only."""
    (tmp_path / "kern.log").write_text("")
    args = (str(tmp_path / "kern.log"), "--state", str(tmp_path / "state"))
    with watch.watching(*args) as process:
        watch.wait_for(tmp_path / "state", "offset")
        second = subprocess.run([*watch.OOMLOG, *args], capture_output=True, timeout=30, check=False)
        assert second.returncode == 2 and b"another oomlog watches with it" in second.stderr
        assert watch.stop(process, signal.SIGINT)[0] == 130


def test_unit_is_one_that_systemd_accepts(tmp_path: Path) -> None:
    """The printed unit has no mistakes, when systemd is there to look for some."""
    done = subprocess.run([*watch.OOMLOG, "--print-unit"], capture_output=True, timeout=30, check=False)
    assert done.returncode == 0 and b"\nDynamicUser=yes\n" in done.stdout
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    program = Path(sys.executable)
    unit = tmp_path / "oomlog.service"
    text = done.stdout.decode()
    # The command need not be installed where the unit says; what is checked is the rest.
    unit.write_text(re.sub(r"(?m)^(Exec\w+=[-+@!:]*)\S+", rf"\g<1>{program}", text))
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, timeout=30, check=False
    )
    complaints = [line for line in checked.stderr.decode().splitlines() if "oomlog.service" in line]
    assert complaints == []
