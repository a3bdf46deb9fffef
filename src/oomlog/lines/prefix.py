"""Take a logger's prefix off a line: dmesg, syslog, journalctl, kmsg, consoles, hypervisors, quoted text.

Prefixes nest (``Nov 23 10:00:00 host kernel: [  12.345678][  T123] text``; a hypervisor's log around a
console's; all of it quoted in a mail), so a line is taken apart layer by layer.  Each layer is one row of
``LAYERS``: its name, a pattern anchored at the current position, and an example.  Adding a logger is one
row here and its example in the tests, which are generated from this table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from oomlog.lines.journal import journal_line
from oomlog.lines.shape import shape_of
from oomlog.lines.stamps import MONTHS, stamp_from_groups
from oomlog.model import LogLine, Stamp

__all__ = ["LAYERS", "Layer", "parse_line"]

_TIME = r"(?P<hh>\d{1,2}):(?P<mm>\d\d):(?P<ss>\d\d)(?:[.,](?P<frac>\d{1,9}))?(?: (?P<half>[AP]M)\b)?"
_ISO = (
    r"(?P<year>\d{4})-(?P<mon>\d\d)-(?P<day>\d\d)[T ]"
    + _TIME
    + r" ?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d|[A-Z]{3,5}\b)?"
)
# Of viewers and people's own loggers, which end it in as many ways.
_OWN_TIME = _TIME + r"(?: ?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)\b)?\]?(?:: ?|[ \t|]+)"
_WEEKDAY = r"(?:[^\W\d_]{1,12}[.,]? +)?"
_MONTH = r"(?P<month>[^\W\d_]{2,12}\.?|\d{1,2}[^\W\d_])"
_FACILITY = (
    r"(?:kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local[0-7]|security|console|ntp)"
)
# A program's name.  Where a logger leaves "kernel:" out, the kernel's own first word may look like one.
_IDENT = r"(?P<ident>(?!oom[-_](?:kill|reaper))[^\s\[\]:]+)"
_SEVERITY = r"(?:emerg|alert|crit|err|error|warn|warning|notice|info|debug)"


class Layer:
    """One kind of prefix: name, pattern, and an example line."""

    def __init__(self, name: str, source: str, example: str) -> None:
        self.name = name
        self.source = source
        self.example = example

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The compiled pattern; most logs need two or three of all."""
        return re.compile(self.source)


