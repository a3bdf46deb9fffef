"""What may be the rest of another log's event is said, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

import oomlog
from oomlog.history.stored import history_of_store
from oomlog.report.history_headline import remarks
from oomlog.store import Adder, Store

from .logs import SAMPLES

LINES = (SAMPLES / "v6.12-memcg-v2-group.dmesg.log").read_text().splitlines(keepends=True)
# The kernel names the first victim twice; in the first log both of its lines stand before the cut.
BEGINS = [*LINES[:113], LINES[115]]
RESTS = [*LINES[113:115], "[    6.000000] something else\n"]


def logs(tmp_path: Path, first: str, second: str) -> list[Path]:
    paths = [tmp_path / "one.log", tmp_path / "two.log"]
    for path, text in zip(paths, (first, second), strict=True):
        path.write_text(text)
    return paths


def prefixed(lines: list[str], prefix: str) -> str:
    return "".join(prefix + line for line in lines)


def said(history: oomlog.History) -> list[str]:
    return [remark for remark in remarks(history) if "memory.oom.group" in remark]


@pytest.mark.parametrize("prefix", ["", "Mar  1 10:00:00 web1 kernel: "], ids=["uptime", "syslog"])
def test_the_rest_of_a_group_in_an_unrelated_log(tmp_path: Path, prefix: str) -> None:
    """The kills are right, and that the events may be one is said, with a store and without one."""
    paths = logs(tmp_path, prefixed(BEGINS, prefix), prefixed(RESTS, prefix))
    history = oomlog.history(paths)
    assert len(history.kills) == 3
    assert [remark[:35] for remark in said(history)] == ["1 event without a report's header f"]
    with Store(tmp_path / "k.sqlite", write=True) as opened:
        adder = Adder(opened, "test")
        for path in paths:
            for event in oomlog.parse(path):
                adder.add(event)
            adder.end(str(path), 0)
    assert said(history_of_store(tmp_path / "k.sqlite")) == said(history)


def test_others_are_not_rests(tmp_path: Path) -> None:
    """Not one of the same log, of another machine, of later, or one that has its header."""
    web1, web2 = "Mar  1 10:00:00 web1 kernel: ", "Mar  1 10:00:00 web2 kernel: "
    later = [line.replace("[    4.5", "[   24.5") for line in RESTS]
    assert not said(oomlog.history(logs(tmp_path, "".join([*BEGINS, "[    4.583] x\n", *RESTS]), "")))
    assert not said(oomlog.history(logs(tmp_path, prefixed(BEGINS, web1), prefixed(RESTS, web2))))
    assert not said(oomlog.history(logs(tmp_path, "".join(BEGINS), "".join(later))))
    assert not said(
        oomlog.history(logs(tmp_path, "".join(BEGINS), "".join(LINES).replace("leader", "other")))
    )
