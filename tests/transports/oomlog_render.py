"""Kernel records printed as every logger prints them.

A record is what the kernel stored: level, facility, time since boot, caller, and a message that may hold
newlines.  ``TRANSPORTS`` has one row for each way such records reach a file; its function returns the
file's bytes.  Everything a parser could be tested against follows from one recording, so a transport that
reads differently from ``/dev/kmsg`` is a bug of the parser or a named loss of the transport.
"""

# ruff: noqa: E501 - log lines are as long as they are

from __future__ import annotations

import json
import re
import struct
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

__all__ = [
    "BOOTED",
    "BOOT_ID",
    "HOST",
    "LOSSES",
    "TRANSPORTS",
    "Record",
    "Transport",
    "names_of",
    "read_records",
    "with_caller",
]

HOST = "web1"
BOOT_ID = "0123456789abcdef0123456789abcdef"
BOOTED = datetime(2026, 8, 12, 3, 54, 3, tzinfo=UTC)
"""When the machine of the recordings was booted, as far as the loggers below are concerned."""

_LEVELS = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")
_SEVERITIES = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the kernel's ring buffer."""

    level: int
    facility: int
    seq: int
    usec: int
    caller: str | None
    message: bytes
    keys: tuple[bytes, ...] = ()
    """The ``KEY=value`` lines that ``/dev/kmsg`` adds."""

    @property
    def priority(self) -> int:
        """Return facility and level as one number."""
        return self.facility * 8 + self.level

    @property
    def lines(self) -> list[bytes]:
        """Return the lines of the message."""
        return self.message.split(b"\n")

    @property
    def wall(self) -> datetime:
        """Return when the record was written."""
        return BOOTED + timedelta(microseconds=self.usec)

    @property
    def stamp(self) -> bytes:
        """Return printk's time."""
        return b"[%5d.%06d] " % divmod(self.usec, 1_000_000)

    @property
    def ident(self) -> tuple[bytes, bytes]:
        """Return who wrote the record, for loggers that say so, and the text without that name."""
        if self.facility:
            name, _, rest = self.message.partition(b": ")
            return name, rest
        return b"kernel", self.message


_KMSG = re.compile(rb"(\d+),(\d+),(\d+),[^;]*?(?:caller=([TC]\d+))?;(.*)", re.DOTALL)


def read_records(data: bytes) -> list[Record]:
    """Read what ``/dev/kmsg`` printed."""
    records: list[Record] = []
    for line in data.splitlines():
        if line.startswith(b" "):
            last = records[-1]
            records[-1] = Record(
                last.level, last.facility, last.seq, last.usec, last.caller, last.message, (*last.keys, line)
            )
            continue
        found = _KMSG.fullmatch(line)
        assert found, line
        priority, caller = int(found[1]), found[4]
        text = re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), found[5])
        records.append(
            Record(
                priority & 7, priority >> 3, int(found[2]), int(found[3]), caller and caller.decode(), text
            )
        )
    return records


def names_of(records: Iterable[Record]) -> dict[int, str]:
    """Return the name of each process id in the recording's task tables, as the kernel stored it."""
    names: dict[int, str] = {}
    columns = 0
    for r in records:
        if r.message.startswith(b"[  pid  ]"):
            columns = len(r.message.replace(b"[  pid  ]", b"[pid]").split())
        row = re.fullmatch(rb"\[ *(\d+)\](?: +-?\d+){%d} (.*)" % max(0, columns - 2), r.message, re.DOTALL)
        if columns and row:
            names[int(row[1])] = row[2].decode("utf-8", "backslashreplace")
    return names


def with_caller(records: Iterable[Record], caller: str = "T157") -> list[Record]:
    """Return the records as a kernel with CONFIG_PRINTK_CALLER stores them."""
    return [Record(r.level, r.facility, r.seq, r.usec, caller, r.message, r.keys) for r in records]


