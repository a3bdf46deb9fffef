"""Pictures of many kills: each kill is in them once, and titles say what is so."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from drawn import bars, texts, title
from many import fleet, kills_of, line
from matplotlib.colors import to_rgb

import oomlog
from oomlog import frame
from oomlog.errors import PictureError
from oomlog.history.incidents import GAP_S
from oomlog.history.record import History
from oomlog.report.plots import plot_calendar, plot_rss_trend, plot_storms, plot_timeline, svg_of
from oomlog.report.plots.theme import COLOURS
from oomlog.report.plots.times import length_text, length_ticks

SAMPLES = Path(__file__).resolve().parents[4] / "samples"
ALL = (plot_timeline, plot_calendar, plot_rss_trend, plot_storms)
MONDAY = datetime(2026, 11, 16, 10)


@pytest.fixture(scope="module")
def week():
    """A week of three hosts' kills."""
    return kills_of(fleet())


def at(*minutes: float, host: str = "a", comm: str = "x", zone: str = "+00:00", rss_kb: int = 1000):
    """Return kills at these minutes after a Monday's 10:00."""
    lines = [
        line(MONDAY + timedelta(minutes=each), host, comm, 100 + number, rss_kb, zone=zone)
        for number, each in enumerate(minutes)
    ]
    return kills_of("".join(lines))


