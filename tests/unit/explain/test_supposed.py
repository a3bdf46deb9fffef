"""What if: the kernel's choice with other values."""

from __future__ import annotations

import pytest

from oomlog.explain.supposed import Setting, least_adj, read_limit, read_setting, whatif
from oomlog.report.document_text import document_text
from oomlog.report.whatif import whatif_blocks


def test_another_adj_changes_who_dies(sample):
    """The next of the ranking dies instead, and the totals stay."""
    answer = whatif(sample("v6.12-global-adj", 2), [Setting("chrome", "oom_score_adj", -500)])
    assert (answer.answer, answer.victim.comm) == ("other", "(sd-pam)")
    assert next(each.comm for each in answer.before) == "chrome"


def test_nothing_changed_is_the_same(sample):
    """With the values of the report the answer is the kernel's."""
    answer = whatif(sample("v6.12-global-adj", 2), [Setting("chrome", "oom_score_adj", 300)])
    assert (answer.answer, answer.victim.comm) == ("same", "chrome")


def test_a_pid_names_one_process(sample):
    """A name may be many, a pid is one; who is not there is told."""
    answer = whatif(sample("v6.12-global-adj", 2), [Setting("190", "rss", 4), Setting("nobody", "rss", 4)])
    assert answer.unmatched == ("nobody",)
    assert next(each for each in answer.after if each.pid == 190).rss_pages == 1


def test_all_protected_leaves_nobody(sample):
    """With -1000 for all there is no one to choose."""
    case = sample("v6.12-memcg-v2-kubernetes")
    names = {process.comm for process in case.processes}
    answer = whatif(case, [Setting(name, "oom_score_adj", -1000) for name in names])
    assert (answer.answer, answer.victim, answer.after) == ("nobody", None, ())


def test_a_higher_limit_is_not_hit(sample):
    """At this moment; what comes later nobody knows."""
    case = sample("v6.12-memcg-v2-kubernetes")
    assert whatif(case, [], {case.event.oom_memcg: 1 << 20}).answer == "no_oom"


@pytest.mark.parametrize(
    ("name", "answer", "en", "ko"),
    [
        ("v6.12-memcg-v2-kubernetes", "other_cgroup", "it shows only how much /", "cgroup /"),
        ("v6.12-global", "no_cgroup", "no cgroup reached its limit here", "한도에 도달한 cgroup이 없는 OOM"),
    ],
)
def test_the_limit_of_another_cgroup_says_nothing(sample, name, answer, en, ko):
    """Its usage is not in the report, whose own cgroup is named, so that a mistyped path is seen."""
    case = sample(name)
    found = whatif(case, [], {"/other": 1 << 20})
    assert found.answer == answer
    for lang, words in (("en", en), ("ko", ko)):
        assert words in document_text(whatif_blocks(case, found, {}, lang), width=400)


def test_a_higher_limit_of_memory_leaves_that_of_swap(sample):
    """Where memory with swap was used up as well, more memory alone would have ended in the same kill."""
    case = sample("v5.10-memcg-v1-docker-swap")
    found = whatif(case, [], {case.event.oom_memcg: 1 << 21})
    assert (found.answer, found.victim) == ("other_limit", None)
    for lang, words in (("en", "at its limit of memory+swap, too"), ("ko", "memory+swap 한도에도")):
        page = document_text(whatif_blocks(case, found, {}, lang), width=200)
        assert words in page
        assert "totalpages" not in page


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_nobody_of_that_name_changes_nothing(sample, lang):
    """Nothing is said about a choice that was not asked for, and each name is told once."""
    case = sample("v6.12-global-adj", 2)
    found = whatif(case, [Setting("nobody", "rss", 4), Setting("nobody", "swap", 4)])
    assert (found.answer, found.victim, found.unmatched) == ("unmatched", None, ("nobody",))
    page = document_text(whatif_blocks(case, found, {}, lang))
    assert page.count("nobody") == 1
    assert "chrome" not in page


def test_the_least_change_that_spares(sample):
    """One step more and it dies again."""
    case = sample("v6.12-global-adj", 2)
    (spared,) = least_adj(case, "chrome")
    assert spared.pays.comm == "(sd-pam)"
    died = [
        whatif(case, [Setting("chrome", "oom_score_adj", adj)]).victim.comm
        for adj in (spared.adj, spared.adj + 1)
    ]
    assert died == ["(sd-pam)", "chrome"]


def test_who_was_not_first_needs_no_sparing(sample):
    """The one before it dies anyway."""
    (spared,) = least_adj(sample("v6.12-global-adj", 2), "postgres")
    assert (spared.adj, spared.pays.comm) == (None, "chrome")


@pytest.mark.parametrize(
    "text",
    [
        "java",
        "java=1",
        ":rss=1",
        "java:nice=1",
        "java:oom_score_adj=1001",
        "java:oom_score_adj=x",
        "java:rss=x",
    ],
)
def test_wrong_settings_are_refused(text):
    """With a sentence that says what is possible."""
    with pytest.raises(ValueError, match=r"."):
        read_setting(text)


def test_names_with_colons_and_equals_signs():
    """The last colon and the last equals sign count."""
    assert read_setting("kworker/0:1:rss=4K") == Setting("kworker/0:1", "rss", 4)
    assert read_limit("/a=b=1G") == ("/a=b", 1 << 20)


