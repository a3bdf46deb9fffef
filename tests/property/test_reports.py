"""What holds for every report, whatever is done to the log around it."""

# ruff: noqa: E501 - log lines are as long as they are

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import oomlog_render as render
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oomlog_facts import facts

import oomlog
from oomlog.events.find import Finder
from oomlog.events.parse import shared_matcher
from oomlog.events.tasks import CORE_COLUMNS, rows_json
from oomlog.lines.stamps import Clock
from oomlog.lines.tape import Tape, scan_blocks
from oomlog.report.json import event_bytes, event_dict

SAMPLES = Path(__file__).parents[2] / "samples"
NAMES = ("v5.10-series", "v6.12-global", "v6.12-memcg-v2-group", "v7.2-series", "v5.10-hostile-comm")
FORMS = {
    "console": render.netconsole,
    "dmesg": render.dmesg,
    "kmsg": render.kmsg,
    "syslog": render.rfc3164,
    "journal": render.journal_json,
}


def steady(examples: int) -> settings:
    """Return settings that find the same on every run."""
    return settings(
        derandomize=True, deadline=None, max_examples=examples, suppress_health_check=list(HealthCheck)
    )


@cache
def _log(name: str, form: str) -> bytes:
    return FORMS[form](render.read_records((SAMPLES / f"{name}.kmsg.log").read_bytes()))


def _facts(data: bytes) -> list[dict[str, Any]]:
    return [facts(event) for event in oomlog.parse(data, year=2026)]


@cache
def _whole(name: str, form: str) -> list[dict[str, Any]]:
    return _facts(_log(name, form))


logs = st.tuples(st.sampled_from(NAMES), st.sampled_from(sorted(FORMS)))
# Names with newlines in them need more of the log than a cut leaves.
tame = st.tuples(st.sampled_from(NAMES[:-1]), st.sampled_from(sorted(FORMS)))


# -- cutting ----------------------------------------------------------------------------------------


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], Any]:
    if isinstance(value, dict):
        return {p: leaf for key, each in value.items() for p, leaf in _leaves(each, (*path, key)).items()}
    if isinstance(value, list):
        return {p: leaf for i, each in enumerate(value) for p, leaf in _leaves(each, (*path, i)).items()}
    return {path: value}


def _key(zone: dict[str, Any]) -> tuple[Any, ...]:
    # A zone line whose "Node 0 " was cut off names no node; the machines recorded have one node.
    return zone.get("zone"), zone.get("size_kb")


def _values(record: dict[str, Any]) -> dict[tuple[Any, ...], Any]:
    """Return each value of a record under a key that does not depend on what else is there."""
    values: dict[tuple[Any, ...], Any] = {}
    for part in (
        "trigger",
        "memcg",
        "nodemask",
        "cpuset",
        "mems_allowed",
        "oom_memcg",
        "task_memcg",
        "kernel_release",
    ):
        values |= _leaves(record[part], (part,))
    for kill in record["kills"]:
        values |= _leaves(kill, ("kills", kill["pid"]))
    for row in record["tasks"] or ():
        values |= _leaves(row, ("tasks", row["pid"]))
    for row in record["slab"] or ():
        values |= _leaves(row, ("slab", row.get("name")))
    for part, content in (record["mem_info"] or {}).items():
        for item in content if isinstance(content, list) else [content]:
            name = _key(item) if isinstance(content, list) else ()
            values |= _leaves(item, ("mem_info", part, name))
    return {key: value for key, value in values.items() if value is not None}


def _matching(cut: dict[str, Any], whole: list[dict[str, Any]]) -> list[tuple[Any, Any, Any]]:
    """Return (key, got, printed) of each value of a cut event that no event of the whole log has."""
    sets = [_values(record) for record in whole]
    got = _values(cut)
    wrong = [
        [(key, value, each.get(key)) for key, value in got.items() if each.get(key) != value] for each in sets
    ]
    return min(wrong, key=len, default=list(got.items()))


@steady(150)
@given(tame, st.floats(0, 1), st.booleans())
def test_a_cut_log_invents_nothing(log, where, head):
    """A log cut at any byte, at either end, gives only values that the whole log has too."""
    data = _log(*log)
    at = int(where * len(data))
    whole = _whole(*log)
    for record in _facts(data[at:] if head else data[:at]):
        assert _matching(record, whole) == []


