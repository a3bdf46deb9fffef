"""The glossary explains every field there is, in both languages, and nothing that is not there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from oomlog.errors import GlossaryError
from oomlog.explain import terms
from oomlog.explain.terms import Entry, build, lookup, suggest
from oomlog.grammar.fields import FIELD_TYPES
from oomlog.grammar.load import read_files
from oomlog.report.schema import schema_bytes

SAMPLES = Path(__file__).parents[3] / "samples"
ENTRIES = terms.entries()
each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)

# Open runs have no list in the grammar, so the names that kernels 2.6.18 to 7.1 print stand here.
# Counters of the Mem-Info block (pages).
COUNTERS = """
active inactive active_anon inactive_anon isolated_anon active_file inactive_file isolated_file unevictable
dirty writeback unstable free slab slab_reclaimable slab_unreclaimable mapped shmem pagetables sec_pagetables
bounce kernel_misc_reclaimable free_pcp free_cma
"""
# Lines of nodes, 4.8 and later.
NODES = """
active_anon_kb inactive_anon_kb active_file_kb inactive_file_kb unevictable_kb isolated_anon_kb
isolated_file_kb mapped_kb dirty_kb writeback_kb shmem_kb shmem_thp_kb shmem_pmdmapped_kb anon_thp_kb
writeback_tmp_kb unstable_kb pages_scanned all_unreclaimable kernel_stack_kb shadow_call_stack_kb
pagetables_kb sec_pagetables_kb balloon_kb gpu_active_kb gpu_reclaim_kb
"""
ZONES = """
free_kb boost_kb min_kb low_kb high_kb reserved_highatomic_kb free_highatomic_kb active_kb inactive_kb
active_anon_kb inactive_anon_kb active_file_kb inactive_file_kb unevictable_kb writepending_kb zspages_kb
isolated_anon_kb isolated_file_kb present_kb managed_kb mlocked_kb dirty_kb writeback_kb mapped_kb shmem_kb
slab_reclaimable_kb slab_unreclaimable_kb kernel_stack_kb shadow_call_stack_kb pagetables_kb unstable_kb
bounce_kb free_pcp_kb local_pcp_kb free_cma_kb writeback_tmp_kb pages_scanned all_unreclaimable
"""
# One line per cgroup, 3.9 to 5.2.
STATS_KB = """
cache rss rss_huge shmem mapped_file dirty writeback swap inactive_anon active_anon inactive_file active_file
unevictable
"""
# One per line, since 5.3; cgroup v1's names since 6.5.
STATS_BYTES = """
anon file kernel kernel_stack pagetables sec_pagetables percpu sock vmalloc shmem zswap zswapped zswap_incomp
file_mapped file_dirty file_writeback swapcached anon_thp file_thp shmem_thp inactive_anon active_anon
inactive_file active_file unevictable slab_reclaimable slab_unreclaimable slab hugetlb
cache rss rss_huge mapped_file dirty writeback swap hierarchical_memory_limit hierarchical_memsw_limit
total_cache total_rss total_rss_huge total_shmem total_mapped_file total_dirty total_writeback total_swap
total_swapcached total_inactive_anon total_active_anon total_inactive_file total_active_file total_unevictable
"""
STATS_COUNTS = """
workingset_refault workingset_refault_anon workingset_refault_file workingset_activate
workingset_activate_anon workingset_activate_file workingset_restore_anon workingset_restore_file
workingset_nodereclaim pgdemote_kswapd pgdemote_direct pgdemote_khugepaged pgdemote_proactive
pgsteal pgsteal_kswapd pgsteal_direct pgsteal_khugepaged pgsteal_proactive
pgscan pgscan_kswapd pgscan_direct pgscan_khugepaged pgscan_proactive pgpromote_success pswpin pswpout
pgpgin pgpgout pgfault pgmajfault pgrefill pgactivate pgdeactivate pglazyfree pglazyfreed swpin_zero
swpout_zero zswpin zswpout zswpwb thp_fault_alloc thp_collapse_alloc thp_swpout thp_swpout_fallback
numa_pages_migrated numa_pte_updates numa_hint_faults total_pgpgin total_pgpgout total_pgfault
total_pgmajfault
total_workingset_refault_anon total_workingset_refault_file
"""
GFP = """
GFP_TRANSHUGE GFP_TRANSHUGE_LIGHT GFP_HIGHUSER_MOVABLE GFP_HIGHUSER GFP_USER GFP_TEMPORARY GFP_KERNEL_ACCOUNT
GFP_KERNEL GFP_NOFS GFP_ATOMIC GFP_NOIO GFP_NOWAIT GFP_DMA GFP_DMA32
__GFP_DMA __GFP_HIGHMEM __GFP_DMA32 __GFP_MOVABLE __GFP_RECLAIMABLE __GFP_HIGH __GFP_ATOMIC __GFP_IO __GFP_FS
__GFP_COLD __GFP_NOWARN __GFP_REPEAT __GFP_RETRY_MAYFAIL __GFP_NOFAIL __GFP_NORETRY __GFP_MEMALLOC __GFP_COMP
__GFP_ZERO __GFP_NOMEMALLOC __GFP_HARDWALL __GFP_THISNODE __GFP_ACCOUNT __GFP_NOACCOUNT __GFP_KMEMCG
__GFP_NOTRACK __GFP_DIRECT_RECLAIM __GFP_KSWAPD_RECLAIM __GFP_RECLAIM __GFP_WAIT __GFP_NO_KSWAPD __GFP_WRITE
__GFP_OTHER_NODE __GFP_NO_GROW __GFP_NOLOCKDEP __GFP_ZEROTAGS __GFP_SKIP_ZERO __GFP_SKIP_KASAN
__GFP_SKIP_KASAN_POISON __GFP_SKIP_KASAN_UNPOISON __GFP_NO_OBJ_EXT
"""
TAINT = "PGFSRMBUDAWCIOELKXTNJ"
MIGRATE_TYPES = "UMERHCI"


def grammar_fields() -> Iterator[str]:
    for file in read_files():
        for source in file.variants:
            variant = source.variant
            for field, key in zip(variant.fields, variant.keys, strict=True):
                # The keys of a run of pairs are what is to be explained, not the run.
                if not FIELD_TYPES[field.type].name.endswith("pairs") or variant.section == "memcg":
                    yield f"{variant.section}.{key}"
        for column in file.columns:
            yield f"{file.section}.{column.key}"


def run_fields() -> Iterator[str]:
    yield from (f"mem_info.counters.{name}_pages" for name in COUNTERS.split())
    yield from (f"mem_info.nodes.{key}" for key in NODES.split())
    yield from (f"mem_info.zones.{key}" for key in ZONES.split())
    yield from (f"memcg.stats.{name}_kb" for name in STATS_KB.split())
    yield from (f"memcg.stats.{name}_bytes" for name in STATS_BYTES.split())
    yield from (f"memcg.stats.{name}" for name in STATS_COUNTS.split())


def record_fields() -> set[str]:
    """Return what the expected records of the samples have below mem_info, memcg and tasks."""
    found: set[str] = set()

    def walk(value: object, path: str) -> None:
        if isinstance(value, dict):
            for key, below in value.items():
                walk(below, f"{path}.{key}")
        elif path == "mem_info.hugepages" or (
            isinstance(value, list) and any(isinstance(item, dict) for item in value)
        ):  # a kernel without huge pages has an empty list of them
            assert isinstance(value, list)
            for item in value:
                walk(item, path)
        elif path.endswith("memcg.children"):
            pass  # path and statistics of a cgroup, of the same keys
        elif path == "mem_info.hugepages" and value == []:
            pass  # a kernel without huge pages prints none
        else:
            found.add(path)

    for file in SAMPLES.glob("*.json"):
        if not file.name.endswith(".truth.json"):
            for event in json.loads(file.read_bytes()):
                for part in ("mem_info", "memcg", "tasks"):
                    if event[part] is not None:
                        walk(event[part], part)
    # Swap, totals and huge pages are lines of the grammar; the record only puts them together.
    plain = re.compile(r"mem_info\.(?:swap|totals|hugepages)\.")
    return {
        plain.sub("mem_info.", path).replace("mem_info.memcg_protection.", "memcg.")
        for path in found
        if path != "memcg.stats"
    }


def schema_keys() -> list[str]:
    schema = json.loads(schema_bytes())
    return [*schema["properties"], *schema["$defs"]["kill"]["properties"]]


def explained() -> set[str]:
    return {field for entry in ENTRIES for field in entry.fields}


def test_every_field_of_the_grammar_is_explained() -> None:
    """No line template and no column of the task table has a field without an entry."""
    assert set(grammar_fields()) - explained() == set()


def test_every_line_without_fields_is_explained() -> None:
    """A line that says something by being there has an entry, and lines that entries name exist."""
    variants = [source.variant for file in read_files() for source in file.variants]
    lines = [line for entry in ENTRIES for line in entry.lines]
    assert len(lines) == len(set(lines))
    assert {variant.id for variant in variants if not variant.fields} - set(lines) == set()
    assert set(lines) - {variant.id for variant in variants} == set()


def test_every_known_key_of_an_open_run_is_explained() -> None:
    """Counters, nodes, zones and memcg statistics of all kernel versions have entries."""
    assert set(run_fields()) - explained() == set()


def test_every_key_of_the_samples_is_explained() -> None:
    """Whatever a record of a sample holds in its big sections has an entry."""
    assert record_fields() - explained() == set()


@pytest.mark.parametrize("name", GFP.split())
def test_every_gfp_flag_is_explained(name: str) -> None:
    """Each name that kernels print for a bit of a gfp mask, and each older one, has one entry."""
    (entry,) = lookup(name)
    assert entry.topic == "gfp"


def test_gfp_flags_of_the_samples_are_known() -> None:
    """No sample has a flag that the list above lacks."""
    found = {
        flag
        for file in SAMPLES.glob("*.log")
        for flag in re.findall(r"\b(?:__)?GFP_\w+", file.read_text(errors="replace"))
    }
    assert found <= set(GFP.split())


def test_every_word_of_the_schema_is_explained() -> None:
    """Each key of an event and of a kill leads to an entry."""
    for key in schema_keys():
        assert lookup(key), key


def test_letters_are_explained() -> None:
    """Taint letters and migrate types have entries; a letter that is both gives both."""
    for letter in TAINT:
        assert "taint" in {entry.topic for entry in lookup(letter)}
    for letter in MIGRATE_TYPES:
        assert f"free_list/migrate type {letter}" in {entry.id for entry in lookup(letter)}


def test_no_entry_explains_a_field_that_does_not_exist() -> None:
    """A field that an entry names is in the grammar, in a known run or in a record."""
    counters = {f"memcg.{name}" for name in ("memory", "memory_swap", "swap", "kmem")}
    known = {*grammar_fields(), *run_fields(), *record_fields(), *counters}
    known |= {"event.memcg.children"} | {f"event.{key}" for key in schema_keys()}
    known |= {f"event.kills.{key}" for key in schema_keys()}
    known |= {f"{name}.{key}" for name in counters for key in ("usage_kb", "limit_kb", "failcnt")}
    assert explained() - known == set()


def test_a_field_has_one_entry() -> None:
    """Two entries never explain the same field."""
    fields = [field for entry in ENTRIES for field in entry.fields]
    assert len(fields) == len(set(fields))


def test_no_entry_is_beside_the_point() -> None:
    """An entry explains a field, a line, a flag or a letter, or another entry leads to it."""
    named = {name for entry in ENTRIES for name in entry.related}
    unused = [
        entry.id
        for entry in ENTRIES
        if not (entry.fields or entry.lines)
        and entry.topic not in ("gfp", "taint")
        and not {entry.term, entry.id} & named
    ]
    assert unused == []


def test_gfp_and_taint_hold_nothing_else() -> None:
    """Every entry of these topics is a known flag or letter."""
    assert {entry.term for entry in ENTRIES if entry.topic == "gfp"} <= set(GFP.split())
    letters = {entry.term for entry in ENTRIES if entry.topic == "taint"}
    assert letters <= {f"taint {letter}" for letter in TAINT}


@each_entry
def test_texts_are_sentences(entry: Entry) -> None:
    """English starts and ends like a sentence, Korean is Korean, and backticks come in pairs."""
    for part in ("what", "read", "normal"):
        english, korean = getattr(entry.en, part), getattr(entry.ko, part)
        assert bool(english) == bool(korean)
        for text in filter(None, (english, korean)):
            assert text.count("`") % 2 == 0
            assert "|" not in text
            assert "*" not in re.sub("`[^`]*`", "", text)
        if part != "normal" and korean:
            assert english.endswith((".", ")"))
            assert korean.endswith((".", ")"))
            assert re.search("[가-힣]", korean)
        assert not re.search("[가-힣]", english)


@each_entry
def test_every_spelling_finds_its_entry(entry: Entry) -> None:
    """The term, its aliases, its record keys and its id all lead to the entry."""
    for spelling in (entry.id, *entry.spellings):
        assert entry in lookup(spelling), spelling


@pytest.mark.parametrize(
    ("word", "ids"),
    [
        ("anon-rss:18304kB", ["kill/anon-rss"]),
        ("anon_rss_kb", ["kill/anon-rss"]),
        ("Anon RSS", ["kill/anon-rss"]),
        ("kill.anon_rss_kb", ["kill/anon-rss"]),
        ("isolated(anon):0kB", ["mem_info/isolated(anon)"]),
        ("shmem_thp: 0kB", ["mem_info/shmem_thp", "memcg_stats/shmem_thp"]),
        ("all_unreclaimable? yes", ["mem_info/all_unreclaimable"]),
        ("Free swap  = 0kB", ["swap_totals/Free swap"]),
        ("failcnt 19", ["memcg/failcnt"]),
        ("order=-1", ["invoked/order"]),
        ("cpuset=/kubepods", ["invoked/cpuset"]),
        ("rss", ["tasks/rss", "memcg_stats/rss"]),
        ("min", ["zones/min", "memcg/min protection"]),
        ("GFP_DMA", ["gfp/GFP_DMA"]),
        ("gfp_dma", ["gfp/GFP_DMA", "gfp/__GFP_DMA"]),
        ("[W]=WARN", ["taint/taint W"]),
        ("GFP_KERNEL|__GFP_ZERO", ["gfp/GFP_KERNEL", "gfp/__GFP_ZERO"]),
        ("gfp_mask=0xcc0(GFP_KERNEL|0x40000),", ["invoked/gfp_mask", "gfp/GFP_KERNEL"]),
        ("GFP_KERNEL|NO_SUCH_FLAG", []),
        ("no such word", []),
        ("", []),
        ("|", []),
    ],
)
def test_a_word_is_found_as_people_write_it(word: str, ids: list[str]) -> None:
    """Spelling, value and unit do not matter; a word of two places gives both."""
    assert [entry.id for entry in lookup(word)] == ids


def test_an_unknown_word_gets_suggestions() -> None:
    """Close terms are named, the closest first; a word like none gets none."""
    assert suggest("anon_rs")[0] == "anon-rss"
    assert suggest("oom_scor")[0] == "oom_score"
    assert suggest("pgscn_direct")[0] == "pgscan"
    assert suggest("zzzzzzzz") == ()
    assert all(len(suggest(word)) <= 5 for word in ("anon", "GFP_", "swap_", "x" * 10_000))


GOOD = """
order = 1
title = { en = "Topic", ko = "주제" }