# -- the kernel's own ways --------------------------------------------------------------------------


def _plain(text: bytes) -> bool:
    """Tell whether no logger changes anything in the text."""
    return text.isascii() and text.decode().isprintable()


def _kmsg_escape(text: bytes) -> bytes:
    return b"".join(b"\\x%02x" % c if c < 32 or c >= 127 or c == 92 else bytes([c]) for c in text)


def kmsg(records: Sequence[Record]) -> bytes:
    """``cat /dev/kmsg``: one line a record, all but printable ASCII as ``\\xNN``, then its keys."""
    out = []
    for r in records:
        caller = b",caller=" + r.caller.encode() if r.caller else b""
        out.append(b"%d,%d,%d,-%s;%s\n" % (r.priority, r.seq, r.usec, caller, _kmsg_escape(r.message)))
        out += [key + b"\n" for key in r.keys]
    return b"".join(out)


def netconsole_extended(records: Sequence[Record]) -> bytes:
    """``netconsole=+...``: the form of ``/dev/kmsg``, without the keys."""
    return b"".join(line + b"\n" for line in kmsg(records).splitlines() if line[:1] != b" ")


def netconsole_release(records: Sequence[Record]) -> bytes:
    """The same with the kernel's release before it (``netconsole=+r...``, since 6.4)."""
    return b"".join(b"6.12.0," + line + b"\n" for line in netconsole_extended(records).splitlines())


def _caller(r: Record, gap: bytes = b"") -> bytes:
    return b"" if r.caller is None else gap + b"[%6s] " % r.caller.encode()


def _own_prefix(r: Record) -> bytes:
    return r.stamp.rstrip(b" ") + _caller(r) if r.caller else r.stamp


def netconsole(records: Sequence[Record]) -> bytes:
    """The text of a console, one datagram a line."""
    return b"".join(_own_prefix(r) + line + b"\n" for r in records for line in r.lines)


def console(records: Sequence[Record]) -> bytes:
    """A serial console: each line of a record has the prefix, and ends with CR LF."""
    return netconsole(records).replace(b"\n", b"\r\n")


def dmesg_syslog_raw(records: Sequence[Record]) -> bytes:
    """``dmesg -S -r``, ``/proc/kmsg``: each line of a record has the level and the prefix."""
    return b"".join(b"<%d>" % r.priority + _own_prefix(r) + line + b"\n" for r in records for line in r.lines)


# -- dmesg ------------------------------------------------------------------------------------------


def _printable(text: bytes, utf8: bool) -> bytes:
    """Write unprintable bytes as dmesg does: ``\\xNN``, all above ASCII too unless the locale is UTF-8."""
    if _plain(text):
        return text
    shown = text.decode("utf-8", "surrogateescape")
    out = []
    for char in shown:
        raw = char.encode("utf-8", "surrogateescape")
        good = char.isspace() or (char.isprintable() and (utf8 or char < "\x7f")) if len(raw) else False
        if "\udc80" <= char <= "\udcff" or (not utf8 and char > "\x7f"):
            good = False
        out.append(raw if good else b"".join(b"\\x%02x" % c for c in raw))
    return b"".join(out)


def _dmesg(records: Sequence[Record], prefix: Callable[[Record], bytes], *, utf8: bool = False) -> bytes:
    out = []
    for r in records:
        head = prefix(r)
        width = len(head.decode())
        out.append(head + _printable(r.message, utf8).replace(b"\n", b"\n" + b" " * width) + b"\n")
    return b"".join(out)


def dmesg(records: Sequence[Record]) -> bytes:
    """``dmesg`` in the locale C: further lines of a record are indented."""
    return _dmesg(records, lambda r: r.stamp + _caller(r))


def dmesg_utf8(records: Sequence[Record]) -> bytes:
    """``dmesg`` in a UTF-8 locale."""
    return _dmesg(records, lambda r: r.stamp + _caller(r), utf8=True)


