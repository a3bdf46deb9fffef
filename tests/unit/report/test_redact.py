"""Redacted reports: nothing of a name is left, and a name is the same everywhere."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import oomlog
from oomlog.containers.maps.load import load
from oomlog.containers.registry import Registry
from oomlog.explain.run import explain_all
from oomlog.report.postmortem.api import report
from oomlog.report.redact import Redactor
from oomlog.report.redact.names import Names

SAMPLES = Path(__file__).parents[3] / "samples"
POD = SAMPLES / "v6.1-memcg-v2-kubernetes.dmesg.log"
JAVA = SAMPLES / "v6.12-memcg-v2-docker-java.dmesg.log"
ROWS = (
    "09:59:30 kernel: Linux version 6.1.0 (builder@forge.corp.example) (gcc) #1",
    "10:00:00 kernel: java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
    "10:00:00 kernel: CPU: 0 UID: 41017 PID: 4242 Comm: java Not tainted 6.1.0 #1",
    "10:00:00 kernel: nfs: server 10.20.30.44 (fe80::1ff:fe23:4567:890a) not responding, "
    "/export/payroll/2026 of 52:54:00:ab:cd:ef",
    "10:00:00 kernel: memory: usage 1024kB, limit 1024kB, failcnt 3",
    "10:00:00 kernel: Memory cgroup stats for /system.slice/payroll@blue.service:",
    "10:00:00 kernel: Tasks state (memory values in pages):",
    "10:00:00 kernel: [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
    "10:00:00 kernel: [   4242] 41017  4242     2000      200    32768        0             0 java",
    "10:00:00 kernel: oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),"
    "cpuset=payroll@blue.service,mems_allowed=0,oom_memcg=/system.slice/payroll@blue.service,"
    "task_memcg=/system.slice/payroll@blue.service/worker-pool,task=java,pid=4242,uid=41017",
    "10:00:00 kernel: Memory cgroup out of memory: Killed process 4242 (java) total-vm:8000kB, "
    "anon-rss:800kB, file-rss:0kB, shmem-rss:0kB, UID:41017 pgtables:32kB oom_score_adj:0",
    "10:00:01 systemd[1]: payroll@blue.service: A process of this unit has been killed by the OOM killer.",
    "10:00:01 systemd[1]: payroll@blue.service: Scheduled restart job, restart counter is at 4.",
    "10:00:02 systemd[1]: Started payroll@blue.service - Payroll of Example Corp.",
    "10:00:02 systemd[1]: user@41017.service: Failed with result 'oom-kill'.",
)
LINES = "".join(f"2026-11-22T{row[:8]}+01:00 db7.corp.example {row[9:]}\n" for row in ROWS)
NAMES = (
    "db7", "corp.example", "builder@forge", "payroll", "blue", "worker-pool", "41017", "10.20.30.44",
    "fe80::1ff:fe23:4567:890a", "52:54:00:ab:cd:ef", "2026 of", "Example Corp", "/export",
)  # fmt: skip
FORMATS = ("html", "markdown", "json", "pdf")


def registry_of(name: str) -> Registry:
    return Registry(load(str(SAMPLES / "maps" / name)))


def written(found: oomlog.report, form: str, folder: Path) -> str:
    if form == "json":
        return json.dumps(found.json(), ensure_ascii=False)
    if form != "pdf":
        return str(getattr(found, form)())
    pytest.importorskip("weasyprint", exc_type=ImportError)
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed: apt install poppler-utils")
    found.save(folder / "a.pdf")
    command = ["pdftotext", "-raw", str(folder / "a.pdf"), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def assert_none(names: tuple[str, ...], text: str) -> None:
    assert [name for name in names if name in text] == []


@pytest.mark.parametrize("form", FORMATS)
def test_no_name_is_left_in_any_format(form: str, tmp_path: Path) -> None:
    """Hosts, units, paths, users, addresses and descriptions are nowhere: not in the verdict, the lines, the
    pictures or the values behind them."""
    log = tmp_path / "secret-project.log"
    log.write_text(LINES)
    found = report(log, redact=True, title="What happened on db7.corp.example")
    text = written(found, form, tmp_path)
    assert_none((*NAMES, "secret-project", str(tmp_path)), text)
    for shown in ("host-1", "unit-1@instance-1.service", "java", "log-1"):
        assert shown in text


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("sample", "names"), [(POD, "kubectl-pods.json"), (JAVA, "docker-inspect.json")])
def test_nothing_a_map_knows_is_left(form: str, sample: Path, names: str, tmp_path: Path) -> None:
    """Containers, pods, namespaces, images and their ids, short and long, are replaced everywhere."""
    registry = registry_of(names)
    event = next(oomlog.parse(sample))
    place = next(explain_all([event])).place
    known = registry.find(place.owner)
    assert known is not None
    secrets = [
        known.container_id,
        known.container_id[:12],
        known.image,
        known.pod,
        f"{known.namespace}/",
        known.pod_uid,
    ]
    secrets += [known.pod_uid.replace("-", "_")] if known.pod_uid else []
    found = report(sample, redact=True, registry=registry)
    text = written(found, form, tmp_path)
    assert_none(tuple(filter(None, secrets)), text)
    assert "container-1" in text
    assert "image-1" in text


def test_what_is_computed_stays() -> None:
    """Numbers, findings and the owner's kind are those of the report with names."""
    plain, hidden = report(POD).content.cases[0], report(POD, redact=True).content.cases[0]
    for one, two in ((plain.explanation, hidden.explanation),):
        assert [each.id for each in one.findings] == [each.id for each in two.findings]
        assert [len(each.evidence) for each in one.findings] == [len(each.evidence) for each in two.findings]
        assert [each.badness for each in one.victim.ranking] == [each.badness for each in two.victim.ranking]
        assert one.ledger.total_kb == two.ledger.total_kb
        assert (one.place.owner.kind, one.place.limit_level) == (two.place.owner.kind, two.place.limit_level)
        assert one.place.owner.pod_uid != two.place.owner.pod_uid


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*-memcg-*.dmesg.log")), ids=lambda path: path.stem)
def test_every_path_keeps_what_it_tells(sample: Path) -> None:
    """With pseudonyms a path still tells a pod from a container from a unit, on every recorded path."""
    events = list(oomlog.parse(sample))
    for one, two in zip(explain_all(events), explain_all(Redactor().events(events)), strict=True):
        assert (one.place is None) == (two.place is None)
        if one.place is not None and two.place is not None:
            assert one.place.owner.kind == two.place.owner.kind
            assert one.place.owner.level == two.place.owner.level
            assert one.place.limit_level == two.place.limit_level


