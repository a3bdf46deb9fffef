"""Reports as people quote them: shortened, wrapped by hand or by a mail program, with something glued on."""

from __future__ import annotations

import pytest

import oomlog

_CASES = {
    "a key left out, wrapped by hand": (
        "Memory cgroup out of memory: Killed process 2269 (python)\n"
        "               total-vm:31786400kB, anon-rss:13945980kB, file-rss:11996kB,\n"
        "               shmem-rss:0kB, pgtables:28172kB\n",
        {
            "pid": 2269,
            "total_vm_kb": 31786400,
            "anon_rss_kb": 13945980,
            "shmem_rss_kb": 0,
            "pgtables_kb": 28172,
        },
    ),
    "an unknown part at the end of a wrapped line": (
        "[  579.384021] cat invoked oom-killer: gfp_mask=0xd4, order=3, oom_adj=0\n"
        "[  579.384012] Killed process 2919 (malloc) vsz:1442976kB, anon-\n"
        "rss:312kB, file-rss:1439004kB lowmem 1383556kB\n",
        {"pid": 2919, "total_vm_kb": 1442976, "anon_rss_kb": 312, "file_rss_kb": 1439004},
    ),
    "a comma lost where the line was broken": (
        "[  739.620583] cat invoked oom-killer: gfp_mask=0xd4, order=3, oom_adj=0\n"
        "[  739.739895] Out of memory: kill process 2716 (gnome-session)\n"
        "score 191570 or a child\n"
        "[  739.739901] Killed process 2726 (gnome-power-man) vsz:319232kB\n"
        "anon-rss:8156kB, file-rss:2764kB\n",
        {"pid": 2726, "comm": "gnome-power-man", "anon_rss_kb": 8156, "score": 191570},
    ),
    "blanks taken out by a web site": (
        "Killed process 9682, UID 27,(mysqld) total-vm:47388kB,anon-rss:3744kB, file-rss:80kB\n",
        {"pid": 9682, "comm": "mysqld", "uid": 27, "anon_rss_kb": 3744, "file_rss_kb": 80},
    ),
    "quoting whose depth changes within a line": (
        "> > Out of memory: kill process 1727 (console-kit-dae) score 1027939 or\n"
        "> a\n"
        "> > child\n"
        "> > Killed process 1727 (console-kit-dae) vsz:4111756kB, anon-rss:0kB,\n"
        "> > file-rss:600kB\n",
        {"pid": 1727, "total_vm_kb": 4111756, "file_rss_kb": 600, "score": 1027939},
    ),
    "a mail as stored, broken within a word": (
        "> [ 1171.795551] Out of memory: Killed process 1669 (xdg-desktop-por) total-=\n"
        "vm:\n"
        "> 105068kB, anon-rss:9792kB, file-rss:10972kB, shmem-rss:0kB, UID:1000=20\n"
        "pgtables:\n"
        "> 136kB oom_score_adj:200\n",
        {"pid": 1669, "total_vm_kb": 105068, "uid": 1000, "pgtables_kb": 136, "oom_score_adj": 200},
    ),
    "a list archive's page": (
        '<span class="quotelev1">&gt;     Killed process 13550, UID 500, (java) total-vm:12466024kB,\n'
        "</span><br>\n"
        '<span class="quotelev1">&gt;     anon-rss:7625016kB, file-rss:2608kB\n'
        "</span><br>\n",
        {"pid": 13550, "comm": "java", "total_vm_kb": 12466024, "anon_rss_kb": 7625016, "file_rss_kb": 2608},
    ),
    "blanks that do not break": (
        "[11686.043647]\xa0Killed process 2603 (flasherav)\xa0total-vm:1498536kB, anon-rss:721784kB,"
        "\xa0file-rss:4kB\n",
        {"pid": 2603, "comm": "flasherav", "total_vm_kb": 1498536, "file_rss_kb": 4},
    ),
    "sizes on the next line, with a remark": (
        "15:17:28 kernel: Out of memory: Killed process 3524 (find-anagrams)\n"
        "                 total-vm:26637256kB anon-rss:15429480kB   [swapents 1005813 pages = 4.0 GB]\n",
        {"pid": 3524, "comm": "find-anagrams", "total_vm_kb": 26637256, "anon_rss_kb": 15429480},
    ),
    "a node's address before Talos' prefix": (
        "10.1.1.2: kern:     err: [2022-01-25T10:30:46.464137566Z]: Killed process 9 (x) total-vm:8kB\n",
        {"pid": 9, "comm": "x", "total_vm_kb": 8},
    ),
    "labels before a line of Loki": (
        '2025-06-24T18:49:43Z {job="journal", host="a"} Out of memory: Killed process 9 (x) total-vm:8kB\n',
        {"pid": 9, "total_vm_kb": 8},
    ),
    "a whole console in one string of JSON": (
        '{\n  "Output": "[ 1.970129] Out of memory: Kill process 13 (java) score 986 or sacrifice child\\r\\n'
        '[ 1.970139] Killed process 13 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\\r\\n",\n}\n',
        {"pid": 13, "score": 986, "anon_rss_kb": 4, "file_rss_kb": 0},
    ),
    "grep's line numbers": (
        "91:Killed process 11726, UID 498, (mysqld) total-vm:7823732kB, anon-rss:2539268kB, file-rss:768kB\n",
        {"pid": 11726, "comm": "mysqld", "uid": 498},
    ),
    "a host instead of the kernel's tag": (
        "Nov 17 06:19:30 sleepy oom-killer: gfp_mask=0xd0\n"
        "Nov 17 06:19:30 sleepy Out of Memory: Killed process 2153 (ntpd).\n",
        {"pid": 2153, "comm": "ntpd"},
    ),
    "an old kernel's kill without its report": (
        "Mar 10 23:02:43 monster kernel: Out of Memory: Killed process 415 (rpc.statd).\n",
        {"pid": 415, "comm": "rpc.statd"},
    ),
}


