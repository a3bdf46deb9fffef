"""Containers in explanations: named, held against the kernel's word, and a JVM's heap against the limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import oomlog
from oomlog.containers.jvm import Jvm, Setting
from oomlog.containers.known import Known
from oomlog.containers.maps.load import load
from oomlog.containers.registry import Registry
from oomlog.explain.case import Case
from oomlog.explain.disagreements import remarks, without_kill
from oomlog.explain.heap import heap_sheet
from oomlog.explain.model import Explanation
from oomlog.explain.phrases import LANGUAGES, all_phrases, say
from oomlog.explain.rules import jvm_heap
from oomlog.explain.run import explain
from oomlog.explain.verdict import verdict
from oomlog.report.container_page import container_blocks, explained_dict
from oomlog.report.document_markdown import document_markdown
from oomlog.report.document_text import document_text

SAMPLES = Path(__file__).parents[3] / "samples"
ID = "4f1d0c6b7f0e2a93c8d15e4b6a7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091"
JAVA = "v6.12-memcg-v2-docker-java"
(NEXUS,) = load(str(SAMPLES / "maps" / "docker-inspect.json"))
PODS = load(str(SAMPLES / "maps" / "kubectl-pods.json"))
MIB = 1 << 20


def explained(name: str, *known: Known) -> Explanation:
    events = tuple(oomlog.parse(SAMPLES / f"{name}.dmesg.log"))
    return explain(events[0], events, registry=Registry(known))


def case_of(name: str, *known: Known) -> Case:
    events = tuple(oomlog.parse(SAMPLES / f"{name}.dmesg.log"))
    return Case(events[0], events, registry=Registry(known))


def heap(option: str, mib: int) -> Known:
    return replace(NEXUS, jvm=Jvm(heap=Setting(option, float(mib * MIB), None, True)))


def test_the_verdict_names_the_container() -> None:
    """With a map the container has its name, without one its engine and id; the limit is said once."""
    text = verdict(explained(JAVA, NEXUS))
    assert f'The container "nexus" ({ID}) reached its memory limit of 512 MiB' in text
    assert text.count("reached its") == 1
    assert f"The docker container {ID} reached its memory limit of 512 MiB" in verdict(explained(JAVA))


def test_the_verdict_names_the_pod_whose_limit_it_was() -> None:
    """A pod's limit is the pod's, and the victim's container is told beside it."""
    text = verdict(explained("v6.1-memcg-v2-sidecars", *PODS))
    assert 'The pod "store/shop-7c9d8b6f5-x2x7q" reached its memory limit of 48.0 MiB' in text
    assert f'ran in the container "shop" of the pod "store/shop-7c9d8b6f5-x2x7q" ({ID})' in text


