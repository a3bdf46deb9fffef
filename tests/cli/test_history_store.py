"""``oomlog history --db``: what people type, and what they are told."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oomlog.cli.context import Context
from oomlog.cli.main import main

LOGS = Path(__file__).parent / "logs"
SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("two-kills.log", "fleet.log.gz"):
        shutil.copyfile(LOGS / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)


def run(words: list[str], *, terminal: bool = False) -> tuple[int, str, str]:
    stdout, stderr = io.BytesIO(), io.StringIO()
    now = datetime(2024, 5, 2, 9, tzinfo=UTC)
    environ = {"NO_COLOR": "1"}
    context = Context(None, stdout, stderr, stdout_is_terminal=terminal, environ=environ, now=now)
    status = main(words, context)
    return status, stdout.getvalue().decode(), stderr.getvalue()


def history(
    *words: str, exit_status: int = 0, db: str = "k.sqlite", terminal: bool = False
) -> tuple[str, str]:
    status, out, err = run(["history", "--db", db, *words], terminal=terminal)
    assert status == exit_status, err
    return out, err


def test_add_says_what_was_new():
    """Each log has a line, and adding it again says that all is known."""
    assert history("add", "two-kills.log")[0] == "two-kills.log: 2 new kills in 2 new events\n"
    assert history("add", "two-kills.log")[0] == "two-kills.log: nothing new, 2 events known\n"
    assert history("add", "two-kills.log", "fleet.log.gz")[0].splitlines()[-1] == (
        "2 files: 35 new kills in 35 new events"
    )


def test_a_log_without_kills():
    """A log that has none is added, too."""
    Path("calm.log").write_text("nothing\n")
    assert history("add", "calm.log")[0] == "calm.log: nothing new\n"
    assert history("list")[0] == "0 events, 0 kills\n"


def test_list():
    """The list has ids, and the same cells as parse."""
    history("add", "two-kills.log")
    head, java, postgres, count = history("list")[0].splitlines()
    assert head.split() == ["ID", "TIME", "HOST", "VICTIM", "ANON", "SCOPE", "WHERE"]
    assert java.endswith(
        "  2024-05-01 12:00:00+02:00  web1  java[4242]     1.50 GiB  memcg app.service  two-kills.log:3"
    )
    assert postgres.split()[-2:] == ["global", "two-kills.log:7"]
    assert count == "2 events, 2 kills"
    assert "postgres" not in history("list", "--until", "2024-05-01 13:00")[0]
    assert history("list", "--host", "web2")[0] == "0 events, 0 kills\n"
    assert history("list", "--last", "1")[0].endswith(
        "2 events, 2 kills; the last 1 are shown, --last N shows more\n"
    )


def test_a_narrow_terminal(monkeypatch):
    """Where the list or a table of an event does not fit a terminal, rows are told one below the other."""
    monkeypatch.setenv("COLUMNS", "50")
    history("add", "two-kills.log")
    event_id = history("list", terminal=False)[0].splitlines()[1].split()[0]
    listed = history("list", terminal=True)[0]
    assert listed.startswith(f"{event_id}\n  TIME    2024-05-01 12:00:00+02:00\n  HOST    web1\n")
    assert listed.endswith("2 events, 2 kills\n")
    history("add", str(SAMPLES / "v6.12-global-adj.dmesg.log"))
    event_id = history("list", "--comm", "batch")[0].splitlines()[1].split()[0]
    assert "\n# 1\n  PID" in history("show", event_id, terminal=True)[0]
    assert "\n# 1\n  PID" not in history("show", event_id)[0]


def test_show():
    """An event is explained, and its report quoted with the log's line numbers, all names escaped."""
    history("add", str(SAMPLES / "v6.12-hostile-comm.dmesg.log"))
    event_id = next(line.split()[0] for line in history("list", "--comm", "red")[0].splitlines()[1:])
    out, _ = history("show", event_id[:9])
    assert out.startswith(f"{event_id}\n")
    assert "The kernel killed \\x1b[31mred\\x1b[0m (pid 213)" in out
    assert "456  Memory cgroup out of memory: Killed process 213 (\\x1b[31mred\\x1b[0m)" in out
    assert "\x1b" not in out


def test_show_needs_one_event():
    """An id that is unknown, or that several begin with, is answered with what to do."""
    history("add", "two-kills.log", "fleet.log.gz")
    assert "no event of k.sqlite" in history("show", "0123456789abcdef", exit_status=2)[1]
    assert "name an event" in history("show", exit_status=2)[1]
    digits = [line[0] for line in history("list")[0].splitlines()[1:-1]]  # of more than 16 ids
    several = max(digits, key=digits.count)
    assert "beginning of several ids" in history("show", several, exit_status=2)[1]