@pytest.mark.parametrize("name", _CASES)
def test_a_quoted_kill_is_read(name):
    """What is there is read exactly, whatever happened to the line."""
    text, expected = _CASES[name]
    (event,) = oomlog.parse(text)
    (kill,) = event.kills
    assert expected == {key: getattr(kill, key) for key in expected}


def test_a_page_with_tags_at_its_line_ends():
    """Tags that end each line of a page are not part of names and numbers; one in a single name is."""
    lines = (
        "[    1.000000] x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=998",
        "[    1.000001] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
        "[    1.000002] [    128]  1000   128      847        1    32768        0             0 java",
        "[    1.000003] [    129]  1000   129      847        1    32768        0             0 a&amp;b",
        "[    1.000009] Out of memory: Killed process 128 (java) total-vm:4kB, anon-rss:4kB, file-rss:0kB",
    )
    (page,) = oomlog.parse("".join(f"{line}<br />\n" for line in lines))
    assert page.trigger is not None
    assert page.trigger.oom_score_adj == 998
    assert [task["comm"] for task in page.tasks or ()] == ["java", "a&b"]
    (log,) = oomlog.parse("".join(f"{line}\n" for line in lines).replace("java\n", "java<br>\n"))
    assert [task["comm"] for task in log.tasks or ()] == ["java<br>", "a&amp;b"]


def test_grep_tells_where_the_trigger_stood():
    """The number in front of a line without prefix is not part of the trigger's name."""
    (event,) = oomlog.parse(
        "17:mysqld invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0, oom_score_adj=0\n"
        "18-mysqld cpuset=/ mems_allowed=0\n"
        "19:Pid: 11720, comm: mysqld Not tainted 2.6.32-573.12.1.el6.x86_64 #1\n"
    )
    assert event.trigger is not None
    assert (event.trigger.comm, event.trigger.pid) == ("mysqld", 11720)


def test_what_is_glued_on_costs_nothing():
    """A number that blanks follow is whole, whatever a terminal put after them."""
    header = "[14808.063890] main invoked oom-killer: gfp_mask=0x24000c0, order=0, oom_score_adj=998"
    (event,) = oomlog.parse(f"{header}          [7/972]\n[14808.063893] main cpuset=/ mems_allowed=0\n")
    assert event.trigger is not None
    assert (event.trigger.order, event.trigger.oom_score_adj) == (0, 998)


