"""A Java virtual machine's options: which one counts, and that nothing else is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oomlog.containers.jvm import is_jvm, jvm_of

MIB = 1 << 20


def heap(command: list[str], **environment: str) -> tuple[int, str | None, bool] | None:
    jvm = jvm_of(command, environment)
    setting = None if jvm is None else jvm.heap
    return None if setting is None else (int(setting.value) // MIB, setting.where, setting.sure)


@pytest.mark.parametrize(
    ("option", "mib"),
    [
        ("-Xmx512m", 512),
        ("-Xmx2G", 2048),
        ("-XX:MaxHeapSize=1g", 1024),
        ("-Xmx1048576k", 1024),
        ("-mx64M", 64),
    ],
)
def test_heap(option: str, mib: int) -> None:
    """All spellings of the largest heap."""
    assert heap(["java", option]) == (mib, None, True)


def test_the_last_one_counts() -> None:
    """The order is HotSpot's: JAVA_TOOL_OPTIONS, the command line, _JAVA_OPTIONS."""
    assert heap(["java", "-Xmx1m", "-Xmx2m"], JAVA_TOOL_OPTIONS="-Xmx3m") == (2, None, True)
    assert heap(["java", "-Xmx2m"], _JAVA_OPTIONS="-Xmx4m") == (4, "_JAVA_OPTIONS", True)
    assert heap(["java"], JAVA_TOOL_OPTIONS="-Xmx3m", JDK_JAVA_OPTIONS="-Xmx5m") == (
        5,
        "JDK_JAVA_OPTIONS",
        True,
    )


def test_scripts_variables_are_not_sure() -> None:
    """What only a script may pass on is marked so."""
    assert heap(["run.sh"], INSTALL4J_ADD_VM_PARAMS="-Xms1g -Xmx2g") == (
        2048,
        "INSTALL4J_ADD_VM_PARAMS",
        False,
    )
    assert heap(["run.sh"], CATALINA_OPTS='-Xmx"1g"') is None


def test_a_size_counts_before_a_percentage() -> None:
    """MaxRAMPercentage is ignored where -Xmx is given, wherever they stand."""
    jvm = jvm_of(["java", "-XX:MaxRAMPercentage=75.0"], {"JAVA_TOOL_OPTIONS": "-Xmx100m"})
    assert jvm is not None
    assert jvm.heap_bytes(1000 * MIB) == 100 * MIB
    jvm = jvm_of(["java", "-XX:MaxRAMPercentage=75.0"], {})
    assert jvm is not None
    assert jvm.heap_bytes(1000 * MIB) == 750 * MIB


def test_other_bounds() -> None:
    """Metaspace, code cache, direct buffers and stacks; ThreadStackSize is in kB."""
    options = "-XX:MaxMetaspaceSize=128m -XX:ReservedCodeCacheSize=64m -XX:MaxDirectMemorySize=32m"
    jvm = jvm_of(["sh", "-c", f"java {options} -XX:ThreadStackSize=512"], {})
    assert jvm is not None
    found = [jvm.metaspace, jvm.code_cache, jvm.direct, jvm.stack]
    assert [each and int(each.value) // 1024 for each in found] == [131072, 65536, 32768, 512]


def test_no_jvm() -> None:
    """What has no sign of Java has no options."""
    assert jvm_of(["node", "server.js"], {"PATH": "/usr/bin/java"}) is None
    assert jvm_of(["/usr/bin/java", "-version"], {}) is not None
    assert jvm_of([], {"SECRET_JAVA_KEY": "hunter2"}) is None


@pytest.mark.parametrize(
    ("comm", "found"), [("java", True), ("GC Thread#0", True), ("javac", False), (None, False)]
)
def test_names(comm: str | None, found: bool) -> None:
    """A task is told by its name, or by one that HotSpot gives its threads."""
    assert is_jvm(comm) is found


@given(st.lists(st.text() | st.sampled_from(["java", "-Xmx", "-Xmx99999999999999999999g"])), st.text())
def test_any_text_is_a_command(command: list[str], options: str) -> None:
    """Nothing raises, and a size that is none is not taken."""
    jvm = jvm_of(command, {"JAVA_TOOL_OPTIONS": options})
    assert jvm is None or jvm.heap is None or jvm.heap.value >= 0
