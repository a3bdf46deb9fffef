"""Texts in pictures."""

from __future__ import annotations

import pytest
from drawn import title

from oomlog.explain.model import Ledger, LedgerItem
from oomlog.report.plots import fonts, plot_ledger, svg_of

LEDGER = Ledger("machine", None, 1000, (LedgerItem("anon", 1000, None),), 0)


@pytest.fixture
def no_korean(monkeypatch):
    """Let this machine have no Korean font."""
    for cached in (fonts._hangul, fonts._letters, fonts.text_width):
        cached.cache_clear()
    monkeypatch.setattr(fonts, "_HANGUL", ())
    yield
    for cached in (fonts._hangul, fonts._letters, fonts.text_width):
        cached.cache_clear()


def test_without_a_korean_font_it_is_english(no_korean):
    """Boxes instead of letters help nobody; names from the log are escaped."""
    assert title(plot_ledger(LEDGER, lang="ko")) == "Anonymous memory: 100 % of 1000 KiB of RAM"
    assert fonts.shown("가") == "\\uac00"
    svg_of(plot_ledger([Ledger("memcg", "/가", 10, (), None)]))


def test_korean_is_korean():
    """Where there is a font for it."""
    if fonts.speakable("ko") == "en":
        pytest.skip("no Korean font is installed here")
    assert title(plot_ledger(LEDGER, lang="ko")) == "anonymous 메모리: RAM 1000 KiB의 100%"


@pytest.mark.parametrize("width", [20, 60, 120])
def test_what_is_cut_fits(width):
    """In the middle, as a series differs at its ends and a pid stands last; or at the beginning for paths."""
    text = "/system.slice/docker-0123456789ab.scope"
    front, back = fonts.fit(text, width), fonts.fit(text, width, end=True)
    assert max(fonts.text_width(front), fonts.text_width(back)) <= width
    head, _, tail = front.partition("…")
    assert text.startswith(head)
    assert text.endswith(tail)
    assert len(head) >= len(tail)
    assert back.startswith("…")
    assert text.endswith(back[1:])


def test_lines_do_not_end_between_a_number_and_its_unit():
    """``11.9`` and ``MiB`` belong together."""
    for width in range(40, 300, 20):
        lines = fonts.wrapped("it was 11.9 MiB or 12 % of all that there was", width, 9, lines=20)
        assert not any(line.startswith(("MiB", "%")) for line in lines)
