"""Who would die next, on machines of any age, and on this one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oomlog.errors import SourceError
from oomlog.kernel import oom_score
from oomlog.live.processes import CAP_SYS_ADMIN, Process
from oomlog.live.scores import fit, immunity, ranked, read_scores, score_of

MIB = 1024
PID_NAMESPACE = "proc/self/ns/pid"


def order(machine: Any, **options: Any) -> list[int]:
    return [row.process.pid for row in read_scores(machine.root, **options).rows]


def test_the_largest_dies_first(machine: Any) -> None:
    """RAM and swap count alike, and an adj moves a process by thousandths of all memory."""
    machine.process(10, rss_kb=100 * MIB)
    machine.process(11, rss_kb=60 * MIB, swap_kb=50 * MIB)
    machine.process(12, rss_kb=900 * MIB, adj=-500)
    machine.process(13, rss_kb=1 * MIB, adj=100)
    assert order(machine) == [13, 11, 10, 12]
    assert read_scores(machine.root).next.process.pid == 13  # type: ignore[union-attr]


def test_of_equals_the_youngest_dies_first(machine: Any) -> None:
    """The last one found with the highest badness is taken, and it is the one that started last."""
    for pid, started in ((10, 30), (11, 50), (12, 40)):
        machine.process(pid, rss_kb=4 * MIB, started=started)
    assert order(machine) == [11, 12, 10]


def test_who_is_immune_and_why(machine: Any) -> None:
    """The machine's init, kernel threads, -1000 and the dead are never chosen, and come last."""
    machine.process(1, "systemd", rss_kb=64 * MIB, score=0)
    machine.process(2, "kthreadd", rss_kb=None, flags=0x00200000)
    machine.process(3, "sshd", rss_kb=64 * MIB, adj=-1000)
    machine.process(4, "dead", rss_kb=None, state="Z")
    machine.process(5, "leaving", rss_kb=None)
    machine.process(6, "app", rss_kb=4)
    found = read_scores(machine.root)
    assert {row.process.pid: row.immune for row in found.rows} == {
        1: "init", 2: "kernel thread", 3: "oom_score_adj -1000", 4: "zombie", 5: "no memory", 6: None,
    }  # fmt: skip
    assert found.rows[0].process.pid == 6
    assert all(row.badness is None for row in found.rows[1:])


def test_first_process_of_a_container_can_be_killed(machine: Any) -> None:
    """Number 1 with a score is not the machine's init; until 5.8 its namespace tells."""
    machine.process(1, "app", rss_kb=64 * MIB)
    assert [row.immune for row in read_scores(machine.root).rows] == [None]
    machine.process(1, "app", rss_kb=4, score=0)
    machine.process(7, "app", rss_kb=4000 * MIB, plain=False)
    assert {row.immune for row in read_scores(machine.root).rows} == {None, "init"}
    link = machine.root / PID_NAMESPACE
    link.parent.mkdir(parents=True)
    link.symlink_to("pid:[4026532000]")
    assert {row.immune for row in read_scores(machine.root).rows} == {None}


def test_formula_is_the_one_that_gives_the_scores(machine: Any) -> None:
    """Vendors carry formulas about, so the scores decide and not the version."""
    for pid in range(10, 20):
        machine.process(pid, rss_kb=pid * 10 * MIB)
    found = read_scores(machine.root).fit
    assert (found.formula, found.agree, found.compared) == ("plain", 10, 10)
    for pid in range(10, 20):
        machine.process(pid, rss_kb=pid * 10 * MIB, plain=False)
    assert read_scores(machine.root).fit.formula == "plain_clamped"


def test_discount_of_root_is_found(machine: Any) -> None:
    """3.14 to 4.16: 3 % of its own use off for CAP_SYS_ADMIN."""
    machine.process(10, rss_kb=8_000_000, score=947, caps=1 << CAP_SYS_ADMIN)
    machine.process(11, rss_kb=800_000, plain=False)
    found = read_scores(machine.root)
    assert found.fit.formula == "root_bonus"
    assert found.rows[0].terms is not None
    assert found.rows[0].terms.root_pages == -60_000


def test_without_a_fitting_formula_the_kernel_has_the_word(machine: Any) -> None:
    """Scores that no formula gives (lxcfs, a vendor's own) are taken as they are; no badness is made up."""
    machine.process(10, rss_kb=500 * MIB, score=300)
    machine.process(11, rss_kb=1 * MIB, score=400)
    found = read_scores(machine.root)
    assert (found.fit.formula, found.fit.compared) == (None, 2)
    assert [row.process.pid for row in found.rows] == [11, 10]
    assert [row.badness for row in found.rows] == [None, None]


def test_no_meminfo_no_badness(machine: Any) -> None:
    """Where RAM is not known nothing is computed (mount option subset=pid)."""
    machine.process(10, rss_kb=4)
    (machine.root / "proc/meminfo").unlink()
    found = read_scores(machine.root)
    assert (found.totalpages, found.rows[0].share, found.rows[0].badness) == (None, None, None)
    assert found.next is not None


def test_nothing_there(tmp_path: Path) -> None:
    """A tree without processes is an error that says where it looked."""
    with pytest.raises(SourceError, match="shows no process"):
        read_scores(tmp_path)


