"""Page size, totalpages and formula: what they are told by."""

from __future__ import annotations

import json

import jsonschema
import pytest

from oomlog.explain.formula import formula_of
from oomlog.explain.one_process import why, why_sentence
from oomlog.explain.ranking import Process, feasible_totalpages
from oomlog.explain.run import explain
from oomlog.explain.supposed import least_adj
from oomlog.explain.totalpages import nodes_of, totalpages
from oomlog.explain.verdict import victim_sentence
from oomlog.report.document_text import document_text
from oomlog.report.explanation import formula_sentences
from oomlog.report.explanation_json import explanation_dict, terms_dict
from oomlog.report.schema import schema_bytes
from oomlog.report.whatif import whatif_blocks

HEADER = "x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"
STATE = "Tasks state (memory values in pages):"
TABLE = "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name"
MEMCG = "Memory cgroup out of memory"


def row(pid: int, comm: str, rss: int = 100, adj: int = 0, swap: int = 0, vm: int = 1000) -> str:
    return f"[{pid:7d}]     0 {pid:5d} {vm:8d} {rss:8d} {8192:8d} {swap:8d}         {adj:5d} {comm}"


def killed(pid: int, comm: str, vm_kb: int = 4000, message: str = "Out of memory") -> str:
    return (
        f"{message}: Killed process {pid} ({comm}) total-vm:{vm_kb}kB, anon-rss:400kB, file-rss:0kB, "
        "shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:0"
    )


def summary(pid: int, comm: str, constraint: str = "CONSTRAINT_MEMCG", nodes: str = "0") -> str:
    where = "oom_memcg=/a,task_memcg=/a" if constraint == "CONSTRAINT_MEMCG" else "global_oom,task_memcg=/"
    return (
        f"oom-kill:constraint={constraint},nodemask={nodes if 'POLICY' in constraint else '(null)'},cpuset=/,"
        f"mems_allowed={nodes},{where},task={comm},pid={pid},uid=0"
    )


# -- page size -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("vm_kb", "size"), [(4000, 4), (64000, 64)])
def test_the_victim_shows_the_page_size(case, vm_kb, size):
    """Its address space is printed in pages and in kB."""
    found = case([HEADER, STATE, TABLE, row(7, "x"), killed(7, "x", vm_kb)]).page_size
    assert (found.value, found.basis, found.exact) == (size, "page_size_victim", True)


def test_a_missing_limit_shows_the_page_size(case):
    """64 kB pages round PAGE_COUNTER_MAX down further."""
    lines = [HEADER, "memory: usage 4kB, limit 9007199254740928kB, failcnt 1", killed(7, "x", message=MEMCG)]
    found = case(lines).page_size
    assert (found.value, found.basis) == (64, "page_size_limit")


@pytest.mark.parametrize(("free_kb", "size"), [((4400, 35600), 4), ((70400, 569600), 64)])
def test_free_memory_shows_the_page_size(case, free_kb, size):
    """The counter is in pages, the zones are in kB; of a cut report there may be nothing else."""
    zones = [
        f"Node 0 {name} free:{kb}kB min:44kB" for name, kb in zip(("DMA", "Normal"), free_kb, strict=True)
    ]
    found = case([HEADER, " free:10000 free_pcp:1 free_cma:3159", *zones]).page_size
    assert (found.value, found.basis) == (size, "page_size_free")


def test_free_memory_of_some_zones_shows_no_page_size(case):
    """Zones are missing where the two are no page size apart."""
    found = case(
        [HEADER, " free:10000 free_pcp:1 free_cma:3159", "Node 0 DMA free:97000kB min:44kB"]
    ).page_size
    assert found.basis == "page_size_assumed"


def test_nothing_shows_the_page_size(case):
    """Then it is assumed, and says so."""
    found = case([killed(7, "x")]).page_size
    assert (found.value, found.exact) == (4, False)


def test_the_user_knows_better(case):
    """--page-size wins over what the report shows."""
    found = case([HEADER, STATE, TABLE, row(7, "x"), killed(7, "x")], page_size_kb=16).page_size
    assert (found.value, found.basis, found.inputs) == (16, "page_size_given", {"victim": 4})


# -- totalpages ----------------------------------------------------------------------------------------