LAYERS: tuple[Layer, ...] = (
    Layer(
        "kmsg",
        r"(?:\d+\.\d+[\w.+~-]{0,64},)?(?P<prio>\d{1,5}),(?P<seq>\d+),(?P<usec>\d+),[-c+](?:,(?:caller=(?P<caller>[TC]\d+)|[^;,]{1,64}))*;",
        "4,123,456789,-;x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
    ),
    Layer(
        "rfc5424",
        r"<(?P<prio>\d{1,3})>1 "
        + _ISO
        + r" (?P<host>\S+) (?P<ident>\S+) \S+ \S+ (?:-|(?:\[[^\]]{0,512}\])+) ?",
        "<4>1 2026-11-22T10:00:00.123456+01:00 web1 kernel - - - [   12.345678] Mem-Info:",
    ),
    Layer("level", r"<(?P<prio>\d{1,3})>", "<4>[   12.345678] Mem-Info:"),
    Layer(
        "cri",
        _ISO + r" (?:stdout|stderr) [FP] ",
        "2026-11-22T10:00:00.123456789Z stdout F [   12.345678] Mem-Info:",
    ),
    Layer(
        "talos",
        # talosctl puts the node's address before it.
        rf" *(?:(?P<host>[\w.:-]{{1,64}}): )?(?P<facility>{_FACILITY}): +{_SEVERITY}: \[" + _ISO + r"\]: ",
        "kern:    info: [2026-01-12T20:27:31.123456789Z]: Mem-Info:",
    ),
    Layer(
        "dmesg_x",
        rf"(?P<facility>{_FACILITY}) *:{_SEVERITY} *: ",
        "kern  :warn  : [   12.345678] Mem-Info:",
    ),
    Layer(
        "guest",
        r"(?:" + _ISO + r"|" + _MONTH + r" +\d{1,2} [\d:.]{5,15})[| :]+(?:In\(\d+\) )?"
        r"(?:\|? ?vcpu-\d+)(?: - |\| ?)(?:[A-Z]\d+: )?Guest: ",
        "2023-12-04T10:49:30.125Z In(05) vcpu-5 - Guest: <6>[39290745.072507] Mem-Info:",
    ),
    Layer(
        "uptime",
        # The CPU before it: Samsung.
        r"\[(?:\d{1,3}-)? *(?P<uptime>\d{1,10}\.\d{1,9})(?: <[ +\d.]{1,20}>|,? +\+?\d+\.\d+)? ?\] ?",
        "[   12.345678] Mem-Info:",
    ),
    Layer(
        # Selected from the digits on: as many of them may be lost as not, so it is no time.
        "uptime_cut",
        r"\d{1,10}\.\d{6}\] ",
        "12.345678] Mem-Info:",
    ),
    Layer(
        "caller",
        r"\[ *(?P<caller>[TC]\d{1,10})\] ?",
        "[  T123] Mem-Info:",
    ),
    Layer(
        "dmesg_t",
        r"\[" + _WEEKDAY + _MONTH + r"\.? +(?P<day>\d{1,2})[.일日]? +" + _TIME + r"(?: (?P<year>\d{4}))?\] ?",
        "[Di Aug 12 03:54:03 2025] Mem-Info:",
    ),
    Layer("dmesg_h", r"\[(?:[A-Z][a-z]{2} ?\d{1,2} \d\d:\d\d| *\+\d+\.\d+)\] ?", "[Jul28 16:05] Mem-Info:"),
    Layer("iso_bracket", r"\[" + _ISO + r"\]:? ", "[2026-01-12T20:27:31.123456Z] Mem-Info:"),
    Layer(
        "journal_unit",
        _WEEKDAY
        + _ISO
        + r" (?P<host>[^\s\[\]]+) (?P<ident>(?!oom[-_](?:kill|reaper))[^\s\[\]]+?)(?:\[[^\]\s]*\])?: ?",
        "Sun 2026-11-22 10:00:00 UTC web1 kernel: Mem-Info:",
    ),
    Layer(
        "iso_plain",
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{6}[+-]\d\d:\d\d ",
        "2026-11-22T10:00:00,123456+00:00 Mem-Info:",
    ),
    Layer("iso", _WEEKDAY + _ISO + r"[ \t|]+", "2026-11-22T10:00:00.123Z [   12.345678] Mem-Info:"),
    Layer(
        "openwrt",
        _WEEKDAY + _MONTH + r" +(?P<day>\d{1,2}) +" + _TIME + rf"(?: (?P<year>\d{{4}}))? (?:(?P<host>\S+) )?"
        rf"{_FACILITY}\.{_SEVERITY} {_IDENT}(?:\[[^\]\s]*\])?: ",
        "Mon Apr 12 18:29:48 2021 kern.warn kernel: [  267.720081] Mem-Info:",
    ),
    Layer(
        "syslog",
        _MONTH
        + r" +(?P<day>\d{1,2}) (?:(?P<year>\d{4}) )?"
        + _TIME
        + r"(?: (?P<zone>UTC|GMT))? (?P<host>[^\s\[\]]+) +"
        + _IDENT
        + r"(?:\[[^\]\s]*\])?: ?",
        "Nov 22 10:00:00 web1 kernel: [   12.345678] Mem-Info:",
    ),
    Layer(
        "syslog_nohost",
        _MONTH
        + r" +(?P<day>\d{1,2}) (?:(?P<year>\d{4}) )?"
        + _TIME
        + r" +"
        + _IDENT
        + r"(?:\[[^\]\s]*\])?: ?",
        "Jan  5 15:19:27 kernel: [ 5864.708440] Mem-Info:",
    ),
    Layer(
        "syslog_bare",
        _WEEKDAY
        + _MONTH
        + r" +(?P<day>\d{1,2}) (?:(?P<year>\d{4}) )?"
        + _TIME
        # The bracket closes dmesg's time, selected without the one that opens it.
        + r"(?: (?:(?P<zone>[A-Z]{3,5}) )?(?P<year2>\d{4})\]?)?"
        r"(?: (?P<host>[^\s\[\]:]+)(?= (?:\[|<\d|oom[-_](?:kill|reaper))))?:? ",
        "Nov 22 10:00:00 web1 [   12.345678] Mem-Info:",
    ),
    Layer(
        "epoch",
        r"(?P<epoch>1\d{9})\.(?P<frac>\d{3,9}) (?P<host>[^\s\[\]]+) "
        r"(?P<ident>[^\s\[\]:]+)(?:\[[^\]\s]*\])?: ?",
        "1763805600.123456 web1 kernel: Mem-Info:",
    ),
    Layer(
        "epoch_bare",
        r"\[?(?P<epoch>1\d{9})(?:\.?(?P<frac>\d{3,9}))?\]?[ \t:|]+",
        "1763805600123 Mem-Info:",
    ),
    Layer(
        "year_first",
        r"\[?(?P<year>\d{4})(?:[/.]|-?)(?P<mon>\d\d)[/.-]?(?P<day>\d\d)[ T_-]" + _OWN_TIME,
        "2026/11/22 10:00:00 Mem-Info:",
    ),
    Layer(
        "day_first",
        r"\[?" + _WEEKDAY + r"(?P<day>\d{1,2})[ /-]" + _MONTH + r"[ /-](?P<year>\d{4})[ :,]{1,2}" + _OWN_TIME,
        "[22/Nov/2026:10:00:00 +0000] Mem-Info:",
    ),
    Layer(
        "month_first",
        r"\[?(?:(?P<year2>\d{4}) )?"
        + _MONTH
        + r"[ /-]{1,2}(?P<day>\d{1,2})(?:[,/]? ?(?P<year>\d{4}))?,? (?:@ )?"
        + _OWN_TIME,
        "Nov 22, 2026 @ 10:00:00.123 Mem-Info:",
    ),
    Layer(
        # Which number is the month, and which the day, is not known.
        "clock",
        r"\[?(?:\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?,?[ _-])?"
        + _TIME.replace("P<", "P<_")
        + r"\]?(?:: ?|[ \t|]+)",
        "10:00:00 Mem-Info:",
    ),
    Layer(
        "labels",
        r"\{(?:\w{1,64}=\"[^\"\n]{0,256}\"(?:, ?)?){1,40}\} ?",
        '{job="systemd-journal", hostname="web1"} Mem-Info:',
    ),
    Layer(
        "logcat",
        r"(?:(?P<year>\d{4})-)?(?P<mon>\d\d)-(?P<day>\d\d) "
        + _TIME
        + r" +(?:(?:\w+ +)?\d+ +\d+ +)?[VDIWEF] (?P<ident>[^\s:]{1,64}) *: ",
        "10-24 14:24:26.342   710   710 I lowmemorykiller: Kill 'com.x' (17933), uid 10446, oom_score_adj 0",
    ),
    Layer(
        "program",
        r"(?:(?P<host>[\w.-]+) )?(?P<ident>systemd(?:-oomd)?|earlyoom|oomd)\[\d+\]: ",
        "web1 systemd-oomd[666]: Killed /user.slice due to memory used (1) / total (2) and swap used (3)",
    ),
    Layer(
        "grep_n",
        r"\d{1,8}(?:[:.)] | ?\| |\t|[:-](?! ))(?= ?[A-Za-z<\[])",
        "17:x invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0",
    ),
    Layer(
        "host_kernel", r"(?P<host>[\w.-]+) (?P<ident>kernel)(?:: ?| (?:- ){1,3})", "web1 kernel: Mem-Info:"
    ),
    Layer("kernel", r"(?P<ident>kernel(?:\[\d*\])?): ?", "kernel: Mem-Info:"),
    Layer(
        "k8s_event",
        r"(?:[^\n]{0,512}(?:\b|\bPod))?OOMKilling\b[ \t]+"
        r"(?:[^\n]{0,256}?\bkernel-monitor\b[^\n]{0,64}?[ \t]{2,})?"
        r"(?:\(combined from similar events\): )?",
        "Warning  OOMKilling  3m56s  kernel-monitor  Out of memory: Killed process 3103 (x) total-vm:4kB",
    ),
)