[[entry]]
term = "a"
related = ["b"]
en.what = "A."
ko.what = "가."

[[entry]]
term = "b"
en.what = "B."
ko.what = "나."
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("order = 1", "order = ", "x.toml: not TOML"),
        ("order = 1", 'order = "1"', "x.toml: key 'order': must be a number"),
        ("order = 1", "ordr = 1", "x.toml: key 'ordr': unknown key"),
        ('ko = "주제"', 'ko = ""', "x.toml: key 'ko': is missing"),
        ('title = { en = "Topic", ko = "주제" }', "", "x.toml: key 'title': is missing"),
        ("[[entry]]", "[entry]", "x.toml: not TOML"),
        ('term = "a"', "", "x.toml: key 'term': is missing"),
        ('term = "a"', 'term = "b"', "x.toml: entry 'b': defined twice"),
        ('term = "a"', 'term = "a"\nunit = "KB"', "x.toml: entry 'a', key 'unit': unknown unit 'KB'"),
        ('term = "a"', 'term = "a"\nfield = ["x.y"]', "x.toml: entry 'a', key 'field': unknown key"),
        ('term = "a"', 'term = "a"\naliases = "x"', "x.toml: entry 'a', key 'aliases': must be a list"),
        ('ko.what = "가."', "", "x.toml: entry 'a', key 'ko': is missing"),
        ('ko.what = "가."', "ko.what = 1", "x.toml: entry 'a', key 'what': must be text"),
        ('ko.what = "가."', 'ko.what = "가."\nko.see = "x"', "x.toml: entry 'a', key 'see': unknown key"),
        ('en.what = "A."', 'en.what = "A."\nen.read = "R."', "entry 'a', key 'read': said in one language"),
        ('["b"]', '["c"]', "x.toml: entry 'a', key 'related': names no entry: 'c'"),
        ('["b"]', '["a"]', "x.toml: entry 'a', key 'related': names itself"),
    ],
)
def test_a_wrong_file_is_refused(old: str, new: str, message: str) -> None:
    """The error names file, entry and key, and says how to write it."""
    assert [entry.id for entry in build({"x.toml": GOOD}).entries] == ["x/a", "x/b"]
    assert old in GOOD
    with pytest.raises(GlossaryError) as caught:
        build({"x.toml": GOOD.replace(old, new, 1)})
    assert message in str(caught.value)


def test_related_must_be_clear() -> None:
    """A term of two other topics is named with its topic."""
    other = GOOD.replace('related = ["b"]\n', "")
    third = other.replace('term = "a"', 'term = "c"\nrelated = ["a"]').replace('term = "b"', 'term = "d"')
    with pytest.raises(GlossaryError, match="several topics"):
        build({"x.toml": GOOD, "y.toml": other, "z.toml": third})
    build({"x.toml": GOOD, "y.toml": other, "z.toml": third.replace('["a"]', '["y/a"]')})
