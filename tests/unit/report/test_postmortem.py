"""What a post-mortem report says, before any format writes it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest

import oomlog
from oomlog.errors import UsageError
from oomlog.explain.phrases import all_phrases
from oomlog.report.document import Facts, Fold, Heading, Items, Paragraph, Table
from oomlog.report.postmortem.api import Report, report
from oomlog.report.postmortem.build import _incident_verdict
from oomlog.report.postmortem.page import postmortem_blocks
from oomlog.report.schema import schema_bytes

SAMPLES = Path(__file__).parents[3] / "samples"
ADJ = SAMPLES / "v6.12-global-adj.dmesg.log"
SERIES = SAMPLES / "v6.12-series.dmesg.log"
STORM = SAMPLES / "v6.12-storm.dmesg.log"
AGAIN = SAMPLES / "v7.2-hostile-cgroup.dmesg.log"
POD = SAMPLES / "v6.1-memcg-v2-kubernetes.dmesg.log"
KILL = (
    "Out of memory: Killed process 4242 (java) total-vm:2097152kB, anon-rss:1572864kB, file-rss:512kB, "
    "shmem-rss:0kB, UID:1000 pgtables:100kB oom_score_adj:0"
)
SHOWN = (ADJ, SERIES, POD, SAMPLES / "v7.2-panic.console.log", AGAIN)


def blocks_of(found: Report) -> list:
    return list(postmortem_blocks(found.content))


def facts_of(found: Report) -> dict[str, str]:
    return dict(next(block for block in blocks_of(found) if isinstance(block, Facts)).rows)


def section(found: Report, id: str) -> list:
    blocks = blocks_of(found)
    start = next(at for at, block in enumerate(blocks) if isinstance(block, Heading) and block.id == id)
    rest = blocks[start + 1 :]
    ends = (at for at, block in enumerate(rest) if isinstance(block, Heading) and block.level <= 2)
    return rest[: next(ends, len(rest))]


def test_facts_are_those_of_the_log():
    """The facts box has the victim, its memory, the kernel, and where the report stands."""
    facts = facts_of(report(ADJ))
    assert facts["Killed"] == "chrome (pid 190)"
    assert facts["Its memory (RSS)"] == "10.7 MiB"
    assert facts["Kernel"] == "6.12.117+deb13-cloud-amd64"
    assert facts["Uptime"] == "36.595 s after boot"
    assert facts["In the log"] == f"{ADJ}:83-152"


def test_what_the_log_does_not_say_is_left_out():
    """A log without hosts and clock times has no line for them, instead of an empty one."""
    facts = facts_of(report(ADJ))
    assert not facts.keys() & {"Host", "When", "Limit"}
    assert all(facts.values())


def test_a_limit_has_its_use():
    """A cgroup's limit stands beside what was in use of it."""
    assert facts_of(report(POD))["Limit"] == "24.0 MiB (24.0 MiB in use)"


def test_the_timeline_has_earlier_and_later_kills():
    """Other kills are told with their distance, and the event's own steps are marked."""
    moments = report(ADJ, event=2).content.cases[0].moments
    assert [(each.kind, each.own) for each in moments] == [
        ("boot", False),
        ("kill", False),
        ("invoked", True),
        ("killed", True),
    ]
    assert moments[1].offset_s == pytest.approx(34.615 - 36.594, abs=0.002)
    assert moments[1].line == 14
    later = report(ADJ, event=1).content.cases[0].moments
    assert [each.kind for each in later] == ["boot", "invoked", "killed", "kill"]


def test_a_long_timeline_is_cut_and_says_so():
    """Of a storm the nearest kills are told; how many were left out is counted."""
    events = list(oomlog.parse(STORM))
    case = report(events, event=len(events)).content.cases[0]
    others = [each for each in case.moments if not each.own]
    assert len(others) + case.moments_left_out == len(events) - 1
    assert len(others) == 15


NEAR = "".join(
    f"2026-11-22T{each}\n"
    for each in (
        "09:59:30+01:00 db1 kernel: swapper/0: page allocation failure: order:1, mode:0x20",
        "09:59:58+01:00 db1 systemd[1]: Started other.service - Something else.",
        f"10:00:00.300000+01:00 db1 kernel: {KILL}",
        "10:00:00.500000+01:00 db1 systemd[1]: app.service: A process of this unit has been killed by the "
        "OOM killer.",
        "10:00:05.800000+01:00 db1 systemd[1]: app.service: Scheduled restart job, restart counter is at 1.",
        "10:00:05.900000+01:00 db1 systemd[1]: Started app.service - The application.",
        "10:30:00+01:00 db1 systemd[1]: app.service: Failed with result 'exit-code'.",
    )
)


