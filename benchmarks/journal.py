"""Make the journal that one row reads: the ordinary log, as journald would have stored it.

Needs systemd-journal-remote; where that or the package that reads journals is missing, the row says so.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import generate

BYTES = 64 * generate.MIB
_SEED = 20251122
_LINE = re.compile(
    rb"\S+ +\d+ [\d:]+ (?P<host>\S+) (?P<ident>[^\s:\[]+)(?:\[\d+\])?: (?:\[ *(?P<uptime>[\d.]+)\] )?"
)


def missing() -> str | None:
    """Return what is not there to make or to read a journal."""
    if _remote() is None:
        return "no systemd-journal-remote"
    if shutil.which("journalctl") is None:
        return "no journalctl"
    return "no systemd-python" if find_spec("systemd") is None else None


def _remote() -> str | None:
    return shutil.which("systemd-journal-remote", path="/lib/systemd:/usr/lib/systemd")


def make(data: Path, scale: float) -> dict[str, int]:
    """Write the journal if it is not there; return the truth about it."""
    folder, truth_file = data / "journal", data / "journal.json"
    if truth_file.exists():
        known: dict[str, int] = json.loads(truth_file.read_text(encoding="utf-8"))
        return known
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    text = data / "journal.log"
    size, events = int(BYTES * scale), max(12, round(20 * scale))
    truth = asdict(
        generate.write_file(text, partial(generate.ordinary, seed=_SEED, size=size, events=events))
    )
    command = [_remote() or "", "-o", str(folder / "system.journal"), "-"]
    with (
        text.open("rb") as lines,
        subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as remote,
    ):
        assert remote.stdin is not None
        remote.stdin.writelines(_records(lines))
        remote.stdin.close()
        if remote.wait():
            raise SystemExit("systemd-journal-remote failed")
    text.unlink()
    truth_file.write_text(json.dumps(truth) + "\n", encoding="utf-8")
    return truth


def _records(lines: Iterable[bytes]) -> Iterator[bytes]:
    micro = 1_740_810_301_000_000
    for number, line in enumerate(lines):
        found = _LINE.match(line)
        assert found is not None
        micro += 700
        kernel = found["ident"] == b"kernel"
        ident = found["ident"]
        yield b"".join(
            (
                b"__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n" % (micro, 1_000_000 + 700 * number),
                b"_BOOT_ID=%032x\n_MACHINE_ID=%032x\n_HOSTNAME=%b\n" % (1, 1, found["host"]),
                b"PRIORITY=%d\nSYSLOG_IDENTIFIER=%b\n" % (number % 7, ident),
                b"_TRANSPORT=kernel\nSYSLOG_FACILITY=0\n_SOURCE_MONOTONIC_TIMESTAMP=%d\n"
                % (1_000_000 + 700 * number)
                if kernel
                else b"_TRANSPORT=syslog\nSYSLOG_FACILITY=3\n_PID=%d\n_UID=0\n_COMM=%b\n_EXE=/usr/sbin/%b\n"
                b"_SYSTEMD_UNIT=%b.service\n" % (number % 30000 + 300, ident, ident, ident),
                b"MESSAGE=%b\n" % line[found.end() :],
            )
        )
