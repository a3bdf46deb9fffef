"""What an event says, apart from where in which file it stood."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from oomlog.model import OomEvent
from oomlog.report.json import event_bytes

__all__ = ["ANY", "differences", "facts", "reduce_facts"]

ANY = "\ue000any"
"""Stands for a text that the transport cannot deliver."""

# Line numbers, clocks and the like differ from file to file; they are compared on their own.
_PLACE = {"source", "first_line", "last_line", "time", "uptime_s", "host", "boot_id", "problems"}


def differences(want: Any, got: Any, path: str = "") -> Iterator[str]:
    """Yield one line for each value that is not as expected."""
    if want == ANY and isinstance(got, str):
        return
    if isinstance(want, dict) and isinstance(got, dict):
        for key in [*want, *(key for key in got if key not in want)]:
            if key not in want or key not in got:
                yield f"{path}.{key}: {'unexpected' if key not in want else 'missing'}"
            else:
                yield from differences(want[key], got[key], f"{path}.{key}")
    elif isinstance(want, list) and isinstance(got, list):
        if len(want) != len(got):
            yield f"{path}: {len(got)} instead of {len(want)}"
        for index, (left, right) in enumerate(zip(want, got, strict=False)):
            yield from differences(left, right, f"{path}[{index}]")
    elif want != got or type(want) is not type(got):
        yield f"{path}: {got!r} instead of {want!r}"


def facts(event: OomEvent) -> dict[str, Any]:
    """Return the event's record without anything that is about the file it stood in."""
    record = {key: value for key, value in json.loads(event_bytes(event)).items() if key not in _PLACE}
    record["sections"] = {key: value for key, value in record["sections"].items() if key != "time"}
    for kill in record["kills"]:
        del kill["time"], kill["line"]
        if kill["reaped"] is not None:
            del kill["reaped"]["line"]
    return record


def _mapped(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(key): _mapped(each, change) for key, each in value.items()}
    if isinstance(value, list):
        return [_mapped(each, change) for each in value]
    return value


def _escaped(text: str) -> str:
    return "".join(
        "".join(f"\\x{c:02x}" for c in char.encode())
        if not char.isspace() and not char.isprintable()
        else char
        for char in text
    )


def _escaped_ascii(text: str) -> str:
    return "".join(
        "".join(f"\\x{c:02x}" for c in char.encode())
        if char > "~" or (char < " " and not char.isspace())
        else char
        for char in text
    )


def _replaced(text: str) -> str:
    """Bytes that are no UTF-8, as an encoder replaces them; an escape of ASCII is the name's own text."""

    def encoded(found: re.Match[str]) -> str:
        return bytes.fromhex(found[0].replace("\\x", "")).decode("utf-8", "replace")

    return re.sub(r"(?:\\x[89a-f][0-9a-f])+", encoded, text)


_CHANGES = {"escaped": _escaped, "escaped_ascii": _escaped_ascii, "replaced": _replaced}


def reduce_facts(record: dict[str, Any], losses: frozenset[str]) -> dict[str, Any]:
    """Return what of the record can be left after a transport with these losses."""
    for loss, change in _CHANGES.items():
        if loss in losses:
            record = _mapped(record, change)
    if "no_newline_in_name" in losses:
        record = _mapped(record, lambda text: ANY if "\n" in text else text)
    if "cut_in_table" in losses:
        rows = [{**row, "comm": row["comm"].partition("\n")[0]} for row in record["tasks"] or ()]
        record = {**record, "tasks": rows or record["tasks"]}
    if "wrapped" in losses:
        record = {key: record[key] for key in ("kills", "scope", "outcome", "killer")}
    return record