def luminance(rgb) -> float:
    """Return how bright a colour is, as WCAG counts it."""
    linear = np.where(rgb <= 0.03928, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


def counted(ax, row: int) -> int:
    """Return how many kills the bars of a row stand for."""
    return sum(int(name.partition("@")[0]) for name in bars(ax, f"{row}."))


# -- timeline ------------------------------------------------------------------------------------------


def test_each_kill_is_in_its_row(week):
    """Rows are the hosts, those with the most kills first, and bars add up to the number beside them."""
    ax = plot_timeline(week)
    by_host = week["host"].value_counts()
    for row, host in enumerate(sorted(by_host.index, key=lambda name: (-by_host[name], name))):
        assert counted(ax, row) == by_host[host]
        assert host in texts(ax)
    assert title(ax) == "web-1 had 37 of 77 kills, 2026-11-16 01:22 to 2026-11-22 20:28"


def test_the_tallest_bar_is_as_high_as_the_row(week):
    """Others are as high as their share of it, but never too low to be seen."""
    ax = plot_timeline(week)
    found = {name: bar.get_height() for name, bar in bars(ax).items()}
    sizes = {int(name.partition(".")[2].partition("@")[0]): height for name, height in found.items()}
    most = max(sizes)
    assert all(height == pytest.approx(max(15 * count / most, 3)) for count, height in sizes.items())
    assert any(text.startswith(f"The tallest bar: {most} in ") for text in texts(ax))


def test_rows_can_be_places_or_victims(week):
    """And what is not known has a row of its own, the last."""
    ax = plot_timeline(week, by="where")
    assert [counted(ax, row) for row in (0, 1)] == [28, 49]
    assert {"shop.service", "cgroup not known"} <= set(texts(ax))
    assert title(ax).startswith("shop.service had 28 of 77 kills")
    ax = plot_timeline(week, by="comm")
    assert [counted(ax, row) for row in range(3)] == [42, 28, 7]


def test_many_rows_are_put_together():
    """The rest is one row, and every kill is still there."""
    lines = [line(MONDAY + timedelta(hours=n), f"host-{n:02}", "x", 100 + n, 1000) for n in range(30)]
    ax = plot_timeline(kills_of("".join(lines)))
    assert sum(counted(ax, row) for row in range(13)) == 30
    assert "18 others" in texts(ax)
    assert title(ax).endswith("; host-00 and others had 1 each")


def test_times_of_two_kinds_are_not_mixed():
    """Kills on another clock are counted in a note."""
    both = (
        line(MONDAY, "a", "x", 7, 1000)
        + "[    5.000000] Out of memory: Killed process 8 (y) "
        + ("total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB\n")
    )
    ax = plot_timeline(kills_of(both))
    assert counted(ax, 0) == 1
    assert "Kills on clocks that cannot be compared with this one: 1." in "\n".join(texts(ax))


def test_the_wall_clock_with_more_kills_is_shown():
    """One log with a zone does not hide many without."""
    zoned = line(MONDAY, "a", "x", 1, 10)
    bare = "".join(line(MONDAY + timedelta(days=day), "b", "x", 1, 10, zone="") for day in (1, 2))
    ax = plot_timeline(kills_of(zoned + bare))
    assert title(ax).startswith("x: 2 kills, 2026-11-17")
    assert "Kills on clocks that cannot be compared with this one: 1." in " ".join(texts(ax))


def test_seconds_since_boot_are_an_axis():
    """dmesg has no wall clock."""
    ax = plot_timeline(frame.kills(oomlog.parse(SAMPLES / "v6.12-series.dmesg.log")))
    assert title(ax) == "app.service had 2 of 4 kills, [5.521] to [14.138]"
    assert "seconds since boot" in texts(ax)


# -- calendar ------------------------------------------------------------------------------------------


def test_each_kill_is_in_its_hour(week):
    """Numbers of cells add up to all kills."""
    ax = plot_calendar(week)
    cells = [int(patch.get_gid()[6:]) for patch in ax.patches if (patch.get_gid() or "").startswith("count.")]
    assert sum(cells) == len(week)
    assert title(ax) == "The hour with the most kills: Thursday from 10:00, 42 of 77"


def test_hours_are_those_of_the_wall():
    """As each log prints them, or in the zone that was asked for."""
    kills = at(0, 10, 20, zone="+09:00")
    ax = plot_calendar(kills)
    assert title(ax) == "The hour with the most kills: Monday from 10:00, 3 of 3"
    assert "Hours: +09:00." in texts(ax)
    ax = plot_calendar(kills, tz=ZoneInfo("America/New_York"))
    assert title(ax) == "The hour with the most kills: Sunday from 20:00, 3 of 3"
    assert "Hours: America/New_York." in texts(ax)


def test_no_hour_is_named_that_does_not_stand_out():
    """Two hours with one kill each are no finding, the same hour of several days is."""
    ax = plot_calendar(at(0, 60))
    assert title(ax) == "2 kills, in no hour of the week more than 1"
    ax = plot_calendar(at(0, 60, 24 * 60))
    assert title(ax) == "The hour of the day with the most kills: from 10:00, 2 of 3, 66.7 %"


def test_one_kill_is_no_dark_hour():
    """The title of a single kill says when it was, and its cell is faint."""
    ax = plot_calendar(at(0))
    assert title(ax) == "One kill, on a Monday in the hour from 10:00"
    [cell] = bars(ax, "count.").values()
    assert cell.get_alpha() < 0.5


def test_numbers_of_hours_can_be_read():
    """Whatever its strength, a cell's number differs from it in luminance by four to one (WCAG)."""
    many = at(*(60 * hour for hour in range(8) for _ in range(hour + 1)))
    ax = plot_calendar(many)
    numbers = {text.get_text(): text.get_color() for text in ax.texts if text.get_text().isdigit()}
    for name, cell in bars(ax, "count.").items():
        blue, alpha = np.array(to_rgb(COLOURS["blue"])), cell.get_alpha()
        ground = alpha * blue + (1 - alpha) * np.array(to_rgb(COLOURS["track"]))
        light, dark = sorted((luminance(ground), luminance(np.array(to_rgb(numbers[name])))), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4, name


# -- trend ---------------------------------------------------------------------------------------------


def test_points_limit_and_trend_are_the_numbers():
    """On one scale, which begins at 0."""
    lines = [
        line(
            MONDAY + timedelta(days=n), "a", "java", 100 + n, 1000 * (n + 1), cgroup="/system.slice/a.service"
        )
        for n in range(6)
    ]
    kills = kills_of("".join(lines))
    ax = plot_rss_trend(kills)
    drawn = {each.get_gid(): each for each in ax.lines if each.get_gid()}
    points, limit, trend = drawn["0.rss"], drawn["0.limit.2097152"], drawn["0.trend"]
    high = float(limit.get_ydata()[0])
    zero = high + (float(points.get_ydata()[0]) - high) * 2097152 / (2097152 - 1000)
    unit = (zero - high) / 2097152
    sizes = (zero - np.asarray(points.get_ydata())) / unit
    assert sizes == pytest.approx(kills["rss_kb"].to_numpy(dtype=float), abs=1)
    ends = (zero - np.asarray(trend.get_ydata())) / unit
    assert ends == pytest.approx([1000, 6000], abs=1)
    assert title(ax) == "java had 1000 KiB more RSS each day at its 6 kills"


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ([900], "x had 900 KiB of RSS at its kill"),
        ([900, 2048], "x had 900 KiB to 2.00 MiB of RSS at 2 kills, too few to tell a trend"),
        ([900, 100, 900, 100, 900, 100], "x had 100 KiB to 900 KiB of RSS at 6 kills, with no clear trend"),
        ([600, 500, 400, 300, 200, 100], "x had 100 KiB less RSS each day at its 6 kills"),
    ],
)
def test_a_trend_is_told_where_there_is_one(sizes, said):
    """Not of few kills, and not where pairs of kills disagree."""
    lines = [line(MONDAY + timedelta(days=n), "a", "x", 100 + n, kb) for n, kb in enumerate(sizes)]
    ax = plot_rss_trend(kills_of("".join(lines)))
    assert title(ax) == said
    assert any(each.get_gid() == "0.trend" for each in ax.lines) == ("less" in said)


