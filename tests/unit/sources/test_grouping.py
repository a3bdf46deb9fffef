"""Rotated sets, told by name."""

from __future__ import annotations

import itertools

import pytest

from oomlog.sources.grouping import Part, in_order, part_of


def ordered(*names: str) -> list[str]:
    return [names[place.index] for place in in_order(names)]


def continuing(*names: str) -> list[str]:
    return [names[place.index] for place in in_order(names) if place.continues]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kern.log", Part("kern.log")),
        ("kern.log.1", Part("kern.log", number=1)),
        ("kern.log.12.gz", Part("kern.log", number=12)),
        ("kern.log.gz", Part("kern.log")),
        ("dmesg.0", Part("dmesg", number=0)),
        ("kern.1.log", Part("kern.log", number=1)),
        ("messages-20260101", Part("messages", date="20260101")),
        ("messages-20260101.xz", Part("messages", date="20260101")),
        ("messages-2026010113.zst", Part("messages", date="2026010113")),
        ("messages-20260101-1767225600.bz2", Part("messages", date="202601011767225600")),
        ("messages-1767225600", Part("messages", date="20260101000000")),
        ("messages.2026-01-01", Part("messages", date="20260101")),
        ("kern-20260101.log.gz", Part("kern.log", date="20260101")),
        ("messages-20261301", Part("messages-20261301")),
        ("messages-12345678", Part("messages-12345678")),
        ("node-12.log", Part("node-12.log")),
        ("syslog.host9", Part("syslog.host9")),
        (".1", Part(".1")),
        ("", Part("")),
    ],
)
def test_a_name_is_taken_apart(name: str, expected: Part) -> None:
    """Rotation and compression suffixes are split from the name the log had while it was written."""
    assert expected == part_of(name)


@pytest.mark.parametrize("given", list(itertools.permutations(["kern.log", "kern.log.1", "kern.log.2.gz"])))
def test_numbered_sets_come_oldest_first(given: tuple[str, ...]) -> None:
    """The highest number is the oldest, and the order given does not matter."""
    assert ordered(*given) == ["kern.log.2.gz", "kern.log.1", "kern.log"]


def test_numbers_are_compared_as_numbers() -> None:
    """.10 is older than .9."""
    assert ordered("k.log.9.gz", "k.log.10.gz") == ["k.log.10.gz", "k.log.9.gz"]


def test_dated_sets_come_oldest_first() -> None:
    """Earlier dates first, the log without a date last."""
    expected = ["messages-20251231.xz", "messages-20260101", "messages"]
    assert expected == ordered("messages", "messages-20260101", "messages-20251231.xz")


def test_a_set_takes_the_place_of_its_first_member() -> None:
    """What is not rotated keeps the order given."""
    assert ordered("z.txt", "k.log", "a.txt", "k.log.1") == ["z.txt", "k.log.1", "k.log", "a.txt"]


def test_sets_of_two_folders_stay_apart() -> None:
    """A set is the files of one folder."""
    assert ordered("a/k.log.1", "b/k.log") == ["a/k.log.1", "b/k.log"]
    assert continuing("a/k.log.1", "b/k.log") == []


def test_each_newer_part_continues_the_one_before() -> None:
    """An event cut by the rotation can be put together."""
    assert continuing("k.log", "k.log.1", "k.log.2.gz") == ["k.log.1", "k.log"]
    assert continuing("m", "m-20260102", "m-20260101") == ["m-20260102", "m"]
    assert continuing("k.log.0", "k.log") == ["k.log"]


def test_a_missing_part_breaks_the_chain() -> None:
    """Between .3 and .1 something is missing, so nothing goes on there."""
    assert continuing("k.log.3", "k.log.1", "k.log") == ["k.log"]
    assert continuing("k.log.2", "k.log") == []


def test_the_same_part_twice_does_not_continue() -> None:
    """A plain and a compressed copy of one part are not two parts."""
    assert ordered("k.log.1", "k.log.1.gz") == ["k.log.1", "k.log.1.gz"]
    assert continuing("k.log.1", "k.log.1.gz") == []


def test_boot_logs_do_not_continue() -> None:
    """Each dmesg file is a boot of its own, though they come oldest first."""
    assert ordered("dmesg", "dmesg.0", "dmesg.1.gz") == ["dmesg.1.gz", "dmesg.0", "dmesg"]
    assert continuing("dmesg", "dmesg.0", "dmesg.1.gz") == []


def test_numbered_machines_are_no_rotated_set() -> None:
    """web.1.log and web.2.log without web.log may be two machines; node-1.log always is one."""
    assert ordered("web.1.log", "web.2.log") == ["web.1.log", "web.2.log"]
    assert ordered("web.1.log", "web.2.log", "web.log") == ["web.2.log", "web.1.log", "web.log"]
    assert ordered("node-1.log", "node-2.log") == ["node-1.log", "node-2.log"]


def test_what_has_no_name_keeps_its_place() -> None:
    """Standard input and bytes belong to no set."""
    assert [p.index for p in in_order([None, "k.log", None, "k.log.1"])] == [0, 3, 1, 2]
