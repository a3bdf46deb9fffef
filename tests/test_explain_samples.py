"""The cause that a scenario was made for is the primary finding, in every recording of it."""

from __future__ import annotations

import json
import os
import tomllib
from functools import cache
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import oomlog
from oomlog.explain.model import Explanation
from oomlog.explain.run import ORDER, explain_all
from oomlog.report.explanation_json import explanation_bytes
from oomlog.report.schema import schema_bytes

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
ENTRIES: list[dict[str, Any]] = tomllib.loads((SAMPLES / "index.toml").read_text("utf-8"))["sample"]
PUBLISHED = Path(os.environ.get("OOMLOG_CORPUS") or SAMPLES.parents[1] / "shared" / "corpus")
CORPUS = sorted(PUBLISHED.glob("*.log"))

# The words of samples/README.md, and which findings may be primary for them.
PRIMARY = {
    "global": {"system_exhausted", "tmpfs_shmem"},
    "memcg_limit": {"memcg_limit"},
    "parent limit": {"parent_memcg_limit"},
    "cpuset": {"cpuset_bound"},
    "mempolicy": {"mempolicy_bound"},
    "sysrq": {"sysrq_manual"},
    "allocating task": {"allocating_task"},
    "panic_on_oom": {"panic_on_oom"},
    "no killable": {"no_killable"},
    "hugetlb": {"hugetlb_reserved"},
    "slab": {"slab_kernel"},
    "unaccounted": {"unaccounted_kernel", "zram_store"},
    "page tables": {"page_tables"},
    "fork storm": {"fork_storm"},
    "fragmentation": {"fragmentation"},
    "movable only": {"lowmem_zone"},
    "low memory": {"lowmem_zone"},
    "cma only": {"cma_only_free", "unaccounted_kernel"},
    "balloon": {"balloon", "reserved_ram"},
    "dirty page cache": {"page_cache_dirty"},
    "locked memory": {"mlocked"},
    "reserve": {"watermark_reserve"},
    "swap full": {"system_exhausted"},
    "memcg swap full": {"memcg_limit"},
    "memcg kernel memory": {"memcg_limit"},
}
# What must be said besides, by scenario.
BESIDES = {
    "global-tmpfs": {"tmpfs_shmem"},
    "global-shm": {"tmpfs_shmem"},
    "global-adj": {"biased_victim"},
    "global-container": {"unlimited_container"},
    "global-zram": {"swap_full"},
    "global-swap-full": {"swap_full"},
    "memcg-v2-swap-full": {"swap_full"},
    "memcg-v2-tmpfs": {"tmpfs_shmem"},
    "memcg-v2-group": {"oom_group"},
    "memcg-v2-sidecars": {"biased_victim"},
    "memcg-v2-slab": {"slab_kernel"},
    "storm": {"kill_storm"},
    "global-allocations": {"memory_allocations"},
    "memcg-v2-working-set": {"limit_below_working_set"},
    "reaper-failed": {"reaper_failed", "already_dying"},
}


def log_of(entry: dict[str, Any]) -> Path:
    files = entry["files"]
    return SAMPLES / files.get("kmsg", files.get("dmesg", files.get("console")))


@cache
def explained(log: Path) -> tuple[Explanation, ...]:
    return tuple(explain_all(oomlog.parse(log, on_error=lambda _: None)))


each_sample = pytest.mark.parametrize("entry", ENTRIES, ids=[entry["name"] for entry in ENTRIES])


@each_sample
def test_the_known_cause_is_the_primary_finding(entry):
    """Exactly one finding is primary, it comes first, and it is what the guest was made to do."""
    causes = entry["causes"]
    found = explained(log_of(entry))
    for explanation, cause in zip(found, chain(causes, repeat(causes[-1])), strict=False):
        assert [finding.primary for finding in explanation.findings].count(True) == 1
        assert explanation.findings[0].primary
        assert explanation.primary.id in PRIMARY[cause], explanation.event


@each_sample
def test_what_else_is_known_is_found(entry):
    """Findings that are not the cause, but that the scenario was made to show."""
    expected = BESIDES.get(entry["scenario"], set())
    found = {finding.id for each in explained(log_of(entry)) for finding in each.findings}
    assert expected <= found


@pytest.mark.parametrize("rule", ORDER)
def test_no_rule_fires_everywhere(rule):
    """A finding that every event has says nothing."""
    logs = [explained(log_of(entry)) for entry in ENTRIES]
    fired = sum(any(rule == finding.id for each in log for finding in each.findings) for log in logs)
    assert fired < len(logs) * 0.75


@each_sample
def test_json_is_as_the_schema_says(entry):
    """Every explanation, with no key that the schema does not have."""
    schema = json.loads(schema_bytes("explanation"))
    validator = jsonschema.Draft202012Validator(schema)
    for number, explanation in enumerate(explained(log_of(entry)), 1):
        record = json.loads(explanation_bytes(explanation, "en", number, fields=True))
        validator.validate(record)
        assert list(record) == list(schema["properties"])
        assert set(record["victim"]) == set(schema["properties"]["victim"]["properties"])


@pytest.mark.skipif(not CORPUS, reason="no published logs beside the project")
@pytest.mark.parametrize("log", CORPUS, ids=lambda path: path.stem)
def test_published_logs_have_a_primary_finding(log):
    """Whatever is left of a report, something can be said of it; evidence is quoted from the log itself."""
    for explanation in explained(log):
        assert explanation.primary is not None
        for finding in explanation.findings:
            assert finding.evidence
