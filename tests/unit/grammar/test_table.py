"""The process table, read by its header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oomlog.grammar import TableReader, default_grammar

COLUMNS = default_grammar().columns
HEADER = "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name"


def reader(header: str = HEADER) -> TableReader:
    """The reader of a header that is one."""
    found = TableReader.from_header(header, COLUMNS)
    assert found is not None
    return found


def test_keys_carry_units() -> None:
    """Record keys are the kernel's words with their units, in the order of the header."""
    expected = ("pid", "uid", "tgid", "total_vm_pages", "rss_pages", "pgtables_bytes", "swapents_pages")
    assert (*expected, "oom_score_adj", "comm") == reader().keys


@pytest.mark.parametrize("text", ["", "[ pid ]", "pid uid", "Mem-Info:", "[ 12 ] 1 2"])
def test_other_lines_are_no_header(text: str) -> None:
    """Only a line that begins with the pid column is a header."""
    assert TableReader.from_header(text, COLUMNS) is None


def test_unknown_column_keeps_its_place() -> None:
    """A column nobody knows keeps its own name and does not shift its neighbours."""
    found = reader("[ pid ]   uid  new-thing rss name")
    assert found.unknown == ("new_thing",)
    assert found.row("[    1]     0 x7  9 a") == {
        "pid": 1,
        "uid": 0,
        "new_thing": "x7",
        "rss_pages": 9,
        "comm": "a",
    }
    assert found.row("[    1]     0 12  9 a") == {
        "pid": 1,
        "uid": 0,
        "new_thing": 12,
        "rss_pages": 9,
        "comm": "a",
    }


def test_doubled_column_is_kept() -> None:
    """Two columns of the same name both survive."""
    assert reader("[ pid ] rss rss name").keys == ("pid", "rss_pages", "rss_pages_2", "comm")


@pytest.mark.parametrize("word", ["comm", "name"])
def test_the_last_column_is_the_name(word: str) -> None:
    """A column that is called like the task's name is a column of its own, and its words are no numbers."""
    found = reader(f"[  pid  ]   uid  tgid total_vm      rss {word} oom_score_adj name")
    row = found.row("[      9]     0     9     2000      300    six             0 sshd")
    assert row is not None
    assert (row["comm"], row["oom_score_adj"]) == ("sshd", 0)
    assert [row[key] for key in found.unknown] == ["six"]


def test_cut_header() -> None:
    """A header without the name column reads what it has."""
    found = reader("[ pid ]   uid  tgid total_vm")
    assert not found.complete
    assert found.row("[    7]     0     7   12   99 0 bash") == {
        "pid": 7,
        "uid": 0,
        "tgid": 7,
        "total_vm_pages": 12,
    }


ROW = "[   1876]  1000  1876     5283      648   299008        0          -900 "


@pytest.mark.parametrize("comm", ["bash", "(sd-pam)", "", " x", "a  b", "1 2 3", "[ 12]  0", "tmux: server"])
def test_names_are_the_rest_of_the_line(comm: str) -> None:
    """A name may hold blanks, brackets and digits, begin with a blank, or be empty."""
    row = reader().row(ROW + comm)
    assert row is not None
    assert (comm, -900) == (row["comm"], row["oom_score_adj"])


def test_empty_name_without_its_blank() -> None:
    """A logger that strips blanks at the end leaves an empty name."""
    row = reader().row(ROW.rstrip())
    assert row is not None
    assert row["comm"] == ""


@pytest.mark.parametrize("text", ["", "[ 12]", ROW.replace("648", "64x8") + "a", "Mem-Info:", ROW[:40]])
def test_other_lines_are_no_rows(text: str) -> None:
    """A line with a column missing or damaged is no row."""
    assert reader().row(text) is None


def test_bulk_reads_whole_tables() -> None:
    """One findall gives the same rows as one call per line."""
    found = reader()
    lines = [
        f"[   {pid}]     0  {pid}     5283      648   299008        0             0 name {pid}"
        for pid in range(100, 130)
    ]
    text = "".join(f"<6>[   12.345678] {line}\r\n" for line in lines)
    rows = found.bulk(r"<6>\[ {1,9}12\.[0-9]{6}\] ").findall(text)
    assert [found.row(line) for line in lines] == [found.convert(row) for row in rows]


def test_bulk_skips_other_lines() -> None:
    """Lines that are no rows are left out, so the caller can count."""
    assert reader().bulk("").findall("Mem-Info:\n[ 12] 3\n") == []


@given(st.text(max_size=300))
def test_any_text_is_answered(text: str) -> None:
    """No text raises, as header or as row."""
    TableReader.from_header(text, COLUMNS)
    TableReader.from_header("[ pid ]" + text, COLUMNS)
    reader().row(text)
