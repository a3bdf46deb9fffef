"""The table on a terminal."""

from __future__ import annotations

from collections.abc import Callable

from oomlog.model import Kill, OomEvent
from oomlog.report.terminal import TerminalReport

MakeEvent = Callable[..., OomEvent]


def drawn(*events: OomEvent, width: int = 120) -> str:
    written: list[bytes] = []
    report = TerminalReport(written.append, colour=False, width=width)
    for event in events:
        report.add(event)
    report.finish()
    return b"".join(written).decode()


def test_markup_stays_text(make_event: MakeEvent) -> None:
    """A name in the form of rich's markup, emoji codes or links is shown letter by letter."""
    for name in ("[red]x", "[/]", ":smile:", "[link=x]y", "[@click=a]b"):
        assert f"{name}[1]" in drawn(make_event(kills=(Kill(1, name),)))


def test_nothing_known_takes_no_room(make_event: MakeEvent) -> None:
    """Columns without a value are left out."""
    assert "HOST" not in drawn(make_event())
    assert "HOST" in drawn(make_event(host="web1"))


def test_narrow_terminal(make_event: MakeEvent) -> None:
    """Where there is little room, what matters least goes first, and no line is too long."""
    event = make_event(host="web1", kills=(Kill(42, "java", anon_rss_kb=1, file_rss_kb=1, shmem_rss_kb=1),))
    text = drawn(event, width=44)
    assert "java[42]" in text
    assert "WHERE" not in text
    assert max(map(len, text.splitlines())) <= 44


def test_long_name_is_folded_not_cut(make_event: MakeEvent) -> None:
    """A name that is longer than the terminal goes on in the next line."""
    event = make_event(scope="memcg", oom_memcg="/" + "0123456789" * 10)
    text = drawn(event, width=60)
    assert sum(text.count(digit) for digit in "9") >= 10
    assert "\u2026" not in text
