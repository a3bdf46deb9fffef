"""Every key that the code can give has its words, with numbers that are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import oomlog
from oomlog.events.body import SECTIONS
from oomlog.explain.case import Case
from oomlog.explain.phrases import LANGUAGES, all_phrases, say
from oomlog.explain.run import explain
from oomlog.explain.verdict import verdict

ROOT = Path(__file__).parents[3]
EXPLAIN = ROOT / "src" / "oomlog" / "explain"
LOGS = sorted((ROOT / "samples").glob("*.log"))


def texts(*names: str) -> set[str]:
    """Return the literals of some modules that look like keys."""
    found = set()
    for name in names:
        for node in ast.walk(ast.parse((EXPLAIN / f"{name}.py").read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
                found.add(node.value)
    return found


def keys(file: str) -> set[str]:
    return {key.split(".", 1)[1] for key in all_phrases() if key.startswith(f"{file}.")}


def test_reasons_are_those_of_the_code() -> None:
    """Each reason in words is one that the code gives, so a renamed one is noticed."""
    outcomes = {"panic", "no_killable"}  # taken over from the event
    assert keys("reason") - outcomes <= texts("difference", "formula")


def test_bases_are_those_of_the_code() -> None:
    """Each way in which a number is found has words."""
    used = {each for each in texts("page_size", "totalpages") if each.startswith(("ram_less", "totalpages_"))}
    assert used - {"totalpages_"} <= keys("basis")
    assert {
        f"page_size_{name}" for name in ("free_list", "victim", "limit", "free", "given", "assumed")
    } <= keys("basis")
    machine = {key for key in keys("basis") if key.startswith("ram_")}
    assert {f"totalpages_{key}{end}" for key in machine for end in ("", "_swap_unknown")} <= keys("basis")


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_samples_can_be_told(path: Path) -> None:
    """Why a victim, why somebody is spared, and where numbers are from can be said in both languages."""
    events = list(oomlog.parse(path))
    for event in events:
        case = Case(event, events)
        choice = case.choice
        said = [(f"immune.{each.immune}", {}) for each in choice.immune]
        said += [
            (f"basis.{each.basis}", each.inputs) for each in (choice.page_size_kb, choice.totalpages) if each
        ]
        if choice.reason is not None:
            said.append((f"reason.{choice.reason}", choice.values))
        for key, values in said:
            for lang in LANGUAGES:
                sentence = say(key, lang, values)
                assert "?" not in sentence, (key, sentence)
                assert "None" not in sentence, (key, sentence)


def test_parts_of_a_report_have_words() -> None:
    """No reader has to know what oomlog calls a section, or the state of one."""
    assert keys("sections") == {*SECTIONS, "state_cut", "state_unparsable", "state_absent"}
    assert say("findings.truncated_log_end_sections", "en", {"sections": "context, tasks"}).endswith(
        "It breaks off in: the call trace (CPU, Call Trace), the list of processes (Tasks state)."
    )


@pytest.mark.parametrize(
    ("comm", "said"),
    [
        ("php-fpm8.2", "killed php-fpm8.2 (pid 7)"),
        ("(sd-pam)", "killed (sd-pam) (pid 7)"),
        ("kworker/0:1", "killed kworker/0:1 (pid 7)"),
        ("is fine. No", 'killed "is fine. No" (pid 7)'),
        ("nothing.", 'killed "nothing." (pid 7)'),
        ('x" (pid 1). "', 'killed "x\\" (pid 1). \\"" (pid 7)'),
    ],
)
def test_no_name_reads_as_words_of_ours(comm: str, said: str) -> None:
    """A name that could be prose, or end the quotes around it, is marked as a name, in every language."""
    line = f"Out of memory: Killed process 7 ({comm}) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB"
    (event,) = oomlog.parse(f"[    1.000000] {line}\n")
    assert said in verdict(explain(event))
    marked = said.removeprefix("killed ").removesuffix(" (pid 7)")
    assert f"{marked} 프로세스(pid 7)" in verdict(explain(event), "ko")


def test_a_cgroup_with_a_sentence_for_a_name_is_marked() -> None:
    """Whoever makes a cgroup names it."""
    values = {"oom_memcg": "/a. All is well/b", "limit_kb": 9, "usage_kb": 9}
    assert 'The cgroup "/a. All is well/b" reached' in say("findings.memcg_limit", "en", values)
    assert "The cgroup /system.slice/x.service reached" in say(
        "findings.memcg_limit", "en", {**values, "oom_memcg": "/system.slice/x.service"}
    )


def test_words_of_the_history_are_those_of_its_page() -> None:
    """No sentence or heading of a history is left over when the page changes."""
    report = ROOT / "src" / "oomlog" / "report"
    source = "".join(path.read_text() for path in report.glob("history_*.py"))
    source += (ROOT / "src/oomlog/cli/commands/history.py").read_text()
    used = set(re.findall(r"[a-z_0-9]+", source)) | {str(day) for day in range(7)}
    families = ("by_", "col_", "day_", "span_", "rate_", "hosts_", "headline_", "why_", "zone_", "of_them_")
    families += ("compared_none_", "compared_more_", "compared_", "change_", "leak_")
    for key in keys("history"):
        family = next((each for each in families if key.startswith(each)), "")
        rest = key.removeprefix(family).removesuffix("_about")
        from_data = family in ("change_", "leak_")  # words that the analyses give
        assert from_data or {key, rest} & used or set(rest.split("_")) <= used, key