def test_a_header_cut_to_its_words():
    """A stamped line that only says who asked opens a report; the summary's constraint is the scope."""
    (event,) = oomlog.parse(
        "[ 2786.519080] mem_on_node0 invoked oom-killer\n"
        "[ 2787.216534] oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=(null),cpuset=test,mems_allowed=0\n"
        "[ 2787.229991] Out of memory: Killed process 13432 (mem_on_node1)\n"
    )
    assert event.trigger is not None
    assert (event.trigger.comm, event.trigger.gfp_mask, event.scope) == ("mem_on_node0", None, "cpuset")
    assert [kill.pid for kill in event.kills] == [13432]


@pytest.mark.parametrize(
    "text",
    [
        "mem_on_node0 invoked oom-killer\n",
        "Nov 22 10:00:00 web1 app[4]: java invoked oom-killer\n",
        "2026-11-22T10:00:00Z java invoked oom-killer:\n",
        "`oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=0`. And it buys nothing:\n",
        "Low memory! mem avail: 327 of 5875 MiB (5) % <= min 10 %, swap free: 0 of 0 MiB (0 %)\n",
        "Subject: Re: adding swap workarounds oom - was: Re: Out of Memory: Killed process 16498 (java).\n",
        "│ Aug 16 12:01:15 kernel: Out of memory: Killed process         │\n",
    ],
)
def test_words_about_it_are_no_report(text):
    """Sentences with a report's words in them give nothing."""
    assert list(oomlog.parse(text)) == []


@pytest.mark.parametrize(
    ("prefix", "killer"),
    [
        ("10-24 14:24:26.342   710   710 I lowmemorykiller: ", "lowmemorykiller"),
        ("09-07 01:55:44.794 I lowmemorykiller: ", "lowmemorykiller"),
        ("10-24 14:24:26.342  1310  3312 I ActivityManager: ", None),
    ],
)
def test_kills_of_androids_daemon(prefix, killer):
    """lmkd's line in logcat is its kill, with the package's whole name; another tag's line is not."""
    events = list(
        oomlog.parse(
            f"{prefix}Kill 'com.google.android.gms.unstable' (17933), uid 10446, oom_score_adj 0 to free "
            "140528kB rss, 37404kB swap; reason: device is not responding\n"
        )
    )
    assert [killer] * bool(killer) == [event.killer for event in events]
    for event in events:
        assert event.kills[0].comm == "com.google.android.gms.unstable"
        assert event.kills[0].oom_score_adj == 0


def test_a_serial_port_of_google_cloud():
    """Text that was escaped twice loses the line end that is spelled out in it."""
    (event,) = oomlog.parse(
        '{"textPayload": "[195998.443208] node invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, '
        'oom_score_adj=991\\\\r\\\\n", "timestamp": "2023-03-15T15:50:35.927515678Z"}\n'
    )
    assert event.trigger is not None
    assert event.trigger.oom_score_adj == 991
    assert event.time is not None


MARKDOWN = r"""\<4\>\[ 68.123456\] chrome invoked oom-killer: gfp\_mask=0x201da, order=0, oom\_score\_adj=300
\<4\>\[ 68.123460\] Pid: 22, comm: chrome Not tainted 3.2.0 \#1
\<6\>\[ 68.123470\] \[ pid \]   uid  tgid total\_vm      rss cpu oom\_adj oom\_score\_adj name
\<6\>\[ 68.123480\] \[  227\]     0   227     9670     2303   0       0             0 my\_app
\<3\>\[ 68.123500\] Killed process 227 (my\_app) total-vm:38680kB, anon-rss:9212kB, file-rss:0kB
"""


def test_escapes_of_markdown() -> None:
    """The backslashes that a page gets when it is converted to Markdown are no part of the log."""
    (event,) = oomlog.parse(MARKDOWN.encode())
    assert event.trigger is not None and event.trigger.gfp_mask == "0x201da"
    assert (event.trigger.pid, event.trigger.oom_score_adj) == (22, 300)
    assert [kill.comm for kill in event.kills] == ["my_app"]
    assert event.tasks is not None and [row["comm"] for row in event.tasks] == ["my_app"]


