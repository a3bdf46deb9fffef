"""A grammar file as it was written, samples and all: for tests, docs and the command line."""

from __future__ import annotations

from dataclasses import dataclass

from oomlog.grammar.model import Column, Variant

__all__ = ["Header", "Sample", "SectionFile", "VariantSource"]


@dataclass(frozen=True, slots=True)
class Sample:
    """A line and what must be read from it."""

    line: str
    expect: dict[str, object]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """A header of the process table with one row and what must be read from it."""

    line: str
    row: str
    expect: dict[str, object]
    since: str
    until: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class VariantSource:
    """A variant as written in its file."""

    variant: Variant
    source: str
    samples: tuple[Sample, ...]
    unlike: tuple[str, ...] = ()
    doc: str = ""


@dataclass(frozen=True, slots=True)
class SectionFile:
    """One grammar file."""

    path: str
    section: str
    doc: str
    kernel: str
    variants: tuple[VariantSource, ...]
    columns: tuple[Column, ...] = ()
    headers: tuple[Header, ...] = ()
