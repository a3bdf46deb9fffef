"""Java in a container: the heap is only a part of what the limit counts."""

from __future__ import annotations

from oomlog.containers.jvm import is_jvm
from oomlog.containers.owner import owner_of
from oomlog.explain.actions.suggested import limit_size
from oomlog.explain.case import Case
from oomlog.explain.heap import heap_sheet
from oomlog.explain.model import Action, Finding, Values

__all__ = ["jvm_heap", "jvm_native", "jvm_xmx"]

_HEAP_PERCENT = 75


def _is_jvm(case: Case) -> bool:
    victim = case.victim
    return victim is not None and is_jvm(victim.comm)


def jvm_heap(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Bound the heap by the container's limit, with room for everything that is not heap."""
    size = limit_size(case)
    # A percentage counts only where no size is set, which a map tells.
    if size is None or not _is_jvm(case) or heap_sheet(case) is not None:
        return ()
    heap = size.from_kb * _HEAP_PERCENT // 100
    values = {"limit_kb": size.from_kb, "heap_kb": heap, "percent": _HEAP_PERCENT}
    text = f"export JAVA_TOOL_OPTIONS=-XX:MaxRAMPercentage={_HEAP_PERCENT}.0"
    return (Action("jvm_heap", finding.id, "command", text, values),)


def jvm_xmx(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Replace the option that lets the heap grow too far by one that leaves room."""
    sheet = heap_sheet(case)
    if sheet is None or sheet.heap_kb * 100 <= sheet.limit_kb * _HEAP_PERCENT:
        return ()
    mib = sheet.limit_kb * _HEAP_PERCENT // 100 // 1024
    text = f"-Xmx{mib}m"
    if sheet.setting.option.startswith("-XX:MaxRAMPercentage"):
        text = f"-XX:MaxRAMPercentage={_HEAP_PERCENT}.0"
    elif not mib:
        return ()
    values: Values = {
        "option": sheet.setting.option,
        "percent": _HEAP_PERCENT,
        "heap_kb": mib * 1024,
        "limit_kb": sheet.limit_kb,
        "old_kb": sheet.heap_kb,
        "needed_kb": with_room(sheet.heap_kb),
    }
    return (Action("jvm_xmx", finding.id, "file", f"{text}\n", values),)


def with_room(heap_kb: int) -> int:
    """Return the limit of which a heap is the usual share, in whole MiB."""
    return -(-heap_kb * 100 // _HEAP_PERCENT // 1024) * 1024


def jvm_native(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Look what the JVM uses beside its heap."""
    if not _is_jvm(case):
        return ()
    owner = owner_of(case.event.task_memcg)
    text = "pgrep -xo -- java | xargs -r -I{} jcmd {} VM.native_memory summary"
    if owner is not None and owner.kind in ("docker", "podman") and owner.container_id and not owner.nested:
        text = f"{owner.kind} exec {owner.container_id[:12]} jcmd 1 VM.native_memory summary"
    return (Action("jvm_native", finding.id, "look", text),)
