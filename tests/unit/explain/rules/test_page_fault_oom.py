"""A failed page fault that was no shortage of memory."""

from __future__ import annotations

import pytest

from oomlog.explain.rules import page_fault_oom

HEADER = "java invoked oom-killer: gfp_mask={mask}(), order=0, oom_score_adj=0"
ZONE = (
    "Node 0 Normal free:{free}kB min:66016kB low:194848kB high:323680kB active_anon:4kB present:9000000kB "
    "managed:9000000kB"
)
KILL = "Out of memory: Killed process 7 (java) total-vm:4kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"


def log(mask: str, free: int) -> str:
    lines = [
        HEADER.format(mask=mask), "Mem-Info:", ZONE.format(free=free), "lowmem_reserve[]: 0 0 0 0 0",
        "0 pages HighMem/MovableOnly", "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,"
        "mems_allowed=0,global_oom,task_memcg=/,task=java,pid=7,uid=0", KILL,
    ]  # fmt: skip
    return "".join(f"[  1.{number:06d}] {line}\n" for number, line in enumerate(lines))


def test_plenty_is_free(text):
    """The numbers of the roomiest zone are told."""
    (case,) = text(log("0x0", 8000000))
    finding = page_fault_oom.find(case)
    assert finding is not None
    assert finding.values == {
        "free_kb": 8000000, "zone": "Normal", "zone_free_kb": 8000000, "high_kb": 323680,
    }  # fmt: skip
    assert [line.no for line in finding.evidence] == [1, 3]


@pytest.mark.parametrize(("mask", "free"), [("0x0", 60000), ("0x100cca", 8000000)])
def test_an_ordinary_shortage_is_another_matter(text, mask, free):
    """A fault without memory left, or an allocation that says what it wanted."""
    (case,) = text(log(mask, free))
    assert page_fault_oom.find(case) is None