_BY_NAME = {layer.name: layer for layer in LAYERS}
_DATED = tuple(
    _BY_NAME[name]
    for name in (
        "cri", "guest", "iso_plain", "journal_unit", "iso", "logcat", "kmsg", "uptime_cut",
        "epoch", "talos", "epoch_bare", "year_first", "day_first", "month_first", "clock", "grep_n",
    )
)  # fmt: skip
_WORDED = tuple(
    _BY_NAME[name]
    for name in (
        "guest", "talos", "dmesg_x", "openwrt", "syslog", "syslog_nohost", "syslog_bare",
        "journal_unit", "iso", "month_first", "day_first", "kernel", "host_kernel", "program", "k8s_event",
    )
)  # fmt: skip
_BRACKET = tuple(
    _BY_NAME[name]
    for name in (
        "uptime", "caller", "dmesg_t", "iso_bracket", "dmesg_h",
        "epoch_bare", "year_first", "day_first", "month_first", "clock",
    )
)  # fmt: skip
_LABELS = (_BY_NAME["labels"],)
_ANGLE = (_BY_NAME["rfc5424"], _BY_NAME["level"])
# What may stand between two prefixes of the list above, once a time was read.
_INNER = tuple(_BY_NAME[name] for name in ("host_kernel", "kernel", "dmesg_x", "talos", "program"))
_AFTER_UPTIME = (_BY_NAME["host_kernel"], _BY_NAME["program"])