def test_export():
    """Events come out as parse writes them."""
    history("add", "two-kills.log")
    for form in ("ndjson", "json", "csv"):
        assert history("export", "-f", form)[0] == run(["parse", "-f", form, "two-kills.log"])[1]
    assert history("export")[0] == run(["parse", "-f", "ndjson", "two-kills.log"])[1]
    history("export", "-f", "parquet", "-o", "k.parquet")
    assert Path("k.parquet").read_bytes()[:4] == b"PAR1"
    assert "not html" in history("export", "-f", "html", exit_status=2)[1]


def test_prune_asks_first():
    """Without --yes nothing is deleted, and nothing can be deleted without saying what."""
    history("add", "two-kills.log")
    assert (
        history("prune", "--until", "2024-05-01 13:00")[0]
        == "would delete 1 event with 1 kill; --yes does it\n"
    )
    assert history("list")[0].endswith("2 events, 2 kills\n")
    assert history("prune", "--until", "2024-05-01 13:00", "--yes")[0] == "deleted 1 event with 1 kill\n"
    assert history("list")[0].endswith("1 event, 1 kill\n")
    assert "prune needs to know what" in history("prune", "--yes", exit_status=2)[1]


def test_vacuum():
    """The store is checked and its sizes told; a store that is not there is not made."""
    history("add", "two-kills.log")
    assert history("vacuum")[0].startswith("k.sqlite: nothing is damaged; ")
    assert "there is no such file" in history("vacuum", db="other.sqlite", exit_status=2)[1]
    assert not Path("other.sqlite").exists()


def test_history_of_a_store():
    """Kills in a store are seen together as those of the logs are, growth included."""
    history("add", str(SAMPLES / "v6.12-memcg-v2-group.dmesg.log"), "fleet.log.gz")
    history("prune", "--comm", "leader", "--yes")
    assert history()[0] == run(["history", "fleet.log.gz"])[1]
    assert json.loads(history("-f", "json")[0]) == json.loads(
        run(["history", "-f", "json", "fleet.log.gz"])[1]
    )


def test_forged_kills_stay_out():
    """A kill that may be forged is added and shown only when it is asked for."""
    words = "Out of memory: Killed process 7 (a) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB\n"
    Path("forged.log").write_text(f"2024-05-01T10:00:00+02:00 web1 evil[1]: {words}")
    out, err = history("add", "forged.log")
    assert out == "forged.log: nothing new\n"
    assert "may be forged" in err
    assert history("add", "forged.log", "--include-untrusted")[0] == "forged.log: 1 new kill in 1 new event\n"
    assert history("list")[0] == "0 events, 0 kills\n"
    assert "a[7] (untrusted)" in history("list", "--include-untrusted")[0]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--db", "k.sqlite", "ad", "x.log"], "did you mean 'add'"),
        (["--db", "k.sqlite", "two-kills.log"], "history --db k.sqlite add two-kills.log"),
        (["--db", "k.sqlite", "list", "x"], "list takes no names"),
        (["--db", "k.sqlite", "list", "--yes"], "--yes is for prune"),
        (["--db", "k.sqlite", "add", "two-kills.log", "--since", "-1d"], "add takes all kills of a log"),
        (["--db", "k.sqlite", "--journal"], "history --db k.sqlite add --journal"),
        (["two-kills.log", "--host", "web1"], "--host is about a store; name it with --db FILE"),
        (["--db", "k.sqlite", "--map", "pods.json"], "--map names containers when logs are read"),
        (
            ["--db", "nope.sqlite", "list"],
            "there is no such file; make it with: oomlog history --db nope.sqlite add",
        ),
        (["--db", ".", "list"], "is a folder"),
        (["--db", "two-kills.log", "list"], "is not a store of kills"),
        (["--db", "two-kills.log", "add", "fleet.log.gz"], "is not a store of kills"),
        (["--db", "other.db", "add", "two-kills.log"], "is a database of something else"),
        (
            ["--db", "none/k.sqlite", "add", "two-kills.log"],
            "none/k.sqlite: there is no folder none; make it first: mkdir -p none",
        ),
    ],
)
def test_errors_say_what_to_do(words, told):
    """Each mistake is answered in one line that names what is wrong."""
    connection = sqlite3.connect("other.db")
    connection.execute("CREATE TABLE mine (x)")
    connection.close()
    before = Path("two-kills.log").read_bytes()
    status, out, err = run(["history", *words])
    assert (status, out) == (2, "")
    assert told in err
    assert Path("two-kills.log").read_bytes() == before


def test_a_log_that_cannot_be_read():
    """The other logs are added, and the exit status says that one was not."""
    out, err = history("add", "missing.log", "two-kills.log", exit_status=2)
    assert "missing.log" in err
    assert out == "two-kills.log: 2 new kills in 2 new events\n"
