"""The kernel's arithmetic, against numbers that kernels printed."""

from __future__ import annotations

import pytest

from oomlog.kernel import Terms, badness, is_unlimited, oom_score, terms

GIB_PAGES = 262144


def parts(**changes: int) -> Terms:
    """Return terms of a task with 1000 pages."""
    values = {"rss_pages": 1000, "swap_pages": 0, "pgtables_pages": 0, "oom_score_adj": 0}
    return terms(**{**values, "totalpages": GIB_PAGES, **changes})  # type: ignore[arg-type]


def test_rss_swap_and_page_tables_count_alike():
    """A page is a page, wherever it is."""
    assert parts(swap_pages=20, pgtables_pages=3).total == 1023


def test_an_adj_is_worth_thousandths_of_all_memory():
    """The division comes first, so that up to 1000 pages are lost to rounding, as in the kernel."""
    assert parts(oom_score_adj=-500).adj_pages == -500 * (GIB_PAGES // 1000)


@pytest.mark.parametrize(
    ("formula", "points"), [("plain", 1000 - 500 * 262), ("plain_clamped", 1), ("root_bonus", 1)]
)
def test_only_since_5_9_a_badness_is_negative(formula, points):
    """Until 5.8 what is below 1 is 1."""
    found = parts(oom_score_adj=-500)
    assert badness(found, totalpages=GIB_PAGES, formula=formula) == points


def test_root_got_three_percent_off_its_own_usage():
    """3.14 to 4.16."""
    found = terms(
        rss_pages=1000, swap_pages=0, pgtables_pages=0, oom_score_adj=0, totalpages=GIB_PAGES,
        formula="root_bonus", root=True,
    )  # fmt: skip
    assert (found.root_pages, found.total) == (-30, 970)


def test_before_that_thirty_thousandths_of_all_memory():
    """3.5 to 3.13."""
    found = terms(
        rss_pages=10_000, swap_pages=0, pgtables_pages=0, oom_score_adj=0, totalpages=GIB_PAGES,
        formula="root_bonus_adj", root=True,
    )  # fmt: skip
    assert found.total == 10_000 - 30 * 262


def test_old_badness_is_in_thousandths():
    """2.6.36 to 3.4: between 1 and 1000."""
    found = terms(
        rss_pages=131_072, swap_pages=0, pgtables_pages=0, oom_score_adj=100, totalpages=GIB_PAGES,
        formula="permille",
    )  # fmt: skip
    assert badness(found, totalpages=GIB_PAGES, formula="permille") == 600
    heavy = found._replace(adj_pages=GIB_PAGES)
    assert badness(heavy, totalpages=GIB_PAGES, formula="permille") == 1000


@pytest.mark.parametrize(
    ("points", "formula", "shown"),
    [
        (None, "plain", 0),
        (0, "plain", 666),
        (GIB_PAGES, "plain", 1333),
        (-GIB_PAGES // 2, "plain", 333),
        (-GIB_PAGES, "plain", 0),
        (1, "plain_clamped", 0),
        (GIB_PAGES // 2, "root_bonus", 500),
        (600, "permille", 600),
    ],
)
def test_the_score_in_proc(points, formula, shown):
    """What /proc/PID/oom_score shows, by era."""
    assert oom_score(points, totalpages=GIB_PAGES, formula=formula) == shown


@pytest.mark.parametrize(
    "limit_kb",
    [9007199254740988, 9007199254740991, 18014398509481983, 9007199254740928, 8589934588],
)
def test_numbers_that_stand_for_no_limit(limit_kb):
    """Page counters and resource counters, 32 and 64 bits, pages of 4 and 64 kB."""
    assert is_unlimited(limit_kb)


def test_a_real_limit_is_a_limit():
    """Even of a petabyte."""
    assert not is_unlimited(1 << 40)


@pytest.mark.parametrize(
    ("total", "adj", "root", "points"),
    [(1224, 0, True, 482), (1368, -245, False, 265), (2001, 999, True, 1000)],
)
def test_old_badness_of_a_small_cgroup(total, adj, root, points):
    """Thousandths of few pages are still the kernel's whole numbers."""
    found = terms(
        rss_pages=total // 2, swap_pages=15, pgtables_pages=0, oom_score_adj=adj, totalpages=total,
        formula="permille", root=root,
    )  # fmt: skip
    expected = (total // 2 + 15) * 1000 // total - 30 * root + adj
    assert badness(found, totalpages=total, formula="permille") == min(expected, 1000) == points
