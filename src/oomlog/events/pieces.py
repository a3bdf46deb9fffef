"""Read the line at an anchor, with the lines before and after it that it was broken into."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, NamedTuple

from oomlog.events.recognise import MAX_PIECES, Recognised, match_line, match_text, recognise
from oomlog.grammar import Diagnosis, Match, Matcher, diagnose
from oomlog.lines.escapes import decode, ends_in_tag, undo_quoted_printable
from oomlog.lines.reader import expand
from oomlog.lines.shape import shape_of
from oomlog.lines.tape import Tape
from oomlog.model import LogLine, Problem

__all__ = ["LineReader", "Physical", "Piece"]

# Lines between the trigger's and the one of the stack header that names it: the cpuset, until 4.20.
_UNTIL_STACK_HEADER = 4
# How a line of a mail as stored is broken: within a word, or at a blank.
_SOFT_BREAKS = ("=", "=20")
_CHOPPED = re.compile(r",task_memcg=([^,]{1,4096}),(?:t(?:a(?:sk?)?)?)?>\Z")

_PID_AND_NAME = re.compile(r"(process \d{1,10})\(")
_LOST_BLANK = re.compile(
    r"(?<=[,:)])"
    r"(?=\(|gfp_mask=|order=|oom_(?:score_)?adj=|(?:anon|file|shmem)-rss:|total-vm:|UID |score |Kill)"
)


class Physical(NamedTuple):
    """One line of the file and the messages in it; offsets are the tape's."""

    start: int
    end: int
    lines: list[LogLine]


class Piece(NamedTuple):
    """A recognised message and the part of the tape it took."""

    what: Recognised
    start: int
    end: int
    problem: Problem | None = None
    doubtful: dict[str, Any] | None = None
    """Values at the very end of the log, whose last digits may be missing."""


