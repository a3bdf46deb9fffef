"""Write what is generated from the grammar files: the tables of ``README.md``, and ``compiled.json``.

``python -m oomlog.grammar.reference`` brings both up to date; a test fails when they are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from oomlog.grammar.cache import SHIPPED
from oomlog.grammar.fields import FIELD_TYPES
from oomlog.grammar.files import SectionFile
from oomlog.grammar.load import compiled, find_folder, read_files

__all__ = ["kernels", "tables", "updated"]

_BLOCK = re.compile(r"(<!-- begin (\w+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)


def tables(files: Sequence[SectionFile]) -> dict[str, str]:
    """The generated tables by name."""
    return {"types": _types(), "sections": _sections(files), "columns": _columns(files)}


def updated(text: str, files: Sequence[SectionFile]) -> str:
    """The README's text with its tables as they should be."""
    made = tables(files)
    return _BLOCK.sub(lambda found: f"{found[1]}{made[found[2]]}{found[3]}", text)


def kernels(since: str, until: str) -> str:
    """A range of kernels as one reads it."""
    return since if since == until else f"{since} - {until}".rstrip()


def _types() -> str:
    rows = []
    for kind in FIELD_TYPES.values():
        key = f"`name{kind.suffix}`" if kind.suffix else "`name`"
        rows.append((f"`{kind.name}`", kind.doc, f"`{kind.example}`", key))
    return _table(("type", "what it reads", "example", "record key"), rows)


def _sections(files: Sequence[SectionFile]) -> str:
    rows = [(f"[{file.section}]({file.path})", str(len(file.variants)), file.doc) for file in files]
    return _table(("section", "variants", "what it is"), rows)


def _columns(files: Sequence[SectionFile]) -> str:
    rows = [
        (f"`{column.word}`", f"`{column.key}`", kernels(column.since, column.until), column.meaning)
        for file in files
        for column in file.columns
    ]
    return _table(("header", "record key", "kernels", "meaning"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    # A bar would end the cell, even inside backquotes.
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _main() -> None:
    folder = find_folder()
    readme = folder / "README.md"
    readme.write_text(updated(readme.read_text("utf-8"), read_files(folder)), "utf-8")
    (folder / SHIPPED).write_text(compiled(folder), "ascii")


if __name__ == "__main__":
    _main()
