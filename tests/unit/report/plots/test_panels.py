"""Several pictures of one history on one sheet."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest

import oomlog
from oomlog.errors import PictureError
from oomlog.report.plots import plot_history
from oomlog.report.plots.output import file_bytes

CEST = timezone(timedelta(hours=2))


def log(count: int, *, minutes: int, comm: str = "java") -> str:
    """Return kills at 00:30 and later, in a zone two hours ahead of UTC."""
    first = datetime(2026, 7, 1, 0, 30, tzinfo=CEST)
    return "".join(
        f"{(first + timedelta(minutes=minutes * at)).isoformat()} web1 kernel: Out of memory: Killed process "
        f"{at + 7} ({comm}) total-vm:90000kB, anon-rss:{80_000 + at}kB, file-rss:0kB, shmem-rss:0kB, UID:0\n"
        for at in range(count)
    )


def titles(text: str) -> list[str]:
    return [axes.get_title(loc="left") for axes in plot_history(oomlog.history(text)).axes]


def test_each_picture_has_its_place() -> None:
    """Timeline, calendar, bursts and sizes stand below each other, none over another."""
    figure = plot_history(oomlog.history(log(6, minutes=1)))
    boxes = [axes.get_position() for axes in figure.axes]
    assert len(boxes) == 4
    assert all(lower.y1 < upper.y0 for upper, lower in pairwise(boxes))
    assert all(0 < box.y0 < box.y1 < 1 for box in boxes)


def test_what_has_nothing_to_show_is_left_out() -> None:
    """Two kills a day apart are no burst, and no sizes to compare; seconds since boot have no hours."""
    assert len(titles(log(2, minutes=24 * 60))) == 2
    uptime = "[    5.000000] Out of memory: Killed process 7 (a) total-vm:9kB, anon-rss:8kB, file-rss:0kB\n"
    assert len(titles(uptime)) == 1
    with pytest.raises(PictureError, match="no kills"):
        plot_history(oomlog.history("nothing\n"))


def test_all_pictures_are_in_the_zone_of_the_log() -> None:
    """The one zone that the logs print is that of the timeline as well as that of the calendar."""
    timeline = titles(log(3, minutes=60))[0]
    assert "2026-07-01 00:30 to 2026-07-01 02:30" in timeline


@pytest.mark.parametrize("form", ["png", "svg"])
def test_names_are_texts_and_the_same_history_the_same_bytes(form: str) -> None:
    """No name becomes markup, and nothing depends on when or where it is drawn."""
    past = oomlog.history(log(3, minutes=5, comm="<script>x"))
    first, second = (file_bytes(plot_history(past), form) for _ in range(2))
    assert first == second
    assert b"<script" not in first
    if form == "svg":
        assert b"&lt;script&gt;x" in first