@pytest.mark.parametrize("text", ["docker=1G", "/docker", "/docker=", "/docker=many"])
def test_wrong_limits_are_refused(text):
    """A limit is a path and a size."""
    with pytest.raises(ValueError, match=r"."):
        read_limit(text)


def test_a_protected_process_is_listed(sample):
    """Who cannot be chosen is not said to be missing."""
    case = sample("v6.12-global-adj", 2)
    immune = case.choice.immune[0]
    (spared,) = least_adj(case, str(immune.pid))
    assert (spared.process, spared.adj, spared.pays) == (immune, None, None)
    page = document_text(whatif_blocks(case, None, {"it": (spared,)}, "en"))
    assert "was not eligible: its oom_score_adj is -1000" in page


def test_a_victim_without_a_table_is_known(sample):
    """The kill line names it, so it is not said to be missing either; what would spare it is open."""
    case = sample("v6.1-global-nodump")
    (spared,) = least_adj(case, case.victim.comm)
    assert (spared.process.pid, spared.adj) == (case.victim.pid, None)
    answer = whatif(case, [Setting(case.victim.comm, "rss", 4)])
    assert (answer.answer, answer.unmatched) == ("unknown", ())


def test_who_died_is_told_where_the_formula_is_open(case):
    """Without totalpages the settings are compared with the kernel's choice."""
    lines = [
        "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
        "[     10]     0    10     2000     1500        0        0           100 small",
        "[     20]     0    20     2000     1900        0        0             0 big",
        "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
        "task_memcg=/,task=small,pid=10,uid=0",
        "Out of memory: Killed process 10 (small) total-vm:8000kB, anon-rss:6000kB, file-rss:0kB, "
        "shmem-rss:0kB, UID:0 pgtables:0kB oom_score_adj:100",
    ]
    found = case(lines)
    assert found.choice.predicted is None
    answer = whatif(found, [Setting("small", "oom_score_adj", 0)])
    page = document_text(whatif_blocks(found, answer, {}, "en"))
    assert "big (pid 20) would have been chosen instead of small (pid 10)." in page


@pytest.mark.parametrize(
    ("lang", "chosen", "other", "first"),
    [
        ("en", "cannot be told by badness. vm.oom_kill_allocating_task", "was not chosen.", "By badness"),
        ("ko", "badness로는 알 수 없다. vm.oom_kill_allocating_task", "선택되지 않았다.", "badness로는"),
    ],
)
def test_where_badness_did_not_decide_nothing_is_promised(sample, lang, chosen, other, first):
    """The first by badness did not die, and another value would not have spared the one that did."""
    case = sample("v5.10-allocating-task")
    spared = {name: least_adj(case, name) for name in ("245", "mysqld")}
    assert [each.adj for those in spared.values() for each in those] == [None, None]
    answer = whatif(case, [Setting("245", "oom_score_adj", -500)])
    page = document_text(whatif_blocks(case, answer, spared, lang), width=400)
    for words in (chosen, other, first):
        assert words in page
    assert "The same process" not in page
    assert "그래도" not in page


@pytest.mark.parametrize(
    ("line", "old_kb", "new_kb"),
    [
        ("memory+swap: usage 1048576kB, limit 1572864kB, failcnt 1", 1572864, 1572864),
        ("swap: usage 0kB, limit 524288kB, failcnt 0", 1572864, 1048576),
    ],
)
def test_a_lower_limit_leaves_those_of_swap(case, line, old_kb, new_kb):
    """In v1 that of memory and swap together stays where it was, in v2 that of swap alone."""
    lines = [
        "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "memory: usage 1048576kB, limit 1048576kB, failcnt 1",
        line,
        "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
        "[     10]     0    10     2000     1500        0        0             0 a",
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/x,"
        "task_memcg=/x,task=a,pid=10,uid=0",
        "Memory cgroup out of memory: Killed process 10 (a) total-vm:8000kB, anon-rss:6000kB, file-rss:0kB, "
        "shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:0",
        "b invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "Mem-Info:",
        "Free swap  = 1048576kB",
        "Total swap = 1048576kB",
        "Out of memory: Killed process 11 (b) total-vm:8000kB, anon-rss:6000kB, file-rss:0kB, "
        "shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:0",
    ]
    found = case(lines)
    assert found.choice.totalpages.value * 4 == old_kb
    assert whatif(found, [], {"/x": 524288}).totalpages * 4 == new_kb


@pytest.mark.parametrize(
    ("lang", "rss", "swap"), [("en", "more than all RAM", "of swap for"), ("ko", "전체 RAM", "전체 swap")]
)
def test_more_than_the_machine_has_is_told(sample, lang, rss, swap):
    """It is computed as asked, but said to be impossible; what just fits is not."""
    case = sample("v6.12-global-adj", 2)
    ram_kb = case.choice.totalpages.value * 4
    settings = [Setting("chrome", "rss", ram_kb + 1), Setting("chrome", "swap", 1)]
    found = whatif(case, settings)
    assert found.impossible == ((settings[0], ram_kb), (settings[1], 0))
    page = document_text(whatif_blocks(case, found, {}, lang), width=400)
    assert rss in page
    assert swap in page
    assert whatif(case, [Setting("chrome", "rss", ram_kb), Setting("chrome", "swap", 0)]).impossible == ()
