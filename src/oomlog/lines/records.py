"""Messages inside records: JSON lines of journald and log shippers, and the journal's field formats.

A JSON line carries a whole record.  ``journalctl -o verbose``, ``-o export``, ``-o json-pretty`` and
``dmesg --json`` spread one over several lines; the line with the message is found like any other line, and
the record around it is read when it is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import orjson

from oomlog.lines.prefix import parse_line
from oomlog.model import LogLine, Stamp

__all__ = [
    "EXPORTED",
    "export_message",
    "from_json",
    "from_record",
    "is_field_line",
    "message_bytes",
    "message_field",
]

_MESSAGE_KEYS = (
    "MESSAGE",
    "message",
    "msg",
    "log",
    "textPayload",
    "@message",
    "_raw",
    "line",
    "body",
    "text",
    "Output",
)
# Keys of a pretty-printed record that hold a message and nothing else.
_FIELD_KEYS = ("MESSAGE", "msg", "message", "log", "textPayload", "@message", "_raw", "Output")
_NESTED_KEYS = ("jsonPayload", "json_payload", "data", "event", "fields", "_source")
_TIME_KEYS = ("time", "timestamp", "@timestamp", "ts", "date")
_HOST_KEYS = ("_HOSTNAME", "hostname", "host", "HOSTNAME")
_JSON_START = re.compile(r"^[^{\n]{0,200}?\{ ?\"")
_FIELD = re.compile(
    r"""[ \t]*(?:
      (?P<name>[A-Z_][A-Z0-9_]{0,63})=(?P<value>.*)                               # verbose, export
    | "(?P<key>[A-Za-z_@][\w@.-]{0,63})"[ ]*:[ ]*
      (?P<json>"(?:[^"\\]|\\.)*"|[-\d.]+|null|\[[\d, ]*\])[ ]*,?[ ]*
    )\Z""",
    re.VERBOSE | re.DOTALL,
)
# Bytes of a message that is read one byte a line; the kernel's have at most a thousand.
_LONGEST_LIST = 4096
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?(?:\.\d+)?")
# A message with newlines in the export format: its length in eight bytes, then the text.
_EXPORT_LENGTH = re.compile(r".{1,12}?\x00{4,7}", re.DOTALL)
# Serial consoles in the cloud: the line's end is in the text, in some exports escaped once more.
_LINE_ENDS = re.compile(r"(?:\n|\\r|\\n)+\Z")
_NO_JSON_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\x")
EXPORTED = "MESSAGE\n"
"""Prefix of a message in the export format's binary form; the lines after it are its own."""
_VERBOSE_HEAD = re.compile(r"(?P<when>\S+ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+) \[s=[0-9a-f]")


def _loads(text: str) -> object:
    """Read JSON that may hold bytes that are no UTF-8, shown as ``\\xNN`` by now."""
    if "\\x" in text:
        text = _NO_JSON_ESCAPE.sub(r"\1\\\\x", text)
    return orjson.loads(text.encode("utf-8", "backslashreplace"))


def _as_text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(v, int) and 0 <= v < 256 for v in value):
        return bytes(value).decode("utf-8", "backslashreplace")  # journald: bytes that are not UTF-8
    return None


def _message_of(record: Mapping[str, object]) -> str | None:
    for key in _MESSAGE_KEYS:
        if (text := _as_text(record.get(key))) is not None:
            return text
    for key in _NESTED_KEYS:
        inner = record.get(key)
        if isinstance(inner, dict) and (text := _message_of(inner)) is not None:
            return text
    return None


def from_json(raw: str, no: int) -> LogLine | None:
    """Read one line that holds a JSON record; ``None`` if it does not."""
    start = _JSON_START.match(raw)
    if start is None:
        return None
    begin = raw.index("{", start.start())
    end = raw.rfind("}")
    if end < begin:
        return None
    try:
        record = _loads(raw[begin : end + 1])
    except orjson.JSONDecodeError:
        return None
    if not isinstance(record, dict):
        return None
    message = _message_of(record)
    if message is None:
        return None
    return _line(message, record, no)


def _line(message: str, record: Mapping[str, object], no: int) -> LogLine:
    stamp, host, ident, boot, uptime = _facts(record)
    # journald says itself where a record came from; the identifier is the sender's own word.
    transport = record.get("_TRANSPORT")
    kernel = transport == "kernel" or (transport is None and ident in (None, "kernel", "kern"))
    first, newline, rest = _LINE_ENDS.sub("", message.replace("\r\n", "\n")).partition("\n")
    line = parse_line(first, no)
    return line._replace(
        text=line.text + newline + rest,
        prefix=line.prefix,  # of the text inside, if that has one: equal stamps tell lines of one message
        # dmesg indents the later lines of a message, and a shipper wraps each of them.
        has_prefix=line.has_prefix or not first[:8].isspace(),
        uptime_s=line.uptime_s if line.uptime_s is not None else uptime,
        # A time with its year beats the one that the logger printed inside.
        stamp=line.stamp if line.stamp is not None and (line.stamp.year or stamp is None) else stamp,
        host=line.host or host,
        ident=line.ident or ident,
        boot_id=boot,
        is_kernel=line.is_kernel and (kernel or (transport is None and line.ident == "kernel")),
    )