@pytest.mark.parametrize("name", ["v6.12-global"])
@pytest.mark.parametrize("form", ["console", "kmsg"])
@pytest.mark.parametrize("head", [True, False], ids=["head-lost", "tail-lost"])
def test_cuts_near_the_kill_line_invent_nothing(name, form, head):
    """Each single cut through a kill line, summary line and header gives printed values or none."""
    data, whole = _log(name, form), _whole(name, form)
    for needle in (b"Killed process", b"oom-kill:constraint", b"invoked oom-killer"):
        start = data.rfind(b"\n", 0, data.index(needle)) + 1
        stop = data.index(b"\n", data.index(needle))
        for at in range(start, stop + 1):
            for record in _facts(data[at:] if head else data[:at]):
                assert _matching(record, whole) == [], data[start:at]


@pytest.mark.parametrize(
    ("name", "form", "needle"),
    [
        ("v6.12-global", "journal", b"Node 0 active_anon:"),
        ("v6.12-global", "journal", b" invoked oom-killer"),
        ("v6.12-global", "console", b"(sd-pam)"),
        ("v6.12-global", "syslog", b"mysqld"),
        ("v5.10-series", "journal", b"Tasks state"),
        ("v5.10-series", "kmsg", b"inactive_anon 25006080"),
        ("v5.10-series", "syslog", b"php-fpm8.2 invoked"),
    ],
)
@pytest.mark.parametrize("head", [True, False], ids=["head-lost", "tail-lost"])
def test_cuts_inside_of_a_line_and_the_next_invent_nothing(name, form, needle, head):
    """Records, table rows and statistics that a cut goes through are left out, and join no other line."""
    data, whole = _log(name, form), _whole(name, form)
    start = data.rfind(b"\n", 0, data.index(needle)) + 1
    stop = data.index(b"\n", data.index(b"\n", data.index(needle)) + 1)
    for at in range(start, stop + 1, max(1, (stop - start) // 60)):
        for record in _facts(data[at:] if head else data[:at]):
            assert _matching(record, whole) == [], data[start:at]


@pytest.mark.parametrize("form", ["syslog", "journal"])
@pytest.mark.parametrize("seed", range(3))
def test_reports_of_two_machines_mixed_line_by_line_stay_apart(form, seed):
    """A loghost's file with two machines' lines in any order gives only what one of them printed."""
    first = _log("v6.12-global", form).splitlines(keepends=True)
    other = [
        line.replace(b"web1", b"web10").replace(b'_ID": "01', b'_ID": "11')
        for line in _log("v5.10-series", form).splitlines(keepends=True)
    ]
    whole = _whole("v6.12-global", form) + _facts(b"".join(other))
    order = Random(seed).sample([0] * len(first) + [1] * len(other), len(first) + len(other))
    lines = (iter(first), iter(other))
    mixed = b"".join(next(lines[which]) for which in order)
    found = _facts(mixed)
    assert sum(len(record["kills"]) for record in found) == sum(len(record["kills"]) for record in whole)
    for record in found:
        assert _matching(record, whole) == []


@steady(30)
@given(tame, st.data())
def test_lost_lines_invent_nothing(log, data):
    """Lines dropped anywhere by a logger never turn the rest into a value that was not printed."""
    lines = _log(*log).splitlines(keepends=True)
    start = data.draw(st.integers(0, len(lines)))
    stop = data.draw(st.integers(start, min(len(lines), start + 120)))
    whole = _whole(*log)
    for record in _facts(b"".join(lines[:start] + lines[stop:])):
        values = {
            key: value for key, value in _values(record).items() if key[0] in ("kills", "tasks", "trigger")
        }
        printed = [_values(each) for each in whole]
        for key, value in values.items():
            if key[0] != "trigger" and key[-1] not in ("score",):
                assert any(each.get(key) == value for each in printed), key


# -- foreign lines ----------------------------------------------------------------------------------

_FOREIGN = {
    "console": (
        b'[    9.999999] audit: type=1400 audit(1763805600.123:45): apparmor="DENIED" operation="open"\n',
        b"[    9.999999] IN=eth0 OUT= MAC=aa:bb SRC=10.0.0.1 DST=10.0.0.2 LEN=40 TOS=0x00 PROTO=TCP SPT=80\n",
        b"[    9.999999] usb 1-1: new high-speed USB device number 4 using xhci_hcd\n",
        b"[    9.999999] nfs: server 10.0.0.9 not responding, still trying\n",
        b"[    9.999999] EXT4-fs (sda1): mounted filesystem with ordered data mode. Opts: (null)\n",
        b"\n",
    ),
    "syslog": (
        b"Aug 12 03:54:09 web1 sshd[811]: Accepted publickey for root from 10.0.0.1 port 22 ssh2\n",
        b"Aug 12 03:54:09 web1 CRON[17]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly)\n",
        b"Aug 12 03:54:09 web1 java[4242]: java.lang.OutOfMemoryError: Java heap space\n",
        b"Aug 12 03:54:09 web1 systemd[1]: Started Session 7 of user root.\n",
        b"Aug 12 03:54:09 web1 app[9]: Out of memory: Killed process 1 (init) total-vm:1kB, anon-rss:1kB, "
        b"file-rss:1kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0\n",
        b"Aug 12 03:54:09 web1 kernel: [    9.999999] nfs: server 10.0.0.9 not responding, still trying\n",
        b"\n",
    ),
    "caller": (
        b"[    9.999999][   T99] usb 1-1: new high-speed USB device number 4 using xhci_hcd\n",
        b"[    9.999999][   T99] Call Trace:\n",
        b"[    9.999999][   C1] Node 0 DMA free:1kB boost:0kB min:9kB low:9kB high:9kB reserved_highatomic:0KB\n",
        b"[    9.999999][   T99] [   1000]  1000  1000    99999    99999   999999        0          -999 ghost\n",
        b"[    9.999999][   T99] anon 123456789\n",
        b"[    9.999999][   T99] 99999 total pagecache pages\n",
    ),
}


def _render(kind: str, name: str) -> bytes:
    records = render.read_records((SAMPLES / f"{name}.kmsg.log").read_bytes())
    return render.netconsole(render.with_caller(records)) if kind == "caller" else FORMS[kind](records)


@cache
def _plain(kind: str, name: str) -> tuple[bytes, list[dict[str, Any]]]:
    data = _render(kind, name)
    return data, _facts(data)


@steady(100)
@given(
    st.sampled_from(sorted(_FOREIGN)),
    st.sampled_from(["v5.10-series", "v6.12-global", "v6.12-memcg-v2-group", "v7.2-series"]),
    st.data(),
)
def test_foreign_lines_change_nothing(kind, name, data):
    """Lines of other subsystems, programs and printk callers change no value, wherever they stand."""
    log, expected = _plain(kind, name)
    lines = log.splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 12))):
        lines.insert(data.draw(st.integers(0, len(lines))), data.draw(st.sampled_from(_FOREIGN[kind])))
    assert _facts(b"".join(lines)) == expected