def test_kills_close_together_tell_no_trend():
    """That is another reason than too few of them, and the title says so."""
    ax = plot_rss_trend(at(*range(8)))
    assert title(ax) == (
        "x had 1000 KiB to 1000 KiB of RSS at 8 kills within 7 min, too close together to tell a trend"
    )


def test_of_those_killed_once_the_largest_is_first():
    """Names tell nothing; and the title says that nobody was killed twice."""
    lines = [line(MONDAY, "a", comm, size, size) for comm, size in (("a", 10), ("b", 30), ("c", 20))]
    ax = plot_rss_trend(kills_of("".join(lines)), limit=2)
    assert title(ax) == "Nobody was killed twice; b had the most RSS at a kill, 30 KiB"
    assert "a" not in texts(ax)


def test_one_victim_can_be_asked_for(week):
    """By its name; a name that nobody had is an error."""
    ax = plot_rss_trend(week, comm="backup")
    assert title(ax).startswith("backup had ")
    with pytest.raises(PictureError, match="no memory at kills"):
        plot_rss_trend(week, comm="nobody")


# -- storms --------------------------------------------------------------------------------------------


def test_a_burst_has_all_its_kills(week):
    """From its first kill on, whatever hosts they were on; kills outside of bursts are counted."""
    ax = plot_storms(week)
    assert counted(ax, 0) == 42
    assert title(ax).startswith("The largest burst: 42 kills in ")
    assert title(ax).endswith(" on 5 hosts, 2026-11-19 10:00")
    assert "42 × worker" in texts(ax)
    assert "Kills in no burst: 35." in "\n".join(texts(ax))


def test_kills_of_one_second_are_a_burst_of_one_second():
    """A clock of whole seconds does not make a burst of no length, nor a scale that says nothing."""
    ax = plot_storms(at(*(0 for _ in range(4))))
    assert title(ax) == "The largest burst: 4 kills in 1 s on a, 2026-11-16 10:00"
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels[-1] == "1 s"
    assert len(labels) == len(set(labels))


def test_the_gap_is_that_of_the_history():
    """Or the one given."""
    kills = at(0, 4, 8, 30, 34)
    assert counted(plot_storms(kills), 0) == 3
    assert GAP_S == 300
    assert counted(plot_storms(History(kills, gap_s=1800)), 0) == 5
    with pytest.raises(PictureError, match="no bursts: nowhere did 3 kills follow on each other within 60 s"):
        plot_storms(kills, gap_s=60)


# -- all -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", ALL)
def test_a_history_is_drawn_as_its_kills_are(draw, week):
    """Which says the zone, too."""
    assert svg_of(draw(History(week))) == svg_of(draw(week))


@pytest.mark.parametrize("draw", ALL)
def test_nothing_is_drawn_of_nothing(draw):
    """No kills, or kills without any time."""
    with pytest.raises(PictureError, match="no kills: there is nothing to draw"):
        draw(frame.kills([]))
    text = "Out of memory: Killed process 7 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"
    with pytest.raises(PictureError, match=r"no times: the log has neither|no hours: the log has no wall"):
        draw(kills_of(f"{text}\n"))


@pytest.mark.parametrize("draw", ALL)
@pytest.mark.parametrize(("lang", "width"), [("en", 700), ("ko", 340)])
def test_hostile_names_are_text(draw, lang, width):
    """Of tasks, hosts and cgroups."""
    lines = [
        line(MONDAY + timedelta(minutes=n), f"h$x_{n}<b>", "$\\frac<i>&", 100 + n, 1000, cgroup="/a/$^<u>\"'")
        for n in range(4)
    ]
    root = ElementTree.fromstring(svg_of(draw(kills_of("".join(lines)), lang=lang, width=width)))
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not tags & {"b", "i", "u", "script"}


def test_event_pictures_need_no_pandas():
    """It is imported when a picture of many kills is asked for."""
    code = (
        "import sys, oomlog.report.plots as plots; assert 'pandas' not in sys.modules\n"
        "plots.plot_timeline; assert 'pandas' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("high", "room", "expected"),
    [
        (10, 400, ["0", "5 s", "10 s"]),
        (0.3, 400, ["0", "100 ms", "200 ms", "300 ms"]),
        (400, 400, ["0", "2 min", "4 min", "6 min"]),
        (86400 * 5, 400, ["0", "2 days", "4 days"]),
    ],
)
def test_lengths_have_round_ticks(high, room, expected):
    """In seconds, minutes, hours and days."""
    assert [length_text(each, "en") if each else "0" for each in length_ticks(high, room)] == expected
