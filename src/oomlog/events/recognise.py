"""Match messages against the grammar, rejoining lines that were broken after the kernel wrote them.

Mail programs, pagers and terminals break long lines; consoles break a message at a newline inside a task
name.  A line without a prefix of its own, after one that has one, is such a piece (or a continuation line
of a multi-line message, which matches by itself).  The longest join that the grammar accepts wins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import NamedTuple

from oomlog.grammar import Match, Matcher
from oomlog.lines.records import EXPORTED
from oomlog.model import LogLine

__all__ = ["MAX_PIECES", "Recognised", "match_line", "match_text", "recognise"]

MAX_PIECES = 6
# "Out of memory (oom_kill_allocating_task)" is the longest the kernel has; more was glued on by mistake.
_MAX_MESSAGE = 64
_NAMED = ("invoked", "kill", "constraint", "reaper")


class Recognised(NamedTuple):
    """What was made of one or more lines: how many, from the first; and the match, if any."""

    line: LogLine
    match: Match | None
    used: int
    text: str


def match_text(matcher: Matcher, text: str, after: str | None = None) -> Match | None:
    """Match one message, as printed, else without the blanks around it."""
    found = matcher.match(text, after)
    if found is None and text[:1] in (" ", "\t"):
        found = matcher.match(text.lstrip(" \t"), after)
    return found


def match_line(matcher: Matcher, line: LogLine, after: str | None = None) -> Match | None:
    """Match one line; blanks before a text without prefix are indentation, not part of a name."""
    return match_text(matcher, line.text if line.has_prefix else line.text.lstrip(" \t"), after)


def _glues(piece: LogLine, before: str) -> tuple[str, ...]:
    """Return what may stand between a piece and the one before it, likeliest first."""
    in_name = before.rfind("(") > before.rfind(")") or before.endswith(")")
    if in_name and not piece.has_prefix and not piece.text[:4].isspace():
        return (" ", "", "\n")  # inside a name, or perhaps behind it: mail programs break at its blank
    if piece.has_prefix:
        return ("\n",)  # a console repeats the prefix after a newline inside the message
    if piece.text[:4].isspace():
        return ("\n", "", " ")  # dmesg indents what follows a newline
    return ("", " ", "\n")  # a hard break, then one that replaced a blank


def _joins(pieces: Sequence[LogLine]) -> Iterator[str]:
    choices = [_glues(piece, before.text) for before, piece in pairwise(pieces)]
    if len(choices) > 3:
        choices = [tuple(glue for glue in options if glue != "\n") or options for options in choices]
    if pieces[0].prefix == EXPORTED:
        choices = [("\n",)] * len(choices)
    head = pieces[0].text if pieces[0].has_prefix else pieces[0].text.lstrip(" \t")
    for glues in product(*choices):
        if glues.count("\n") <= 1:
            yield head + "".join(
                glue + piece.text.lstrip(" \t") for glue, piece in zip(glues, pieces[1:], strict=True)
            )


def recognise(matcher: Matcher, lines: Sequence[LogLine], after: str | None = None) -> Recognised:
    """Match the first of ``lines``, together with as many of the following as belong to it.

    :param lines: A message and the candidates for its continuation.
    """
    head = lines[0]
    alone = match_line(matcher, head, after)
    if len(lines) == 1:
        return Recognised(head, alone, 1, head.text)
    limit = 1
    for piece in lines[1:MAX_PIECES]:
        own = match_text(matcher, piece.text, alone.id if alone else after)
        # An indented "Out of memory invoked ..." may be the second line of a name with a newline in it.
        inside = piece.text[:4].isspace() or head.prefix == EXPORTED
        if own is not None and not (inside and own.section in _NAMED):
            break  # it is a line in its own right
        limit += 1
    for count in range(limit, 1, -1):
        best: Recognised | None = None
        for text in _joins(lines[:count]):
            found = matcher.match(text, after)
            if found is not None and len(str(found.fields.get("message", ""))) <= _MAX_MESSAGE:
                clean = not any(getattr(value, "garbage", ()) for value in found.fields.values())
                if clean or best is None:
                    best = Recognised(head, found, count, text)
                if clean:
                    break
        if best is not None:
            return best
    return Recognised(head, alone, 1, head.text)
