"""The picture of the ranking: terms add up to badness, the victim and the immune are marked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from drawn import bars, lines, texts, title

import oomlog
from oomlog.errors import PictureError
from oomlog.explain.model import Derived, Ranked, VictimChoice
from oomlog.explain.run import explain, explain_all
from oomlog.kernel import Terms
from oomlog.report.plots import plot_badness

SAMPLES = Path(__file__).resolve().parents[4] / "samples"
PAGE = Derived(4, "page_size_assumed")


def ranked(pid: int, terms: Terms, badness: int | None, **more) -> Ranked:
    return Ranked(pid, f"p{pid}", 0, 0, terms.rss_pages, terms.swap_pages, terms, badness, **more)


def choice(*ranking: Ranked, **more) -> VictimChoice:
    first = ranking[0] if ranking else None
    values = {
        "formula": "plain",
        "totalpages": Derived(1000, "x"),
        "predicted": first,
        "victim_pid": 1,
        "agrees": True,
    }
    return VictimChoice(PAGE, ranking=ranking, **{**values, **more})


def test_terms_add_up_to_the_mark():
    """What raises badness is right of zero, what lowers it left, and the line is at the sum."""
    explanation = next(iter(explain_all(oomlog.parse(SAMPLES / "v6.12-memcg-v2-kubernetes.kmsg.log"))))
    ax = plot_badness(explanation)
    for each in explanation.victim.ranking:
        terms = {name: bar for name, bar in bars(ax, f"{each.pid}.").items() if name != "victim"}
        total = sum(bar.get_width() * (-1 if bar.get_x() < 0 else 1) for bar in terms.values())
        assert total == pytest.approx(each.badness * 4)
        assert lines(ax)[f"{each.pid}.badness"] == each.badness * 4
    assert any(bar.get_x() < 0 for bar in bars(ax).values())


def test_the_victim_is_marked():
    """Bold, outlined, and the word is there, without any colour."""
    ax = plot_badness(
        choice(ranked(1, Terms(90, 0, 10), 100), ranked(2, Terms(50, 0, 0), 50), margin_pages=50)
    )
    assert [name for name in bars(ax) if name.endswith(".victim")] == ["1.victim"]
    (label,) = [text for text in ax.texts if text.get_text() == "p1 (1)"]
    assert label.get_fontweight() == "bold"
    assert "400 KiB, killed" in texts(ax)
    assert title(ax) == "p1 (1) had the highest badness, 200 KiB ahead of the next, and was killed"


def test_all_of_a_group_are_marked():
    """memory.oom.group kills several processes of one report."""
    explanation = next(iter(explain_all(oomlog.parse(SAMPLES / "v6.12-memcg-v2-group.kmsg.log"))))
    killed = {f"{kill.pid}.victim" for kill in explanation.event.kills}
    assert len(killed) > 1
    assert {name for name in bars(plot_badness(explanation)) if name.endswith(".victim")} == killed


def test_the_immune_are_hatched():
    """With the memory they have and the reason, but no badness and no adjustment."""
    spared = ranked(9, Terms(30, 5, 1, 0, -1000), None, immune="adj_min")
    ax = plot_badness(choice(ranked(1, Terms(50, 0, 0), 50), immune=(spared,)))
    row = bars(ax, "9.")
    assert {name: bar.get_width() for name, bar in row.items()} == {
        "rss": 120,
        "swap": 20,
        "pgtables": 4,
        "immune": 144,
    }
    assert "9.badness" not in lines(ax)
    assert any(patch.get_hatch() == "xxx" and patch.get_width() == 144 for patch in ax.patches)
    assert "adj -1000" in texts(ax)


def test_badness_that_is_not_known_has_no_mark():
    """Only what is known is drawn."""
    unknown = Ranked(1, "p1", 0, 100, 50, 0, None, None)
    ax = plot_badness(choice(unknown, totalpages=None, predicted=None))
    assert "not known, killed" in texts(ax)
    assert lines(ax) == {}
    assert title(ax) == "p1 (1) was killed; who had the highest badness cannot be told"


def test_thousandths_are_drawn_as_such():
    """Until 3.4 badness was a share of totalpages."""
    ax = plot_badness(choice(ranked(1, Terms(250, 0, 0, -30, 100), 320), formula="permille"))
    assert {name: round(bar.get_width()) for name, bar in bars(ax, "1.").items() if name != "victim"} == {
        "rss": 250,
        "adj": 100,
        "root": 30,
    }
    assert lines(ax) == {"1.badness": 320}
    assert "320 ‰, killed" in texts(ax)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "p1 (1) had the highest badness and was killed"),
        ({"victim_pid": 2, "agrees": False}, "p2 (2) was killed although p1 (1) had the highest badness"),
        (
            {"victim_pid": 2, "reason": "sacrificed_child"},
            "p1 (1) had the highest badness; its child p2 (2) was killed in its place",
        ),
        ({"agrees": None}, "p1 (1) was killed; who had the highest badness cannot be told"),
        ({"victim_pid": None}, "p1 (1) had the highest badness; nobody is known to have been killed"),
        ({"victim_pid": 7}, "p1 (1) had the highest badness; pid 7 was killed, which is not listed"),
        ({"victim_pid": 7, "predicted": None}, "pid 7 was killed, which is not among the listed processes"),
        (
            {"victim_pid": None, "predicted": None},
            "Processes by badness; nobody is known to have been killed",
        ),
    ],
)
def test_the_title_says_who_was_chosen(change, said):
    """And whether that is who has the highest badness."""
    found = choice(ranked(1, Terms(50, 0, 0), 50), ranked(2, Terms(20, 0, 0), 20))
    assert title(plot_badness(replace(found, **change))) == said


def test_a_margin_is_told_where_it_is_sure():
    """What oom_score_adj is worth hangs on totalpages, of which only a bound may be known."""
    first, second = ranked(1, Terms(50, 0, 0), 50), ranked(2, Terms(20, 0, 0), 20)
    bound = Derived(1000, "x", exact=False)
    assert ", 120 KiB ahead of the next," in title(plot_badness(choice(first, second, margin_pages=30)))
    same = choice(first, second, margin_pages=30, totalpages=bound)
    assert "ahead" in title(plot_badness(same))
    other = replace(same, ranking=(first, replace(second, oom_score_adj=5)))
    assert "ahead" not in title(plot_badness(other))


def test_equals_are_told():
    """Nobody has the highest badness alone where others have the same; and the mark is in the key."""
    ax = plot_badness(
        choice(
            *(ranked(pid, Terms(50, 0, 0, 0, 0), 50) for pid in (1, 2, 3)), ranked(4, Terms(9, 0, 0, 0, 0), 9)
        )
    )
    assert title(ax) == "p1 (1) was killed; 2 others had the same badness"
    assert "badness" in texts(ax)


def test_a_long_ranking_is_cut_but_keeps_the_victim():
    """The note counts the others."""
    many = [ranked(pid, Terms(1000 - pid, 0, 0), 1000 - pid) for pid in range(1, 301)]
    ax = plot_badness(choice(*many, victim_pid=250), limit=5)
    assert {name for name in bars(ax) if name.endswith(".rss")} == {
        f"{pid}.rss" for pid in (1, 2, 3, 4, 5, 250)
    }
    assert "Processes that rank below these: 294." in "".join(texts(ax))


def test_nothing_is_drawn_of_nothing():
    """No task table, no ranking."""
    event = next(iter(oomlog.parse(SAMPLES / "v6.1-global-nodump.kmsg.log")))
    with pytest.raises(PictureError, match="no ranking: the log has no task table"):
        plot_badness(explain(event))