def test_the_one_that_asks_is_left_out(machine: Any) -> None:
    """The process that asks will be gone before it can be killed."""
    machine.process(10, rss_kb=4)
    machine.process(11, rss_kb=8)
    assert order(machine, without=11) == [10]


def test_a_limited_view_is_told(machine: Any) -> None:
    """Hidden processes, and those outside of a container, may be next, and it is said."""
    machine.process(10, rss_kb=4)
    assert "hidden" in (read_scores(machine.root).limited_view or "")
    machine.process(1, rss_kb=4)
    assert "container" in (read_scores(machine.root).limited_view or "")
    machine.process(1, rss_kb=4, score=0)
    assert read_scores(machine.root).limited_view is None
    (machine.root / "proc/7").mkdir()
    machine.write("proc/7/stat", "7 (x) S 1 1 1 0 -1 0" + " 0" * 20)
    found = read_scores(machine.root)
    assert found.limited_view == "1 could not be read (hidepid?)"
    assert found.next is not None
    assert found.next.process.pid == 10


# -- cgroups near their limit ----------------------------------------------------------------------------


def test_next_in_a_group_is_one_of_its_own(machine: Any) -> None:
    """A cgroup at its limit only looks at processes in it and below, and counts an adj by its own memory."""
    machine.group("", usage=0, limit="max")
    machine.group("app", usage=950, limit="1000")
    machine.group("app/worker", usage=10, limit="max")
    machine.group("apple", usage=10, limit="1000")
    machine.process(10, rss_kb=4000 * MIB, cgroup="0::/apple\n")
    machine.process(11, rss_kb=400 * MIB, cgroup="0::/app\n")
    machine.process(12, rss_kb=300 * MIB, cgroup="0::/app/worker\n", adj=200)
    found = read_scores(machine.root)
    assert found.next is not None
    assert found.next.process.pid == 10
    (near,) = found.near
    assert near.memcg.path == "/app"
    assert near.next is not None
    assert near.next.process.pid == 12
    assert near.next.badness == 300 * MIB // 4 + 200 * (1000 * 256 // 1000)
    assert [each.memcg.path for each in read_scores(machine.root, near=0.01).near] == ["/app", "/apple"]


def test_group_without_processes_in_sight(machine: Any) -> None:
    """Nobody is named where nobody can be seen."""
    machine.group("app", usage=950, limit="1000")
    machine.process(10, rss_kb=4)
    (near,) = read_scores(machine.root).near
    assert near.next is None


# -- properties ------------------------------------------------------------------------------------------

processes = st.builds(
    Process,
    pid=st.integers(2, 1 << 22),
    oom_score=st.none() | st.integers(0, 2000),
    oom_score_adj=st.none() | st.integers(-1000, 1000),
    rss_kb=st.none() | st.integers(0, 1 << 30),
    swap_kb=st.none() | st.integers(0, 1 << 30),
    pgtables_kb=st.none() | st.integers(0, 1 << 20),
    has_memory=st.none() | st.booleans(),
    kernel_thread=st.none() | st.booleans(),
)


@given(st.lists(processes, max_size=20), st.none() | st.integers(0, 1 << 26))
def test_any_values_have_an_order(found: list[Process], totalpages: int | None) -> None:
    """Nothing that can be read raises, and nobody immune stands before somebody who can be killed."""
    best = fit(found, totalpages=totalpages, page_size=4096)
    rows = ranked(
        score_of(process, formula=best.formula, totalpages=totalpages, page_size=4096) for process in found
    )
    killable = [row.killable for row in rows]
    assert killable == sorted(killable, reverse=True)
    assert all(row.badness is None for row in rows if not row.killable)
    assert len(rows) == len(found)


@given(processes, st.integers(1000, 1 << 26))
def test_badness_is_none_unless_all_is_known(process: Process, totalpages: int) -> None:
    """A part that could not be read is no zero."""
    row = score_of(process, formula="plain", totalpages=totalpages, page_size=4096)
    parts = (process.rss_kb, process.swap_kb, process.pgtables_kb, process.oom_score_adj)
    assert (row.badness is None) == (None in parts or immunity(process) is not None)


# -- this machine ----------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/oom_score").exists(), reason="needs /proc")
def test_this_kernel_agrees() -> None:
    """The scores computed for this machine are those that its kernel prints, also after an adj."""
    code = "import sys; x = bytearray(64 << 20); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        folder = Path(f"/proc/{child.pid}")
        for adj in (None, 300, 1000):
            if adj is not None:
                (folder / "oom_score_adj").write_text(str(adj))
            found = read_scores()
            if found.fit.formula is None:
                pytest.skip("this machine prints scores of its own (lxcfs, gVisor)")
            (row,) = (row for row in found.rows if row.process.pid == child.pid)
            assert row.process.oom_score_adj == int((folder / "oom_score_adj").read_text())
            assert row.badness is not None
            assert found.totalpages is not None
            expected = oom_score(row.badness, totalpages=found.totalpages, formula=found.fit.formula)
            printed = int((folder / "oom_score").read_text())
            assert abs(expected - printed) <= 1
            assert row.process.rss_kb is not None
            assert row.process.rss_kb >= 64 << 10
        assert found.rows[0].process.oom_score_adj == 1000
        assert found.fit.agree >= found.fit.compared * 0.9
