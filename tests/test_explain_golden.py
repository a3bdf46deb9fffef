"""The explanations of some samples, word for word in both languages, so that a diff can be read as prose.

``golden/explain/<sample>.<lang>.txt`` is what ``oomlog explain`` prints for one event of the sample.
``make golden`` writes them anew; the review reads the diff.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from oomlog.cli.context import Context
from oomlog.cli.main import main
from oomlog.explain.phrases import LANGUAGES

HERE = Path(__file__).parent
GOLDEN = HERE / "golden" / "explain"
SAMPLES = HERE.parent / "samples"
EVENTS = {
    "v7.2-global.dmesg": "1",
    "v6.12-global-adj.dmesg": "1",
    "v6.12-memcg-v2-kubernetes.dmesg": "1",
    "v7.2-memcg-v2-parent.dmesg": "1",
    "v6.1-memcg-v2-sidecars.dmesg": "1",
    "v6.12-memcg-v2-group.dmesg": "1",
    "v6.12-allocating-task.dmesg": "1",
    "v6.1-sysrq.dmesg": "1",
    "v7.2-panic.console": "1",
    "v6.12-global-slab.dmesg": "1",
    "v5.10-global-fragmentation.dmesg": "1",
    "v6.1-global-fork-storm.dmesg": "1",
    "v7.2-global-unaccounted-zram.dmesg": "1",
    "v5.10-global-swap-full.dmesg": "1",
    "v6.1-cpuset.dmesg": "1",
    "v6.12-storm.dmesg": "last",
    "v5.10-reaper-failed.dmesg": "all",
    "v7.2-global-balloon.dmesg": "1",
}
"""Which event of each sample is explained."""


def explained(sample: str, lang: str) -> str:
    """Return what the command prints into a pipe."""
    stdout, stderr = io.BytesIO(), io.StringIO()
    context = Context(stdin=None, stdout=stdout, stderr=stderr)
    assert main(["explain", f"{sample}.log", "--event", EVENTS[sample], "--lang", lang], context) == 0
    assert stderr.getvalue() == ""
    return stdout.getvalue().decode()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("sample", EVENTS)
def test_an_explanation_reads_as_it_was_approved(
    sample: str, lang: str, update_golden: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sample's explanation is the text that was last read and approved."""
    monkeypatch.chdir(SAMPLES)
    golden = GOLDEN / f"{sample}.{lang}.txt"
    text = explained(sample, lang)
    if update_golden:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, "utf-8")
        return
    if not golden.exists():
        pytest.fail(f"{golden.relative_to(HERE)} is missing; write it with: make golden", pytrace=False)
    assert golden.read_text("utf-8") == text


def test_no_approved_text_is_left_over() -> None:
    """Each text in the folder belongs to a sample that is explained here."""
    expected = {f"{sample}.{lang}.txt" for sample in EVENTS for lang in LANGUAGES}
    assert expected == {path.name for path in GOLDEN.iterdir()}