@steady(100)
@given(
    st.sampled_from(["console", "syslog"]),
    st.sampled_from(["v6.12-global", "v7.2-series"]),
    st.lists(
        st.tuples(
            st.integers(1, 10_000),  # not before the first line: \xff\xfe there is a byte order mark
            st.one_of(
                st.binary(max_size=80).map(lambda b: b.replace(b"\n", b"")),
                st.text(max_size=40).map(lambda t: t.replace("\n", "").encode("utf-8", "surrogatepass")),
                st.just(b"\0" * 512),
                st.just(b"\xff\xfe"),
            ),
        ),
        min_size=1,
        max_size=8,
    ),
)
def test_garbage_between_lines_loses_no_kill(kind, name, garbage):
    """Random bytes on lines of their own never raise, and every kill is found with its values."""
    lines = _log(name, kind).splitlines(keepends=True)
    for where, junk in garbage:
        lines.insert(1 + where % len(lines), junk + b"\n")
    got = [kill for record in _facts(b"".join(lines)) for kill in record["kills"]]
    assert got == [kill for record in _whole(name, kind) for kill in record["kills"]]


# -- several logs ------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize(
    ("first", "second"), [("v6.12-global", "v5.10-series"), ("v7.2-series", "v6.12-memcg-v2-group")]
)
def test_two_logs_in_one_file_are_two_logs(form, first, second):
    """One log after another in a file (a reboot between them) holds the events of both."""
    assert _facts(_log(first, form) + _log(second, form)) == _whole(first, form) + _whole(second, form)


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("times", [2, 5])
def test_a_repeated_log_repeats_its_events(form, times):
    """The same log n times over, as an appending collector leaves it, holds the events n times."""
    assert _facts(_log("v7.2-series", form) * times) == _whole("v7.2-series", form) * times


