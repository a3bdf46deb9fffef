"""The task table as text and as JSON."""

from __future__ import annotations

import json

import pytest

import oomlog
from oomlog.report.json import event_bytes

_HEAD = (
    "[    1.000000] x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
    "[    1.000001] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"
)
_TAIL = "[    1.000009] Out of memory: Killed process 12 (x) total-vm:4kB, anon-rss:4kB, file-rss:0kB\n"


@pytest.mark.parametrize(
    "row",
    [
        "[    064]  1000   128      847        1    32768        0             0 x",
        "[    128]  0100   128      847        1    32768        0             0 x",
        "[    128]  1000   128      847        1    32768        0           -00 x",
        '[    128]  1000   128      847        1    32768        0             0 a"b',
        "[    128]  1000   128      847        1    32768        0             0 a\\b",
        "[    128]  1000   128      847        1    32768        0             0 ",
    ],
)
def test_odd_rows_are_still_json(row):
    """Zeros in front of a number and quotes in a name do not break the record."""
    (event,) = oomlog.parse(f"{_HEAD}[    1.000002] {row}\n{_TAIL}")
    record = json.loads(event_bytes(event))
    assert [dict(task) for task in event.tasks] == record["tasks"]
    assert len(record["tasks"]) == 1
