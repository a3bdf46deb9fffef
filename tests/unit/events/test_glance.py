"""The few values that are read without decoding the whole report."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oomlog
from oomlog.model import Details

SAMPLES = Path(__file__).parents[3] / "samples"
ORDINARY = (
    "v5.10-global.dmesg.log",
    "v6.12-memcg-v2-kubernetes.dmesg.log",
    "v6.12-memcg-v2-kubernetes.kmsg.log",
    "v5.10-memcg-v1-docker-swap.dmesg.log",
    "v6.12-series.dmesg.log",
)
OTHER = "[    7.000000] modprobe: page allocation failure: order:1, mode:0x20"


@cache
def lines_of(name: str) -> tuple[bytes, ...]:
    return tuple((SAMPLES / name).read_bytes().splitlines(keepends=True))


def wanted(details: Details) -> tuple[object, ...]:
    """Return what a glance is for; counters that are all missing are the same as none."""
    memcg = details.memcg
    counters = (None,) * 4 if memcg is None else (memcg.memory, memcg.memory_swap, memcg.swap, memcg.kmem)
    return details.kernel_release, *counters


def test_a_glance_tells_the_same_in_all_samples() -> None:
    """Release and counters are those of the decoded report."""
    for event in oomlog.parse(sorted(SAMPLES.glob("*.log"))):
        assert wanted(event.quick_details) == wanted(event.details), event


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_reports_are_not_decoded(name: str) -> None:
    """That is what it is for."""

    def decode() -> Details:
        raise AssertionError("decoded")

    for event in oomlog.parse(SAMPLES / name):
        event._decode = decode
        assert event.quick_details.kernel_release is not None


def test_other_reports_in_between_are_told_apart() -> None:
    """The stack header of a failed allocation is not the report's."""
    lines = (SAMPLES / ORDINARY[0]).read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if "Comm: " in line)
    lines[at:at] = [OTHER, lines[at].replace("5.10.0-32", "9.99.9-99")]
    (event,) = oomlog.parse("\n".join(lines) + "\n")
    assert wanted(event.quick_details) == wanted(event.details)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(ORDINARY), st.data())
def test_a_damaged_report_tells_the_same(name: str, data: st.DataObject) -> None:
    """Lines that are lost, doubled, moved or cut never make a glance say something else."""
    lines = list(lines_of(name))
    for _ in range(data.draw(st.integers(1, 6))):
        if not lines:
            break
        at = data.draw(st.integers(0, len(lines) - 1))
        what = data.draw(st.sampled_from(("lose", "double", "move", "cut", "tail", "wrap", "other")))
        if what == "lose":
            del lines[at]
        elif what == "double":
            lines.insert(data.draw(st.integers(0, len(lines))), lines[at])
        elif what == "move":
            lines.insert(data.draw(st.integers(0, len(lines) - 1)), lines.pop(at))
        elif what == "cut":
            lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))] + b"\n"
        elif what == "tail":
            lines[at:] = [lines[at][: data.draw(st.integers(0, len(lines[at])))]]
        elif what == "wrap":
            cut = data.draw(st.integers(0, len(lines[at])))
            lines[at : at + 1] = [lines[at][:cut] + b"\n", lines[at][cut:]]
        else:
            lines.insert(at, OTHER.encode() + b"\n")
    for event in oomlog.parse(b"".join(lines)):
        assert wanted(event.quick_details) == wanted(event.details)
