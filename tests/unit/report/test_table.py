"""Tables of escaped cells, plain and on terminals of any width."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oomlog.report.escape import cell
from oomlog.report.table import Column, drawn_table, plain_table

COLUMNS = (
    Column("PID", right=True),
    Column("NAME", folds=True),
    Column("RSS", right=True, last=2),
    Column("NOTE", folds=True, last=1),
)
cells = st.tuples(
    st.integers(1, 9_999_999).map(str),
    st.text(max_size=15).map(cell),
    st.just("1.50 GiB"),
    st.text(max_size=40).map(cell),
)


def test_plain_columns_are_aligned() -> None:
    """Numbers are on the right, and no line ends in blanks."""
    rows = [("7", "a", "9 KiB", ""), ("1234", "long", "10 KiB", "next")]
    assert plain_table(COLUMNS, rows, colour=False, marked=frozenset()) == (
        " PID  NAME     RSS  NOTE\n   7  a      9 KiB\n1234  long  10 KiB  next\n"
    )


def test_marked_rows_are_red() -> None:
    """Only the row that is marked, and only with colour."""
    page = plain_table(
        COLUMNS, [("7", "a", "-", ""), ("8", "b", "-", "")], colour=True, marked=frozenset({1})
    )
    assert "\x1b[1;31m  8" in page
    assert page.count("\x1b[1;31m") == 1


@given(st.lists(cells, max_size=5), st.integers(20, 200), st.booleans())
def test_numbers_are_whole_or_left_out(rows: list[tuple[str, ...]], width: int, colour: bool) -> None:
    """A narrow terminal loses columns, never a part of a number; colour comes from oomlog alone."""
    page = drawn_table(COLUMNS, rows, colour=colour, width=width, marked=frozenset())
    shown = "1.50 GiB" in page
    assert page.count("1.50 GiB") >= (len(rows) if shown else 0)
    assert all(row[0] in page for row in rows)
    if not colour:
        assert "\x1b" not in page
        assert all(len(line) <= width for line in page.splitlines() if line.isascii())
