"""The short way from Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import oomlog
import oomlog.explain
from oomlog.explain import explain, explain_all, whatif, why

SAMPLES = Path(__file__).resolve().parents[3] / "samples"


def test_events_in_answers_out() -> None:
    """What the commands answer is one call away for an event that parse() gave."""
    events = list(oomlog.parse(SAMPLES / "v6.12-global-adj.dmesg.log"))
    explanations = list(explain_all(events))
    assert [each.event for each in explanations] == events
    assert all(each.victim.agrees for each in explanations)
    assert explain(events[1], events).primary == explanations[1].primary
    (answer,) = why(events[1], "chrome", events)
    assert answer.startswith("chrome (pid 190) was chosen and killed.")
    assert why(events[1], 190, events, lang="ko") != (answer,)
    supposed = whatif(events[1], "chrome:oom_score_adj=-500", siblings=events)
    assert supposed.victim is not None
    assert (supposed.answer, supposed.victim.comm) == ("other", "(sd-pam)")


def test_a_wrong_setting_is_told() -> None:
    """The message says how it is written."""
    (event, _) = oomlog.parse(SAMPLES / "v6.12-global-adj.dmesg.log")
    with pytest.raises(ValueError, match="is not WHO:KEY=VALUE"):
        whatif(event, "chrome")


def test_every_name_is_there() -> None:
    """``__all__`` is what the package gives, whatever was imported before; nothing else is invented."""
    for name in oomlog.explain.__all__:
        value = getattr(oomlog.explain, name)
        assert callable(value)
        assert value.__doc__
    assert dir(oomlog.explain) == sorted(oomlog.explain.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nosuch'"):
        _ = oomlog.explain.nosuch


@pytest.mark.parametrize("code", ["import oomlog.explain.terms", "import oomlog, oomlog.explain"])
def test_rules_are_not_loaded_for_nothing(code: str) -> None:
    """Looking up a term does not load what explains events."""
    code += "; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not [
        name for name in done.stdout.split() if name.startswith(("oomlog.explain.r", "oomlog.explain.a"))
    ]
