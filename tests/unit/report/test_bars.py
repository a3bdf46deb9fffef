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