def test_the_timeline_has_what_else_the_log_says():
    """Failed allocations and restarts near the kill are told in order; units that only started are not."""
    moments = report(NEAR).content.cases[0].moments
    assert [(each.kind, each.line, each.own) for each in moments] == [
        ("allocation", 1, False),
        ("killed", 3, True),
        ("noticed", 4, True),
        ("restart", 5, False),
        ("started", 6, False),
    ]
    assert [round(each.offset_s, 1) for each in moments] == [-30.3, 0.0, 0.2, 5.5, 5.6]


def test_another_boot_in_between_is_told():
    """Uptime that begins again says that the machine was booted; no distance is computed across it."""
    log = f"[ 9000.000000] {KILL}\n[   12.000000] {KILL}\n"
    first = report(log, event=1).content.cases[0].moments
    assert [(each.kind, each.offset_s) for each in first] == [
        ("killed", 0.0),
        ("rebooted", None),
        ("kill", None),
    ]
    second = report(log, event=2).content.cases[0].moments
    assert [each.kind for each in second] == ["kill", "rebooted", "killed"]


def test_facts_and_hypotheses_are_apart():
    """Each finding stands under the heading of how sure it is, and its label says it in words."""
    content = report(ADJ, event=2)
    headings = [block.text for block in section(content, "findings") if isinstance(block, Heading)]
    assert headings[0] == "Facts"
    findings = content.content.cases[0].explanation.findings
    items = [
        item for block in section(content, "findings") if isinstance(block, Items) for item in block.items
    ]
    assert len(items) == len(findings)
    for finding in findings:
        label = next(item.label for item in items if f"[{finding.id}]" in item.label)
        assert finding.confidence.capitalize() in label
        assert ("Cause" in label) == finding.primary


def test_evidence_is_quoted_with_line_numbers_and_folded():
    """Every finding with lines has them in one quotation, each behind its number, under a fold."""
    lines = ADJ.read_text().splitlines()
    for block in section(report(ADJ, event=2), "findings"):
        for item in block.items if isinstance(block, Items) else ():
            assert item.folded == f"Log lines ({len(item.codes[0].text.splitlines())})"
            for quoted in item.codes[0].text.splitlines():
                number, text = quoted.strip().split("  ", 1)
                assert lines[int(number) - 1].endswith(text)


def test_all_processes_can_be_sorted():
    """The table of all processes has the numbers behind its cells, and marks who was killed."""
    fold = next(block for block in section(report(ADJ, event=2), "victim") if isinstance(block, Fold))
    table = fold.blocks[0]
    assert isinstance(table, Table)
    assert len(table.rows) == 9
    assert [table.rows[at][1] for at in table.strong_rows] == ["chrome (killed)"]
    sizes = [row[3] for row in table.keys]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 142418 * 4  # backup


def test_the_same_victim_is_found_again():
    """Kills of processes with the victim's name are listed, this one marked."""
    case = report(AGAIN, event=3).content.cases[0]
    assert [(each.number, each.own) for each in case.same_victim] == [(n, n == 3) for n in range(1, 8)]
    assert {each.kill.comm for each in case.same_victim} == {"node"}


def test_a_victim_seen_once_has_no_history():
    """Without another kill of its name the report says so."""
    (paragraph,) = section(report(POD), "history")
    assert isinstance(paragraph, Paragraph)
    assert "no other kill" in paragraph.text


def test_the_raw_report_is_whole():
    """The folded raw report has every line of the report with its number."""
    content = report(POD)
    (fold,) = section(content, "raw")[:1]
    shown = fold.blocks[0].text.splitlines()
    lines = content.content.cases[0].event.lines
    assert [int(each.split(maxsplit=1)[0]) for each in shown] == [line.no for line in lines]