def dmesg_notime(records: Sequence[Record]) -> bytes:
    """``dmesg -t``: no prefix at all; further lines of a record stand at the margin."""
    return _dmesg(records, lambda _: b"")


def dmesg_x(records: Sequence[Record]) -> bytes:
    """``dmesg -x``: facility and level in words."""
    return _dmesg(
        records,
        lambda r: (
            b"%-6s:%-6s: " % ({0: b"kern", 1: b"user"}[r.facility], _LEVELS[r.level].encode()) + r.stamp
        ),
    )


def dmesg_raw(records: Sequence[Record]) -> bytes:
    """``dmesg -r``: the level as a number."""
    return _dmesg(records, lambda r: b"<%d>" % r.priority + r.stamp)


def dmesg_force_prefix(records: Sequence[Record]) -> bytes:
    """``dmesg -P``: the prefix on each line."""
    return b"".join(r.stamp + _printable(line, False) + b"\n" for r in records for line in r.lines)


_NAMES = {
    "en": ("Mon Tue Wed Thu Fri Sat Sun", "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
    "de": ("Mo Di Mi Do Fr Sa So", "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez"),
    "ko": ("월 화 수 목 금 토 일", "1월 2월 3월 4월 5월 6월 7월 8월 9월 10월 11월 12월"),
    "fr": (
        "lun. mar. mer. jeu. ven. sam. dim.",
        "janv. févr. mars avril mai juin juil. août sept. oct. nov. déc.",
    ),
}


def _ctime(r: Record, language: str) -> bytes:
    days, months = (names.split() for names in _NAMES[language])
    w = r.wall
    month = months[w.month - 1].rjust(3) if language == "ko" else months[w.month - 1]
    return f"[{days[w.weekday()]} {month} {w.day:2d} {w:%H:%M:%S} {w.year}] ".encode()


def _dmesg_t(language: str) -> Callable[[Sequence[Record]], bytes]:
    def render(records: Sequence[Record]) -> bytes:
        return _dmesg(records, lambda r: _ctime(r, language), utf8=language != "en")

    render.__doc__ = f"``dmesg -T`` where the language is {language}."
    return render


def _quoted(text: bytes) -> bytes:
    """Quote a JSON string as util-linux does: control characters escaped, other bytes as they are."""
    if _plain(text) and not set(text) & {34, 92}:
        return b'"' + text + b'"'
    short = {8: b"\\b", 9: b"\\t", 10: b"\\n", 12: b"\\f", 13: b"\\r", 34: b'\\"', 92: b"\\\\"}
    out = [short.get(c) or (b"\\u%04x" % c if c < 32 or c == 127 else bytes([c])) for c in text]
    return b'"' + b"".join(out) + b'"'


def dmesg_json(records: Sequence[Record]) -> bytes:
    """``dmesg --json`` (since 2.38): one object, printed over many lines."""
    items = [
        b'{\n         "pri": %d,\n         "time": %5d.%06d,\n         "msg": %s\n      }'
        % (r.level, *divmod(r.usec, 1_000_000), _quoted(r.message))
        for r in records
    ]
    return b'{\n   "dmesg": [\n      ' + b",".join(items) + b"\n   ]\n}\n"


def dmesg_json_x(records: Sequence[Record]) -> bytes:
    """``dmesg --json -x`` (since 2.40): facility and level as words, the caller as a field."""
    items = [
        b'{\n         "fac": "%s",\n         "pri": "%s",\n         "time": %5d.%06d,\n%s         "msg": %s\n      }'
        % (
            {0: b"kern", 1: b"user"}[r.facility],
            _LEVELS[r.level].encode(),
            *divmod(r.usec, 1_000_000),
            b'         "caller": "%s",\n' % r.caller.encode() if r.caller else b"",
            _quoted(r.message),
        )
        for r in records
    ]
    return b'{\n   "dmesg": [\n      ' + b",".join(items) + b"\n   ]\n}\n"


# -- coloured -----------------------------------------------------------------------------------------


def dmesg_color(records: Sequence[Record]) -> bytes:
    """``dmesg --color=always``: green time, coloured subsystem, red and bold by level."""
    out = []
    for r in records:
        width = len(r.stamp)
        head, colon, rest = _printable(r.message, False).partition(b":")
        paint = {
            0: b"\x1b[7m\x1b[31m",
            1: b"\x1b[7m\x1b[31m",
            2: b"\x1b[1m\x1b[31m",
            3: b"\x1b[31m",
            4: b"\x1b[1m",
        }
        if colon and len(head) < 20 and b" " not in head:
            text = b"\x1b[33m" + head + colon + b"\x1b[0m" + rest
        elif r.level in paint:
            text = paint[r.level] + _printable(r.message, False) + b"\x1b[0m"
        else:
            text = _printable(r.message, False)
        out.append(b"\x1b[32m" + r.stamp + b"\x1b[0m" + text.replace(b"\n", b"\n" + b" " * width) + b"\n")
    return b"".join(out)


# -- syslog -------------------------------------------------------------------------------------------


def _per_line(
    records: Sequence[Record], head: Callable[[Record, bytes], bytes], *, uptime: bool
) -> Iterator[bytes]:
    """One log line for each line of a record, as imklog reads them from /proc/kmsg."""
    for r in records:
        ident, message = r.ident
        for line in message.split(b"\n"):
            yield head(r, ident) + (r.stamp if uptime else b"") + _octal(line)


def _octal(text: bytes) -> bytes:
    """Escape control characters as rsyslog does."""
    if _plain(text):
        return text
    return b"".join(b"#%03o" % c if c < 32 or c == 127 else bytes([c]) for c in text)


def _joined(lines: Iterable[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def _bsd(r: Record, ident: bytes) -> bytes:
    return f"{r.wall:%b} {r.wall.day:2d} {r.wall:%H:%M:%S} {HOST} ".encode() + ident + b": "


def _iso(r: Record, ident: bytes) -> bytes:
    w = r.wall + timedelta(hours=2)
    return f"{w:%Y-%m-%dT%H:%M:%S}.{w.microsecond:06d}+02:00 {HOST} ".encode() + ident + b": "


def rfc3164(records: Sequence[Record]) -> bytes:
    """The traditional syslog file, printk's time kept."""
    return _joined(_per_line(records, _bsd, uptime=True))


def rfc3164_no_uptime(records: Sequence[Record]) -> bytes:
    """The traditional syslog file, printk's time taken off."""
    return _joined(_per_line(records, _bsd, uptime=False))


def rsyslog_iso(records: Sequence[Record]) -> bytes:
    """rsyslog's RSYSLOG_FileFormat."""
    return _joined(_per_line(records, _iso, uptime=True))


def rsyslog_escaped(records: Sequence[Record]) -> bytes:
    """rsyslog fed by the journal or a socket: one line a record, control characters as ``#012``."""
    return _joined(_bsd(r, r.ident[0]) + _octal(r.ident[1]) for r in records)


def rfc5424(records: Sequence[Record]) -> bytes:
    """Syslog protocol lines, one a record."""
    return _joined(
        f"<{r.priority}>1 {r.wall:%Y-%m-%dT%H:%M:%S}.{r.wall.microsecond:06d}Z {HOST} ".encode()
        + r.ident[0] + b" - - - " + r.stamp + _octal(r.ident[1])
        for r in records
    )  # fmt: skip


# -- journalctl ---------------------------------------------------------------------------------------


def _journal(head: Callable[[Record, bytes], bytes]) -> Callable[[Sequence[Record]], bytes]:
    def render(records: Sequence[Record]) -> bytes:
        out = []
        for r in records:
            ident, message = r.ident
            prefix = head(r, ident)
            out.append(prefix + message.replace(b"\n", b"\n" + b" " * len(prefix)) + b"\n")
        return b"".join(out)

    return render


journal_short = _journal(_bsd)
journal_short_iso = _journal(
    lambda r, ident: f"{r.wall:%Y-%m-%dT%H:%M:%S}+0000 {HOST} ".encode() + ident + b": "
)
journal_short_iso_precise = _journal(
    lambda r, ident: (
        f"{r.wall:%Y-%m-%dT%H:%M:%S}.{r.wall.microsecond:06d}+00:00 {HOST} ".encode() + ident + b": "
    )
)
journal_short_precise = _journal(
    lambda r, ident: f"{r.wall:%b %d %H:%M:%S}.{r.wall.microsecond:06d} {HOST} ".encode() + ident + b": "
)
journal_short_full = _journal(
    lambda r, ident: f"{r.wall:%a %Y-%m-%d %H:%M:%S} UTC {HOST} ".encode() + ident + b": "
)
journal_short_monotonic = _journal(lambda r, ident: r.stamp + HOST.encode() + b" " + ident + b": ")
journal_short_unix = _journal(
    lambda r, ident: f"{int(r.wall.timestamp())}.{r.wall.microsecond:06d} {HOST} ".encode() + ident + b": "
)
journal_with_unit = _journal(
    lambda r, ident: (
        f"{r.wall:%a %Y-%m-%d %H:%M:%S} UTC {HOST} ".encode()
        + (ident if ident == b"kernel" else b"init.scope/" + ident)
        + b": "
    )
)


def journal_cat(records: Sequence[Record]) -> bytes:
    """``journalctl -o cat``: the messages and nothing else."""
    return _joined(r.ident[1] for r in records)


def _fields(r: Record) -> list[tuple[str, bytes]]:
    ident, message = r.ident
    kernel = ident == b"kernel"
    micro = int(r.wall.timestamp()) * 1_000_000 + r.wall.microsecond
    return [
        ("__CURSOR", b"s=6c3a;i=%x;b=%s;m=%x;t=%x;x=1" % (r.seq, BOOT_ID.encode(), r.usec, micro)),
        ("__REALTIME_TIMESTAMP", b"%d" % micro),
        ("__MONOTONIC_TIMESTAMP", b"%d" % (r.usec + 1000)),
        ("_BOOT_ID", BOOT_ID.encode()),
        ("_TRANSPORT", b"kernel" if kernel else b"syslog"),
        ("PRIORITY", b"%d" % r.level),
        ("SYSLOG_FACILITY", b"%d" % r.facility),
        ("SYSLOG_IDENTIFIER", ident),
        ("_SOURCE_MONOTONIC_TIMESTAMP", b"%d" % r.usec),
        ("_HOSTNAME", HOST.encode()),
        ("_MACHINE_ID", b"fedcba9876543210fedcba9876543210"),
        ("MESSAGE", message),
    ]


def journal_export(records: Sequence[Record]) -> bytes:
    """``journalctl -o export``: a field with a newline or control byte has its length before it."""
    out = []
    for r in records:
        for name, value in _fields(r):
            if any(c < 32 and c != 9 for c in value):
                out.append(name.encode() + b"\n" + struct.pack("<Q", len(value)) + value + b"\n")
            else:
                out.append(name.encode() + b"=" + value + b"\n")
        out.append(b"\n")
    return b"".join(out)


def journal_verbose(records: Sequence[Record]) -> bytes:
    """``journalctl -o verbose -a``: a headline, then the fields."""
    out = []
    for r in records:
        fields = dict(_fields(r))
        micro = f"{r.wall:%a %Y-%m-%d %H:%M:%S}.{r.wall.microsecond:06d} UTC"
        out.append(f"{micro} [{fields['__CURSOR'].decode()}]\n".encode())
        out += [
            b"    " + name.encode() + b"=" + value.replace(b"\n", b"\n" + b" " * (4 + len(name) + 1)) + b"\n"
            for name, value in fields.items()
            if not name.startswith("__")
        ]
    return b"".join(out)


def _journal_value(value: bytes) -> str | list[int]:
    """Bytes that are not printable UTF-8 are an array of numbers in the journal's JSON."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return list(value)
    return list(value) if any((c < " " and c not in "\t\n") or "\x7f" <= c < "\xa0" for c in text) else text


def journal_json(records: Sequence[Record]) -> bytes:
    """``journalctl -o json``: an object a line."""
    return _joined(
        json.dumps({name: _journal_value(value) for name, value in _fields(r)}, ensure_ascii=False).encode()
        for r in records
    )


def journal_json_pretty(records: Sequence[Record]) -> bytes:
    """``journalctl -o json-pretty``: an object over many lines, an array one number a line."""
    return _joined(
        json.dumps(
            {name: _journal_value(value) for name, value in _fields(r)},
            ensure_ascii=False, indent="\t", separators=(",", " : "),
        ).encode()
        for r in records
    )  # fmt: skip


# -- around a console ---------------------------------------------------------------------------------


def hypervisor(records: Sequence[Record]) -> bytes:
    """A hypervisor's log of what its guest printed."""
    return b"".join(
        f"{r.wall:%Y-%m-%dT%H:%M:%S}.{r.wall.microsecond // 1000:03d}Z In(05) vcpu-5 - Guest: <{r.priority}>".encode()
        + r.stamp + line + b"\n"
        for r in records for line in r.lines
    )  # fmt: skip


def talos(records: Sequence[Record]) -> bytes:
    """``talosctl dmesg``: level in words, wall time, no time since boot."""
    return b"".join(
        f"{'kern' if not r.facility else 'user'}: {_SEVERITIES[r.level].replace('warning', 'warning'):>7s}: "
        f"[{r.wall:%Y-%m-%dT%H:%M:%S}.{r.wall.microsecond:06d}000Z]: ".encode()
        + _printable(line, True) + b"\n"
        for r in records for line in r.lines
    )  # fmt: skip


# -- around a log file --------------------------------------------------------------------------------


def _json_lines(
    base: Callable[[Sequence[Record]], bytes], wrap: Callable[[str, Record], object], **options: bool
) -> Callable[[Sequence[Record]], bytes]:
    def render(records: Sequence[Record]) -> bytes:
        out = []
        for r in records:
            out += [
                json.dumps(wrap(line.decode("utf-8", "replace"), r), **options).encode() + b"\n"  # type: ignore[arg-type]
                for line in base([r]).split(b"\n")[:-1]
            ]
        return b"".join(out)

    return render


def _nano(r: Record) -> str:
    return f"{r.wall:%Y-%m-%dT%H:%M:%S}.{r.wall.microsecond:06d}000Z"


docker_json = _json_lines(
    dmesg_utf8, lambda line, r: {"log": line + "\n", "stream": "stdout", "time": _nano(r)}
)
fluent_bit = _json_lines(rfc3164, lambda line, r: {"date": r.wall.timestamp(), "log": line})
cloudwatch = _json_lines(
    rfc3164,
    lambda line, r: {
        "timestamp": int(r.wall.timestamp() * 1000),
        "message": line,
        "ingestionTime": 1786502043999,
    },
)
gcp_text = _json_lines(
    netconsole,
    lambda line, r: {
        "insertId": f"x{r.seq}", "logName": "projects/p/logs/serialconsole", "textPayload": line,
        "timestamp": _nano(r), "resource": {"type": "gce_instance"},
    },
)  # fmt: skip
gcp_json = _json_lines(
    netconsole,
    lambda line, r: {
        "jsonPayload": {"message": line, "_HOSTNAME": HOST}, "timestamp": _nano(r), "severity": "NOTICE",
    },
)  # fmt: skip
loki = _json_lines(
    rfc3164,
    lambda line, r: {"timestamp": _nano(r), "labels": {"job": "syslog"}, "line": line},
    ensure_ascii=False,
)


def cri(records: Sequence[Record]) -> bytes:
    """A container's log file in Kubernetes."""
    return b"".join(
        f"{_nano(r)} stdout F ".encode() + line + b"\n"
        for r in records
        for line in dmesg([r]).split(b"\n")[:-1]
    )


def quoted(records: Sequence[Record]) -> bytes:
    """Quoted once, as in an answer to a mail."""
    return b"".join(b"> " + line + b"\n" for line in dmesg(records).split(b"\n")[:-1])


def quoted_twice(records: Sequence[Record]) -> bytes:
    """Quoted twice."""
    return b"".join(b"> > " + line + b"\n" for line in dmesg(records).split(b"\n")[:-1])


def indented(records: Sequence[Record]) -> bytes:
    """Indented by four, as code in Markdown and reStructuredText."""
    return b"".join(b"    " + line + b"\n" for line in dmesg(records).split(b"\n")[:-1])


def fenced(records: Sequence[Record]) -> bytes:
    """In a Markdown fence between prose."""
    return b"My server dies at night, see:\n\n```console\n$ dmesg\n" + dmesg(records) + b"```\n\nThanks!\n"


def mail_wrapped(records: Sequence[Record]) -> bytes:
    """A mail program broke the lines that were longer than 72 columns, at blanks."""
    out = []
    for line in dmesg(records).split(b"\n")[:-1]:
        text = line.decode("latin-1")
        if len(text) > 72:
            broken = textwrap.wrap(
                text, 72, break_long_words=False, break_on_hyphens=False, drop_whitespace=True,
                expand_tabs=False, replace_whitespace=False,
            )  # fmt: skip
            out += [piece.encode("latin-1") + b"\n" for piece in broken]
        else:
            out.append(line + b"\n")
    return b"".join(out)


# -- the table ----------------------------------------------------------------------------------------

LOSSES = {
    "escaped": "unprintable bytes are written as \\xNN, and a backslash as itself, so the two look the same",
    "escaped_ascii": "as escaped, and so is every byte above ASCII",
    "replaced": "bytes that are not UTF-8 became U+FFFD on the way into JSON",
    "no_newline_in_name": "nothing tells a newline inside a name from the end of a message, so names with one are not compared",
    "cut_in_table": "all lines of one second begin alike, so a newline in a name looks like the end of its row",
    "wrapped": "line breaks that the mail program made and those of the kernel look the same",
}


@dataclass(frozen=True, slots=True)
class Transport:
    """One way for records to reach a file, and what arrives.

    :param wall: Digits of a second that its wall time has; ``None`` if it prints no wall time.
    :param losses: Keys of ``LOSSES``.
    """

    name: str
    render: Callable[[Sequence[Record]], bytes]
    uptime: bool = True
    wall: int | None = None
    year: bool = True
    zone: bool = True
    host: bool = False
    boot: bool = False
    caller: bool = False
    losses: frozenset[str] = frozenset()


def _t(name: str, render: Callable[[Sequence[Record]], bytes], *losses: str, **facts: object) -> Transport:
    return Transport(name, render, losses=frozenset(losses), **facts)  # type: ignore[arg-type]


TRANSPORTS: tuple[Transport, ...] = (
    _t("kmsg", kmsg),
    _t("kmsg_caller", lambda records: kmsg(with_caller(records))),
    _t("netconsole", netconsole),
    _t("netconsole_extended", netconsole_extended),
    _t("netconsole_release", netconsole_release),
    _t("console", console),
    _t("console_caller", lambda records: console(with_caller(records))),
    _t("dmesg_syslog_raw", dmesg_syslog_raw),
    _t("dmesg", dmesg, "escaped_ascii"),
    _t("dmesg_caller", lambda records: dmesg(with_caller(records)), "escaped_ascii"),
    _t("dmesg_utf8", dmesg_utf8, "escaped"),
    _t("dmesg_notime", dmesg_notime, "escaped_ascii", "no_newline_in_name", uptime=False),
    _t("dmesg_force_prefix", dmesg_force_prefix, "escaped_ascii"),
    _t("dmesg_x", dmesg_x, "escaped_ascii"),
    _t("dmesg_raw", dmesg_raw, "escaped_ascii"),
    _t("dmesg_T_en", _dmesg_t("en"), "escaped_ascii", uptime=False, wall=0, zone=False),
    _t("dmesg_T_de", _dmesg_t("de"), "escaped", uptime=False, wall=0, zone=False),
    _t("dmesg_T_ko", _dmesg_t("ko"), "escaped", uptime=False, wall=0, zone=False),
    _t("dmesg_T_fr", _dmesg_t("fr"), "escaped", uptime=False, wall=0, zone=False),
    _t("dmesg_json", dmesg_json),
    _t("dmesg_json_x", dmesg_json_x),
    _t("dmesg_json_x_caller", lambda records: dmesg_json_x(with_caller(records))),
    _t("dmesg_color", dmesg_color, "escaped_ascii"),
    _t("rfc3164", rfc3164, wall=0, year=False, zone=False, host=True),
    _t(
        "rfc3164_no_uptime",
        rfc3164_no_uptime,
        "cut_in_table",
        uptime=False,
        wall=0,
        year=False,
        zone=False,
        host=True,
    ),
    _t("rsyslog_iso", rsyslog_iso, wall=6, host=True),
    _t("rsyslog_escaped", rsyslog_escaped, uptime=False, wall=0, year=False, zone=False, host=True),
    _t("rfc5424", rfc5424, wall=6, host=True),
    _t("journal_short", journal_short, uptime=False, wall=0, year=False, zone=False, host=True),
    _t("journal_short_iso", journal_short_iso, uptime=False, wall=0, host=True),
    _t("journal_short_iso_precise", journal_short_iso_precise, uptime=False, wall=6, host=True),
    _t(
        "journal_short_precise",
        journal_short_precise,
        uptime=False,
        wall=6,
        year=False,
        zone=False,
        host=True,
    ),
    _t("journal_short_full", journal_short_full, uptime=False, wall=0, host=True),
    _t("journal_short_monotonic", journal_short_monotonic, host=True),
    _t("journal_short_unix", journal_short_unix, uptime=False, wall=6, host=True),
    _t("journal_with_unit", journal_with_unit, uptime=False, wall=0, host=True),
    _t("journal_cat", journal_cat, "no_newline_in_name", uptime=False),
    _t("journal_export", journal_export, wall=6, host=True, boot=True),
    _t("journal_verbose", journal_verbose, wall=6, host=True, boot=True),
    _t("journal_json", journal_json, wall=6, host=True, boot=True),
    _t("journal_json_pretty", journal_json_pretty, wall=6, host=True, boot=True),
    _t("hypervisor", hypervisor, wall=3),
    _t("talos", talos, "escaped", uptime=False, wall=6),
    _t("docker_json", docker_json, "escaped", wall=6),
    _t("fluent_bit", fluent_bit, "replaced", wall=6, host=True),
    _t("cloudwatch", cloudwatch, "replaced", wall=3, host=True),
    _t("gcp_text", gcp_text, "replaced", wall=6),
    _t("gcp_json", gcp_json, "replaced", wall=6, host=True),
    _t("loki", loki, "replaced", wall=6, host=True),
    _t("cri", cri, "escaped_ascii", wall=6),
    _t("quoted", quoted, "escaped_ascii"),
    _t("quoted_twice", quoted_twice, "escaped_ascii"),
    _t("indented", indented, "escaped_ascii"),
    _t("fenced", fenced, "escaped_ascii"),
    _t("mail_wrapped", mail_wrapped, "escaped_ascii", "wrapped"),
)