def memcg(*counters: str, adj: int = 0) -> list[str]:
    return [
        HEADER,
        *counters,
        STATE,
        TABLE,
        row(7, "x", adj=adj),
        summary(7, "x"),
        killed(7, "x", message=MEMCG),
    ]


@pytest.mark.parametrize(
    ("counters", "pages", "exact"),
    [
        (["memory: usage 400kB, limit 400kB, failcnt 1", "swap: usage 0kB, limit 0kB, failcnt 0"], 100, True),
        (
            ["memory: usage 400kB, limit 400kB, failcnt 1", "swap: usage 0kB, limit 800kB, failcnt 0"],
            100,
            False,
        ),
        (
            [
                "memory: usage 400kB, limit 400kB, failcnt 1",
                "memory+swap: usage 400kB, limit 400kB, failcnt 0",
                "kmem: usage 0kB, limit 9007199254740988kB, failcnt 0",
            ],
            100,
            True,
        ),
    ],
    ids=["swap.max=0", "swap open", "memsw=limit"],
)
def test_totalpages_of_a_cgroup(case, counters, pages, exact):
    """The limit, and swap as far as the cgroup may use it; the machine's swap is not in such a report."""
    found = totalpages(case(memcg(*counters)).event, 4)
    assert (found.derived.value, found.derived.exact) == (pages, exact)


def test_swap_that_another_report_told(case):
    """min(swap.max, the machine's swap)."""
    counters = ["memory: usage 400kB, limit 400kB, failcnt 1", "swap: usage 0kB, limit 800kB, failcnt 0"]
    found = totalpages(case(memcg(*counters)).event, 4, swap_kb=200)
    assert (found.derived.value, found.derived.exact, found.highest) == (150, False, 150)


def test_no_limit_no_totalpages(case):
    """A cgroup without limit cannot have hit it; nothing is made up."""
    counters = ["memory: usage 400kB, limit 9007199254740988kB, failcnt 1"]
    assert totalpages(case(memcg(*counters)).event, 4) is None


@pytest.mark.parametrize(
    ("text", "nodes"), [("0-2,5", {0, 1, 2, 5}), ("1", {1}), ("0-99999999", None), ("x", None)]
)
def test_lists_of_nodes(case, text, nodes):
    """As the kernel prints them; an absurd one is none."""
    lines = [
        HEADER,
        STATE,
        TABLE,
        row(7, "x"),
        summary(7, "x", "CONSTRAINT_MEMORY_POLICY", text),
        killed(7, "x"),
    ]
    found = nodes_of(case(lines).event)
    assert found == (None if nodes is None else frozenset(nodes))


# -- formula -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "formula"),
    [
        ("[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name", "permille"),
        ("[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name", "root_bonus"),
        ("[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name", "root_bonus"),
        (
            "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents "
            "oom_score_adj name",
            "plain",
        ),
    ],
)
def test_the_columns_show_the_formula(case, header, formula):
    """Whatever the version says."""
    assert (
        formula_of(case([HEADER, header, "[ 7 ] 0 7 9 9 9 9 9 x", killed(7, "x")]).event).formula == formula
    )


def test_before_2_6_36_nothing_is_computed(case):
    """The heuristics of then need what no log has."""
    header = "[ pid ]   uid  tgid total_vm      rss cpu oom_adj name"
    found = case([HEADER, header, "[    7]     0     7     1000      100   0       0 x", killed(7, "x")])
    assert found.choice.reason == "old_heuristics"
    assert found.choice.agrees is None


def test_an_older_kill_line_shows_the_clamp(case):
    """Until 5.3 it had neither UID nor pgtables; a badness below 1 was 1."""
    line = f"{MEMCG}: Killed process 7 (pause) total-vm:4000kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"
    limit = "memory: usage 400000kB, limit 400000kB, failcnt 1"
    rows = [row(7, "pause", 1, -998), row(8, "big", 90000, -998)]
    found = case([HEADER, limit, STATE, TABLE, *rows, summary(7, "pause"), line]).choice
    assert (found.formula, found.agrees) == ("plain_clamped", True)
    assert {each.badness for each in found.ranking} == {1}


# -- choice --------------------------------------------------------------------------------------------


def process(pid: int, used: int, adj: int) -> Process:
    return Process(pid, pid, "x", 0, adj, used, 0, 0)