def test_a_newline_in_a_message_makes_no_line():
    """A name with a newline in it cannot begin a line of the quoted report."""
    log = (
        '{"__REALTIME_TIMESTAMP":"1","_TRANSPORT":"kernel","MESSAGE":"a\\nb invoked oom-killer: '
        'gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"}\n'
    )
    (fold,) = [
        block for block in blocks_of(report(log)) if isinstance(block, Fold) and "line of" in block.title
    ]
    assert fold.blocks[0].text.count("\n") == 0
    assert "a\\x0ab invoked" in fold.blocks[0].text


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("choice", ["last", "all", "incident"])
def test_reports_keep_their_schema(path, lang, choice):
    """What is written as JSON is what the published schema says."""
    validator = jsonschema.Draft202012Validator(json.loads(schema_bytes("report")))
    found = report(path, event=choice, lang=lang)
    validator.validate(found.json())
    assert found.json()["lang"] == lang


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_every_section_is_there(path):
    """Each report has all its sections, one heading of level 1, and no level is left out."""
    headings = [block for block in blocks_of(report(path)) if isinstance(block, Heading)]
    assert [block.level for block in headings].count(1) == 1
    assert {"timeline", "findings", "history", "doubts", "glossary", "raw"} <= {
        block.id for block in headings
    }
    levels = [block.level for block in headings]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_an_incident_tells_causes_kills_and_two_events():
    """A storm is one report: the causes tallied, every kill in a table, the first and the largest in full."""
    found = report(STORM, event="incident")
    content = found.content
    assert content.kind == "incident"
    assert sum(count for _, count in content.incident.causes) == len(content.incident.explanations)
    assert [case.number for case in content.cases] == sorted({1, content.incident.worst})
    table = next(block for block in section(found, "kills") if isinstance(block, Table))
    assert len(table.rows) == sum(len(each.event.kills) for _, each in content.incident.explanations)


def test_victims_of_one_kill_are_in_the_tally():
    """Where some were killed again and again, the others are not left out of the tally."""
    kill = "Nov  2 10:00:%02d web1 kernel: Out of memory: Killed process %d (%s) total-vm:9kB, anon-rss:8kB, "
    kill += "file-rss:0kB\n"
    log = "".join(kill % (at, 100 + at, name) for at, name in enumerate(("web", "web", "db")))
    [table] = [
        block for block in section(report(log, event="incident"), "victims") if isinstance(block, Table)
    ]
    assert list(table.rows) == [("web", "2"), ("db", "1")]


def test_a_field_is_explained_once():
    """Of several events the later ones explain only what those above them do not have."""

    def folds(blocks):
        for block in blocks:
            if isinstance(block, Fold):
                yield block
                yield from folds(block.blocks)

    found = report(SERIES, event="all")
    lists = [items for fold in folds(blocks_of(found)) for items in fold.blocks if isinstance(items, Items)]
    terms = [item.label.partition(" = ")[0] for items in lists for item in items.items if item.marked]
    assert "gfp_mask" in terms
    assert len(terms) == len(set(terms))


LINE = (
    "Nov 22 %s:00 %s kernel: Out of memory: Killed process %d (x) total-vm:9kB, anon-rss:8kB, file-rss:0kB\n"
)


def test_an_incident_is_in_the_order_of_time(tmp_path):
    """Logs of several hosts are read one after the other; the first event is the first that happened."""
    logs = [tmp_path / "a.log", tmp_path / "b.log"]
    logs[0].write_text(LINE % ("11:00", "a", 1) + LINE % ("13:00", "a", 2))
    logs[1].write_text(LINE % ("10:30", "b", 3))
    found = report(logs, event="incident").content
    assert [number for number, _ in found.incident.explanations] == [3, 1, 2]
    assert found.incident.first == 3
    assert found.verdict.startswith("Within 2 h 30 min the OOM killer ran 3 times")
    assert re.search(r"-11-22 10:30:00 – \d{4}-11-22 13:00:00 \(year not in the log\)$", found.title)


def test_the_last_event_is_the_latest(tmp_path):
    """Not that of the log that was named last; and of two records of it, the one that has the report."""
    logs = [tmp_path / "a.log", tmp_path / "b.log"]
    logs[0].write_text(LINE % ("13:00", "a", 2))
    logs[1].write_text(LINE % ("10:30", "b", 3))
    assert report(logs).content.cases[0].number == 1
    kill = (SAMPLES / "v6.12-memcg-v2-docker.dmesg.log").read_text().splitlines()[-2]
    [case] = report([SAMPLES / "v6.12-memcg-v2-docker.dmesg.log", f"{kill}\n".encode()]).content.cases
    assert case.number == 1
    assert case.event.trigger is not None


