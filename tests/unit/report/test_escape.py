"""Names from logs cannot do anything when they are printed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oomlog.report.escape import cell, clip, escape, sheet_cell, without_surrogates


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("nginx", "nginx"),
        ("a\x1b[2J", r"a\x1b[2J"),
        ("a\x9b2J", r"a\x9b2J"),
        ("a\nb\r\tc\0", r"a\x0ab\x0d\x09c\x00"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("\u2066x\u2069\u200e\u200f\u061c", r"\u2066x\u2069\u200e\u200f\u061c"),
        ("x\u200b\u200c\u200d\ufeff\u00ady", r"x\u200b\u200c\u200d\ufeff\xady"),
        ("\u2028\u2029\x85", r"\u2028\u2029\x85"),
        ("\u3164\u2800\ufe0f", r"\u3164\u2800\ufe0f"),
        ("\U000e0041", r"\U000e0041"),
        ("kern\udcff.log", r"kern\xff.log"),
        ("\ud83d", r"\ud83d"),
        ("größe 가나 日本", "größe 가나 日本"),
        (r"system-getty\x2dtty1.slice", r"system-getty\x2dtty1.slice"),
        ("\u00a0\u3000", r"\xa0\u3000"),
    ],
)
def test_escape(name: str, shown: str) -> None:
    """Control, bidirectional and invisible characters are shown by number; letters stay."""
    assert escape(name) == shown


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_escaped_text_is_visible(text: str) -> None:
    """Whatever goes in, what comes out is one line of visible characters that any stream can take."""
    shown = escape(text)
    assert shown.encode().decode() == shown
    assert all(unicodedata.category(char)[0] != "C" and char.isprintable() for char in shown)


@given(st.text(" ab\n\u202e", max_size=12))
def test_cell_has_no_gap(text: str) -> None:
    """No cell looks like two: it is never empty, and blanks in it are single and inside."""
    shown = cell(text)
    assert shown
    assert "  " not in shown
    assert shown == shown.strip(" ")


@pytest.mark.parametrize("first", ["=", "+", "-", "@", " =", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_formulas_get_a_quote(first: str) -> None:
    """What a spreadsheet would take for a formula starts with a quote."""
    assert sheet_cell(f"{first}SUM(A1)") == f"'{first}SUM(A1)"


@pytest.mark.parametrize("first", ["\t", "\r", "\n", "\x00"])
def test_controls_cannot_start_a_sheet_cell(first: str) -> None:
    """A control character in front of a formula is escaped, so the cell starts with a backslash."""
    assert sheet_cell(f"{first}=1").startswith("\\x")


def test_clip() -> None:
    """A long text is cut to the width, and says so; an escaped character counts as what is shown."""
    assert clip("x" * 120, 120) == "x" * 120
    assert clip("x" * 121, 120) == "x" * 117 + "..."
    assert clip("\x1b" * 40, 120) == "\\x1b" * 29 + "\\..."
    assert len(clip("\x1b" * 1_000_000, 120)) == 120


def test_without_surrogates_changes_nothing_else() -> None:
    """Text that UTF-8 can hold stays as it is, control characters included."""
    assert without_surrogates("a\x1b\u202e가") == "a\x1b\u202e가"
    assert without_surrogates("\udc80\ud800") == r"\x80\ud800"
