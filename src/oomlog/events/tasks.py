"""The task table of one report: rows read by the header that the kernel printed.

A whole table is read in one pass over its text where every line is a row; otherwise row by row.  Mirrors
dump_tasks() and dump_task() in mm/oom_kill.c.
"""

from __future__ import annotations

import re
from functools import lru_cache

import orjson

from oomlog.grammar import TableReader, default_grammar
from oomlog.model import Problem, TaskTable

__all__ = ["CORE_COLUMNS", "TaskRows", "full_rows", "rows_json", "table_json"]

Cell = int | str | None
CORE_COLUMNS = (
    "pid", "uid", "tgid", "total_vm_pages", "rss_pages", "swapents_pages", "oom_score_adj", "comm",
)  # fmt: skip
"""Columns that every record has; ``None`` where the kernel had none."""

# Without its header only the columns that never moved can be told: the first five and, since 2.6.36
# (commit a63d83f427fb "oom: badness heuristic rewrite"), oom_score_adj before the name.
_BARE_ROW = re.compile(
    r"[ \t]{0,64}\[[ \t]{0,20}(\d{1,20})\]"
    r"[ \t]+(-?\d{1,20})[ \t]+(\d{1,20})[ \t]+(\d{1,20})[ \t]+(\d{1,20})"
    r"((?:[ \t]{1,40}-?\d{1,20}){1,12})[ \t](.{0,400})\Z"
)
_ROW_LIKE = re.compile(r"\s{0,64}\[ {0,20}\d+\]")
_NUMBER, _PID = "(-?[0-9]{1,20}+)", "([0-9]{1,20}+)"


@lru_cache(maxsize=32)
def _reader(header: str) -> TableReader | None:
    return TableReader.from_header(header, default_grammar().columns)


@lru_cache(maxsize=64)
def _bulk(header: str, prefix: str) -> re.Pattern[str]:
    reader = _reader(header)
    assert reader is not None  # only asked for headers that were read
    # Numbers as JSON writes them; any other line goes into a group of its own at the end.
    row = reader.row_source.replace(_NUMBER, "(-?(?:0|[1-9][0-9]{0,19}+))")
    row = row.replace(_PID, "(0|[1-9][0-9]{0,19}+)")
    return re.compile(rf"^(?:{prefix}{row}\r?|(.+))$", re.MULTILINE)