def test_clocks_that_cannot_be_compared_tell_no_span(tmp_path):
    """Of a log with times and one without, no span is computed and no date is put over all."""
    logs = [tmp_path / "a.log", tmp_path / "b.log"]
    logs[0].write_text(LINE % ("11:00", "a", 1))
    logs[1].write_text("[   7.0] " + (LINE % ("", "", 3)).partition("kernel: ")[2])
    found = report(logs, event="incident").content
    assert found.verdict.startswith("The OOM killer ran 2 times")
    assert "11-22" not in found.title
    assert "## The first event in the logs" in report(logs, event="incident").markdown()


@pytest.mark.parametrize("event", ["incident", "all"])
def test_an_event_of_which_two_logs_tell_is_told_once(event):
    """In the counts, the tables, and what is around; the report says that records are left out."""
    names = ("v6.12-series.dmesg.log", "v6.12-series.kmsg.log")
    both, one = (report([SAMPLES / each for each in given], event=event) for given in (names, names[:1]))
    assert both.content.verdict == one.content.verdict
    assert both.content.read.folded == 3
    assert "3 records of events that another of the logs tells too were left out." in both.markdown()
    assert "left out" not in one.markdown()
    for case, other in zip(both.content.cases, one.content.cases, strict=True):
        assert [each.text for each in case.moments] == [each.text for each in other.moments]
        assert len(case.same_victim) == len(other.same_victim)


def test_another_log_of_the_same_event_is_no_other_kill():
    """The victim's history has no kill twice, and neither has the timeline."""
    [case] = report(
        [SAMPLES / "v6.12-leak.dmesg.log", SAMPLES / "v6.12-leak.kmsg.log"], event=3
    ).content.cases
    assert len(case.same_victim) == 8
    assert sum(each.kind == "kill" for each in case.moments) == 7


@pytest.mark.parametrize(("host", "where"), [("web1 ", "on this host"), ("", "name no host")])
def test_a_host_that_no_log_names_is_not_claimed(host, where):
    """Two kills in logs without a host may be of two machines, and the history says no more than that."""
    kill = f"2026-11-22T10:0%d:00+00:00 {host}kernel: Out of memory: Killed process %d (%s) total-vm:9kB, "
    kill += "anon-rss:8kB, file-rss:0kB\n"
    for second in ("x", "y"):  # with another kill of the same name, and without
        found = report(kill % (1, 7, "x") + kill % (2, 8, second))
        text = " ".join(
            [str(block) for block in section(found, "history")],
        )
        assert where in text


def test_what_daemons_killed_is_no_run_of_the_kernel():
    """Their events are counted apart, as often nobody knows how many processes it were."""
    kill = "Nov  2 10:00:0%d web1 kernel: [    %d.0] Out of memory: Killed process %d (%s) total-vm:9kB, "
    kill += "anon-rss:8kB, file-rss:0kB\n"
    pressure = "memory pressure for /user.slice being 65.43% > 50.00% for > 20s with reclaim activity"
    oomd = f"Nov  2 10:00:09 web1 systemd-oomd[9]: Killed /user.slice/a.scope due to {pressure}\n"
    log = kill % (1, 1, 7, "a") + kill % (4, 4, 8, "b") + oomd
    assert report(log, event="incident").content.verdict.startswith(
        "Within 3 s the OOM killer ran 2 times and killed 2 processes: a, b. "
        "In 1 more event it was not the kernel that killed, but systemd-oomd."
    )
    assert "In 1 more event" in report(log, event="all").content.verdict


@pytest.mark.parametrize(
    ("causes", "said"),
    [
        ((("x", 3), ("y", 1)), "The most frequent cause, of 3 events, is "),
        ((("x", 3), ("y", 3), ("z", 1)), "The most frequent causes, of 3 events each, are "),
        ((("x", 1), ("y", 1)), "No cause is more frequent than the others."),
        (((None, 2), ("x", 2)), "No cause is more frequent than the others."),
        (((None, 2), ("x", 1)), None),
    ],
)
def test_only_one_cause_that_leads_is_the_most_frequent(causes, said):
    """Causes of equally many events are named together, or none is."""
    known = {"x": "memcg_limit", "y": "tmpfs_shmem", "z": "userspace_killer"}
    found = report(STORM, event="incident").content.incident
    tallied = replace(found, causes=tuple((known.get(cause, cause), count) for cause, count in causes))
    text = _incident_verdict(tallied, "en")
    if said is None:
        assert "cause" not in text
    else:
        assert said in text


