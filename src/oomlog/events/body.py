"""Decode the text of one report into its sections, on demand.

A report's order is not required: sections may be absent, cut, or interleaved with other subsystems'
lines, which are skipped and counted.  What looks like a line of the report and cannot be read becomes a
``Problem``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from oomlog.events.looks import (
    NAME_INSIDE,
    STAT_NAME,
    STATISTIC,
    TABLE_HEAD,
    TRACE,
    around_table,
    is_stamped,
    may_go_on,
    suspicious,
)
from oomlog.events.recognise import MAX_PIECES, match_text, recognise
from oomlog.events.sections import MemcgBlock, MemInfo, without_first_pair
from oomlog.events.tasks import TaskRows
from oomlog.grammar import Match, Matcher
from oomlog.lines.escapes import decode, has, undo_quoted_printable
from oomlog.lines.prefix import parse_line
from oomlog.lines.reader import expand, split_message
from oomlog.lines.records import EXPORTED
from oomlog.lines.shape import marker_of, shape_source
from oomlog.model import Details, LogLine, Problem

__all__ = ["SECTIONS", "Body"]

SECTIONS = ("invoked", "context", "mem_info", "memcg", "slab", "tasks", "constraint", "kill", "reaper")

# A fragment without header is read backwards from its kill; so many foreign lines in a row end it.
_FRAGMENT_GAP = 40
# Rows of a list (statistics, slab caches) may have so many foreign lines in a row between them.
_LIST_GAP = 5
_ROW_LIKE = re.compile(r"\s*\[ *\d+\]\s+-?\d+\s")
_GLUES = (("", " "), (" ", ""))  # a piece that begins with a blank was broken at one
_MARK = "\x01"
_STAT = "memcg.stat"  # and what it may stand below
_STATS = frozenset({_STAT, "memcg.stats_head", "memcg.stats_head_first"})


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of one report from just before its header to just before its first kill line.

    :param header_no: Line number of the header, ``None`` for a fragment that lost it.
    :param prefix: The header's prefix: lines of the same shape need no general look.
    """

    data: bytes
    first_no: int
    matcher: Matcher
    header_no: int | None
    caller: str | None
    prefix: str | None
    terminated: bool
    writer: str | None = None
    """Who wrote the report, if that is not the kernel; "" for nobody in particular."""
    boot_id: str | None = None

    def has(self, line: LogLine) -> bool:
        """Tell whether the line is by who wrote the report."""
        if line.boot_id is not None and self.boot_id is not None and line.boot_id != self.boot_id:
            return False
        if self.writer is not None:
            return not line.is_kernel and (line.ident or "") == self.writer
        return line.is_kernel

    def decode(self) -> Details:
        """Read all sections."""
        # A kill line alone has no report, and there may be a million of them.
        return _Decoder(self).run() if self.data else _nothing(self.header_no is None)


@lru_cache(maxsize=2)
def _nothing(fragment: bool) -> Details:
    return _Decoder(Body(b"", 1, None, None if fragment else 1, None, None, True)).run()  # type: ignore[arg-type]