# Mail quoting, indentation, list and string literals of source code that quotes a log.
_LEAD = re.compile(
    r"(?:[ \t]*[>|](?=[ \t>|\[<]|\Z))*[ \t]*"
    r"(?P<open>(?:[\"']?[\w.-]{1,32}[\"']?: ?|[-*+] |(?:[\w*]{1,32} ){1,4}:?= ?)?"
    r"(?:\"{3}|'{3}|[\"'`“‘])(?=[\w\[<]))?"
)
_STAMP_LATER = re.compile(r"(?:<\d{1,3}>)?\[ *\d{1,10}\.\d{6}\]")
_KERNEL_LATER = re.compile(r"(?<=\d )(?:[\w.-]{1,64} )?kernel(?:\[\d*\])?: ")
_OTHER_WRITER = re.compile(r"[\w./@-]+\[\d+\]:? |[\w-]+: .*: ")
_CLOSE = re.compile(r"(?:\\n)?[\"'`”’][,;)\]} ]*\Z")

# Of the task table: the one text that begins with "[" and is not another layer.
_ROW = re.compile(r"\[ *\d+\] +\d+ +\d+ +\d")

_KERNEL_IDENTS = frozenset({"kernel", "kern", "klogd", "kmsg", "netconsole"})
_KERN_TRUSTED = frozenset({None, 0})


def _is_kernel(ident: str | None) -> bool:
    return ident is None or ident.split("[", 1)[0] in _KERNEL_IDENTS


@dataclass(slots=True)
class _Memo:
    """Where the last prefix had its parts: the next line has the same shape more often than not."""

    shape: re.Pattern[str]
    length: int
    spans: dict[str, tuple[int, int]]
    stamp: dict[str, tuple[int, int]]
    stamp_span: tuple[int, int]


_memo: _Memo | None = None
_stamps: dict[str, Stamp | None] = {}


def _from_memo(memo: _Memo, raw: str, no: int, terminated: bool) -> LogLine | None:
    if memo.shape.match(raw) is None:
        return None
    text = raw[memo.length :]
    if (text[:1] in ("[", "<", '"') and _ROW.match(text) is None) or " kernel:" in text[:80]:
        return None  # there may be more to take off than last time
    spans = memo.spans
    values = {key: raw[start:end] for key, (start, end) in spans.items()}
    stamp = None
    if memo.stamp:
        start, end = memo.stamp_span
        key = raw[start:end]
        if key in _stamps:
            stamp = _stamps[key]
        else:
            stamp = stamp_from_groups({name: raw[a:b] for name, (a, b) in memo.stamp.items()})
            if len(_stamps) > 4096:
                _stamps.clear()
            _stamps[key] = stamp
    ident, uptime = values.get("ident"), values.get("uptime")
    prio = values.get("prio")
    return LogLine(
        no,
        text,
        raw[: memo.length],
        True,
        float(uptime) if uptime else None,
        stamp,
        values.get("host"),
        ident,
        values.get("caller"),
        None,
        _is_kernel(ident) and (prio is None or int(prio) >> 3 == 0),
        terminated,
    )


def _grown(raw: str, found: re.Match[str], name: str) -> tuple[int, int]:
    """Return where a part stands, with the blanks that a longer number of the same width would fill."""
    start, end = found.span(name)
    if name in ("uptime", "day"):
        while start and raw[start - 1] == " ":
            start -= 1
    return start, end


