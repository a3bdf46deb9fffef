"""Another oom_score_adj: what it would change, what is refused, and what is written."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oomlog.errors import OomlogError, UsageError
from oomlog.live.apply import apply
from oomlog.live.container import Surroundings
from oomlog.live.processes import read_process
from oomlog.live.protect import Plan, matching, plan
from oomlog.live.scores import read_scores
from oomlog.report.protect import script

MIB = 1024
MACHINE = Surroundings((), kubernetes=False, first_pid_namespace=True)
COMMAND = re.compile(
    r"(|#[^\n]*|choom -p \d+ -n -?\d+|mkdir -p \S+"
    r"|printf '\[Service\]\\nOOMScoreAdjust=-?\d+\\n' > \S+/oomlog\.conf|systemctl (--user )?daemon-reload)"
)


@pytest.fixture
def web(machine: Any) -> Any:
    """Return a machine with a service of two processes, a large one, and the usual rest."""
    machine.process(1, "systemd", rss_kb=8 * MIB, score=0)
    machine.process(2, "kthreadd", rss_kb=None, flags=0x00200000)
    machine.process(10, "nginx", rss_kb=300 * MIB, cgroup="0::/system.slice/nginx.service\n")
    machine.process(11, "nginx", rss_kb=200 * MIB, cgroup="0::/system.slice/nginx.service\n")
    machine.process(12, "java", rss_kb=4000 * MIB, cgroup="0::/system.slice/app.service\n")
    machine.process(13, "systemd-journal", rss_kb=20 * MIB)
    machine.process(14, "defunct", rss_kb=None, state="Z")
    return machine


def planned(machine: Any, target: str, adj: int = -500) -> Plan:
    scores = read_scores(machine.root)
    return plan(scores, matching(scores, target), adj)


def text(machine: Any, target: str, adj: int = -500, around: Surroundings = MACHINE) -> str:
    return "\n".join(script(planned(machine, target, adj), around))


@pytest.mark.parametrize(
    ("target", "pids"),
    [
        ("nginx", [10, 11]),
        ("10", [10]),
        ("app.service", [12]),
        ("app", [12]),
        ("systemd-journald", [13]),
        ("ngin", []),
        ("99", []),
        ("", []),
    ],
)
def test_who_is_meant(web: Any, target: str, pids: list[int]) -> None:
    """A number, a whole name as far as the kernel keeps it, or a service."""
    assert sorted(row.process.pid for row in matching(read_scores(web.root), target)) == pids


def test_ranks_before_and_after(web: Any) -> None:
    """The next victim is spared, and it is said who dies instead."""
    found = planned(web, "java")
    (change,) = found.changes
    assert (change.rank_before, change.rank_after, found.killable_before) == (1, 4, 4)
    assert found.next_before is not None
    assert found.next_after is not None
    assert (found.next_before.process.pid, found.next_after.process.pid) == (12, 10)
    shown = text(web, "java")
    assert "java[12]: oom_score_adj 0 -> -500, rank 1 -> 4 (of 4)" in shown
    assert "next in a global OOM: java[12] before, nginx[10] after (derived)" in shown
    assert "careful: java[12] uses 50 % of RAM and swap" in shown
    assert "children it starts from then on inherit the value" in shown


def test_who_stays_first_is_not_said_to_be_spared(web: Any) -> None:
    """A step that is too small changes nothing for the others."""
    shown = text(web, "java", -1)
    assert "next in a global OOM: java[12], before and after (derived)" in shown
    assert "would be spared" not in shown


def test_commands_for_a_service(web: Any) -> None:
    """choom for each process as it runs, and a drop-in that makes it last."""
    assert text(web, "nginx.service", -300).split("\n")[-11:] == [
        "# children it starts from then on inherit the value; those it has keep theirs",
        "",
        "# until the process ends, as root (or with --apply):",
        "choom -p 10 -n -300",
        "choom -p 11 -n -300",
        "",
        "# for good, as the service nginx.service:",
        "mkdir -p /etc/systemd/system/nginx.service.d",
        "printf '[Service]\\nOOMScoreAdjust=-300\\n' > /etc/systemd/system/nginx.service.d/oomlog.conf",
        "systemctl daemon-reload",
        "# it holds from the next start on: systemctl restart nginx.service",
    ]


@pytest.mark.parametrize(
    ("target", "adj", "reason"),
    [
        ("1", -500, "is init"),
        ("2", -500, "thread of the kernel"),
        ("14", -500, "has ended"),
        ("nginx", -1000, "unkillable"),
    ],
)
def test_nonsense_is_refused_with_its_reason(web: Any, target: str, adj: int, reason: str) -> None:
    """What cannot work or would end in a panic is not printed as a command."""
    with pytest.raises(UsageError, match=reason):
        planned(web, target, adj)


def test_the_last_one_stays_killable(machine: Any) -> None:
    """Somebody must be left to kill."""
    machine.process(10, "app", rss_kb=4)
    with pytest.raises(UsageError, match="nothing that can be seen would be left"):
        planned(machine, "app", -1000)


def test_never_killed_is_possible_for_one_and_told(web: Any) -> None:
    """-1000 for a single process comes with a warning."""
    shown = text(web, "13", -1000)
    assert "-> immune" in shown
    assert "never killed then" in shown


def test_more_likely_and_nothing_new(web: Any) -> None:
    """A value that does not protect is called so."""
    assert "more likely to be killed" in text(web, "13", 500)
    assert "nothing changes" in text(web, "13", 0)


def test_container_promises_nothing(web: Any) -> None:
    """Where the engine sets the value, no file is named that would not last."""
    docker = Surroundings(("/.dockerenv exists",), kubernetes=False, first_pid_namespace=False)
    pod = Surroundings(("Kubernetes left its marks",), kubernetes=True, first_pid_namespace=False)
    for around, advice in ((docker, "--oom-score-adj"), (pod, "QoS class of the pod")):
        shown = text(web, "nginx", around=around)
        assert advice in shown
        assert "/etc/systemd" not in shown
    web.process(15, "app", rss_kb=4, cgroup="0::/kubepods.slice/kubepods-pod1.slice\n")
    assert "its cgroup is one of kubepods" in text(web, "15")


def test_user_service(web: Any) -> None:
    """A user's service has its drop-in in the user's home."""
    web.process(15, "app", rss_kb=4, cgroup="0::/user.slice/user@7.service/app.slice/x.service\n")
    shown = text(web, "15", 200)
    assert "mkdir -p ~/.config/systemd/user/x.service.d" in shown
    assert "systemctl --user daemon-reload" in shown


def test_unknown_formula_tells_no_ranks(machine: Any) -> None:
    """Where scores cannot be computed, no rank is made up."""
    machine.process(10, "a", rss_kb=500 * MIB, score=300)
    machine.process(11, "b", rss_kb=1 * MIB, score=400)
    shown = text(machine, "a")
    assert "rank" not in shown.split("\n")[0]
    assert "ranks cannot be told" in shown


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    comm=st.binary(min_size=1, max_size=15).filter(lambda name: b"\0" not in name),
    group=st.text(st.characters(exclude_characters="\n\0/", exclude_categories=["Cs"]), max_size=30),
)
def test_nothing_hostile_becomes_a_command(machine: Any, comm: bytes, group: str) -> None:
    """Whatever processes and cgroups are called, each line is a comment or one of the few known commands."""
    machine.process(10, comm, rss_kb=64, cgroup=f"0::/system.slice/{group}.service\n")
    machine.process(11, "other", rss_kb=4)
    for line in script(planned(machine, "10"), MACHINE):
        assert COMMAND.fullmatch(line), line
        assert line.isprintable()


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs sh")
def test_script_is_one(machine: Any, tmp_path: Path) -> None:
    """A shell reads the script, and the drop-in it writes is what systemd wants."""
    machine.process(10, "$(reboot)", rss_kb=64, cgroup="0::/system.slice/a\\x2db.service\n")
    machine.process(11, "other", rss_kb=4)
    shown = text(machine, "10")
    assert r"'/etc/systemd/system/a\x2db.service.d'" in shown
    lines = [line for line in shown.split("\n") if line.startswith(("mkdir", "printf"))]
    moved = "\n".join(lines).replace("/etc/", f"{tmp_path}/")
    subprocess.run(["sh", "-eu", "-c", moved], check=True)
    written = tmp_path / r"systemd/system/a\x2db.service.d/oomlog.conf"
    assert written.read_text() == "[Service]\nOOMScoreAdjust=-500\n"


# -- applying --------------------------------------------------------------------------------------------


def test_apply_writes_that_and_reads_it_again(web: Any) -> None:
    """The file of this one process is written, and what it says then is given back."""
    process = read_process(12, web.root)
    assert process is not None
    before = {path: path.read_bytes() for path in web.root.rglob("*") if path.is_file()}
    assert apply(process, -300, web.root) == -300
    changed = [path for path, data in before.items() if path.read_bytes() != data]
    assert changed == [web.root / "proc/12/oom_score_adj"]


def test_apply_spares_a_later_process(web: Any) -> None:
    """A number that belongs to another process by now is left alone."""
    process = read_process(12, web.root)
    assert process is not None
    for started in (None, 5):
        with pytest.raises(OomlogError, match="not the one it was"):
            apply(replace(process, started_ticks=started), -300, web.root)
    assert (web.root / "proc/12/oom_score_adj").read_text() == "0\n"


def test_apply_to_one_that_ended(web: Any) -> None:
    """A process that is gone is an error in words."""
    process = read_process(12, web.root)
    assert process is not None
    shutil.rmtree(web.root / "proc/12")
    with pytest.raises(OomlogError, match="it has ended"):
        apply(process, -300, web.root)


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="needs /proc")
def test_apply_on_this_machine() -> None:
    """Everybody may raise the value of an own process, and the kernel says that it is set."""
    with subprocess.Popen(["sleep", "60"]) as child:
        process = read_process(child.pid)
        assert process is not None
        try:
            assert apply(process, 700) == 700
            assert Path(f"/proc/{child.pid}/oom_score_adj").read_text() == "700\n"
        finally:
            child.kill()