@pytest.mark.parametrize(
    ("chosen", "others", "found"),
    [
        (process(1, 100, 0), [process(2, 50, 0)], (1000, None)),
        (process(1, 50, 0), [process(2, 100, 0)], None),
        (process(1, 50, 100), [process(2, 1050, 0)], (10_000, None)),
        (process(1, 1050, 0), [process(2, 50, 100)], (1000, 10_000)),
        (process(1, 50, 0), [process(2, 100, -1000)], (1000, None)),
    ],
)
def test_for_which_totalpages_a_choice_is_right(chosen, others, found):
    """The more memory there is, the more an adjustment weighs."""
    assert feasible_totalpages(chosen, [chosen, *others], 1000, None) == found


def test_an_unknown_swap_is_no_disagreement(case):
    """The victim fits a larger totalpages than the limit alone."""
    counters = ["memory: usage 400kB, limit 400kB, failcnt 1", "swap: usage 0kB, limit 4000kB, failcnt 0"]
    rows = [row(7, "x", 10, 500), row(8, "big", 100, 0)]
    lines = [HEADER, *counters, STATE, TABLE, *rows, summary(7, "x"), killed(7, "x", message=MEMCG)]
    found = case(lines).choice
    assert (found.agrees, found.reason) == (True, "totalpages_open")


def test_what_nothing_explains_is_called_so(case):
    """A much smaller victim with equal adjustments, and nothing in the log to explain it."""
    counters = ["memory: usage 400kB, limit 400kB, failcnt 1", "swap: usage 0kB, limit 0kB, failcnt 0"]
    rows = [row(7, "x", 100), row(8, "big", 90000)]
    lines = [HEADER, *counters, STATE, TABLE, *rows, summary(7, "x"), killed(7, "x", message=MEMCG)]
    found = case(lines).choice
    assert (found.agrees, found.reason) == (False, "unexplained")
    assert found.values["gap_kb"] == 89900 * 4


def test_memory_that_moved_between_table_and_kill(case):
    """The kill line is newer than the table; a gap no larger than the change is explained by it."""
    counters = ["memory: usage 400kB, limit 400kB, failcnt 1", "swap: usage 0kB, limit 0kB, failcnt 0"]
    rows = [row(7, "x", 1000), row(8, "big", 1100)]
    lines = [HEADER, *counters, STATE, TABLE, *rows, summary(7, "x"), killed(7, "x", message=MEMCG)]
    found = case(lines).choice
    assert (found.agrees, found.reason) == (False, "values_moved")


def test_whoever_is_dying_already_is_not_chosen_again(case):
    """An earlier victim that is still listed has its memory on the way back."""

    def report(rows, pid):
        return [HEADER, STATE, TABLE, *rows, summary(pid, "x", "CONSTRAINT_NONE"), killed(pid, "x")]

    rows = [row(7, "x", 5000), row(8, "x", 100)]
    found = case([*report(rows, 7), *report(rows, 8)], number=2).choice
    assert (found.agrees, [each.immune for each in found.immune]) == (True, ["already_killed"])


def test_a_sacrificed_child_is_named(case):
    """Until 5.0 a child could die for the chosen one."""
    rows = [row(7, "apache", 5000), row(8, "php", 100)]
    lines = [
        HEADER, TABLE, *rows, "Out of memory: Kill process 7 (apache) score 912 or sacrifice child",
        "Killed process 8 (php) total-vm:4000kB, anon-rss:400kB, file-rss:0kB, shmem-rss:0kB",
    ]  # fmt: skip
    found = case(lines).choice
    assert (found.agrees, found.reason, found.predicted.pid) == (True, "sacrificed_child", 7)
    assert found.values["child_pid"] == 8


def test_equal_users_are_a_tie_also_without_totalpages(case):
    """Where all adjustments are equal, what they use tells who is first, and whether anybody is."""
    table = "[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name"
    rows = [f"[{pid:5d}]     0 {pid:5d}      300        7       3       0        0             0 {name}"
            for pid, name in ((7, "a"), (8, "b"))]  # fmt: skip
    kill = "Killed process 7 (a) total-vm:1200kB, anon-rss:12kB, file-rss:16kB, shmem-rss:0kB"
    lines = [HEADER, table, *rows, "Out of memory: Kill process 7 (a) score 0 or sacrifice child", kill]
    found = case(lines).choice
    assert found.totalpages is None
    assert (found.agrees, found.reason, found.values["tied"]) == (True, "tie", 1)