def test_a_service_has_a_verdict_and_no_section() -> None:
    """systemd's units are named; there is nothing to tell of a container."""
    found = explained("v6.1-memcg-v2-service")
    assert "The service foo.service reached its memory limit of 16.0 MiB" in verdict(found)
    assert not list(container_blocks(found, "en"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_has_the_facts_and_the_sheet(lang: str) -> None:
    """Facts of the runtime and the arithmetic of the heap, known and assumed parts apart; no secret."""
    blocks = list(container_blocks(explained(JAVA, NEXUS), lang))
    for text in (document_text(blocks), document_markdown(blocks)):
        for part in ("nexus", "sonatype/nexus3:3.70.1", "512 MiB", "137", "HotSpot", "128 MiB", "240 MiB"):
            assert part in text
        assert "password" not in text.lower()


def test_hostile_names_are_escaped() -> None:
    """A map is no more to be trusted than a log: what is in a name moves no cursor and makes no link."""
    evil = replace(NEXUS, name="a\x1b[31m\u202e[x](http://y) | b", image="<b>\n# c")
    blocks = list(container_blocks(explained(JAVA, evil), "en"))
    assert "\x1b" not in document_text(blocks)
    assert "\u202e" not in document_text(blocks)
    page = document_markdown(blocks)
    assert "\x1b" not in page
    assert "[x](http" not in page
    assert "\n# c" not in page


def test_heap_as_large_as_the_limit() -> None:
    """-Xmx of the whole limit leaves nothing; the claim rests on the limit's and the victim's lines."""
    found = jvm_heap.find(case_of(JAVA, NEXUS))
    assert found is not None
    assert (found.words, found.confidence) == ("jvm_heap", "likely")
    assert found.values["heap_kb"] == found.values["limit_kb"] == 524288
    assert "nothing is left for metaspace" in say("findings.jvm_heap", "en", found.values)
    assert [line.text[:13] for line in found.evidence] == ["memory: usage", "Memory cgroup"]


@pytest.mark.parametrize(
    ("mib", "words"),
    [(2048, "jvm_heap"), (460, "jvm_heap_tight"), (256, "jvm_heap_native"), (400, "jvm_heap_native")],
)
def test_heap_and_limit(mib: int, words: str) -> None:
    """Larger than the limit, most of it, or so small that the rest of the process outgrew it."""
    found = jvm_heap.find(case_of(JAVA, heap(f"-Xmx{mib}m", mib)))
    assert found is not None
    assert found.words == words


def test_no_claim_without_what_it_needs() -> None:
    """Without a map, without options, for another program and for a pod's limit nothing is said of a heap."""
    assert jvm_heap.find(case_of(JAVA)) is None
    assert jvm_heap.find(case_of(JAVA, replace(NEXUS, jvm=Jvm()))) is None
    assert jvm_heap.find(case_of("v6.12-memcg-v2-docker", NEXUS)) is None
    assert jvm_heap.find(case_of("v6.1-memcg-v2-sidecars", NEXUS)) is None


def test_a_scripts_variable_makes_a_hypothesis() -> None:
    """Where only a script reads the variable, the claim is possible and no more."""
    setting = Setting("-Xmx512m", float(512 * MIB), "JAVA_OPTS", False)
    found = jvm_heap.find(case_of(JAVA, replace(NEXUS, jvm=Jvm(heap=setting))))
    assert found is not None
    assert found.confidence == "possible"


def test_the_sheet_parts_known_from_assumed() -> None:
    """What the report prints and an option sets is known; HotSpot's defaults are assumed."""
    sheet = heap_sheet(case_of(JAVA, NEXUS))
    assert sheet is not None
    assert (sheet.limit_kb, sheet.heap_kb, sheet.left_kb) == (524288, 524288, 0)
    assert {item.id: item.origin for item in sheet.items} == {
        "metaspace": "option",
        "code_cache": "default",
        "direct": "default",
        "stack": "default",
        "page_tables": "report",
        "others": "report",
    }
    assert {item.id: item.kb for item in sheet.items}["page_tables"] == 1068


def test_what_to_set() -> None:
    """The option is replaced by one that leaves room; a percentage would be ignored and is not advised."""
    actions = {action.id: action for action in explained(JAVA, NEXUS).actions}
    assert actions["jvm_xmx"].text == "-Xmx384m\n"
    assert actions["jvm_xmx"].values["needed_kb"] == 683 * 1024
    assert "jvm_heap" not in actions
    assert "jvm_heap" in {action.id for action in explained(JAVA).actions}


def test_the_manifest_has_the_name() -> None:
    """What to set names the container, unless its name could be something else in a file."""
    actions = {action.id: action for action in explained("v6.12-memcg-v2-kubernetes", *PODS).actions}
    assert "- name: shop\n" in actions["k8s_limit"].text
    assert "k8s_find_pod" not in actions
    evil = [replace(each, name="a: {b}\n- x") for each in PODS]
    actions = {action.id: action for action in explained("v6.12-memcg-v2-kubernetes", *evil).actions}
    assert "- name: CONTAINER\n" in actions["k8s_limit"].text


def test_agreement_needs_no_remark() -> None:
    """Where runtime and kernel say the same, only the pid is explained."""
    agreed = replace(NEXUS, restarts=1)
    assert [key for key, _ in remarks(case_of(JAVA, agreed))] == ["pid_host"]


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"limit_bytes": 256 * MIB}, "limit_differs"),
        ({"limit_bytes": 0}, "limit_unset"),
        ({"exit_code": 1}, "exit_other"),
        ({"oom_killed": False}, "not_noticed"),
        ({"reason": "Error"}, "not_noticed"),
        ({"restarts": 9}, "restarts_more"),
        ({"pid": 167}, "pid_first"),
    ],
)
def test_disagreements(changed: dict[str, int], key: str) -> None:
    """Each difference between the runtime's word and the kernel's is said, in both languages."""
    found = dict(remarks(case_of(JAVA, replace(NEXUS, **changed))))  # type: ignore[arg-type]
    assert key in found
    for lang in LANGUAGES:
        assert "?" not in say(f"containers.{key}", lang, found[key])


