"""The picture of where memory was: its bars are the ledger's numbers."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from drawn import bars, texts, title

import oomlog
from oomlog.errors import PictureError
from oomlog.explain.case import Case
from oomlog.explain.model import Ledger, LedgerItem
from oomlog.explain.run import explain
from oomlog.report.plots import plot_ledger

SAMPLES = Path(__file__).resolve().parents[4] / "samples"


def machine(*items: LedgerItem, total_kb: int = 1000, rest: int | None = 0) -> Ledger:
    return Ledger("machine", None, total_kb, items, rest)


def case_of(name: str) -> Case:
    return Case(next(iter(oomlog.parse(SAMPLES / f"{name}.log"))))


def test_the_bar_is_the_ledger():
    """Each item is as long as it is large, they lie end to end, and with the residue they are the total."""
    ledger = case_of("v6.12-global-two-nodes.kmsg").ledger
    stack = bars(plot_ledger(ledger), "stack.")
    expected = {item.id: item.kb for item in ledger.items if item.within is None and item.kb}
    expected["unaccounted"] = ledger.unaccounted_kb
    assert {name: bar.get_width() for name, bar in stack.items()} == expected
    assert sum(bar.get_width() for bar in stack.values()) == ledger.total_kb
    ends = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in stack.values())
    assert ends[0][0] == 0
    assert all(before[1] == after[0] for before, after in pairwise(ends))


def test_rows_lie_below_their_place_in_the_bar():
    """An item's own bar is where it is in the stack, so the rows can be read as a waterfall."""
    ax = plot_ledger(case_of("v6.12-global-slab.kmsg").ledger)
    stack, rows = bars(ax, "stack."), bars(ax, "item.")
    assert len(rows) > 3
    for name, bar in rows.items():
        assert (bar.get_x(), bar.get_width()) == (stack[name].get_x(), stack[name].get_width())


def test_parts_are_inside_of_their_item():
    """A part begins where its item does and is not in the stack: nothing is counted twice."""
    items = (
        LedgerItem("file", 600, None),
        LedgerItem("dirty", 200, "file"),
        LedgerItem("writeback", 300, "file"),
    )
    ax = plot_ledger(machine(*items, LedgerItem("free", 400, None)))
    parts, stack = bars(ax, "part."), bars(ax, "stack.")
    assert {name: (bar.get_x(), bar.get_width()) for name, bar in parts.items()} == {
        "dirty": (0, 200),
        "writeback": (0, 300),
    }
    assert set(stack) == {"file", "free"}


def test_the_residue_is_named_and_hatched():
    """What no line counts looks like nothing else."""
    ax = plot_ledger(machine(LedgerItem("anon", 400, None), rest=600))
    assert "counted in no line" in texts(ax)
    assert sum(patch.get_hatch() is not None for patch in ax.patches) == 2  # in the stack and in its row
    assert title(ax) == "60.0 % of 1000 KiB of RAM is counted in no line of the report"


def test_an_unknown_rest_is_an_empty_box():
    """Where lines are missing the bar is not filled up with anything, and a note says so."""
    ax = plot_ledger(machine(LedgerItem("anon", 400, None), rest=None))
    box = bars(ax, "stack.")["unknown"]
    assert (box.get_x(), box.get_width()) == (400, 600)
    assert box.get_facecolor()[3] == 0
    assert "What the other 600 KiB were cannot be told: lines are missing in the log." in texts(ax)


def test_a_total_that_the_log_denies_has_no_shares():
    """The items are what was printed; neither a share nor an empty rest is made of the total."""
    values = {"ram_kb": 1000, "present_kb": 5000}
    items = (LedgerItem("anon", 400, None),)
    ax = plot_ledger(Ledger("machine", None, 1000, items, None, (("ledger.ram_differs", values),)))
    assert title(ax) == "These numbers do not add up; the largest item is anonymous memory: 400 KiB"
    assert set(bars(ax, "stack.")) == {"anon"}
    assert not any("%" in text for text in texts(ax))
    assert any("The log contradicts itself" in text for text in texts(ax))


