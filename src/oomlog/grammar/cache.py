"""Keep a checked grammar as JSON, so that starting does not read TOML or import pyparsing.

The file lives in the user's cache directory (``OOMLOG_CACHE_DIR`` overrides it; empty switches the
cache off) and is named after the bytes of the grammar files, the stored format and Python's version.  It is
data, not code: JSON whose shape is checked on reading, and anything odd is ignored.  A cache that
cannot be written is not an error either; everything works without it, only slower.
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from pathlib import Path
from typing import Any

from oomlog.grammar.fields import FIELD_TYPES
from oomlog.grammar.model import Column, Grammar, Variant
from oomlog.grammar.template import Field, Literal, Node, Optional

__all__ = ["cache_folder", "cache_name", "read", "write"]

#: Raise when the stored shape or the meaning of a template changes.
FORMAT = 1


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


def cache_name(contents: list[tuple[str, bytes]]) -> str:
    """Name of the cache file for these grammar files."""
    # Two different checksums and all lengths: it is about edits and updates, not about attackers, who
    # would have to own the files anyway.  (hashlib would load OpenSSL for that.)
    crc, adler = 0, 1
    for name, data in [("", f"{sys.version_info[:2]}".encode()), *contents]:
        for part in (f"{name} {len(data)}".encode(), data):
            crc, adler = zlib.crc32(part, crc), zlib.adler32(part, adler)
    return f"grammar-{FORMAT}-{crc:08x}{adler:08x}.json"


def read(name: str) -> Grammar | None:
    """The stored grammar, or None if there is none that can be trusted."""
    folder = cache_folder()
    if folder is None:
        return None
    try:
        path = folder / name
        if not _ours(path):
            return None
        return _decode(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def write(name: str, grammar: Grammar) -> None:
    """Store a grammar; does nothing when that is not possible."""
    folder = cache_folder()
    if folder is None:
        return
    temporary = folder / f".{name}.{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A new file moved into place: a reader sees the old one, none, or the whole new one.
        with temporary.open("x", encoding="ascii") as out:
            json.dump(_encode(grammar), out, separators=(",", ":"))
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


def _encode(grammar: Grammar) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "variants": [
            [v.id, v.template, _pack(v.nodes), v.since, v.until, list(v.only_after), list(v.required)]
            for v in grammar.variants
        ],
        "columns": [[c.word, c.key, c.meaning, c.since, c.until, c.unit] for c in grammar.columns],
    }


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
    if data["format"] != FORMAT:
        raise ValueError("another format")
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