def parse_line(raw: str, no: int = 0, *, terminated: bool = True) -> LogLine:
    """Take the prefix off one line.

    :param raw: The line without its newline.
    :return: What is left as ``text``, and what the prefix said.  A line without any known prefix comes back
        whole (quoting and indentation too) with ``has_prefix`` false.

    >>> parse_line("Nov 22 10:00:00 web1 kernel: [   12.345678] Mem-Info:").text
    'Mem-Info:'
    """
    global _memo
    if _memo is not None:
        try:
            known = _from_memo(_memo, raw, no, terminated)
        except ValueError:  # blanks inside a number: the same shape, but no number
            known = None
        if known is not None:
            return known
    if raw[:1].isdigit() and (record := journal_line(raw, no, terminated=terminated)) is not None:
        return record
    spans: dict[str, tuple[int, int]] = {}
    stamp_spans: dict[str, tuple[int, int]] = {}
    simple = True
    lead = _LEAD.match(raw)
    start = lead.end() if lead else 0
    opened = bool(lead and lead["open"])
    pos = start
    values: dict[str, str] = {}
    stamp: Stamp | None = None
    facility: int | None = None
    length = len(raw)
    depth = 0
    while pos < length and depth < 8:
        char = raw[pos]
        if char == "[":
            layers = _BRACKET
        elif char == "<":
            layers = _ANGLE
        elif char == "{":
            layers = _LABELS
        elif char.isdigit() and "uptime" not in values:
            layers = _DATED if char.isascii() else _WORDED
        elif (char.isalpha() or char == " ") and "uptime" not in values and pos - start < 512:
            layers = _WORDED if depth == 0 else _INNER
        elif depth and char.isalpha() and values.get("ident") is None:
            layers = _AFTER_UPTIME
        else:
            break
        for layer in layers:
            found = layer.pattern.match(raw, pos)
            if found is not None and _acceptable(layer, found):
                break
        else:
            break
        groups = found.groupdict()
        if layer.name == "uptime" and "uptime" in values:
            break  # a second stamp is part of the text
        if prio := groups.get("prio"):
            facility = int(prio) >> 3
        if groups.get("facility") not in (None, "kern"):
            facility, simple = 1, False
        if usec := groups.get("usec"):
            groups["uptime"] = f"{int(usec) // 1_000_000}.{int(usec) % 1_000_000:06d}"
            simple = False  # microseconds: another unit
        if stamp is None and ("hh" in groups or "epoch" in groups):
            stamp = stamp_from_groups(groups)
            stamp_spans = {
                name: _grown(raw, found, name) for name, value in groups.items() if value is not None
            }
        if prio:
            spans["prio"] = found.span("prio")
        for key in ("uptime", "host", "ident", "caller"):
            if groups.get(key) and key not in values:
                values[key] = groups[key]
                spans[key] = _grown(raw, found, key) if key in found.re.groupindex else (0, 0)
        pos = found.end()
        depth += 1
        if layer.name in ("kmsg", "k8s_event"):
            break
    ident = values.get("ident")
    kernel = _is_kernel(ident) and facility in _KERN_TRUSTED
    if kernel and "uptime" not in values and (later := _STAMP_LATER.search(raw, pos, pos + 400)):
        # An unknown logger before printk's own stamp; another program's line that quotes one is not ours.
        if _OTHER_WRITER.search(raw, pos, later.start()) is None:
            inner = parse_line(raw[later.start() :], no, terminated=terminated)
            return LogLine(
                no, inner.text, raw[: len(raw) - len(inner.text)], True, inner.uptime_s, stamp,
                values.get("host"), ident, inner.caller, None, inner.is_kernel, terminated,
            )  # fmt: skip
        kernel = False
    if depth == 0 and not opened and (named := _KERNEL_LATER.search(raw, start, start + 160)):
        # A time in no known form, but the writer is named where loggers name it.
        inner = parse_line(raw[named.end() :], no, terminated=terminated)
        if inner.is_kernel:
            return inner._replace(prefix=raw[: len(raw) - len(inner.text)], has_prefix=True, ident="kernel")
    text = raw[pos:] if depth or opened else raw
    if opened:
        text = _CLOSE.sub("", text)
    if depth == 0 and not opened and lead is not None and start:
        stripped = raw[:start].rstrip(" \t")
        text = raw[len(stripped) :]  # quoting goes, indentation stays: it marks continuation lines
        if stripped and text[:1] in (" ", "\t"):
            text = text[1:]
    uptime = values.get("uptime")
    # A prefix that stands alone may lack the blank that usually ends it; nothing is learnt from that.
    if (
        depth
        and simple
        and not opened
        and text
        and ("ident" in values or "uptime" in values)  # after a time alone the next line may have more
        and terminated
        and raw[pos - 1] in " ;>"
        and raw[:pos].isascii()
    ):
        edges = [edge for span in stamp_spans.values() for edge in span]
        _memo = _Memo(
            shape_of(raw[:pos]), pos, spans, stamp_spans, (min(edges), max(edges)) if edges else (0, 0)
        )
    return LogLine(
        no,
        text,
        raw[:pos] if depth else None,
        # Indented after a container runtime's stamp: a later line of dmesg's message.
        depth > 0 and not (text[:8].isspace() and uptime is None and ident is None),
        float(uptime) if uptime else None,
        stamp,
        values.get("host"),
        ident,
        values.get("caller"),
        None,
        kernel,
        terminated,
    )


def _acceptable(layer: Layer, found: re.Match[str]) -> bool:
    """Refuse what only looks like a date: the month must be one in some language."""
    month = found.groupdict().get("month")
    if month is not None:
        return month.rstrip(".").lower() in MONTHS
    return not (layer.name == "syslog_nohost" and found["ident"] == "")
