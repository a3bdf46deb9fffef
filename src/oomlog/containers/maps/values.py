"""Values of a JSON text that somebody else wrote: each of the type wanted, or ``None``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

__all__ = ["Table", "flag", "number", "quantity", "rows", "table", "text", "texts", "variables"]

Table = Mapping[str, Any]

# resource.Quantity of Kubernetes (apimachinery/pkg/api/resource).
_QUANTITY = re.compile(r"\+?(\d{1,20}(?:\.\d{0,9})?|\.\d{1,9})(?:([eE][+-]?\d{1,2})|([numkKMGTPE]i?)?)")
_LETTERS = "KMGTPE"


def table(value: object, *keys: str) -> Table:
    """Return an object, or the object below some keys; empty when it is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def rows(value: object) -> Iterator[Table]:
    """Yield the objects of a list."""
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, Mapping))


def text(value: object) -> str | None:
    """Return a text that is not empty."""
    return value if isinstance(value, str) and value else None


def texts(value: object) -> list[str]:
    """Return the texts of a list; of a single text, that."""
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def number(value: object) -> int | None:
    """Return a whole number, also one that is written as a text (int64 in protobuf's JSON)."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 64 else None


def flag(value: object) -> bool | None:
    """Return a truth value."""
    return value if isinstance(value, bool) else None


def quantity(value: object) -> int | None:
    """Return bytes of a quantity of Kubernetes, rounded up as its API does.

    >>> quantity("2Gi"), quantity("1500M"), quantity("1.5Gi"), quantity("128974848"), quantity("1e3")
    (2147483648, 1500000000, 1610612736, 128974848, 1000)
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return number(value)
    found = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    digits, exponent, suffix = found.groups()
    try:
        size = Decimal(digits + (exponent or ""))
    except InvalidOperation:
        return None
    if suffix:
        size *= _factor(suffix)
    whole = int(size)
    whole += whole < size
    return whole if whole < 1 << 64 else None


def _factor(suffix: str) -> Decimal:
    if suffix in ("n", "u", "m"):
        return Decimal(1).scaleb({"n": -9, "u": -6, "m": -3}[suffix])
    power = _LETTERS.index(suffix[0].upper()) + 1
    return Decimal(1024**power if suffix.endswith("i") else 1000**power)


def variables(value: object) -> dict[str, str]:
    """Return an environment, from ``NAME=value`` texts or from objects with a name (or key) and a value."""
    found = {}
    for each in value if isinstance(value, Sequence) and not isinstance(value, str) else ():
        if isinstance(each, str):
            name, _, content = each.partition("=")
            found[name] = content
        elif isinstance(each, Mapping):
            named, said = text(each.get("name")) or text(each.get("key")), text(each.get("value"))
            if named is not None and said is not None:
                found[named] = said
    return found
