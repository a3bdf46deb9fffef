"""Java in a container: the heap is only a part of what the limit counts."""

from __future__ import annotations

import re

from oomlog.containers.owner import owner_of
from oomlog.explain.actions.suggested import limit_size
from oomlog.explain.case import Case
from oomlog.explain.model import Action, Finding

__all__ = ["jvm_heap", "jvm_native"]

# The launcher's name, and threads that HotSpot names itself, cut at 15 characters.
_JVM = re.compile(
    r"java|jsvc|C[12] CompilerThre|GC Thread#\d+|G1 (?:Conc|Refine|Main|Serv).*|VM (?:Periodic|Thread).*"
)
_HEAP_PERCENT = 75


def _is_jvm(case: Case) -> bool:
    victim = case.victim
    return victim is not None and victim.comm is not None and _JVM.fullmatch(victim.comm) is not None


def jvm_heap(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Bound the heap by the container's limit, with room for everything that is not heap."""
    size = limit_size(case)
    if size is None or not _is_jvm(case):
        return ()
    heap = size.from_kb * _HEAP_PERCENT // 100
    values = {"limit_kb": size.from_kb, "heap_kb": heap, "percent": _HEAP_PERCENT}
    text = f"export JAVA_TOOL_OPTIONS=-XX:MaxRAMPercentage={_HEAP_PERCENT}.0"
    return (Action("jvm_heap", finding.id, "command", text, values),)


def jvm_native(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Look what the JVM uses beside its heap."""
    if not _is_jvm(case):
        return ()
    owner = owner_of(case.event.task_memcg)
    text = "pgrep -xo -- java | xargs -r -I{} jcmd {} VM.native_memory summary"
    if owner is not None and owner.kind in ("docker", "podman") and owner.container_id and not owner.nested:
        text = f"{owner.kind} exec {owner.container_id[:12]} jcmd 1 VM.native_memory summary"
    return (Action("jvm_native", finding.id, "look", text),)