@pytest.mark.parametrize("name", [r"a\_b", r"\[5\]", r"\[ 12\] x", r"gfp\_mask=0x1"])
def test_backslashes_of_a_name(name: str) -> None:
    """A name that looks like Markdown stays as it is."""
    line = f"Nov 22 10:00:00 web1 kernel: Killed process 7 ({name}) total-vm:4kB, anon-rss:4kB, file-rss:0kB"
    (event,) = oomlog.parse(f"{line}\n".encode(), year=2026)
    assert [kill.comm for kill in event.kills] == [name]


@pytest.mark.parametrize(
    "first",
    [
        "41066.536886] IPDL Background",
        "Mon Aug 31 18:23:18 2015] IPDL Background",
        "Aug 31 18:23:18 2015] IPDL Background",
    ],
)
def test_selection_without_the_first_bracket(first: str) -> None:
    """What is left of a time whose bracket was not selected does not become part of a name."""
    (event,) = oomlog.parse(f"{first} invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0\n".encode())
    assert event.trigger is not None and event.trigger.comm == "IPDL Background"
    assert event.uptime_s is None  # digits may be missing, too


def test_panic_without_its_dots() -> None:
    """A shortened panic counts after a line of a report; alone it may be a heading."""
    panic = "Kernel panic - not syncing: Out of memory and no killable processes\n"
    rows = "[ pid ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"
    (event,) = oomlog.parse(f"We see this:\n\n{rows}{panic}".encode())
    assert event.outcome == "panic"
    assert list(oomlog.parse(f"# {panic}\n{panic}".encode())) == []


def test_events_of_another_reason() -> None:
    """Some clusters call the event PodOOMKilling."""
    killed = "Memory cgroup out of memory: Killed process 7 (x) total-vm:4kB"
    line = f"  Warning  PodOOMKilling  2m  kernel-monitor, n1  {killed}"
    (event,) = oomlog.parse(f"{line}\n".encode())
    assert [(kill.pid, kill.total_vm_kb) for kill in event.kills] == [(7, 4)]


def test_assigned_string() -> None:
    """A quote and a semicolon after a line in a program's string are not its end."""
    message = "x invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=-999"
    line = f'let t4 = "Nov 11 19:47:17 web1 kernel: {message}";'
    (event,) = oomlog.parse(f"{line}\n".encode(), year=2026)
    assert event.trigger is not None and event.trigger.oom_score_adj == -999
    assert event.problems == ()


def test_a_mask_with_hidden_digits_is_not_known() -> None:
    """The report is found, and no number is made of "0x62****"; the line is a problem that shows it."""
    (event,) = oomlog.parse(
        "[Sat Sep  4 20:05:51 2021] java invoked oom-killer: gfp_mask=0x62****(GFP_HIGHUSER_MOVABLE), "
        "nodemask=(null), order=0, oom_score_adj=0\n"
        "[Sat Sep  4 20:05:51 2021] Killed process 1 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n"
    )
    assert event.trigger is not None
    assert (event.trigger.comm, event.trigger.gfp_mask) == ("java", None)
    assert event.trigger.gfp_flags == ("GFP_HIGHUSER_MOVABLE",)
    assert any("0x62****" in problem.text for problem in event.problems)


def test_no_column_of_a_broken_row_is_taken_for_a_name() -> None:
    """Rows without a header that a page broke before their last columns are put together again."""
    (event,) = oomlog.parse(
        "[Sun Mar 30 08:24:00 2025] [   7899]     0  7899  6546210  3842522 39899136  1039052\n"
        " 0 python\n"
        "[Sun Mar 30 08:24:00 2025] [  11794]  1000 11794      619      468    45056        0\n"
        " 0 init\n"
        "[Sun Mar 30 08:24:00 2025] Out of memory: Killed process 7899 (python) total-vm:26184840kB, "
        "anon-rss:15370088kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:38964kB oom_score_adj:0\n"
    )
    rows = [(row["pid"], row["comm"], row["oom_score_adj"]) for row in event.tasks or ()]
    assert rows == [(7899, "python", 0), (11794, "init", 0)]
