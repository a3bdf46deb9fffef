"""What only a real process shows: pipes that close, signals, full disks, and files in their place."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

DISK_FULL = (
    b"oomlog: standard output: cannot be written: no room left on the disk; "
    b"free some, or write to another disk\n"
)
LOGS = Path(__file__).parent / "logs"
OOMLOG = [sys.executable, "-W", "error", "-m", "oomlog"]


def _hear_interrupts() -> None:
    # A shell starts background jobs with SIGINT ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextlib.contextmanager
def started(*args: str, **options: Any) -> Iterator[Any]:
    """Start oomlog; whatever goes wrong, it does not outlive a minute."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    with subprocess.Popen([*OOMLOG, *args], preexec_fn=_hear_interrupts, **streams) as process:
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()
            if process.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.close()


def run(*args: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*OOMLOG, *args], capture_output=True, timeout=60, check=False, **options)


@pytest.fixture(scope="module")
def long_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log = tmp_path_factory.mktemp("long") / "long.log"
    log.write_bytes((LOGS / "two-kills.log").read_bytes() * 3000)
    return log


def test_runs_as_a_module() -> None:
    """``python -m oomlog`` is the command."""
    result = run("--version")
    assert result.stdout.startswith(b"oomlog 0.")
    assert (result.returncode, result.stderr) == (0, b"")


def test_pipe_on_standard_input_is_read() -> None:
    """Without a file the pipe is the log."""
    with (LOGS / "uptime.log").open("rb") as log:
        result = run("parse", input=log.read())
    assert b"stress[210]" in result.stdout
    assert (result.returncode, result.stderr) == (0, b"")


@pytest.mark.parametrize("form", ["text", "ndjson", "json", "csv"])
def test_closed_pipe_is_quiet(long_log: Path, form: str) -> None:
    """When the reader stops, so does oomlog: no message, and the status of a closed pipe."""
    with started("parse", "--format", form, str(long_log)) as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