def test_without_a_rank_processes_come_by_what_they_use(case):
    """A part of a table, or unknown totalpages, makes no ranking; nobody big hides below the small ones."""
    rows = [row(7, "small", 10, 300), row(8, "big", 900), row(9, "middle", 50, 300)]
    found = case([HEADER, STATE, TABLE, *rows, summary(7, "small"), killed(7, "small", message=MEMCG)]).choice
    assert found.predicted is None
    assert [each.comm for each in found.ranking] == ["big", "middle", "small"]


def test_a_share_of_a_bound_is_not_told(case):
    """The swap that a cgroup may use is not in its report, so the limit is less than totalpages."""
    lines = [HEADER, "memory: usage 400kB, limit 400kB, failcnt 1"]
    unlimited = "swap: usage 8kB, limit 9007199254740988kB, failcnt 0"
    rest = [STATE, TABLE, row(7, "x", 100, swap=5000), summary(7, "x"), killed(7, "x", message=MEMCG)]
    (first,) = case([*lines, unlimited, *rest]).choice.ranking
    assert (first.badness, first.share) == (5102, None)
    (first,) = case([*lines, "swap: usage 0kB, limit 0kB, failcnt 0", *rest]).choice.ranking
    assert first.share == 51.02


def test_swap_counts_unless_swappiness_is_0(case):
    """A cgroup's totalpages with the machine's swap is an assumption, bounded by its limit."""
    event = case(
        [
            "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
            "memory: usage 8000kB, limit 8000kB, failcnt 1",
            f"swap: usage 0kB, limit {9007199254740988}kB, failcnt 0",
            "Memory cgroup out of memory: Killed process 20 (big) total-vm:8kB, anon-rss:4kB, file-rss:0kB, "
            "shmem-rss:0kB, UID:0 pgtables:0kB oom_score_adj:0",
        ]
    ).event
    total = totalpages(event, 4, 4000)
    assert total is not None
    assert (total.lowest, total.derived.value, total.highest) == (2000, 3000, 3000)
    assert not total.derived.exact
    none = totalpages(event, 4, 0)
    assert none is not None
    assert none.derived.exact


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["oom-killer: gfp_mask=0x1d2", "Out of Memory: Killed process 1147 (bk)."], "no_task_table_yet"),
        (
            ["Out of memory: kill process 59 (a) score 4 or a child", "Killed process 59 (a)"],
            "no_task_table_yet",
        ),
        (["Out of memory: Killed process 59 (a)"], "report_cut"),
        ([HEADER, killed(7, "a")], "no_task_table"),
    ],
    ids=["2.6.9", "2.6.20", "cut", "off"],
)
def test_why_there_is_no_task_table(case, lines, reason):
    """The oldest kernels had none; later ones have one, unless it is switched off or cut off."""
    assert case(lines).choice.reason == reason


def test_thousandths_are_no_pages(case):
    """Until 3.4 badness was in thousandths, so how far the first is ahead is in no pages."""
    table = "[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name"
    rows = [f"[{pid:5d}]     0 {pid:5d}     9000 {rss:8d}   0       0             0 {name}"
            for pid, rss, name in ((7, 5000, "a"), (8, 50, "b"))]  # fmt: skip
    lines = [HEADER, "Total swap = 0kB", "10000 pages RAM", "0 pages reserved", table, *rows]
    lines += ["Out of memory: Kill process 7 (a) score 500 or sacrifice child"]
    found = case([*lines, "Killed process 7 (a) total-vm:36000kB, anon-rss:20000kB, file-rss:0kB"]).choice
    assert (found.formula, found.agrees, found.margin_pages) == ("permille", True, None)


# -- tables without swap -------------------------------------------------------------------------------


