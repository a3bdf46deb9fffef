"""Bars in letters, in reports as Markdown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import oomlog
from oomlog.explain.phrases import LANGUAGES
from oomlog.report.document_text import width_of

SAMPLES = Path(__file__).parents[3] / "samples"
BAR = re.compile(r"^(?P<label>.*?) {2,}(?P<bar>[█▏▎▍▌▋▊▉]*) *(?P<value>\S.*)$")


def bars(text: str, heading: str) -> list[tuple[str, float, str]]:
    """Return label, length and value of each bar below a heading."""
    section = text.split(f"## {heading}\n\n```text\n", 1)[1].split("\n```", 1)[0]
    found = []
    for line in section.splitlines():
        match = BAR.match(line)
        assert match is not None, line
        bar = match["bar"]
        length = bar.count("█") + sum(" ▏▎▍▌▋▊▉".index(char) / 8 for char in bar if char != "█")
        found.append((match["label"].strip(), length, match["value"]))
    return found


def markdown(log: str | Path, lang: str = "en") -> str:
    return oomlog.report(log, lang=lang).markdown()


def test_bars_are_as_long_as_their_numbers() -> None:
    """The largest item has the longest bar, and the others their part of it."""
    found = bars(markdown(SAMPLES / "v5.10-global.dmesg.log"), "Where the memory went")
    assert found[0] == ("anonymous memory", 30.0, "642 MiB, 83.7 %")
    lengths = {label: length for label, length, _ in found}
    assert lengths["reserved"] == pytest.approx(30 * 58.5 / 642, abs=1 / 8)
    assert all(length > 0 for length in lengths.values())


def test_badness_below_zero_has_no_bar() -> None:
    """Who is protected has a number and nothing to compare it with; who was killed is told."""
    found = bars(markdown(SAMPLES / "v5.10-global.dmesg.log"), "Why this victim")
    assert found[0] == ("python3 (110)", 30.0, "614 MiB, killed")
    assert found[-1] == ("dbus-daemon (86)", 0.0, "-635 MiB")


def test_numbers_that_contradict_have_no_shares() -> None:
    """A damaged report shows its items beside the total that they do not add up to."""
    log = (
        (SAMPLES / "v5.10-global.dmesg.log")
        .read_text()
        .replace("inactive_anon:164438", "inactive_anon:1644389")
    )
    found = bars(markdown(log), "Where the memory went")
    assert not any("%" in value for _, _, value in found)
    assert [label for label, _, _ in found[-2:]] == ["Sum of the items", "Total by the log: does not add up"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_bars_begin_below_each_other(lang: str) -> None:
    """Letters of two columns are two columns wide."""
    text = markdown(SAMPLES / "v5.10-global.dmesg.log", lang)
    for block in re.findall(r"```text\n(.*?)\n```", text, re.DOTALL):
        drawn = [match for line in block.splitlines() if (match := re.search("[█▏▎▍▌▋▊▉]", line))]
        starts = {width_of(match.string[: match.start()]) for match in drawn}
        assert len(starts) == 1


def test_no_name_ends_the_block() -> None:
    """A process called like a fence, or like a bar, stays a label in its line."""
    log = (SAMPLES / "v5.10-global.dmesg.log").read_text().replace("mysqld", "```█`")
    text = markdown(log)
    assert "```█`" in text
    opened = re.search(r"^(`{4,})text$", text, re.MULTILINE)
    assert opened is not None
    assert text.count(f"\n{opened[1]}\n") >= 1


KILL = "Out of memory: Killed process {pid} (a) total-vm:90kB, anon-rss:{pid}kB, file-rss:0kB\n"


def incident(log: str) -> str:
    return oomlog.report(oomlog.parse(log.encode(), year=2026), event="incident").markdown()


def in_time(text: str) -> list[str]:
    """Return the bars before the first heading below the title."""
    top = text.split("\n## ", 1)[0]
    return top.split("```text\n", 1)[1].split("\n```", 1)[0].splitlines() if "```text" in top else []


def test_kills_of_several_events_have_a_timeline() -> None:
    """Each part of the time has as many kills as were in it, the parts without one included."""
    minutes = [0, 0, 2, 5, 5, 5]
    log = "".join(
        f"Mar  1 10:{minute:02d}:{pid:02d} web1 kernel: " + KILL.format(pid=pid)
        for pid, minute in enumerate(minutes, 10)
    )
    text = incident(log)
    assert "Kills in each 30 s:" in text
    assert [(line[:19], line.split("  ")[-1]) for line in in_time(text)] == [
        ("2026-03-01 10:00:00", "2 kills"),
        *((f"2026-03-01 10:{at // 60:02d}:{at % 60:02d}", "0 kills") for at in range(30, 120, 30)),
        ("2026-03-01 10:02:00", "1 kill"),
        *((f"2026-03-01 10:{at // 60:02d}:{at % 60:02d}", "0 kills") for at in range(150, 300, 30)),
        ("2026-03-01 10:05:00", "3 kills"),
    ]


def test_a_timeline_by_uptime_is_of_one_log() -> None:
    """Seconds since boot are compared within one log; without any clock there is no timeline."""
    first, second = "[   34.500000] " + KILL.format(pid=7), "[   36.700000] " + KILL.format(pid=8)
    assert [line.split()[0] for line in in_time(incident(first + second))] == [
        "[34.000]",
        "[35.000]",
        "[36.000]",
    ]
    assert in_time(incident(KILL.format(pid=7) + "x\n" + KILL.format(pid=8))) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_one_event_has_no_timeline_of_kills(lang: str) -> None:
    """A report of one event begins with its facts."""
    assert in_time(markdown(SAMPLES / "v5.10-global.dmesg.log", lang)) == []
