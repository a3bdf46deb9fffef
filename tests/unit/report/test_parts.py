"""The table of nodes and zones."""

from __future__ import annotations

from pathlib import Path

import pytest

import oomlog
from oomlog.explain.case import Case
from oomlog.report.parts import parts_blocks

SAMPLES = Path(__file__).resolve().parents[3] / "samples"


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("v6.12-global-two-nodes.kmsg", ["node 0", "node 1", "0/DMA", "0/DMA32", "1/DMA32"]),
        ("v5.10-global-lowmem.kmsg", ["DMA", "Normal", "HighMem"]),
    ],
)
def test_nodes_and_zones_have_a_row_each(name, rows):
    """With what was free of each and its min watermark; kernels without NUMA name no node."""
    case = Case(next(oomlog.parse(SAMPLES / f"{name}.log")))
    _, table = parts_blocks(case.event, case.parts, "en")
    assert [row[0] for row in table.rows] == rows
    assert all(row[2] and row[3] for row in table.rows)


def test_the_watermark_of_a_node_is_that_of_its_zones():
    """Together; a zone that was not printed would make it too small, so there is none then."""
    case = Case(next(oomlog.parse(SAMPLES / "v6.12-global-two-nodes.kmsg.log")))
    zones = case.event.mem_info["zones"]
    total = sum(zone["min_kb"] for zone in zones if zone["node"] == 0)
    _, table = parts_blocks(case.event, case.parts, "en")
    assert table.rows[0][3] == f"{total / 1024:.1f} MiB"


def test_one_part_is_the_whole():
    """A cgroup without children needs no table."""
    case = Case(next(oomlog.parse(SAMPLES / "v6.12-memcg-v2-kubernetes.dmesg.log")))
    assert not list(parts_blocks(case.event, case.parts, "en"))