def test_a_clock_too_coarse_for_a_span_tells_none():
    """Two kills in one second of `dmesg -T` are not said to be within 0 s."""
    kill = "[Sat May  4 23:17:24 2024] Out of memory: Killed process %d (%s) total-vm:9kB, anon-rss:8kB\n"
    log = kill % (7, "a") + kill % (8, "b")
    assert report(log, event="incident").content.verdict.startswith(
        "The OOM killer ran 2 times and killed 2 processes: a, b."
    )
    assert "동안" not in report(log, event="incident", lang="ko").content.verdict


def test_a_title_may_be_given():
    """The title given is the page's, and the verdict stays."""
    found = report(ADJ, title="Checkout was down")
    assert blocks_of(found)[0] == Heading("Checkout was down", 1)
    assert found.content.verdict.startswith("The kernel killed chrome")


def test_the_package_is_a_function():
    """``oomlog.report`` takes paths and events, one or many."""
    events = list(oomlog.parse(ADJ))
    titles = {
        oomlog.report(given).content.title
        for given in (ADJ, str(ADJ), [ADJ], events, events[-1], oomlog.parse(ADJ), ADJ.read_bytes())
    }
    assert titles == {"chrome (pid 190) killed: out of memory"}


def test_an_event_that_is_not_there_is_an_error():
    """A number that no event has is refused, and so is a log without events."""
    with pytest.raises(UsageError, match="event=3: there are 2"):
        report(ADJ, event=3)
    with pytest.raises(UsageError, match="nothing to report"):
        report(b"nothing\n")


def test_reports_are_saved_by_the_name(tmp_path):
    """The ending of the name is the format; another ending is refused."""
    found = report(ADJ)
    found.save(tmp_path / "a.md")
    assert (tmp_path / "a.md").read_text() == found.markdown()
    found.save(tmp_path / "a.html")
    assert (tmp_path / "a.html").read_text() == found.html()
    with pytest.raises(UsageError, match=r"a\.doc"):
        found.save(tmp_path / "a.doc")


def test_the_words_are_in_both_languages():
    """Every sentence of a report has both languages with the same places for numbers."""
    for key, texts in all_phrases().items():
        if key.startswith("report."):
            places = [set(re.findall(r"\{(\w+)", texts[lang])) for lang in ("en", "ko")]
            assert places[0] == places[1], key


def test_what_was_not_looked_at_is_said(monkeypatch):
    """Where too many lines are near the kills, the report says how many are missing from its view."""
    monkeypatch.setattr("oomlog.events.neighbourhood._MOST", 1)
    found = report(NEAR)
    assert found.json()["read"]["unread"] == 5
    assert "5 lines near the kills were too many" in found.markdown()


def test_one_logs_order_is_the_timelines():
    """Where uptime and wall clock differ by a little, moments stand in the order of their lines."""
    log = NEAR.replace("kernel: Out of", "kernel: [ 1200.300000] Out of").replace(
        "10:00:00.300000+01:00 db1 kernel: [", "10:00:00.900000+01:00 db1 kernel: ["
    )
    lines = [each.line for each in report(log).content.cases[0].moments]
    assert lines == sorted(lines)


def test_a_cgroup_that_a_daemon_killed_is_named():
    """systemd-oomd kills cgroups: its own event, and the one beside another, name the cgroup."""
    log = (
        "2026-11-22T10:00:00+01:00 db1 systemd-oomd[300]: Killed /user.slice/a.scope due to memory pressure "
        "for /user.slice being 51.07% > 50.00% for > 20s with reclaim activity\n"
    ) + NEAR
    events = list(oomlog.parse(log))
    for number in (1, 2):
        moments = report(events, event=number).content.cases[0].moments
        told = next(each for each in moments if each.kind == "userspace_kill")
        assert told.text == "/user.slice/a.scope (systemd-oomd)"
        assert told.own == (number == 1)


def test_names_of_blanks_are_seen_in_tables():
    """A page joins blanks and shows an empty cell for no name, so such names are written out."""
    text = (SAMPLES / "v7.2-hostile-comm.dmesg.log").read_bytes()
    found = report(text)
    cells = {cell for table in tables(blocks_of(found)) for row in table.rows for cell in row}
    assert r"\x20\x2012 \x200 \x200\x20" in cells
    assert '""' in cells


def tables(blocks):
    """Yield every table, folded ones too."""
    for block in blocks:
        if isinstance(block, Table):
            yield block
        elif isinstance(block, Fold):
            yield from tables(block.blocks)
