"""What holds for every explanation, whatever is done to the log."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import jsonschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import oomlog
from oomlog.explain.case import Case
from oomlog.explain.model import Explanation, Ledger
from oomlog.explain.neighbours import Log
from oomlog.explain.one_process import why
from oomlog.explain.phrases import LANGUAGES
from oomlog.explain.run import explain
from oomlog.explain.supposed import Setting, least_adj, whatif
from oomlog.report.document_markdown import document_markdown
from oomlog.report.document_text import document_text
from oomlog.report.explanation import explanation_blocks
from oomlog.report.explanation_json import explanation_bytes
from oomlog.report.fields import fields_blocks
from oomlog.report.json import json_bytes
from oomlog.report.schema import schema_bytes
from oomlog.report.whatif import whatif_blocks, whatif_dict, why_dict

SAMPLES = Path(__file__).parents[2] / "samples"
NAMES = (
    "v5.10-allocating-task.dmesg",
    "v5.10-cpuset-v1.dmesg",
    "v5.10-global-hugetlb.dmesg",
    "v5.10-memcg-no-killable.dmesg",
    "v5.10-memcg-v1-docker-swap.dmesg",
    "v5.10-panic.console",
    "v6.1-global-lowmem.console",
    "v6.1-global-nodump.dmesg",
    "v6.1-memcg-v1-parent.dmesg",
    "v6.12-global-adj.dmesg",
    "v6.12-global-tmpfs.dmesg",
    "v6.12-memcg-v2-group.dmesg",
    "v7.2-global-cma.dmesg",
    "v7.2-memcg-v2-tmpfs.dmesg",
)
OLD = """\
[ 10.000001] java invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0, oom_score_adj=0
[ 10.000002] java cpuset=/ mems_allowed=0-1
[ 10.000003] Pid: 77, comm: java Not tainted 2.6.32-642.el6.x86_64 #1
[ 10.000004] Task in /lxc/a killed as a result of limit of /lxc
[ 10.000005] memory: usage 65536kB, limit 65536kB, failcnt 12
[ 10.000006] memory+swap: usage 65536kB, limit 9007199254740991kB, failcnt 0
[ 10.000007] [ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name
[ 10.000008] [   77]     0    77    40000    16000   0       0             0 java
[ 10.000009] [   78]     0    78    40000    12000   0       0             0 sh
[ 10.000010] Memory cgroup out of memory: Kill process 77 (java) score 900 or sacrifice child
[ 10.000011] Killed process 78, UID 0, (sh) total-vm:160000kB, anon-rss:48000kB, file-rss:0kB
"""
NUMBERS = (
    "0", "-1", "1", "1000", "4096", "1000000000", "-1000", "9007199254740988", "18446744073709551615",
    "9" * 20, "9" * 40,
    "-9223372036854775808", "", "1.5", "0x10",
)  # fmt: skip
TEXTS = (
    "{}", "{0}", "{pid!r}", "{rss_kb:kb}", "}{", "%s", "\x1b[31m", "\x00", "\r", "\n", "\u202e", "`|", "<b>",
    "\\x0a", "#012", " ", "", "a" * 300, "\ud55c\uae00", "\udcff",
)  # fmt: skip
# Newlines are the page's own.
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]")

edits = st.one_of(
    st.tuples(st.just("cut"), st.floats(0, 1), st.booleans()),
    st.tuples(st.just("lose"), st.floats(0, 1), st.integers(1, 30)),
    st.tuples(st.just("swap"), st.floats(0, 1), st.floats(0, 1)),
    st.tuples(st.just("number"), st.floats(0, 1), st.sampled_from(NUMBERS)),
    st.tuples(st.just("numbers"), st.floats(0, 1), st.sampled_from(NUMBERS)),
    st.tuples(st.just("text"), st.floats(0, 1), st.sampled_from(TEXTS)),
    st.tuples(st.just("insert"), st.floats(0, 1), st.sampled_from(TEXTS)),
)


@cache
def log_of(name: str) -> str:
    """Return a log from its first report on; what comes before says nothing about it."""
    if name == "old":
        return OLD
    text = (SAMPLES / f"{name}.log").read_text("utf-8", "surrogateescape")
    return text[max(text.find("invoked oom-killer") - 200, 0) :]


def edited(text: str, kind: str, where: float, what: object) -> str:
    """Return the log with one thing changed."""
    at, lines = int(where * len(text)), text.split("\n")
    line = int(where * (len(lines) - 1))
    if kind == "cut":
        return text[at:] if what else text[:at]
    if kind == "lose":
        return "\n".join(lines[:line] + lines[line + int(str(what)) :])
    if kind == "swap":
        other = int(float(str(what)) * (len(lines) - 1))
        lines[line], lines[other] = lines[other], lines[line]
        return "\n".join(lines)
    if kind == "insert":
        return text[:at] + str(what) + text[at:]
    if kind == "numbers":
        # All of a line but its prefix.
        head, bracket, rest = lines[line].partition("] ")
        lines[line] = head + bracket + re.sub(r"\d+", str(what), rest)
        return "\n".join(lines)
    found = re.compile(r"-?\d+" if kind == "number" else r"[a-z_/]{3,}").search(text, at)
    return text if found is None else text[: found.start()] + str(what) + text[found.end() :]


@cache
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(schema_bytes("explanation")))


def adds_up(ledger: Ledger) -> bool:
    items = sum(item.kb or 0 for item in ledger.items if item.within is None)
    return ledger.unaccounted_kb is None or items + ledger.unaccounted_kb == ledger.total_kb


def check(explanation: Explanation, number: int) -> None:
    """Hold an explanation to its promises, and render it in every form and language."""
    choice = explanation.victim
    if choice.agrees:
        assert choice.predicted in choice.ranking
        assert explanation.event.kills
    assert all(map(adds_up, filter(None, (explanation.ledger, *explanation.parts))))
    assert [each.primary for each in explanation.findings].count(True) <= 1
    lines = set(explanation.event.lines)
    for finding in explanation.findings:
        assert set(finding.evidence) <= lines
    for lang in LANGUAGES:
        blocks = list(explanation_blocks(explanation, lang, number=number))
        blocks += fields_blocks(explanation.event, explanation.victim.page_size_kb.value, lang)
        for page in (document_text(blocks), document_markdown(blocks)):
            assert CONTROL.search(page) is None
        validator().validate(json.loads(explanation_bytes(explanation, lang, number)))


def check_answers(case: Case) -> None:
    """Ask about the victim, and about the first process of the table."""
    names = {str(each.comm) for each in (*case.event.kills[:1], *case.processes[:1])}
    names |= {str(kill.pid) for kill in case.event.kills[:1]}
    for name in sorted(names):
        spared = {name: least_adj(case, name)}
        answer = whatif(case, [Setting(name, "rss", 4096)], {case.event.oom_memcg or "/": 1024})
        assert CONTROL.search(document_text(whatif_blocks(case, answer, spared, "en", 1))) is None
        json.loads(json_bytes(whatif_dict(case, answer, spared, "ko", 1)))
        for found in why(case, name):
            json.loads(json_bytes(why_dict(case, found, "ko", 1)))


@settings(derandomize=True, deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
@given(st.sampled_from((*NAMES, "old")), st.lists(edits, min_size=1, max_size=8))
def test_any_log_is_explained(name: str, changes: list[tuple[str, float, object]]) -> None:
    """Nothing in a log makes explaining it fail, claim what its numbers contradict, or print raw bytes."""
    text = log_of(name)
    for change in changes:
        text = edited(text, *change)
    log = Log(list(oomlog.parse(text.encode("utf-8", "surrogateescape"))))
    for number, event in enumerate(log[:4], 1):
        check(explain(event, log), number)
        check_answers(Case(event, log))
