"""The picture of processes: resident sets by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawn import bars, texts, title

import oomlog
from oomlog.errors import PictureError
from oomlog.explain.processes import groups_of
from oomlog.report.plots import plot_tasks

SAMPLES = Path(__file__).resolve().parents[4] / "samples"


def first(name: str) -> oomlog.OomEvent:
    return next(iter(oomlog.parse(SAMPLES / f"{name}.log")))


@pytest.mark.parametrize("name", ["v6.12-global-swap-full.kmsg", "v5.10-global-swap-full.kmsg"])
def test_bars_are_the_resident_sets(name):
    """With anonymous memory told apart where the kernel prints it, and swap behind them."""
    event = first(name)
    ax = plot_tasks(event)
    for number, group in enumerate(groups_of(event, 4)):
        row = {name: bar.get_width() for name, bar in bars(ax, f"{number}.").items()}
        swap = row.pop("swap", 0)
        assert sum(row.values()) == group.rss_kb
        assert swap == group.swap_kb
        if group.rss_anon_kb is not None:
            assert row["anon"] == group.rss_anon_kb


def test_the_caveat_is_there():
    """That resident sets do not add up to memory in use is said in the picture."""
    ax = plot_tasks(first("v6.12-global-swap-full.kmsg"))
    assert "is counted more than once" in " ".join(texts(ax)).replace("\n", " ")


def test_one_process_has_no_sum():
    """What several processes share is no matter where one is listed."""
    ax = plot_tasks(first("v6.12-memcg-v2-docker.dmesg"))
    assert "adds up" in " ".join(texts(ax))
    ax = plot_tasks(first("v7.2-hostile-cgroup.dmesg"))
    assert "adds up" not in " ".join(texts(ax))


def test_one_of_many_was_killed():
    """A name that several processes have is not called killed as a whole."""
    event = first("v6.12-memcg-v2-workers.kmsg")
    (kill,) = event.kills
    count = sum(row["comm"] == kill.comm for row in event.tasks)
    assert count > 1
    ax = plot_tasks(event)
    assert any(text.endswith(", 1 killed") for text in texts(ax))
    assert any(text == f"{kill.comm} ×{count}" for text in texts(ax))


def test_the_rest_is_counted():
    """Names that are not shown are summed up in the note."""
    event = first("v6.12-global-swap-full.kmsg")
    rest = groups_of(event, 4)[2:]
    said = f"Processes with other names: {len(rest)}, with "
    assert said in " ".join(texts(plot_tasks(event, limit=2)))


def test_a_single_process_is_a_picture():
    """The title then has no share."""
    event = first("v6.12-storm.kmsg")
    assert len(event.tasks) == 1
    assert title(plot_tasks(event)).endswith("of RSS")


def test_nothing_is_drawn_of_nothing():
    """vm.oom_dump_tasks=0."""
    with pytest.raises(PictureError, match="no processes: the log has no task table"):
        plot_tasks(first("v6.1-global-nodump.kmsg"))
