"""One physical line of a log to the kernel messages in it."""

from __future__ import annotations

from collections.abc import Callable

from oomlog.lines.escapes import ends_in_tag, strip_ansi, undo_html, undo_kmsg, undo_markdown, undo_rsyslog
from oomlog.lines.prefix import parse_line
from oomlog.lines.records import (
    EXPORTED,
    export_message,
    from_json,
    from_record,
    is_field_line,
    message_bytes,
    message_field,
)
from oomlog.lines.unknown import unknown_prefix
from oomlog.model import LogLine

__all__ = ["expand", "no_neighbour", "split_message"]


_RESET = "\x1b[0m"
_RECORDS = ('{"', '{ "')  # how a line that is one JSON record begins


def no_neighbour(_distance: int) -> str | None:
    """Stand in for a log of one line."""
    return None


def expand(
    raw: str,
    no: int,
    *,
    terminated: bool = True,
    neighbour: Callable[[int], str | None] = no_neighbour,
) -> list[LogLine]:
    """Read one physical line.

    :param neighbour: Gives the physical line ``n`` lines away, for records that span several lines.
    :return: One message (its text may hold newlines), or none for a line that is only part of a record
        (another field of it).
    """
    if "{" in raw and (found := from_json(raw, no)) is not None:
        return [_unescaped(found)]
    if not terminated and raw.lstrip().startswith(_RECORDS):
        return []  # a record that is not whole yet
    if ("=" in raw or '" :' in raw or '":' in raw) and (message := message_field(raw)) is not None:
        return [_unescaped(from_record(message, no, neighbour))]
    if (
        raw.endswith("[")
        and raw.strip() == '"MESSAGE" : ['
        and (message := message_bytes(neighbour)) is not None
    ):
        return [_unescaped(from_record(message, no, neighbour))]
    if "\0" in raw and neighbour(-1) == "MESSAGE" and (message := export_message(raw)) is not None:
        return [from_record(message, no, neighbour)._replace(prefix=EXPORTED)]
    if "\\" in raw:
        raw = undo_markdown(raw)
    line = parse_line(raw, no, terminated=terminated)
    if ("<" in raw or "&" in raw) and _from_page(raw, line, neighbour):
        bare = undo_html(raw)
        if not bare.strip():
            return []  # nothing but tags
        line = parse_line(bare, no, terminated=terminated)
    if "\x1b" in raw and (not line.has_prefix or raw.startswith("\x1b")):
        # A coloured console puts sequences around the prefix and the text; a name with such bytes keeps them
        # as long as the prefix can be read without.
        plain = parse_line(strip_ansi(raw), no, terminated=terminated)
        # dmesg escapes such bytes of a name, so what ends a coloured line is colour, with or without prefix.
        ends = raw.endswith(_RESET) and any((neighbour(step) or "").startswith("\x1b[") for step in (-1, 1))
        line = plain if plain.has_prefix or ends else line
    if not line.has_prefix:
        if "\r" in raw:  # a console that redraws its line: the last drawing counts
            drawn = parse_line(raw.rpartition("\r")[2], no, terminated=terminated)
            line = drawn if drawn.has_prefix else line
        elif is_field_line(raw):
            return []
        elif unknown := unknown_prefix(raw, neighbour):
            rest = parse_line(raw[len(unknown) :], no, terminated=terminated)
            line = rest._replace(prefix=unknown + (rest.prefix or ""), has_prefix=True)
    return [_unescaped(line)]


def _from_page(raw: str, line: LogLine, neighbour: Callable[[int], str | None]) -> bool:
    """Tell whether a line is one of an HTML page: a task's name may hold a tag, but not all lines do."""
    if undo_html(raw) == raw:
        return False
    return not line.has_prefix or (
        ends_in_tag(raw) and any(ends_in_tag(neighbour(step) or "") for step in (-1, 1))
    )


def split_message(line: LogLine) -> list[LogLine]:
    """Split a message of several lines; those without a prefix of their own are indented, as dmesg does."""
    *pieces, last = line.text.split("\n")
    unfinished = not line.terminated
    line = line._replace(text=pieces[0] if pieces else last, terminated=True)
    lines = [line]
    for piece in [*pieces[1:], last] if pieces else []:
        own = parse_line(piece, line.no)
        if own.has_prefix:
            lines.append(
                own._replace(
                    prefix=None,
                    host=own.host or line.host,
                    stamp=own.stamp or line.stamp,
                    ident=own.ident or line.ident,
                    boot_id=line.boot_id,
                    is_kernel=own.is_kernel and line.is_kernel,
                    doubtful=line.doubtful,
                )
            )
        else:
            lines.append(line._replace(text=f"    {piece}", has_prefix=False, prefix=None))
    if unfinished:
        lines[-1] = lines[-1]._replace(terminated=False)
    return lines


def _unescaped(line: LogLine) -> LogLine:
    text = line.text
    if "\\x" in text and line.prefix is not None and line.prefix.endswith(";"):
        text = undo_kmsg(text)
    # Only syslog daemons do this; a record of the journal has the message as it was.
    if "#0" in text and line.boot_id is None and (line.host or line.ident or not line.has_prefix):
        text = undo_rsyslog(text)
    return line if text is line.text else line._replace(text=text)