def test_the_same_name_has_the_same_pseudonym() -> None:
    """A unit is called alike by the kernel and by systemd; a uid in the table and in the kill line."""
    text = report(LINES, redact=True).markdown()
    assert set(re.findall(r"[\w-]+@[\w-]+\.service", text.replace("<!-- -->", ""))) == {
        "unit-1@instance-1.service",
        "user@9000001.service",
    }
    lines = report(LINES, redact=True).content.cases[0].event.lines
    assert {found[1] for line in lines for found in re.finditer(r"(?:uid=|UID:\s?|\] )(\d+)", line.text)} == {
        "9000001"
    }


def test_two_names_have_two_pseudonyms() -> None:
    """Different names stay different."""
    names = Names()
    assert [names.path(path) for path in ("/a/b.service", "/a/c.service", "/d/b.service")] == [
        "/group-1/unit-1.service",
        "/group-1/unit-2.service",
        "/group-2/unit-1.service",
    ]
    assert names.host("web1.example") == names.host("web1") == "host-1"
    assert names.host("web2") == "host-2"


def test_pseudonyms_are_left_alone() -> None:
    """What was replaced is not replaced once more."""
    redactor = Redactor()
    once = redactor.text("/srv/shop/app.service of 10.0.0.7 and 0123456789abcdef0123456789abcdef")
    assert "shop" not in once
    assert redactor.text(once) == once


@pytest.mark.parametrize(
    "kept",
    [
        "Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB",
        "kworker/u33:5: page allocation failure: order:1, mode:0x20",
        "Node 0 DMA32 free:1232kB boost:0kB min:1584kB low:1980kB",
        "cpuset=/,mems_allowed=0",
        "RSP: 0018:ffffb1d5c0d5bd98 EFLAGS: 00010246",
    ],
)
def test_the_kernels_own_words_stay(kept: str) -> None:
    """What is nobody's name is as it was."""
    assert Redactor().text(kept) == kept


def test_a_process_named_like_its_host_stays_readable() -> None:
    """Names of processes are kept, also where a host has the same."""
    log = LINES.replace("db7.corp.example", "java")
    text = report(log, redact=True).markdown()
    assert "java (pid 4242)" in text
    assert "(java) total-vm" in text