def test_items_far_above_the_total_have_no_shares():
    """Items that no moving counter explains are told as they were printed, of a zone among others too."""
    items = (LedgerItem("anon", 4000, None), LedgerItem("free", 1, None))
    damaged = Ledger("zone", "0/DMA", 1000, items, None, (("ledger.items_exceed", {"over_kb": 3001}),))
    ax = plot_ledger(damaged)
    assert title(ax) == "These numbers do not add up; the largest item is anonymous memory: 3.91 MiB"
    assert not any("%" in text for text in texts(ax))
    sound = Ledger("zone", "0/Normal", 1000, (LedgerItem("free", 500, None),), 500)
    ax = plot_ledger([damaged, sound])
    assert "0/Normal" in title(ax)
    assert any(text.startswith("0/DMA: The items add up to 2.93 MiB more") for text in texts(ax))


def test_items_above_the_total_are_led_back():
    """Counters that moved: the items are drawn as they were printed, and the residue is negative."""
    ax = plot_ledger(machine(LedgerItem("anon", 1100, None), rest=-100))
    assert "counted twice" in texts(ax)
    stack = bars(ax, "stack.")
    assert (stack["unaccounted"].get_x(), stack["unaccounted"].get_width()) == (1100, -100)


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ((("anon", 900), ("free", 100)), "Anonymous memory: 90.0 % of 1000 KiB of RAM"),
        (
            (("anon", 300), ("free", 700)),
            "70.0 % of 1000 KiB of RAM was unused; the largest use was anonymous memory with 30.0 %",
        ),
        ((("free", 1000),), "100 % of 1000 KiB of RAM was unused"),
        ((("anon", 999), ("free", 1)), "Anonymous memory: 99.9 % of 1000 KiB of RAM"),
    ],
)
def test_the_title_says_what_was_largest(items, said):
    """And how much was unused, where that was more."""
    ax = plot_ledger(machine(*(LedgerItem(name, kb, None) for name, kb in items)))
    assert title(ax) == said


def test_a_limit_is_called_one():
    """A cgroup's whole is its limit where it has one."""
    ax = plot_ledger(case_of("v6.12-memcg-v2-kubernetes.kmsg").ledger)
    assert title(ax) == "Anonymous memory: 99.8 % of the limit of 24.0 MiB"


def test_small_items_are_one_row():
    """Together, with their sum; in the stack each has its own place."""
    items = [
        LedgerItem("anon", 995_000, None),
        LedgerItem("slab", 3000, None),
        LedgerItem("page_tables", 2000, None),
    ]
    ax = plot_ledger(machine(*items, total_kb=1_000_000))
    assert "4.88 MiB, 0.5 %" in texts(ax)
    assert set(bars(ax, "stack.")) == {"anon", "slab", "page_tables"}


def test_nodes_and_zones_are_compared():
    """Each is a whole of its own, whatever its size; the fullest is in the title."""
    parts = case_of("v6.12-global-two-nodes.kmsg").parts
    ax = plot_ledger(parts)
    for number, part in enumerate(parts):
        row = bars(ax, f"{number}.")
        assert sum(bar.get_width() for bar in row.values()) == pytest.approx(100)
        assert row["free"].get_width() == pytest.approx(part.kb("free") * 100 / part.total_kb)
    least = min(parts, key=lambda each: each.kb("free") / each.total_kb)
    assert f"{least.kb('free') * 100 / least.total_kb:.1f} %" in title(ax)


def test_cgroups_are_compared_by_size():
    """Their bars are their sizes, largest first."""
    parts = [Ledger("memcg", f"/a/{kb}", kb, (LedgerItem("anon", kb, None),), None) for kb in (300, 200)]
    ax = plot_ledger(parts)
    assert [bars(ax, f"{number}.")["anon"].get_width() for number in (0, 1)] == [300, 200]
    assert title(ax) == "/a/300 held the most: 300 KiB"


def test_a_ledger_without_items_says_that_it_knows_nothing():
    """Not that nothing was unused, which is no finding about an empty bar."""
    ax = plot_ledger(machine(LedgerItem("headroom", 0, None), rest=None))
    assert title(ax) == "The log does not say what used 1000 KiB of RAM"


def test_nothing_is_drawn_of_nothing():
    """An event without a ledger, and no ledgers at all, are errors that say so."""
    line = "Out of memory: Killed process 7 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"
    (event,) = oomlog.parse(f"kernel: {line}\n".encode())
    with pytest.raises(PictureError, match="no ledger: the log has no memory numbers"):
        plot_ledger(explain(event))
    with pytest.raises(ValueError, match="no ledgers of nodes"):
        plot_ledger([])
    with pytest.raises(PictureError, match="its total is 0"):
        plot_ledger(machine(total_kb=0))
