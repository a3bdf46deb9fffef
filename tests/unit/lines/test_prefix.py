"""Every logger's prefix comes off, and says what it said."""

from __future__ import annotations

import pytest

from oomlog.lines.prefix import LAYERS, parse_line
from oomlog.model import Stamp

TEXT = "x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_each_layer_reads_its_example(layer):
    """The example beside each layer is read by that layer and leaves the kernel's text."""
    line = parse_line(layer.example)
    assert layer.pattern.match(layer.example)
    assert line.has_prefix
    assert line.is_kernel or layer.name in ("logcat", "program")  # killers of their own
    assert line.text.startswith(("Mem-Info:", "x invoked", "Out of memory: Killed", "Kill 'com", "Killed /"))


@pytest.mark.parametrize(
    ("prefix", "uptime", "host", "caller"),
    [
        ("", None, None, None),
        ("[   12.345678] ", 12.345678, None, None),
        ("[   12.345678][  T123] ", 12.345678, None, "T123"),
        ("[2-3219.1870] ", 3219.187, None, None),
        ("[ 1234.567890 ] ", 1234.56789, None, None),
        ("[   12.345678] [    C0] ", 12.345678, None, "C0"),
        ("<4>[   12.345678] ", 12.345678, None, None),
        ("kern  :warn  : [   12.345678] ", 12.345678, None, None),
        ("4,123,12345678,-;", 12.345678, None, None),
        ("4,123,12345678,-,caller=T77;", 12.345678, None, "T77"),
        ("Nov 22 10:00:00 web1 kernel: ", None, "web1", None),
        ("Nov 22 10:00:00 web1 kernel: [   12.345678] ", 12.345678, "web1", None),
        ("Nov 22 10:00:00.123456 web1 kernel: ", None, "web1", None),
        ("2026-11-22T10:00:00.123456+01:00 web1 kernel: [   12.345678] ", 12.345678, "web1", None),
        ("2026-11-22T10:00:00+0100 web1 kernel: ", None, "web1", None),
        ("Sun 2026-11-22 10:00:00 UTC web1 kernel: ", None, "web1", None),
        ("[   12.345678] web1 kernel: ", 12.345678, "web1", None),
        ("1763805600.123456 web1 kernel: ", None, "web1", None),
        ("> > [   12.345678] ", 12.345678, None, None),
        ("     [   12.345678] ", 12.345678, None, None),
        ("ttyS0 console: [   12.345678] ", 12.345678, None, None),
        ("[Wed Mar 13 11:16:48 2024] ", None, None, None),
        ("[수 3월 13 11:16:48 2024] ", None, None, None),
        ("[mié mar 13 11:16:48 2024] ", None, None, None),
    ],
)
def test_prefix_leaves_the_kernels_text(prefix, uptime, host, caller):
    """Whatever stands before it, the kernel's text comes back whole, with what the prefix told."""
    line = parse_line(prefix + TEXT)
    assert (TEXT, uptime, host, caller) == (line.text, line.uptime_s, line.host, line.caller)
    assert line.is_kernel


@pytest.mark.parametrize(
    "raw",
    [
        "Nov 22 10:00:00 web1 myapp[12]: " + TEXT,
        "Nov 22 10:00:00 web1 node-problem-detector[6018]: I0624 monitor.go:159] [   12.345678] " + TEXT,
        "12,123,12345678,-;" + TEXT,
    ],
)
def test_another_program_is_not_the_kernel(raw):
    """A line that another program wrote is marked, even if it quotes the kernel."""
    assert not parse_line(raw).is_kernel


def test_stamp_keeps_only_what_was_printed():
    """A syslog time has no year and no zone, so neither has its stamp."""
    assert Stamp(11, 22, 10, 0, 0) == parse_line("Nov 22 10:00:00 web1 kernel: x").stamp


@pytest.mark.parametrize(
    "text", ["", "[", "<", "[[[[[[", ">" * 5000, "[ 1" * 3000, "Nov " * 4000, "{" * 5000]
)
def test_odd_lines_survive(text):
    """What looks half like a prefix stays in the text; marks of quoting go."""
    line = parse_line(text)
    assert (line.prefix or "") + line.text == text.lstrip(">")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("[    9.999999] a", "[   10.000001] b"),
        ("[ 3950.000001] a", "[13950.000001] b"),
        ("Nov  9 23:59:59 web1 kernel: [    9.999999] a", "Nov 10 00:00:00 web2 kernel: [   10.000001] b"),
        ("<4>[    9.999999] a", "<12>[   10.000001] b"),
        ("<4>[    9.999999] a", "<4>[   10.000001][  T123] b"),
        ("[    9.999999] a", "[   10.000001] web1 kernel: b"),
        ("2026-11-09T10:00:00.1Z web1 kernel: a", "2026-11-10T10:00:00.1Z web1 kernel: b"),
    ],
)
def test_what_was_learnt_from_one_line_does_not_change_the_next(first, second):
    """A line reads the same whichever line was read before it."""
    parse_line("something without a prefix that is remembered")
    alone = parse_line(second)
    parse_line(first)
    assert alone == parse_line(second)
    assert alone.text.endswith("b")