def old_report(release: str, *, free_swap_kb: int = 0, rss: int = 200_000) -> list[str]:
    """Return a report as 2.6.36 to 3.5 print it, whose victim is the second by RSS."""
    return [
        "java invoked oom-killer: gfp_mask=0x280da, order=0, oom_adj=0, oom_score_adj=0",
        "java cpuset=/ mems_allowed=0",
        f"Pid: 600, comm: java Not tainted {release} #1",
        "Mem-Info:",
        " mapped:100 shmem:10 pagetables:600 bounce:0",
        f"Free swap  = {free_swap_kb}kB",
        "Total swap = 2097148kB",
        "1041904 pages RAM",
        "70330 pages reserved",
        "[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name",
        f"[  500]   500   500   400000 {rss:8d}   0       0             0 mysqld",
        "[  600]   500   600   900000   150000   0       0             0 java",
        "[  601]     0   601     1000      100   0       0             0 sh",
        "Out of memory: Kill process 600 (java) score 380 or sacrifice child",
        "Killed process 600 (java) total-vm:3600000kB, anon-rss:600000kB, file-rss:0kB",
    ]


@pytest.mark.parametrize(
    ("release", "formula", "gap_kb"),
    [
        ("2.6.32-642.el6.x86_64", "permille", 33 * 1495861 // 1000 * 4),
        ("3.4.0", "permille", 33 * 1495861 // 1000 * 4),
        ("3.5.0-54-generic", "root_bonus_adj", 200_000),
    ],
)
def test_swap_that_no_row_shows_may_have_decided(case, release, formula, gap_kb):
    """Thousandths are told in kB of totalpages, and 3.5 counts pages though its table is the old one."""
    found = case(old_report(release)).choice
    assert (found.formula, found.predicted.comm) == (formula, "mysqld")
    assert (found.agrees, found.reason) == (None, "sizes_not_listed")
    assert found.values["gap_kb"] == gap_kb
    assert found.values["unseen_kb"] == 2097148 + 600 * 4


def test_too_little_swap_explains_nothing(case):
    """All of it together would not have put the victim ahead."""
    found = case(old_report("3.4.0", free_swap_kb=2097148)).choice
    assert (found.agrees, found.reason) == (False, "unexplained")


@pytest.mark.parametrize(
    ("release", "en", "ko"),
    [
        ("3.4.0", "in thousandths of totalpages", "천분율"),
        ("3.5.0", "(oom_score_adj, less 30 for root)", "(oom_score_adj, root는 30 감점)"),
    ],
)
def test_values_without_swap_are_lower_bounds(case, release, en, ko):
    """The page says by which formula, and that the table has not all of it."""
    choice = case(old_report(release)).choice
    for lang, words, bounds in (("en", en, "lower bounds"), ("ko", ko, "하한")):
        assert words in formula_sentences(choice, lang)
        assert bounds in formula_sentences(choice, lang)
        assert "swap" in victim_sentence(choice, lang).lower()


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_root_discount_of_3_6_is_a_share_of_all_memory(case, lang):
    """3 % of totalpages until 3.13, 3 % of what the process uses afterwards; both tables show swap."""
    table = "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name"
    lines = [HEADER, "Pid: 7, comm: x Not tainted 3.6.11 #1", table, "[ 7 ] 0 7 9 9 9 9 9 x", killed(7, "x")]
    said = formula_sentences(case(lines).choice, lang)
    assert "30" in said
    assert "3 %" not in said
    assert "3%" not in said


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_lower_bounds_are_no_distance(case, lang):
    """How far the first is ahead is not known without swap, and what is not known is null in JSON."""
    lines = [line.replace("600 (java)", "500 (mysqld)") for line in old_report("3.5.0")]
    found = case(lines)
    assert (found.choice.agrees, found.choice.reason, found.choice.margin_pages) == (True, None, None)
    assert "MiB" not in victim_sentence(found.choice, lang)
    lines[-3] = lines[-3].replace("  0 sh", "-1000 sh")  # the immune have the same keys
    record = explanation_dict(explain(case(lines).event), lang)
    jsonschema.validate(record, json.loads(schema_bytes("explanation")))
    assert [each["terms"]["swap_pages"] for each in record["victim"]["immune"]] == [None]
    page = document_text(whatif_blocks(found, None, {"mysqld": least_adj(found, "mysqld")}, lang), width=400)
    assert ("lower bounds" if lang == "en" else "하한") in page
    (spared,) = why(found, "java")
    assert "MiB" not in why_sentence(spared, found, lang)
    assert terms_dict(found.choice.ranking[0]) == {
        "rss_pages": 200_000,
        "swap_pages": None,
        "pgtables_pages": None,
        "root_pages": 0,
        "adj_pages": 0,
    }
