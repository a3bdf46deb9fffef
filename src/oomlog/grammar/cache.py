"""Keep a checked grammar as JSON, so that starting does not read TOML or import pyparsing.

``compiled.json`` beside the grammar files ships with oomlog and serves as long as the files are the
ones it was made from.  For edited or other files the result is kept in the user's cache directory
(``OOMLOG_CACHE_DIR`` overrides it; empty switches it off).  Both are data, not code: JSON that
carries the checksum of its sources and whose shape is checked; anything odd is ignored.  A cache
that cannot be written is no error either; everything works without it, only slower.
"""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from typing import Any

from oomlog.grammar.fields import FIELD_TYPES
from oomlog.grammar.model import Column, Grammar, Variant
from oomlog.grammar.template import Field, Literal, Node, Optional

__all__ = ["SHIPPED", "cache_folder", "checksum", "encoded", "read", "shipped", "write"]

#: Raise when the stored shape or the meaning of a template changes.
FORMAT = 1
SHIPPED = "compiled.json"


def cache_folder() -> Path | None:
    """Where the cache is kept; None when it is switched off or there is no home."""
    chosen = os.environ.get("OOMLOG_CACHE_DIR")
    if chosen is not None:
        return Path(chosen) if chosen else None
    base = os.environ.get("XDG_CACHE_HOME", "")
    if base and Path(base).is_absolute():
        return Path(base, "oomlog")
    try:
        return Path.home() / ".cache" / "oomlog"
    except RuntimeError:
        return None


def checksum(contents: list[tuple[str, bytes]]) -> str:
    """What identifies these grammar files and the form they are stored in."""
    # Two different checksums and all lengths: it is about edits and updates, not about attackers, who
    # would have to own the files anyway.  (hashlib would load OpenSSL for that.)
    crc, adler = 0, 1
    for name, data in contents:
        for part in (f"{name} {len(data)}".encode(), data):
            crc, adler = zlib.crc32(part, crc), zlib.adler32(part, adler)
    return f"{FORMAT}-{crc:08x}{adler:08x}"


def shipped(folder: Path, key: str) -> Grammar | None:
    """The grammar stored beside its files, unless they changed since."""
    return _load(folder / SHIPPED, key)


def read(key: str) -> Grammar | None:
    """The grammar stored for these files in the user's cache, if there is one that can be trusted."""
    folder = cache_folder()
    if folder is None:
        return None
    path = folder / _name(key)
    try:
        if not _ours(path):
            return None
    except OSError:
        return None
    return _load(path, key)


def _name(key: str) -> str:
    return f"grammar-{key}.json"


def _load(path: Path, key: str) -> Grammar | None:
    try:
        data = json.loads(path.read_bytes())
        return _decode(data) if data["key"] == key else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def write(key: str, grammar: Grammar) -> None:
    """Store a grammar in the user's cache; does nothing when that is not possible."""
    folder = cache_folder()
    if folder is None:
        return
    name = _name(key)
    temporary = folder / f".{name}.{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A new file moved into place: a reader sees the old one, none, or the whole new one.
        with temporary.open("x", encoding="ascii") as out:
            out.write(encoded(key, grammar))
        temporary.replace(folder / name)
        for old in folder.glob("grammar-*.json"):
            if old.name != name:
                old.unlink(missing_ok=True)
    except OSError:
        try:
            temporary.unlink(missing_ok=True)
        except OSError:
            return


def _ours(path: Path) -> bool:
    # A file that someone else may write could change what oomlog reads out of a log.
    status = path.stat()
    if not hasattr(os, "getuid"):
        return True
    return status.st_uid in (os.getuid(), 0) and not status.st_mode & 0o022


def encoded(key: str, grammar: Grammar) -> str:
    """A grammar as JSON, one variant a line so that a change of one is a change of one line."""
    variants = (
        [v.id, v.template, _pack(v.nodes), v.since, v.until, list(v.only_after), list(v.required)]
        for v in grammar.variants
    )
    parts = (("variants", variants), ("columns", map(list, grammar.columns)))
    lists = (f'"{name}":[\n' + ",\n".join(map(json.dumps, rows)) + "\n]" for name, rows in parts)
    return f'{{"key":{json.dumps(key)},\n' + ",\n".join(lists) + "}\n"


def _pack(nodes: tuple[Node, ...]) -> list[Any]:
    # "text" | [name, type] | [[nodes]]
    packed: list[Any] = []
    for node in nodes:
        if isinstance(node, Literal):
            packed.append(node.text)
        elif isinstance(node, Field):
            packed.append([node.name, node.type])
        else:
            packed.append([_pack(node.nodes)])
    return packed


def _decode(data: dict[str, Any]) -> Grammar:
    variants = tuple(
        Variant(
            _string(id_),
            _string(template),
            _unpack(nodes),
            since=_string(since),
            until=_string(until),
            only_after=_strings(after),
            required=_strings(required),
        )
        for id_, template, nodes, since, until, after, required in data["variants"]
    )
    columns = tuple(Column(*_strings(column)) for column in data["columns"])
    if not variants:
        raise ValueError("no variants")
    return Grammar(variants, columns)


def _unpack(packed: list[Any]) -> tuple[Node, ...]:
    nodes: list[Node] = []
    for one in packed:
        if isinstance(one, str):
            nodes.append(Literal(one))
        elif len(one) == 1:
            nodes.append(Optional(_unpack(one[0])))
        else:
            name, kind = one
            if kind not in FIELD_TYPES:
                raise ValueError(kind)
            nodes.append(Field(_string(name), kind))
    return tuple(nodes)


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _strings(values: list[object]) -> tuple[str, ...]:
    return tuple(_string(value) for value in values)