@dataclass(slots=True)
class _Decoder:
    body: Body
    mem_info: MemInfo = field(default_factory=MemInfo)
    memcg: MemcgBlock = field(default_factory=MemcgBlock)
    slab: list[dict[str, Any]] = field(default_factory=list)
    tasks: TaskRows | None = None
    context: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    sysrq: bool = False
    callbacks: int | None = None
    dropped: int | None = None
    first_line: int | None = None
    record: str | None = None
    whole: bool = True
    last_section: str | None = None
    skipped: int = 0
    foreign_run: int = 0
    other_report: bool = False

    def run(self) -> Details:
        data = self.body.data
        if b"=3D" in data:
            data = undo_quoted_printable(data)
        text = "\n".join(decode(line) for line in data.split(b"\n")) if _odd(data) else decode(data)
        no, header_no = self.body.first_no, self.body.header_no
        if header_no is not None and header_no > no:
            text, no = self._before_header(text, no, header_no - no), header_no
        head, block, rest = around_table(text)
        if block:
            self._consume(head, no)
            no += head.count("\n")
            rows = block.count("\n")
            if self._bulk(head, block, no + rows - 1):
                no += rows
            else:
                rest = block + rest
            self._consume(rest, no)
        else:
            self._consume(text, no)
        return self._result()

    def _before_header(self, text: str, first_no: int, count: int) -> str:
        """Read what stands before the header: who asked, and what was held back; return the rest.

        Anything else there is of a report that broke off.
        """
        lines = text.split("\n", count)
        if len(lines) <= count:
            return text
        self._consume("\n".join([*lines[:-1], ""]), first_no)
        self.mem_info, self.memcg, self.slab, self.tasks = MemInfo(), MemcgBlock(), [], None
        self.context, self.seen, self.problems = {}, {}, []
        self.record = self.last_section = None
        return lines[-1]

    def _consume(self, text: str, first_no: int) -> None:
        """Read lines: the usual ones at once, whatever needs a second look as a group with its followers."""
        body, matcher = self.body, self.body.matcher
        raw = text.split("\n")
        self.whole = body.terminated or text.endswith("\n")
        if raw[-1] == "":
            raw.pop()
        marked = raw
        # A line that is a string literal in source code has something to take off its end too.
        if body.prefix and not set(body.prefix) & set("\n\\\"'`"):
            marked = marker_of(body.prefix).sub(_MARK, text).split("\n")
        index, last = 0, len(raw) - 1
        escaped = has(text, "#0") or has(text, "\\x")
        after: str | None = None
        # Most of the time that a report takes is spent here, so nothing is asked before it is needed.
        while index <= last:
            line = marked[index]
            if line[:1] == _MARK and (marked[index + 1][:1] == _MARK if index < last else self.whole):
                line = line[1:]
                if TRACE.match(line):
                    self.skipped += 1
                    self.foreign_run += 1
                    index += 1
                    continue
                prefix = raw[index][: len(raw[index]) - len(line)]
                following = raw[index + 1] if index < last else None
                if escaped and ("#0" in line or "\\x" in line):
                    pass
                elif line[:1] == "[":
                    if (
                        self.tasks is not None
                        and "<br" not in line
                        and not may_go_on(line, prefix, following)
                        and self.tasks.take(line, first_no + index, True)
                    ):
                        self._saw("tasks", first_no + index)
                        index += 1
                        continue
                elif after in _STATS and (row := STATISTIC.match(line)) is not None:
                    same = prefix == self.record and is_stamped(prefix)
                    self.memcg.add_stat(row[1], int(row[2]), len(line), same_record=same)
                    self.record = prefix
                    self._saw("memcg", first_no + index)
                    after = _STAT
                    index += 1
                    continue
                else:
                    found = _match_again(matcher, line, after)
                    if found is not None:
                        after = found.variant.id
                        self._take(LogLine(first_no + index, line, prefix, True), found)
                        index += 1
                        continue
                    if TABLE_HEAD not in line and not may_go_on(line, prefix, following):
                        self._trace_or_foreign(LogLine(first_no + index, line, prefix, True))
                        after = after if self.foreign_run <= _LIST_GAP else None
                        index += 1
                        continue
            index, after = self._group(raw, index, first_no, after)

    def _group(self, raw: list[str], index: int, first_no: int, after: str | None) -> tuple[int, str | None]:
        """Read one message and the lines after it that may continue it."""
        pending = self._expanded(raw, index, first_no)
        end = index + 1
        while pending and end < len(raw) and len(pending) <= MAX_PIECES:
            more = self._expanded(raw, end, first_no)
            head = pending[0]
            # A console repeats the very same stamp on the second line of one message.
            if any(
                line.has_prefix
                and not (
                    line.prefix
                    and line.prefix == head.prefix
                    and (is_stamped(line.prefix) or NAME_INSIDE.match(head.text) is not None)
                )
                for line in more
            ):
                break
            if more and more[0].has_prefix and match_text(self.body.matcher, head.text, after) is not None:
                break
            pending += more
            end += 1
        return end, self._flush(pending, after)

    def _bulk(self, head: str, block: str, last_no: int) -> bool:
        """Read a block that starts after a table's header in one go, if all of it are rows.

        :param last_no: Number of its last line.
        """
        if self.tasks is None or len(self.tasks):
            return False
        if not block.endswith("\n") and not self.body.terminated:
            return False
        header = parse_line(head[head.rfind("\n", 0, len(head) - 1) + 1 : -1])
        if header.prefix is None and header.has_prefix:
            return False
        if header.prefix is not None and header.prefix.endswith(";") and has(block, "\\x"):
            return False  # /dev/kmsg: names are escaped
        if has(block, "#0") or has(block, "<br"):
            return False  # rsyslog's escapes, or a page's tags
        prefix = shape_source(header.prefix or "")
        others = self.tasks.take_bulk(block, prefix)
        if others is None:
            return False
        self._saw("tasks", last_no)
        self.skipped += len(others)
        return True

    # -- lines -----------------------------------------------------------------------------------

    def _expanded(self, raw: list[str], index: int, first_no: int) -> list[LogLine]:
        """Return the messages of one line; other callers' and other programs' are skipped."""
        last = len(raw) - 1

        def neighbour(distance: int) -> str | None:
            at = index + distance
            return raw[at] if 0 <= at <= last else None

        lines: list[LogLine] = []
        terminated = self.whole or index < last
        caller = self.body.caller
        for line in expand(raw[index], first_no + index, terminated=terminated, neighbour=neighbour):
            if not self.body.has(line) or (
                line.caller is not None and caller is not None and line.caller != caller
            ):
                self._skip(line)
            elif "\n" in line.text and self.body.matcher.match(line.text) is None:
                lines += map(_without_last_word, split_message(line))
            elif line.text.strip() and (line.terminated or line.has_prefix or not self.body.prefix):
                lines.append(_without_last_word(line))  # without a prefix the end may be the start of one
        return lines

    def _flush(self, pending: Sequence[LogLine], after: str | None) -> str | None:
        """Recognise what one prefixed line and the lines without prefix after it say."""
        position = 0
        while position < len(pending):
            done = self._row(pending, position)
            if not done:
                found = recognise(self.body.matcher, pending[position:], after)
                if found.match is not None:
                    after = found.match.id
                    self._take(found.line, found.match)
                    if not found.line.terminated:
                        self.seen[found.match.section] = "cut"
                        self.problems.append(Problem(found.line.no, found.text, "the rest of the line"))
                elif self._header_of_table(pending, position):
                    after = "tasks.header"
                else:
                    if after is not None and after.startswith("memcg.stat") and STAT_NAME.match(found.text):
                        self.memcg.cut = True  # printk cut the record inside this name
                    self._trace_or_foreign(found.line)
                    after = after if self.foreign_run <= _LIST_GAP else None
                done = found.used
            position += done
        return after

    # -- task table ------------------------------------------------------------------------------

    def _header_of_table(self, pending: Sequence[LogLine], position: int) -> bool:
        text = pending[position].text
        if "total_vm" not in text or "tgid" not in text:
            return False
        for count in range(min(3, len(pending) - position), 0, -1):
            joined = " ".join(line.text.strip() for line in pending[position : position + count])
            rows = TaskRows.from_header(joined)
            if rows is not None:
                if self.tasks is None or not len(self.tasks):
                    self.tasks = rows
                for name in rows.unknown:
                    self.problems.append(Problem(pending[position].no, name, "a known task table column"))
                self._saw("tasks", pending[position].no)
                return True
        return False

    def _row(self, pending: Sequence[LogLine], position: int) -> int:
        """Read a row of the task table; return how many lines it took."""
        line = pending[position]
        if not _ROW_LIKE.match(line.text):
            return 0
        if self.tasks is None:
            self.tasks = TaskRows.without_header()
        for count in range(1, min(4, len(pending) - position + 1)):
            pieces = [piece.text.strip() for piece in pending[position : position + count]]
            for glue in _GLUES[pending[position + count - 1].text[:1] == " "] if count > 1 else ("",):
                text = glue.join([line.text, *pieces[1:]]) if count > 1 else line.text
                if self.tasks.take(text, line.no, pending[position + count - 1].terminated):
                    self._saw("tasks", line.no)
                    return count + self._rest_of_name(pending, position + count)
        if not self.tasks.known:
            self._saw("tasks", line.no)
            return 1
        self.problems.append(Problem(line.no, line.text, "a row of the task table"))
        self._saw("tasks", line.no)
        return 1

    def _rest_of_name(self, pending: Sequence[LogLine], position: int) -> int:
        """Give the last row's name the rest of it, parted by wrapping or by a newline in the name."""
        if position >= len(pending) or self.tasks is None:
            return 0
        piece = pending[position]
        text = piece.text.strip()
        if (
            not (text and piece.terminated)  # cut off
            or match_text(self.body.matcher, piece.text) is not None
            or _ROW_LIKE.match(text)
            or text[:3] in ("...", "[..")
        ):
            return 0
        newline = piece.has_prefix or piece.text[:4].isspace() or pending[0].prefix == EXPORTED
        return 1 if self.tasks.extend_name(text, newline=newline) else 0

    # -- everything else -------------------------------------------------------------------------

    def _take(self, line: LogLine, match: Match) -> None:
        section, fields = match.section, match.fields
        garbage: list[str] = []
        if section == "allocfail":
            self._reset()
            self.other_report = True
            return
        if section == "invoked":
            if self.body.header_no is not None and line.no < self.body.header_no:
                return
            self.other_report = False
        elif self.other_report and section in ("mem_info", "context", "slab"):
            return
        elif section == "mem_info":
            if line.no == 1 and not line.has_prefix and self.body.prefix:
                match = without_first_pair(match)  # the log may begin inside of its name
            garbage = self.mem_info.add(match)
        elif section == "memcg":
            # One record: lines without a prefix of their own, or with the very same microsecond.
            same = line.prefix == self.record and is_stamped(line.prefix or "")
            piece = not line.has_prefix and self.body.prefix != ""
            garbage = self.memcg.add(match, same_record=same or piece)
            self.record = line.prefix if line.has_prefix else self.record
        elif section == "slab":
            if "used_kb" in fields:
                self.slab.append(dict(fields))
        elif section == "context":
            for key, value in fields.items():
                self.context.setdefault(key, value)
        elif section == "sysrq":
            self.sysrq = self.sysrq or "ignored" not in match.id
        elif section == "ratelimit":
            self._count_lost(fields, match.id)
        elif section in ("boot", "userspace"):
            self._skip(line)
            return
        elif section == "reaper" and self.body.header_no is None:
            return  # about a victim of before: it does not begin what is left of this report
        self._saw(section, line.no)
        for odd in garbage:
            self.problems.append(Problem(line.no, line.text, f"key:value, found {odd!r}"))

    def _count_lost(self, fields: dict[str, Any], id_: str) -> None:
        count = next((v for v in fields.values() if isinstance(v, int)), 0)
        # Until 2.6.25 one limit held back messages of any kind: what is missing need not be reports.
        if id_.endswith((".dropped", ".missed", ".printk")):
            self.dropped = (self.dropped or 0) + count
        elif "oom" in str(fields.get("function")) or fields.get("function") == "out_of_memory":
            self.callbacks = (self.callbacks or 0) + count

    def _trace_or_foreign(self, line: LogLine) -> None:
        """Note a line that matches nothing, as a problem if it looks like a part of a report."""
        if line.no == self.body.header_no:
            return  # a trigger without a name or prefix: read where it was found
        found = self.body.matcher.diagnose(line.text, at_end=True) if suspicious(line.text) else None
        if found is None or found.column <= 8:
            self._skip(line)
            return
        self.problems.append(
            Problem(line.no, line.text, f"{found.variant.id}: {found.expected} at column {found.column}")
        )
        if found.fields and found.variant.section in ("mem_info", "memcg", "context"):
            self.seen.setdefault(found.variant.section, "cut")

    def _skip(self, line: LogLine) -> None:
        self.skipped += 1
        self.foreign_run += 1
        if self.body.header_no is None and self.foreign_run > _FRAGMENT_GAP:
            self._reset()

    def _saw(self, section: str, no: int) -> None:
        self.foreign_run = 0
        self.seen[section] = "present"
        self.last_section = section
        if self.first_line is None:
            self.first_line = no

    def _reset(self) -> None:
        """Forget a fragment: what was read so far belongs to something else."""
        if self.body.header_no is not None:
            return
        self.mem_info, self.memcg, self.slab, self.tasks = MemInfo(), MemcgBlock(), [], None
        self.context, self.seen, self.first_line, self.problems = {}, {}, None, []
        self.sysrq = False

    def _result(self) -> Details:
        context = self.context
        sections = {name: self.seen.get(name, "absent") for name in SECTIONS}
        mem_info, memcg = self.mem_info.result(), self.memcg.result()
        if self.memcg.cut:
            sections["memcg"] = "cut"
        if self.memcg.protection:
            if memcg is not None:
                memcg = replace(memcg, stats={**(memcg.stats or {}), **self.memcg.protection})
            elif mem_info is not None:
                mem_info = {**mem_info, "memcg_protection": self.memcg.protection}
        return Details(
            trigger_pid=context.get("pid"),
            trigger_uid=context.get("uid"),
            kernel_release=context.get("kernel_release"),
            nodemask=context.get("nodemask"),
            cpuset=context.get("cpuset"),
            mems_allowed=context.get("mems_allowed"),
            oom_memcg=self.memcg.oom_memcg,
            task_memcg=self.memcg.task_memcg,
            memcg=memcg,
            mem_info=mem_info,
            slab=tuple(self.slab) or None,
            tasks=self.tasks.table() if self.tasks is not None and self.tasks.known else None,
            sysrq=self.sysrq,
            callbacks_suppressed=self.callbacks,
            messages_dropped=self.dropped,
            first_line=self.first_line,
            skipped_lines=self.skipped,
            sections=sections,
            last_section=self.last_section,
            problems=tuple(self.problems) + (self.tasks.problems() if self.tasks is not None else ()),
        )


@lru_cache(maxsize=4096)
def _match_again(matcher: Matcher, text: str, after: str | None) -> Match | None:
    """Match a line; the reports of one machine have many lines in common, down to the last figure."""
    return matcher.match(text, after)


def _without_last_word(line: LogLine) -> LogLine:
    """Drop what touches the end of an unfinished last line: a number there may lack digits."""
    if line.terminated:
        return line
    text = line.text.rstrip()
    start = text.rfind(" ") + 1
    if text[start : start + 1] == "(":  # "1*4kB (U": without its letters the word before says too little
        start = text.rfind(" ", 0, start - 1) + 1 if start else 0
    return line._replace(text=line.text[:start])


def _odd(data: bytes) -> bool:
    """Tell whether the lines need cleaning one by one."""
    return b"\r" in data or b"\0" in data
