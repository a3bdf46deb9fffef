"""Why one process died, or did not."""

from __future__ import annotations

import pytest

from oomlog.explain.one_process import why, why_sentence
from oomlog.explain.verdict import victim_sentence


@pytest.mark.parametrize(
    ("name", "number", "who", "answer"),
    [
        ("v6.12-global-adj", 1, "batch", "killed"),
        ("v6.12-global-adj", 1, "184", "killed"),
        ("v6.12-global-adj", 1, "postgres", "spared"),
        ("v6.12-global-adj", 1, "sshd", "immune"),
        ("v6.12-global-adj", 1, "nobody", "not_listed"),
        ("v6.12-memcg-v2-group-parent", 1, "envoy", "member"),
        ("v6.1-global-nodump", 1, "python3", "killed"),
    ],
)
def test_each_kind_of_answer(sample, name, number, who, answer):
    """Killed, killed along, spared, immune or not in the report."""
    case = sample(name, number)
    assert {each.answer for each in why(case, who)} == {answer}


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("who", ["batch", "postgres", "chrome", "sshd", "nobody"])
def test_each_answer_can_be_said(sample, who, lang):
    """In both languages, without holes."""
    case = sample("v6.12-global-adj", 1)
    for found in why(case, who):
        text = why_sentence(found, case, lang)
        assert who in text
        assert "None" not in text
        assert "?" not in text


def test_a_place_and_a_distance(sample):
    """The ranking's place and how far behind."""
    (found,) = why(sample("v6.12-global-adj", 1), "chrome")
    assert found.place == 2
    assert found.behind_pages > 0


@pytest.mark.parametrize(
    ("adj", "uid", "words"),
    [
        (0, 1000, "its badness ranked 2 of 2; it used 400 KiB less than big (pid 20)."),
        (-998, 1000, "its badness ranked 2 of 2; big (pid 20) came first."),
        (0, 0, "its badness ranked 2 of 2; big (pid 20) came first."),
    ],
    ids=["size", "clamped", "root"],
)
def test_only_size_is_told_as_size(case, adj, uid, words):
    """Where the minimum of 1 or root's discount made the order, it is not said to be one of size."""
    lines = [
        "a invoked oom-killer: gfp_mask=0x14200ca, order=0, oom_score_adj=0",
        "CPU: 0 PID: 10 Comm: a Not tainted 4.9.0-3-amd64 #1",
        "memory: usage 8000kB, limit 8000kB, failcnt 1",
        "swap: usage 0kB, limit 0kB, failcnt 0",
        "[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name",
        f"[   20]  1000    20     2000     1900       0       0        0         {adj:5} big",
        f"[   30]  {uid:4}    30     2000     1800       0       0        0         {adj:5} small",
        "Memory cgroup out of memory: Kill process 20 (big) score 900 or sacrifice child",
        "Killed process 20 (big) total-vm:8000kB, anon-rss:7600kB, file-rss:0kB, shmem-rss:0kB",
    ]
    found = case(lines)
    (answer,) = why(found, "small")
    assert why_sentence(answer, found).endswith(words)
    says_size = "; it used" in victim_sentence(found.choice)
    assert says_size == ("less" in words)


def test_the_parent_of_a_sacrificed_child_was_chosen(case):
    """It came first, and is not told to have come behind itself."""
    table = "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name"
    lines = [
        "a invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0",
        table,
        "[    7]    99     7     9000     5000       3        0             0 apache",
        "[    8]    99     8     9000        9       3        0             0 php",
        "Out of memory: Kill process 7 (apache) score 912 or sacrifice child",
        "Killed process 8 (php) total-vm:4000kB, anon-rss:400kB, file-rss:0kB, shmem-rss:0kB",
    ]
    found = case(lines)
    (answer,) = why(found, "apache")
    assert answer.answer == "selected"
    assert "its child php (pid 8) was killed in its place" in why_sentence(answer, found)


def test_nobody_is_ranked_where_the_ranking_is_not_known(case):
    """Without totalpages the badness of a process with oom_score_adj 0 is known, but not its rank."""
    lines = [
        "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
        "[      7]     0     7     1000      100     8192        0             0 plain",
        "[      8]     0     8     1000       10     8192        0           300 biased",
        "Out of memory: Killed process 8 (biased) total-vm:4000kB, anon-rss:40kB, file-rss:0kB, "
        "shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:300",
    ]
    found = case(lines)
    assert [each.answer for each in why(found, "plain")] == ["unranked"]


def test_an_absent_pid_gets_no_name(case):
    """Who is asked for by a pid that the log does not have has no name, and certainly not that number."""
    found = case(["a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"])
    (answer,) = why(found, "9999")
    assert (answer.pid, answer.comm) == (9999, None)
    assert why_sentence(answer, found).startswith("The process with pid 9999 is not in this report,")
    assert why_sentence(answer, found, "ko").startswith("pid가 9999인 프로세스는 이 리포트에 없다.")
    (answer,) = why(found, "9" * 5000)
    assert answer.pid is None


def test_a_table_that_is_missing_is_not_said_to_lack_a_process(case, sample):
    """Who is not in a whole table was no candidate; of a table that is cut or absent nobody can say so."""
    whole = sample("v6.12-global-adj")
    log = [line.text for line in whole.event.lines]
    end = next(at for at, text in enumerate(log) if text.endswith(" batch"))
    kill = [text for text in log if "Killed process" in text]
    for found, words in (
        (whole, "The task table lists only processes"),
        (case(log[:end]), "a part of the task table is missing"),
        (case(kill), "which has no task table"),
    ):
        (answer,) = why(found, "nobody")
        assert answer.answer == "not_listed"
        assert words in why_sentence(answer, found)


@pytest.mark.parametrize(
    ("name", "who", "en", "ko"),
    [
        (
            "v5.10-allocating-task",
            "mysqld",
            "ranked 1 of 5. vm.oom_kill_allocating_task",
            "5개 중 1위다. vm.",
        ),
        ("v5.10-panic.console", "python3", "ranked 1 of 5. Nobody was killed", "5개 중 1위다. 커널 panic"),
    ],
)
def test_the_first_by_badness_that_did_not_die(sample, name, who, en, ko):
    """That it came before itself is no answer; why badness did not decide is one."""
    case = sample(name)
    (answer,) = why(case, who)
    for lang, words in (("en", en), ("ko", ko)):
        assert words in why_sentence(answer, case, lang)