def _facts(
    record: Mapping[str, object],
) -> tuple[Stamp | None, str | None, str | None, str | None, float | None]:
    def text_of(*keys: str) -> str | None:
        for key in keys:
            value = record.get(key)
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                return str(value)
        return None

    stamp = None
    for nested in _NESTED_KEYS:  # the facts of a journal record wrapped by a cloud's agent
        inner = record.get(nested)
        if isinstance(inner, dict) and ("_HOSTNAME" in inner or "_TRANSPORT" in inner):
            record = {**inner, **record}
    if (micro := text_of("__REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP")) and micro.isdigit():
        stamp = _epoch(int(micro) / 1e6)
    elif (when := text_of(*_TIME_KEYS)) and "-" in when:
        stamp = parse_line(f"{when} x").stamp
    elif (when := text_of("timestamp", "time", "ts", "date")) and _EPOCH.fullmatch(when):
        stamp = _epoch(float(when) / (1000 if len(when.split(".")[0]) == 13 else 1))
    uptime = None
    if (mono := text_of("_SOURCE_MONOTONIC_TIMESTAMP")) and mono.isdigit():
        uptime = int(mono) / 1e6
    elif "pri" in record and (when := text_of("time")) and re.fullmatch(r" *\d+\.\d+", when):
        uptime = float(when)  # dmesg --json
    ident = text_of("SYSLOG_IDENTIFIER", "ident", "_COMM", "program", "appname")
    if record.get("_TRANSPORT") == "kernel":
        ident = "kernel"
    return stamp, text_of(*_HOST_KEYS), ident, text_of("_BOOT_ID"), uptime


def _epoch(seconds: float) -> Stamp | None:
    try:
        when = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return Stamp(when.month, when.day, when.hour, when.minute, when.second, when.microsecond, when.year, 0)


def is_field_line(raw: str) -> bool:
    """Tell whether the line is one field of a record that spans several lines."""
    text = raw.strip(" \t{}[],")  # what stands between pretty-printed records is nothing else
    bare = raw.strip() != "" and (text == "" or (raw[0] in " \t" and len(text) <= 3 and text.isdigit()))
    return bare or raw == "MESSAGE" or _FIELD.match(raw) is not None or _VERBOSE_HEAD.match(raw) is not None


def export_message(raw: str) -> str | None:
    """Return the first line of a message in the export format's binary form, without its length."""
    found = _EXPORT_LENGTH.match(raw)
    return None if found is None else raw[found.end() :]


def message_bytes(neighbour: Callable[[int], str | None]) -> str | None:
    """Read a message that stands below its key as a list of bytes, one a line."""
    found = bytearray()
    for distance in range(1, _LONGEST_LIST):
        raw = (neighbour(distance) or "").strip(" \t,")
        if not (raw.isascii() and raw.isdigit() and len(raw) <= 3 and int(raw) < 256):
            return found.decode("utf-8", "backslashreplace") if raw == "]" and found else None
        found.append(int(raw))
    return None


def message_field(raw: str) -> str | None:
    """Return the text of a line that holds the message of such a record."""
    found = _FIELD.match(raw)
    if found is None:
        return None
    if found["name"]:
        return found["value"] if found["name"] == "MESSAGE" else None
    if found["key"] not in _FIELD_KEYS:
        return None
    try:
        return _as_text(_loads(found["json"]))
    except orjson.JSONDecodeError:
        return None


def from_record(message: str, no: int, neighbour: Callable[[int], str | None]) -> LogLine:
    """Read the message line of a record that spans several lines.

    :param neighbour: Gives the line ``n`` lines after this one (negative: before), ``None`` past an end.
    """
    record: dict[str, object] = {}
    for step in (-1, 1):
        for distance in range(1, 200):
            raw = neighbour(step * distance)
            if raw is None or not raw.strip() or raw.strip()[0] in "{}":
                break
            if head := _VERBOSE_HEAD.match(raw):
                if step < 0:
                    record.setdefault("timestamp", head["when"])
                break
            found = _FIELD.match(raw)
            if found is None:
                continue
            if found["name"]:
                record.setdefault(found["name"], found["value"])
            elif found["key"]:
                try:
                    record.setdefault(found["key"], orjson.loads(found["json"].encode()))
                except (orjson.JSONDecodeError, UnicodeEncodeError):
                    continue
    return _line(message, record, no)