class LineReader:
    """Reads lines of one tape.

    :ivar floor: Nothing before this offset belongs to a later line.
    """

    def __init__(self, tape: Tape, matcher: Matcher) -> None:
        self.tape = tape
        self.matcher = matcher
        self.floor = 0

    def physical(self, start: int, end: int) -> Physical:
        """Read the line between two offsets."""
        tape = self.tape
        raw = decode(tape.text(start, end))
        # Each line is looked for once.  (A function that called itself would be a cycle, which keeps the tape
        # and its blocks until Python looks for cycles.)
        starts, furthest = {0: start}, {-1: 0, 1: 0}

        def neighbour(distance: int) -> str | None:
            way = -1 if distance < 0 else 1
            while abs(furthest[way]) < abs(distance):
                here = starts[furthest[way]]
                if way < 0:
                    there = tape.line_start(here - 1) if here > tape.base else -1
                else:
                    stop = tape.line_end(here)
                    there = stop + 1 if 0 <= stop < tape.end else -1
                if there < 0:
                    return None
                furthest[way] += way
                starts[furthest[way]] = there
            here = starts[distance]
            stop = tape.line_end(here)
            return decode(tape.text(here, stop)) if stop >= 0 and here < tape.end else None

        terminated = end < tape.end
        lines = expand(raw, tape.line_no(start), terminated=terminated, neighbour=neighbour)
        if start == tape.base == 0 and lines and lines[0].host and lines[0].stamp is None and terminated:
            lines = self._whole_host(lines, end)
        return Physical(start, end, lines)

    def _whole_host(self, lines: list[LogLine], end: int) -> list[LogLine]:
        """Give the log's first line the host of the second, if a cut left only the end of it."""
        second = self.follow(end + 1)
        host = second.lines[0].host if second is not None and second.lines else None
        if host is None or host == lines[0].host or not host.endswith(str(lines[0].host)):
            return lines
        return [lines[0]._replace(host=host), *lines[1:]]

    @cached_property
    def first_is_cut(self) -> bool:
        """Tell whether the log starts inside a line: only its first line has no prefix."""
        tape = self.tape
        if tape.base or tape.line_no(0) != 1:
            return False
        end = tape.line_end(0)
        first = self.physical(0, end) if end >= 0 else None
        second = self.follow(end + 1) if end >= 0 else None
        return bool(
            first and second and first.lines and second.lines
            and not first.lines[0].has_prefix and second.lines[0].has_prefix
            and second.lines[0].prefix != ""
        )  # fmt: skip

    def follow(self, after: int) -> Physical | None:
        """Read the line that starts at ``after``."""
        tape = self.tape
        if after >= tape.end and not tape.more():
            return None
        end = tape.line_end(after)
        return self.physical(after, end) if end >= 0 else None

    def precede(self, start: int) -> Physical | None:
        """Read the line before ``start``."""
        tape = self.tape
        if start <= max(tape.base, self.floor):
            return None
        before = tape.line_start(start - 1)
        return self.physical(before, start - 1) if before >= 0 else None

    def piece(self, physical: Physical) -> Piece | None:
        """Recognise the line at an anchor, with the lines it may have been broken into."""
        line = physical.lines[0]
        if "=3D" in line.text or line.text.endswith(_SOFT_BREAKS):
            found = self._quoted_printable(physical)
            if found is not None:
                return found
        alone = match_line(self.matcher, line)
        if line.has_prefix and alone is not None:
            if line.terminated and (line.prefix is None or self._same_shape_next(physical)):
                if alone.section == "invoked":
                    alone = self._newline_in_name(physical, alone)
                return Piece(Recognised(line, alone, 1, line.text), physical.start, physical.end + 1)
        elif found := self._from_behind(physical):
            return found
        found = self._joined([physical], must_reach=physical.start)
        if found is not None:
            match = found.what.match
            if match is not None and match.section == "invoked" and found.what.used == 1 and line.has_prefix:
                found = found._replace(what=found.what._replace(match=self._newline_in_name(physical, match)))
            return self._with_sizes(physical, found) or found
        return self._nameless(physical) or self._partial(physical)

    def _with_sizes(self, physical: Physical, piece: Piece) -> Piece | None:
        """Read the sizes of a kill from the next line as far as they go, if it says nothing else."""
        match, text = piece.what.match, piece.what.text.strip()
        if match is None or match.id != "kill.killed_bare" or piece.what.used > 1:
            return None
        diagnosis = self.matcher.diagnose(text, at_end=True)
        if diagnosis is None:
            return None
        longer, diagnosis, end = self._continued(physical, text, diagnosis)
        if longer == text or diagnosis.fields.get("comm") != match.fields.get("comm"):
            return None
        expected = f"{diagnosis.variant.id}: {diagnosis.expected} at column {diagnosis.column}"
        what = piece.what._replace(
            match=Match(diagnosis.variant, dict(diagnosis.fields), longer), text=longer
        )
        return Piece(what, physical.start, end + 1, Problem(piece.what.line.no, longer, expected))

    def _nameless(self, physical: Physical) -> Piece | None:
        """Read a trigger without a name where no prefix stands before it: its blank is no indentation."""
        line = physical.lines[0]
        if line.has_prefix or line.text[:1] != " ":
            return None
        found = self.matcher.match(f" {line.text.strip()}")
        if found is None or found.section != "invoked":
            return None
        before = self.precede(physical.start)
        if before is not None and any(0 < len(each.text.strip()) < 16 for each in before.lines):
            return None  # perhaps its name, which a mail program broke off
        return Piece(Recognised(line, found, 1, line.text), physical.start, physical.end + 1)

    def _same_shape_next(self, physical: Physical) -> bool:
        """Tell cheaply that the next line has a prefix of its own, so this one is whole."""
        line, tape = physical.lines[0], self.tape
        if not line.terminated:
            return False
        after = physical.end + 1
        if after >= tape.end:
            tape.more()
            if after >= tape.end:  # the end, or a live log that has paused
                return True
        assert line.prefix is not None
        head = decode(tape.text(after, after + len(line.prefix.encode()) + 8))
        return shape_of(line.prefix).match(head) is not None

    def _from_behind(self, physical: Physical) -> Piece | None:
        """Find the head of a broken line when the anchor stands in a later piece of it."""
        line = physical.lines[0]
        back: list[Physical] = []
        first = self.precede(physical.start)
        while first is not None and len(first.lines) == 1 and len(back) < MAX_PIECES - 2:
            head = first.lines[0]
            if line.has_prefix and head.prefix != line.prefix:
                break
            back.insert(0, first)
            if head.has_prefix:
                break
            first = self.precede(first.start)
        if not back or not back[0].lines[0].has_prefix or not back[0].lines[0].is_kernel:
            return None
        return self._joined([*back, physical], must_reach=physical.start)

    def _newline_in_name(self, physical: Physical, match: Match) -> Match:
        """Give a trigger's name back the part before a newline, which a console prints as a line.

        Only where the stack header that follows breaks the same name at the same place.
        """
        line, before = physical.lines[0], self.precede(physical.start)
        if before is None or len(before.lines) != 1 or before.lines[0].prefix != line.prefix:
            return match
        head = before.lines[0].text
        comm = str(match.fields.get("comm", ""))
        name = f"{head}\n{comm}"
        if not head or len(name.encode()) > 15 or match_text(self.matcher, head) is not None:
            return match
        end = physical.end
        for _ in range(_UNTIL_STACK_HEADER):
            more = self.follow(end + 1)
            if more is None:
                return match
            end = more.end
            if any(each.text.lower().endswith(f"comm: {head.lower()}") for each in more.lines):
                return Match(match.variant, {**match.fields, "comm": name}, match.text)
        return match

    def _joined(self, parts: list[Physical], *, must_reach: int) -> Piece | None:
        parts = list(parts)
        head = parts[0].lines[0]
        end = parts[-1].end
        while len(parts) < MAX_PIECES:
            more = self.follow(end + 1)
            if (
                more is not None
                and not more.lines
                and ends_in_tag(decode(self.tape.text(more.start, more.end)))
            ):
                end = more.end
                continue
            if more is None or len(more.lines) != 1:
                break
            end = more.end
            next_ = more.lines[0]
            if not next_.text.strip() or (
                next_.has_prefix and (next_.prefix != head.prefix or not head.prefix)
            ):
                break
            parts.append(more)
        what = recognise(self.matcher, [part.lines[0] for part in parts])
        if what.match is None or parts[what.used - 1].start < must_reach:
            return None
        last = parts[what.used - 1].lines[0]
        piece = Piece(what, parts[0].start, parts[what.used - 1].end + 1)
        return piece if last.terminated else _unfinished(piece)

    def _quoted_printable(self, physical: Physical) -> Piece | None:
        """Read a line of a mail as stored: decoded, then joined like any broken line."""
        tape, ends = self.tape, [physical.end]
        while len(ends) < MAX_PIECES and (stop := tape.line_end(ends[-1] + 1)) > ends[-1]:
            ends.append(stop)
        raw = tape.text(physical.start, ends[-1])
        lines = [
            line
            for text in undo_quoted_printable(raw).split(b"\n")
            for line in expand(decode(text), physical.lines[0].no)
        ]
        pieces = lines[:1]
        for line in lines[1:]:
            if line.has_prefix or not line.text.strip():
                break
            pieces.append(line)
        what = recognise(self.matcher, pieces) if pieces else None
        if what is None or what.match is None:
            return None
        # Soft breaks (a "=" at the end) make one decoded line of several stored ones.
        soft = sum(1 for text in raw.split(b"\n")[: what.used] if text.rstrip(b"\r").endswith(b"="))
        return Piece(what, physical.start, ends[min(what.used + soft, len(ends)) - 1] + 1)

    def _partial(self, physical: Physical) -> Piece | None:
        """Keep what is certain of a line that was cut or damaged."""
        line = physical.lines[0]
        text = line.text.strip()
        if (spaced := _with_blanks(text)) != text:
            whole = match_text(self.matcher, spaced)
            if whole is not None:
                return Piece(Recognised(line, whole, 1, spaced), physical.start, physical.end + 1)
            text = spaced
        cut_by_pager = text.endswith(">")  # journalctl in a pager marks where it chopped a long line
        diagnosis = self.matcher.diagnose(text[:-1] if cut_by_pager else text, at_end=True)
        if diagnosis is None or not diagnosis.usable:
            return None
        text, diagnosis, end = self._continued(physical, text, diagnosis)
        rest = text[diagnosis.column - 1 :].strip()
        if diagnosis.variant.section == "constraint" and not line.has_prefix and " " in rest:
            return None  # a sentence that quotes the beginning of a summary line
        fields = dict(diagnosis.fields)
        if cut_by_pager and diagnosis.variant.section == "constraint" and "task_memcg" not in fields:
            found = _CHOPPED.search(text)
            if found is not None:
                fields["task_memcg"] = found[1]
        match = Match(diagnosis.variant, fields, text)
        expected = f"{diagnosis.variant.id}: {diagnosis.expected} at column {diagnosis.column}"
        return Piece(
            Recognised(line, match, 1, text), physical.start, end + 1, Problem(line.no, line.text, expected)
        )

    def _continued(self, physical: Physical, text: str, diagnosis: Diagnosis) -> tuple[str, Diagnosis, int]:
        """Add following lines to one that stops fitting where it ends, as long as they fit."""
        end = physical.end
        for _ in range(MAX_PIECES - 1):
            if diagnosis.column <= len(text):
                break
            more = self.follow(end + 1)
            if more is None or len(more.lines) != 1 or more.lines[0].has_prefix:
                break
            piece = more.lines[0].text.strip(" \t")
            if not piece or match_text(self.matcher, piece) is not None:
                break
            joined = [
                (glue + piece, self.matcher.diagnose(text + glue + piece, at_end=True)) for glue in ("", " ")
            ]
            added, best = max(joined, key=lambda one: one[1].column if one[1] is not None else 0)
            if best is None or best.column <= diagnosis.column or not best.usable:
                break
            text, diagnosis, end = text + added, best, more.end
        return text, diagnosis, end


def _with_blanks(text: str) -> str:
    """Put back the blanks that some web sites take out next to brackets and punctuation, or do not break."""
    return _LOST_BLANK.sub(" ", _PID_AND_NAME.sub(r"\1 (", text.replace("\xa0", " ").strip()))


def _unfinished(piece: Piece) -> Piece | None:
    """Drop a number that touches the end of an unfinished last line: digits may be missing.

    A zero is whole: the kernel prints no leading zeros.
    """
    what = piece.what
    match = what.match
    assert match is not None  # only recognised lines come here
    certain = diagnose(match.variant, what.text.strip(), at_end=True)
    doubtful = [key for key in match.fields if key not in certain.fields]
    fields = {k: v for k, v in match.fields.items() if k not in doubtful or v == 0}
    lost = {key: match.fields[key] for key in doubtful if key not in fields}
    if any(key in match.variant.required for key in lost):
        return None
    what = what._replace(match=match._replace(fields=fields))
    if not lost:
        return piece._replace(what=what)
    expected = f"{match.id}: the end of the line after {next(iter(lost))}"
    return piece._replace(what=what, problem=Problem(what.line.no, what.line.text, expected), doubtful=lost)