def test_less_than_a_page_is_no_difference() -> None:
    """The kernel counts whole pages, so a limit that is none is rounded."""
    near = replace(NEXUS, limit_bytes=NEXUS.limit_bytes + 1000 if NEXUS.limit_bytes else None)
    assert "limit_differs" not in dict(remarks(case_of(JAVA, near)))


def test_containers_without_a_kill() -> None:
    """What a runtime says was killed, while the log has no kill in it, is told; other ends are not."""
    events = tuple(oomlog.parse(SAMPLES / f"{JAVA}.dmesg.log"))
    others = [
        Known("m", container_id="a" * 64, name="a", exit_code=137, reason="OOMKilled"),
        Known("m", container_id="b" * 64, name="b", exit_code=137),
        Known("m", container_id="c" * 64, name="c", exit_code=1),
        Known("m", container_id="d" * 64),
    ]
    found = list(without_kill(Registry([NEXUS, *others]), events))
    assert [(key, values["name"]) for key, values in found] == [("oom_unseen", "a"), ("killed_unseen", "b")]


def test_json() -> None:
    """The record has the words, the remarks and the sheet."""
    found = explained_dict(explained(JAVA, NEXUS), "en")
    assert found is not None
    assert found["text"] == f'the container "nexus" ({ID})'
    assert found["known"]["image"] == "sonatype/nexus3:3.70.1"
    assert found["heap"]["items"][0]["id"] == "metaspace"
    assert explained_dict(explained("v6.12-global"), "en") is None


def test_every_level_has_words() -> None:
    """Each level of a limit can be said."""
    from typing import get_args

    from oomlog.containers.model import Level

    assert {f"containers.level_{level}" for level in get_args(Level)} <= set(all_phrases())


def test_places_are_told_without_a_map(sample: Callable[..., Case]) -> None:
    """A place needs the report only; what a map would add is missing."""
    place = sample("v6.12-memcg-v2-kubernetes").place
    assert place is not None
    assert (place.limit_level, place.owner.qos, place.known) == ("container", "burstable", None)
    assert sample("v6.12-global").place is None


def test_a_container_inside_of_another_names_both() -> None:
    """The limit of the outer one is not called the inner one's own, and a map names it too."""
    inner = "ab" * 32
    path = f"/docker/{ID}/docker/{inner}"
    log = (
        "[    1.0] memory: usage 400kB, limit 400kB, failcnt 1\n"
        "[    1.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,"
        f"oom_memcg=/docker/{ID},task_memcg={path},task=x,pid=7,uid=0\n"
        "[    1.0] Memory cgroup out of memory: Killed process 7 (x) total-vm:400kB, anon-rss:40kB, "
        "file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0\n"
    )
    events = tuple(oomlog.parse(log))
    explanation = explain(events[0], events, registry=Registry([NEXUS]))
    text = document_text(list(container_blocks(explanation, "en")))
    assert 'limit that was hit  that of the container "nexus" (4f1d0c6b7f0e…), which is around it' in text
    assert 'inside of           the container "nexus" (4f1d0c6b7f0e…)' in text
    record = explained_dict(explanation, "en")
    assert record is not None
    assert record["outer"]["name"] == "nexus"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_a_victim_nobody_ran_anywhere(lang: str) -> None:
    """Where nobody could be killed, the container is that of the limit."""
    explanation = explained("v6.12-memcg-no-killable")
    text = verdict(explanation, lang)
    assert "victim" not in text
    assert say("containers.field_what", lang, {}) not in document_text(
        list(container_blocks(explanation, lang))
    )
    if lang == "en":
        assert "The limit that was hit is that of the docker container 4f1d0c6b7f0e" in text


def test_a_name_is_written_as_it_is_in_korean() -> None:
    """Only English begins a sentence with a capital."""
    text = verdict(explained("v6.1-memcg-v2-sidecars"), "ko")
    assert "uid가 0c7f5d1e" in text
    assert "Uid" not in text
