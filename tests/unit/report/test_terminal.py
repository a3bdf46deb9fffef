"""The table on a terminal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

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


def test_victim_goes_last(make_event: MakeEvent) -> None:
    """However narrow the terminal, the victim is shown; the time is the last to make room for it."""
    event = make_event(
        host="web1", scope="memcg", oom_memcg="/a", time=datetime(2024, 5, 1),
        kills=(Kill(42, "java", anon_rss_kb=1, file_rss_kb=1, shmem_rss_kb=1),),
    )  # fmt: skip
    seen = []
    for width in range(120, 7, -1):
        text = drawn(event, width=width)
        assert "java[42]" in text
        assert max(map(len, text.splitlines())) <= width
        if (columns := text.splitlines()[0].split()) not in seen:
            seen.append(columns)
    assert seen[0] == ["TIME", "HOST", "VICTIM", "ANON", "FILE", "SHMEM", "SCOPE", "TRIGGER", "WHERE"]
    assert seen[-3:] == [["TIME", "VICTIM", "ANON"], ["TIME", "VICTIM"], ["VICTIM"]]
    assert "java[42]" in drawn(event, width=3).replace("\n", "")


CONTAINER = "0123456789ab" + "cdef" * 13


@pytest.mark.parametrize(
    ("leaf", "shown"),
    [
        (CONTAINER, "memcg container 0123456789ab\u2026"),
        (f"docker-{CONTAINER}.scope", "memcg docker 0123456789ab\u2026"),
        (f"{CONTAINER}0", f"memcg {CONTAINER}0"),
        (CONTAINER.upper(), f"memcg {CONTAINER.upper()}"),
    ],
)
def test_container_ids_are_short(make_event: MakeEvent, leaf: str, shown: str) -> None:
    """A container is named by the 12 digits that docker shows; other long names stay whole."""
    text = drawn(make_event(scope="memcg", oom_memcg=f"/kubepods/pod1/{leaf}"), width=300)
    assert f" {shown}  " in text


def test_inferred_year_is_explained_where_it_is_shown(make_event: MakeEvent) -> None:
    """The line about years stands below a table that shows one, once, and below no other."""
    event = make_event(time=datetime(2024, 5, 1), time_origin="inferred")
    assert drawn(*[event] * 1200).splitlines()[-1].startswith("~ year inferred from the file's date; ")
    assert drawn(*[event] * 1200).count("~ year") == 1
    assert "~" not in drawn(event, width=20)
    assert "~" not in drawn(make_event(time=datetime(2024, 5, 1), time_origin="printed"))