class TaskRows:
    """Collects the rows of one table."""

    def __init__(self, reader: TableReader | None, header: str) -> None:
        self._reader = reader
        self._header = header
        self._texts: list[tuple[str, ...]] = []
        self._rows: list[tuple[Cell, ...]] = []
        self._clean = True
        self._bare = 0
        self._spliced: tuple[int, str] | None = None
        self._bare_line = 0

    @classmethod
    def from_header(cls, text: str) -> TaskRows | None:
        """Start a table from its header line, ``None`` if the line is none or goes on in the next."""
        header = " ".join(text.split())
        reader = _reader(header)
        return cls(reader, header) if reader is not None and reader.complete else None

    @classmethod
    def without_header(cls) -> TaskRows:
        """Start a table whose header is not in the log."""
        return cls(None, "")

    @property
    def known(self) -> bool:
        """Tell whether there is a header or at least one row."""
        return self._reader is not None or bool(self._rows)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Return the columns that the grammar does not know."""
        return self._reader.unknown if self._reader is not None else ()

    def __len__(self) -> int:
        return len(self._texts) + len(self._rows)

    def take_bulk(self, block: str, prefix: str) -> list[tuple[int, str]] | None:
        """Read a block of lines that are rows, some lines of other subsystems among them.

        :param prefix: Pattern of the prefix that each line has.
        :return: The lines that are no rows, with their index; ``None`` (and nothing taken) if one of them may
            be part of the table after all, so that the block must be read line by line.
        """
        rows = _bulk(self._header, prefix).findall(block)
        others = [(index, row[-1]) for index, row in enumerate(rows) if row[-1]]
        if 2 * len(others) > len(rows):
            return None  # a prefix that is not understood, rather than a busy machine
        if others:
            shape = re.compile(prefix)
            for _, line in others:
                found = shape.match(line)
                text = line[found.end() :] if found else ""
                # Short: perhaps the second half of a name with a newline in it.
                if len(text) < 15 or _ROW_LIKE.match(text):
                    return None
            rows = [row for row in rows if not row[-1]]
        # A line of nothing but blanks matches neither form.
        if len(rows) + len(others) != block.count("\n") + (not block.endswith("\n")):
            return None
        names = "".join([row[-2] for row in rows])
        self._clean = names.isascii() and names.isprintable() and '"' not in names and "\\" not in names
        self._texts = rows
        return others

    def take(self, text: str, line: int, terminated: bool) -> bool:
        """Read one row; False if the line is none.

        The name at the end of an unfinished last line may be cut, so that row is not taken.
        """
        if not terminated:
            return False
        if self._reader is None:
            return self._take_bare(text, line)
        values = self._reader.row(text)
        if values is None:
            return False
        if self._texts:
            self._settle()
        self._rows.append(tuple(values.values()))  # type: ignore[arg-type]
        return True

    def extend_name(self, text: str, *, newline: bool) -> bool:
        """Add what a newline or a wrapped line parted from the last row's name, if it fits 15 bytes."""
        if not self._rows:
            return False
        row = self._rows[-1]
        name = str(row[-1])
        if name and not newline:
            return False
        longer = f"{name}\n{text}" if name else text
        if len(longer.encode()) > 15:
            return False
        self._rows[-1] = (*row[:-1], longer)
        return True

    def _take_bare(self, text: str, line: int) -> bool:
        found = _BARE_ROW.match(text)
        if found is None:
            return False
        pid, uid, tgid, total_vm, rss, middle, comm = found.groups()
        if comm.strip().isdigit() or comm[:1] == " ":
            return False  # a number stands where the name would: the line was broken before its end
        if pid != tgid and not self._rows:
            # The first row after a hole in the log may be glued from two lines ("[1" + "23033]").
            self._spliced = (line, text)
            return True
        numbers = middle.split()
        # cpu, oom_adj (until 2.6.35) or anything longer that ends in oom_score_adj
        adj = int(numbers[-1]) if len(numbers) >= 3 else None
        self._rows.append((int(pid), int(uid), int(tgid), int(total_vm), int(rss), None, adj, comm))
        self._bare += 1
        self._bare_line = self._bare_line or line
        return True

    def _settle(self) -> None:
        self._rows += _convert(self._reader, self._texts)
        self._texts = []

    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong with the table as a whole."""
        if self._spliced is not None:
            return (Problem(*self._spliced, "a row of the task table, whole"), *self._headless())
        return self._headless()

    def _headless(self) -> tuple[Problem, ...]:
        if not self._bare:
            return ()
        text = f"{self._bare} rows without a column header: only the columns common to all kernels are read"
        return (Problem(self._bare_line, text, "the header of the task table"),)

    def table(self) -> TaskTable:
        """Return the rows read so far."""
        if self._reader is None:
            return TaskTable(CORE_COLUMNS, self._rows)
        keys = self._reader.keys
        if self._texts and not self._rows:
            reader, texts = self._reader, self._texts
            json = (lambda: table_json(keys, texts)) if self._clean and not reader.unknown else None
            return TaskTable(keys, lambda: _convert(reader, texts), json)
        if self._texts:
            self._settle()
        return TaskTable(keys, self._rows)


def _convert(reader: TableReader | None, texts: list[tuple[str, ...]]) -> list[tuple[Cell, ...]]:
    assert reader is not None
    # The last group of a row is the empty one of other lines.
    columns = zip(reader.readers, zip(*texts, strict=True), strict=False)
    return list(zip(*(map(read, column) for read, column in columns), strict=True))


@lru_cache(maxsize=32)
def _template(columns: tuple[str, ...]) -> str:
    missing = [name for name in CORE_COLUMNS if name not in columns]
    parts = []
    for name in columns:
        if name == "comm":
            parts += [f'"{gone}":null' for gone in missing]
        parts.append(f'"{name}":"%s"' if name == "comm" else f'"{name}":%s')
    return "{" + ",".join(parts) + "}%.0s"  # the last group of a row is empty


def table_json(keys: tuple[str, ...], texts: list[tuple[str, ...]]) -> bytes:
    """Render rows of digits and plain names as a JSON array, without turning them into numbers first."""
    return ("[" + ",".join(map(_template(keys).__mod__, texts)) + "]").encode()


def rows_json(table: TaskTable) -> bytes:
    """Render any table as a JSON array of records that have at least ``CORE_COLUMNS``."""
    return orjson.dumps(full_rows(table))


def full_rows(table: TaskTable) -> list[dict[str, Cell]]:
    """Return the rows as records that have at least ``CORE_COLUMNS``."""
    missing = dict.fromkeys(name for name in CORE_COLUMNS if name not in table.columns)
    return [{**row, **missing} for row in table]