# Prefixes whose digits differ only, whose lengths differ, and which are the beginning of another.
AFTER_ONE_ANOTHER = (
    *(layer.example for layer in LAYERS),
    "[    4.580045]",
    "[    9.580045] x",
    "[   12.580045] x",
    "[    4.580045][    T1] x",
    "[    4.580045][  T123] x",
    "Aug  9 10:00:00 web1 kernel: x",
    "Aug 12 10:00:00 web1 kernel: x",
    "Aug 12 10:00:00 web1 app[811]: x",
    "2026-11-22T10:00:00Z x",
    "2026-11-22T10:00:00Z web1 app[811]: x",
    "2026-11-22T10:00:00Z web1 kernel: x",
    "[Wed Aug 12 03:54:03 2026] x",
    "[Sun Aug  9 03:54:03 2026] x",
    "<4>[   12.345678] x",
    "<12>[   12.345678] x",
    "1,2,3,-;x",
    "12,2,3,-;x",
)


@pytest.mark.parametrize("before", AFTER_ONE_ANOTHER)
def test_what_was_read_before_does_not_matter(before):
    """A line reads the same whichever line was read before it."""
    for raw in AFTER_ONE_ANOTHER:
        parse_line("{forget}: 1763805600.123456 web1 kernel: x")
        parse_line("1763805600.123456 web1 kernel: x")
        alone = parse_line(raw)
        parse_line(before)
        assert parse_line(raw) == alone


@pytest.mark.parametrize("stamp", ["[5    .927483]", "[1 3 5.927483]", "[      .927483]", "[   1 .927483]"])
def test_a_damaged_stamp_of_the_usual_shape_survives(stamp):
    """Blanks where a stamp has digits make it no stamp, whatever was read before."""
    parse_line("[10345.927483] Mem-Info:")
    line = parse_line(f"{stamp} Mem-Info:")
    assert line.uptime_s is None
    assert line.text.endswith("Mem-Info:")


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
@pytest.mark.parametrize(
    "row", ["[  77]  1000    77   40000   16000", "[     77]     0    77     1871", "[12:3] a"]
)
def test_rows_of_tables_read_the_same_after_another_line(layer, row, monkeypatch):
    """A row begins like some prefixes do; what the line before was like does not change what it says."""
    prefix = layer.example[: len(layer.example) - len(parse_line(layer.example).text)]
    monkeypatch.setattr("oomlog.lines.prefix._memo", None)
    fresh = parse_line(prefix + row)
    parse_line(layer.example)
    assert parse_line(prefix + row) == fresh


@pytest.mark.parametrize(
    ("prefix", "stamp"),
    [
        ("10:00:05 ", None),
        ("10:00:05: ", None),
        ("[10:00:05.123] ", None),
        ("05/01/2021 10:00:05 PM ", None),
        ("5/1/21 10:00:05.123 PM ", None),
        ("2021/05/01 10:00:05 ", Stamp(5, 1, 10, 0, 5, 0, 2021)),
        ("[2021/05/01 10:00:05] ", Stamp(5, 1, 10, 0, 5, 0, 2021)),
        ("20210501 10:00:05 ", Stamp(5, 1, 10, 0, 5, 0, 2021)),
        ("2021-05-01 10:00:05 PM ", Stamp(5, 1, 22, 0, 5, 0, 2021)),
        ("2021-05-01 12:00:05 AM ", Stamp(5, 1, 0, 0, 5, 0, 2021)),
        ("2021-05-01T10:00:05Z\t", Stamp(5, 1, 10, 0, 5, 0, 2021, 0)),
        ("May 1, 2021 @ 10:00:05.000\t", Stamp(5, 1, 10, 0, 5, 0, 2021)),
        ("May 1, 2021, 10:00:05 PM ", Stamp(5, 1, 22, 0, 5, 0, 2021)),
        ("2021 May  1 10:00:05 web1 kernel: ", Stamp(5, 1, 10, 0, 5, 0, 2021)),
        ("1 May 2021 10:00:05 ", Stamp(5, 1, 10, 0, 5, 0, 2021)),
        ("01/May/2021:10:00:05 +0000 ", Stamp(5, 1, 10, 0, 5, 0, 2021, 0)),
        ("Sat, 01 May 2021 10:00:05 +0200 ", Stamp(5, 1, 10, 0, 5, 0, 2021, 7200)),
        ("Sat May  1 10:00:05 UTC 2021: ", Stamp(5, 1, 10, 0, 5, 0, 2021, 0)),
        ("May  1 10:00:05  kernel: ", Stamp(5, 1, 10, 0, 5, 0)),
        ("May  1 10:00:05 web1  kernel: ", Stamp(5, 1, 10, 0, 5, 0)),
        ("May  1 10:00:05 UTC web1 kernel: ", Stamp(5, 1, 10, 0, 5, 0, None, 0)),
        ("2021-05-01T10:00:05 web1 kernel - - - ", Stamp(5, 1, 10, 0, 5, 0, 2021)),
        ("1619863205123 ", Stamp(5, 1, 10, 0, 5, 123000, 2021, 0)),
        ("     1\t", None),
        ("17: ", None),
        ("17 | ", None),
    ],
)
@pytest.mark.parametrize(
    "text", [TEXT, "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null)", "[  123]     0   123"]
)
def test_times_of_viewers_and_own_loggers(prefix, stamp, text):
    """A time alone is no part of the task's name; without a known order of day and month it is not read."""
    line = parse_line(prefix + text)
    assert (line.text, line.stamp, line.is_kernel) == (text, stamp, True)
