"""Open runs of key:value."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oomlog.grammar import pairs
from oomlog.grammar.freelist import parse_free_list
from oomlog.grammar.pairs import parse_page_pairs, parse_pairs


def test_units_become_part_of_the_key() -> None:
    """kB and KB give ``_kb``; a count without a unit keeps its name."""
    assert parse_pairs("free:8kB reserved_highatomic:0KB pages_scanned:12") == {
        "free_kb": 8,
        "reserved_highatomic_kb": 0,
        "pages_scanned": 12,
    }


def test_odd_spellings() -> None:
    """Parentheses, a blank after the colon, a question mark and capitals are all known to happen."""
    assert parse_pairs("isolated(anon):1kB shmem_thp: 2kB all_unreclaimable? yes Balloon:3kB") == {
        "isolated_anon_kb": 1, "shmem_thp_kb": 2, "all_unreclaimable": True, "balloon_kb": 3,
    }  # fmt: skip


def test_bare_numbers_of_the_counters_are_pages() -> None:
    """In the counters block a number without a unit is a number of pages."""
    assert parse_page_pairs("active_anon:1 \n free:2") == {"active_anon_pages": 1, "free_pages": 2}


def test_garbage_is_returned_apart() -> None:
    """What is no pair does not disturb its neighbours and is not lost."""
    found = parse_pairs("free:8kB min:1kBlow:2kB isolated(a high:3kB i>")
    assert found == {"free_kb": 8, "high_kb": 3}
    assert found.garbage == ("min:1kBlow:2kB", "isolated(a", "i>")


def test_known_spellings_are_bounded() -> None:
    """A log full of invented keys does not make oomlog grow."""
    for number in range(3000):
        parse_pairs(f"key{number}:1kB")
    assert len(pairs._plain) <= pairs._KNOWN_MAX


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    """No text raises; every value is a number or a truth value."""
    assert all(isinstance(value, int) for value in parse_pairs(text).values())


def test_free_list() -> None:
    """Blocks keep count, size and migrate types; the sum is read if it is there."""
    found = parse_free_list("1*4kB (UM) 0*8kB 2*16kB = 36kB")
    assert list(found.blocks) == [(1, 4, "UM"), (0, 8, ""), (2, 16, "")]
    assert found.total_kb == 36
    assert parse_free_list("1*4kB").total_kb is None
