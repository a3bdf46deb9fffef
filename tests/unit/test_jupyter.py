"""Events at a prompt and in notebooks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import oomlog
from oomlog.errors import PictureError
from oomlog.explain.verdict import verdict

SAMPLES = Path(__file__).parents[2] / "samples"
ADJ = SAMPLES / "v6.12-global-adj.dmesg.log"
SERIES = SAMPLES / "v6.12-series.dmesg.log"
KILL = "Out of memory: Killed process {pid} ({comm}) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"


def log_of(*names: str) -> str:
    return "".join(f"kernel: {KILL.format(pid=pid, comm=comm)}\n" for pid, comm in enumerate(names, 1))


def test_a_list_is_shown_with_its_kills() -> None:
    """A list of events counts them and names every victim."""
    events = oomlog.read(SERIES)
    html = events._repr_html_()
    assert html is not None
    assert "3 events, " in html
    assert all(f"{kill.comm}[{kill.pid}]" in html for event in events for kill in event.kills)


def test_a_long_list_shows_its_beginning() -> None:
    """Of many events a few are shown, so that a list is shown at once however long it is."""
    events = oomlog.read(log_of(*(f"task{number}" for number in range(1000))))
    html = events._repr_html_()
    assert html is not None
    assert "1,000 events, 1,000 kills" in html
    assert html.count("<tr") == 1 + 20
    assert len(html) < 20_000


def test_showing_a_list_decodes_no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports that say in their summary line what a table needs stay as they are."""
    events = oomlog.read(SERIES)

    def refuse(self: oomlog.OomEvent) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(oomlog.OomEvent, "details", property(refuse))
    assert "3 events" in (events._repr_html_() or "")


def test_an_event_is_shown_with_its_verdict() -> None:
    """An event says why it happened."""
    event = oomlog.read(ADJ)[0]
    assert verdict(event.explain())[:60] in (event._repr_html_() or "")


def test_an_event_is_explained_among_the_others() -> None:
    """What ``read()`` gives explains itself as the command does: the earlier kills are known to it."""
    log = log_of(*("php-fpm" for _ in range(12))).replace("kernel: ", "[  100.000001] ")
    events = oomlog.read(log)
    assert [finding.id for finding in events[-1].explain().findings if finding.id == "kill_storm"]
    alone = next(oomlog.parse(log))
    assert not alone.siblings
    assert not [finding.id for finding in alone.explain().findings if finding.id == "kill_storm"]


def test_an_explanation_shows_what_to_do_and_folds_what_it_rests_on() -> None:
    """Evidence can be opened; the commands to copy are in sight."""
    html = oomlog.read(ADJ)[0].explain()._repr_html_()
    assert html is not None
    folded, open_ = html.count("<details"), html.partition("What to do")[2]
    assert folded >= 2
    assert "<pre" in open_
    assert "<details" not in open_


def test_a_history_shows_itself_and_its_pictures() -> None:
    """A history is a page with the first rows of each table, and has pictures."""
    past = oomlog.history([SERIES, SAMPLES / "v6.12-storm.dmesg.log"])
    html = past._repr_html_()
    assert html is not None
    assert "Kill history" in html
    assert "--" not in html.partition("</style>")[2]
    assert all(name in html for name in past.victims["comm"].head(5))
    for picture in (past.plot.timeline(), past.plot.rss_trend()):
        assert picture._repr_png_()[0].startswith(b"\x89PNG")
    with pytest.raises(PictureError):
        past.plot.calendar()
    assert {"plot", "victims", "places", "storms", "growth"} <= set(dir(past))


def test_explain_takes_an_event_a_list_or_logs() -> None:
    """``oomlog.explain()`` gives one explanation for an event and a list for anything else."""
    events = oomlog.read(ADJ)
    listed = oomlog.explain(events)
    assert [each.event for each in listed] == list(events)
    assert oomlog.explain(events[1]).victim == listed[1].victim == oomlog.explain(ADJ)[1].victim
    assert oomlog.explain([]) == []


def test_questions_have_answers() -> None:
    """``why`` and ``whatif`` answer as the commands do."""
    event = oomlog.read(ADJ)[1]
    assert event.why("chrome")[0].startswith("chrome (pid 190) was chosen and killed.")
    answer = event.whatif("chrome:oom_score_adj=-500")
    assert answer.victim is not None
    assert answer.victim.comm == "(sd-pam)"
    assert str(answer).startswith("(sd-pam) (pid 152) would have been chosen instead of chrome (pid 190).")
    assert "<table" in (answer._repr_html_() or "")
    assert [each.comm for each in answer.ranking][:2] == ["(sd-pam)", "systemd-journal"]
    with pytest.raises(ValueError, match="is not WHO:KEY=VALUE"):
        event.whatif("chrome")


@pytest.mark.parametrize("name", ["<script>x</", "<img src=x>", "{{7*7}}", "\x1b]0;x\x07", "a\u202eb"])
def test_names_are_escaped(name: str) -> None:
    """No name of a process becomes markup or a control character."""
    events = oomlog.read(log_of(name))
    assert events[0].kills[0].comm == name
    shown = (events, events[0], events[0].explain(), oomlog.history(events))
    for html in (each._repr_html_() for each in shown):
        assert html is not None
        assert name not in html or name == "{{7*7}}"
        assert "<script" not in html
        assert "<img" not in html
        assert not set("\x1b\x07\u202e") & set(html)


def test_slices_are_lists_of_their_own() -> None:
    """A slice has tables and a look of its own; an event of it still knows all the others."""
    events = oomlog.read(SERIES)
    part = events[1:]
    assert len(part) == 2
    assert len(part.kills) == sum(len(event.kills) for event in part)
    assert part.kills["event"].min() == 1
    assert len(part[0].siblings) == 3


def test_pictures_are_shown_and_saved(tmp_path: Path) -> None:
    """A picture is PNG in a notebook, twice as sharp as it is large, and can be written to a file."""
    plot = oomlog.read(ADJ)[0].plot
    for picture in (plot.ledger(), plot.badness(), plot.zones(), plot.tasks()):
        data, size = picture._repr_png_()
        assert data.startswith(b"\x89PNG")
        assert int.from_bytes(data[16:20], "big") == 2 * size["width"]
        assert picture.axes in picture.figure.axes
    picture.save(str(tmp_path / "tasks.svg"), theme="dark")
    assert (tmp_path / "tasks.svg").read_text().startswith("<svg")
    with pytest.raises(PictureError):
        oomlog.read(log_of("x"))[0].plot.ledger()


def test_what_there_is_can_be_found_with_the_tab_key() -> None:
    """The questions and pictures are among the names that a prompt completes."""
    events = oomlog.read(ADJ)
    assert {"explain", "why", "whatif", "plot", "kills", "tasks"} <= set(dir(events[0]))
    assert {"ledger", "badness", "zones", "tasks"} <= set(dir(events[0].plot))
    assert {"kills", "events", "tasks", "zones", "memcg", "findings"} <= set(dir(events))


def test_parsing_loads_nothing_of_this() -> None:
    """A program that only parses does not load what notebooks need."""
    code = "import sys, oomlog; list(oomlog.parse('kernel: x\\n')); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"oomlog.jupyter", "pandas", "jinja2", "matplotlib"}.isdisjoint(done.stdout.split())
