"""The fields that one report has, with their values there."""

from __future__ import annotations

import pytest

from oomlog.explain.fields import fields_of

HEADER = "x invoked oom-killer: gfp_mask={mask}, order=0, oom_score_adj=0"
KILL = "Out of memory: Killed process 7 (x) total-vm:4000kB, anon-rss:400kB, file-rss:0kB, shmem-rss:0kB"


def values_of(case, page_kb=4):
    return {field.entry.id: field.value for field in fields_of(case.event, page_kb)}


def test_sizes_are_told_in_both_forms(sample):
    """As printed, and as people read them; pages by the page size."""
    found = values_of(sample("v6.12-global"))
    assert found["kill/total-vm"] == "925316 kB (904 MiB)"
    assert found["tasks/total_vm"].endswith("pages (904 MiB)")


def test_a_missing_limit_is_no_size(sample):
    """The number that stands for none is not 8 EiB."""
    found = values_of(sample("v6.12-memcg-v2-kubernetes"))
    assert not [value for value in found.values() if "PiB" in value]


def test_only_what_was_printed(sample):
    """A field that the kernel of the report does not have is not explained."""
    assert "memcg/failcnt" not in values_of(sample("v6.12-global"))


@pytest.mark.parametrize(
    ("mask", "shown"),
    [("0x280da", "GFP_HIGHUSER_MOVABLE|__GFP_ZERO (derived)"), ("0xcc0(GFP_KERNEL)", "GFP_KERNEL")],
)
def test_flags_have_names(case, mask, shown):
    """Printed ones, or derived ones that say so; each is explained."""
    fields = fields_of(case([HEADER.format(mask=mask), KILL]).event, 4)
    assert any(shown in field.value for field in fields)
    assert shown.split(" ")[0].split("|")[0] in {field.entry.term for field in fields}
