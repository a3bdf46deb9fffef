"""Why one process died, or did not."""

from __future__ import annotations

import pytest

from oomlog.explain.why import why, why_sentence


@pytest.mark.parametrize(
    ("name", "number", "who", "answer"),
    [
        ("v6.12-global-adj", 1, "batch", "killed"),
        ("v6.12-global-adj", 1, "186", "killed"),
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