@pytest.mark.parametrize("jobs", ["1", "4"])
def test_closed_pipe_in_a_large_write(long_log: Path, jobs: str) -> None:
    """A reader that stops in the middle of what one process hands over at once is noticed, too."""
    with started("parse", "--format", "ndjson", "--jobs", jobs, str(long_log)) as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_closed_pipe_at_the_end_is_quiet() -> None:
    """A reader that is gone before the first byte leaves no traceback at shutdown either."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        result = subprocess.run(
            [*OOMLOG, "parse", str(LOGS / "uptime.log")], stdout=writing, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(writing)
    assert (result.returncode, result.stderr) == (141, b"")


def test_event_comes_before_the_input_ends() -> None:
    """Reading from a pipe, ndjson hands over what it has, and Ctrl-C ends without a traceback."""
    log = (LOGS / "two-kills.log").read_bytes() * 600

    def feed(stdin: IO[bytes]) -> None:
        with contextlib.suppress(BrokenPipeError):
            stdin.write(log)
            stdin.flush()

    with started("parse", "--format", "ndjson", "-", stdin=subprocess.PIPE) as process:
        # A thread of its own, as both pipes would fill up otherwise.
        feeder = threading.Thread(target=feed, args=(process.stdin,))
        feeder.start()
        assert process.stdout.readline().startswith(b'{"schema":"oomlog.event/1","source":"<stdin>"')
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.stderr.read() == b""
        assert process.wait() == 130
        feeder.join()


def test_watch_ends_with_an_interrupt() -> None:
    """Watching gives answer after answer at once, and Ctrl-C ends it without a traceback."""
    with started("scores", "--watch", "0.1", "-f", "ndjson", "--top", "1") as process:
        lines = [process.stdout.readline() for _ in range(3)]
        assert all(line.startswith(b'{"schema":"oomlog.score/1"') for line in lines)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.stderr.read() == b""
        assert process.wait() == 130


def test_watch_on_a_terminal_leaves_it_as_it_was() -> None:
    """The page is drawn on the terminal's other screen, and the first one comes back with its cursor."""
    import pty

    screen, terminal = pty.openpty()
    environ = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "24"}
    try:
        with started("scores", "--watch", "0.1", stdout=terminal, env=environ) as process:
            drawn = b""
            while b"next in a global OOM" not in drawn:
                drawn += os.read(screen, 1 << 16)
            process.send_signal(signal.SIGINT)
            while not drawn.endswith(b"\x1b[?1049l"):
                drawn += os.read(screen, 1 << 16)
            assert process.stderr.read() == b""
            assert process.wait() == 130
    finally:
        os.close(screen)
        os.close(terminal)
    assert b"\x1b[?1049h" in drawn
    assert drawn.index(b"\x1b[?25h") > drawn.index(b"\x1b[?25l")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_is_named() -> None:
    """Output that cannot be written is a message and status 2."""
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(
            [*OOMLOG, "parse", str(LOGS / "uptime.log")], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (result.returncode, result.stderr) == (2, DISK_FULL)


OTHERS = (
    ("--help",), ("--version",), ("parse", "--help"), ("schema",), ("schema", "--columns"),
    ("scores",), ("scores", "-f", "csv", "--kernel-threads"), ("scores", "--watch", "--top", "1"),
    ("system",), ("system", "--json"), ("protect", "--help"),
    ("grammar", "list"), ("grammar", "show", "kill"),
    ("grammar", "try", "Mem-Info:"), ("grammar", "try", "hello"),
    ("grammar", "new-sample", str(LOGS / "uptime.log"), "--line", "1"),
)  # fmt: skip


@pytest.mark.parametrize("args", OTHERS, ids=" ".join)
def test_full_disk_is_told_by_every_command(args: tuple[str, ...]) -> None:
    """Whatever is printed, an output that cannot be written is the same message and status 2."""
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        result = subprocess.run([*OOMLOG, *args], stdout=full, stderr=subprocess.PIPE, check=False)
    assert (result.returncode, result.stderr) == (2, DISK_FULL)


@pytest.mark.parametrize("args", OTHERS, ids=" ".join)
def test_closed_pipe_is_quiet_for_every_command(args: tuple[str, ...]) -> None:
    """A reader that is gone is no error of any command."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        result = subprocess.run([*OOMLOG, *args], stdout=writing, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writing)
    assert (result.returncode, result.stderr) == (141, b"")


def test_device_without_lines_is_given_up() -> None:
    """A device that gives bytes for ever and never a line is told to be no log, and the others are read."""
    result = run("parse", "-f", "csv", "/dev/zero", str(LOGS / "uptime.log"))
    assert b",stress," in result.stdout
    reason = b"does not look like a log: no line ends in its first 64 MiB; name a log, like /var/log/kern.log"
    assert (result.returncode, result.stderr) == (2, b"oomlog: /dev/zero: " + reason + b"\n")


def test_interrupted_output_file_stays_as_it_was(tmp_path: Path) -> None:
    """An output file is replaced only when it is complete, and nothing else is left behind."""
    output = tmp_path / "out.csv"
    output.write_text("before")
    with started("parse", "--format", "csv", "-o", str(output), "-", stdin=subprocess.PIPE) as process:
        process.stdin.write((LOGS / "two-kills.log").read_bytes())
        process.stdin.flush()
        deadline = time.monotonic() + 30
        while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == b""
        assert process.wait() == 130
    assert output.read_text() == "before"
    assert list(tmp_path.iterdir()) == [output]


def test_output_file_keeps_its_mode(tmp_path: Path) -> None:
    """A file that is replaced keeps its permissions."""
    output = tmp_path / "out.csv"
    output.write_text("before")
    output.chmod(0o640)
    assert run("parse", "-f", "csv", "-o", str(output), str(LOGS / "uptime.log")).returncode == 0
    assert output.read_text().startswith("source,")
    assert output.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("args", [f"parse {LOGS / 'uptime.log'}", "--version", "explain order"])
def test_closed_standard_output_is_told(args: str) -> None:
    """What was asked for and cannot be written is not lost in silence."""
    command = f"{sys.executable} -m oomlog {args} <&- >&-"
    result = subprocess.run(["/bin/sh", "-c", command], stderr=subprocess.PIPE, check=False)
    assert (result.returncode, result.stderr.count(b"\n")) == (2, 1)
    assert result.stderr.startswith(b"oomlog: standard output: cannot be written: it is closed; ")


def test_closed_standard_output_is_not_needed(tmp_path: Path) -> None:
    """With -o nothing goes there, nor does anything else that the process writes get into an open file."""
    output = tmp_path / "out.csv"
    command = f"{sys.executable} -m oomlog parse -f csv -o {output} {LOGS / 'uptime.log'} <&- >&-"
    result = subprocess.run(["/bin/sh", "-c", command], stderr=subprocess.PIPE, check=False)
    assert (result.returncode, result.stderr) == (0, b"")
    assert output.read_text().startswith("source,")


def test_unpacked_size_is_bounded(tmp_path: Path) -> None:
    """--max-bytes stops a file that unpacks to more, and the status says so."""
    import gzip

    packed = tmp_path / "kern.log.gz"
    packed.write_bytes(gzip.compress((LOGS / "two-kills.log").read_bytes() * 100))
    result = run("parse", "--max-bytes", "20K", "--format", "csv", str(packed))
    assert b",java," in result.stdout
    assert result.stderr.startswith(b"oomlog: ")
    assert result.returncode == 2


def test_start_needs_no_slow_module() -> None:
    """The plain formats start without rich, pandas, pyarrow and pyparsing."""
    script = (
        "import sys; from oomlog.cli.main import main; from oomlog.cli.context import Context\n"
        "for form in ('text', 'csv', 'ndjson'):\n"
        f"    main(['parse', '-f', form, {str(LOGS / 'uptime.log')!r}], Context.of_process())\n"
        "slow = {'rich', 'pandas', 'numpy', 'pyarrow', 'pyparsing', 'concurrent.futures', 'zstandard',\n"
        "        'importlib.metadata', 'importlib.resources', 'asyncio', 'unittest', 'zoneinfo'}\n"
        "print(sorted(slow & sys.modules.keys()), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert result.stderr == b"[]\n"