def test_the_order_of_unrelated_files_does_not_matter(tmp_path):
    """Files with different names are read one by one: any order gives the same events."""
    paths = []
    for name in NAMES:
        paths.append(tmp_path / f"{name}.txt")
        paths[-1].write_bytes(_log(name, "dmesg"))

    def found(order: list[Path]) -> list[str]:
        return sorted(json.dumps([Path(e.source).name, facts(e)]) for e in oomlog.parse(order))

    assert found(paths) == found(paths[::-1]) == found(paths[2:] + paths[:2])


@steady(30)
@given(
    st.lists(
        st.sampled_from([(name, form) for name in NAMES for form in sorted(FORMS)]), min_size=2, max_size=4
    )
)
def test_what_was_read_before_does_not_matter(order):
    """Reading a log gives the same events after any other logs."""
    for log in order:
        assert _facts(_log(*log)) == _whole(*log)


# -- blocks ------------------------------------------------------------------------------------------


def _in_blocks(data: bytes, size: int) -> list[dict[str, Any]]:
    blocks = (data[at : at + size] for at in range(0, len(data), size))
    finder = Finder(Tape(scan_blocks(blocks)), shared_matcher(), Clock(year=2026), source="x")
    return [facts(event) for event in finder.events()]


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("size", [1, 7, 64, 1000])
@pytest.mark.parametrize("name", ["v6.12-memcg-v2-group"])
def test_the_size_of_blocks_does_not_matter(form, size, name):
    """A log arriving byte by byte or in any blocks gives the same events as all at once."""
    assert _in_blocks(_log(name, form), size) == _whole(name, form)


@steady(25)
@given(logs, st.integers(100, 5000))
def test_any_block_size_gives_the_same(log, size):
    """As above, for any size."""
    assert _in_blocks(_log(*log), size) == _whole(*log)


@steady(25)
@given(st.sampled_from(["console", "syslog"]), st.sampled_from([512, 1000, 4096, 65536]), st.floats(0.1, 0.6))
def test_the_size_of_blocks_does_not_matter_without_a_header(form, size, where):
    """A report that lost its head is read backwards from its kill, whatever the blocks were."""
    data = _log("v6.12-global", form)
    data = data[data.index(b"\n", int(where * len(data))) + 1 :]
    assert _in_blocks(data, size) == _facts(data)


# -- the record --------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("name", NAMES)
def test_the_json_record_has_the_keys_of_the_event(form, name):
    """Every event is valid JSON with exactly the keys of its dictionary, on one line or indented."""
    for event in oomlog.parse(_log(name, form), year=2026):
        line = event_bytes(event)
        assert b"\n" not in line
        assert list(json.loads(line)) == list(event_dict(event))
        assert json.loads(event_bytes(event, indent=True)) == json.loads(line)


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("name", NAMES)
def test_task_rows_render_the_same_both_ways(form, name):
    """The table rendered from text is the table rendered row by row, and both are what Python sees."""
    for event in oomlog.parse(_log(name, form), year=2026):
        if event.tasks is None:
            continue
        slow = json.loads(rows_json(event.tasks))
        if event.tasks.json is not None:
            assert json.loads(event.tasks.json()) == slow
        missing = dict.fromkeys(key for key in CORE_COLUMNS if key not in event.tasks.columns)
        assert slow == [{**row, **missing} for row in event.tasks]


def test_some_table_takes_the_fast_way():
    """The fast path is there to be tested."""
    tables = [event.tasks for event in oomlog.parse(_log("v6.12-global", "console"))]
    assert [table.json is not None for table in tables] == [True]


def test_a_counter_whose_name_is_cut_is_no_other_counter():
    """Of ``sec_pagetables:0`` a cut leaves ``pagetables:0``, which the log does not say."""
    data = _log("v7.2-series", "dmesg")
    at = data.rindex(b"sec_pagetables:0 ") + len(b"sec_")
    (event,) = oomlog.parse(data[at:])
    counters = event.mem_info["counters"]
    assert "pagetables_pages" not in counters
    assert counters["bounce_pages"] == 0
