"""What the settings and limits of a machine mean for OOM kills: one sentence each, calm and short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import orjson

from oomlog.live.system import Overcommit, Settings, System
from oomlog.report.escape import cell, without_surrogates
from oomlog.report.system_parts import (
    Reading,
    about_cgroups,
    about_hugetlb,
    about_pressure,
    about_surroundings,
    about_zram,
    about_zswap,
    portion,
)
from oomlog.report.table import Column
from oomlog.units import human_kb

__all__ = ["COLUMNS", "readings", "system_json", "text_cells"]

COLUMNS = (Column("WHAT"), Column("VALUE", folds=True), Column("MEANING", folds=True))
"""The columns of the table for people."""
_LITTLE = 0.1
_FULL = 0.9
_MUCH_KEPT = 0.05
_MODES = {
    0: (
        "heuristic",
        "only obvious excess is refused: more can be promised than there is, and the kill comes with the use",
    ),
    1: ("always", "no request is refused, so a shortage shows as a kill when the memory is used"),
    2: (
        "strict",
        "requests beyond CommitLimit are refused, which programs see as an error instead of a kill; "
        "a cgroup at its limit still ends in one",
    ),
}
_PANIC = {
    0: ("kill", "a process is killed when memory runs out"),
    1: (
        "panic",
        "the kernel panics when the whole machine runs out of memory; in cgroups, cpusets and memory "
        "policies it kills",
    ),
    2: ("always panic", "the kernel panics on every OOM, even that of one cgroup"),
}


def readings(system: System) -> list[Reading]:
    """Return all there is to say, in the order of the table."""
    return [
        *about_surroundings(system.surroundings),
        *_about_memory(system),
        *about_pressure(system.pressure),
        *_about_kills(system),
        *about_cgroups(system.cgroups),
        *_about_overcommit(system.overcommit, system),
        *_about_settings(system.settings, system),
        *about_zram(system.zram),
        *about_zswap(system.zswap),
        *about_hugetlb(system.hugetlb, system.memory.mem_total_kb),
    ]


def text_cells(reading: Reading) -> tuple[str, ...]:
    """Return a row of the table, escaped."""
    return (cell(reading.what), cell(reading.value), cell(reading.meaning))


def system_json(system: System, time: str) -> bytes:
    """Return one object with the numbers and the sentences (``oomlog.system/1``)."""
    record = {
        "schema": "oomlog.system/1",
        "time": time,
        **asdict(system),
        "derived": {
            "looks_like_container": system.surroundings.looks_like_container,
            "readings": [asdict(reading) for reading in readings(system)],
        },
    }
    return orjson.dumps(_plain(record), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _about_memory(system: System) -> Iterator[Reading]:
    memory = system.memory
    total, available = memory.mem_total_kb, memory.mem_available_kb
    if total is None or available is None:
        yield Reading("memory", human_kb(total), "this kernel does not say how much is available")
    else:
        little = available < total * _LITTLE
        text = "can be given to processes without swapping"
        if little:
            text = "little is left before the kernel must swap or kill"
        yield Reading("memory available", portion(available, total), text, little)
    size, free = memory.swap_total_kb, memory.swap_free_kb
    if not size or free is None:
        value = "none" if size == 0 else "-"
        text = "what processes use cannot leave RAM, so a shortage ends in a kill sooner"
        yield Reading("swap", value, text if size == 0 else "this kernel does not say")
        return
    full = size - free >= size * _FULL
    text = (
        "nearly full: little more can leave RAM"
        if full
        else "takes what is rarely used, before anything is killed"
    )
    yield Reading("swap used", portion(size - free, size), text, full)


def _about_kills(system: System) -> Iterator[Reading]:
    kills = system.oom_kills
    if kills is None:
        yield Reading("OOM kills", "-", "this kernel does not count them (Linux before 4.13)")
    elif kills == 0:
        yield Reading("OOM kills", "0", "since the machine started")
    else:
        text = "processes since the start, those in cgroups included; see: journalctl -k | oomlog parse"
        yield Reading("OOM kills", f"{kills:,}", text, True)


def _about_overcommit(overcommit: Overcommit, system: System) -> Iterator[Reading]:
    mode = overcommit.mode
    word, text = _MODES.get(-1 if mode is None else mode, ("", "this mode is not known"))
    yield Reading(
        "vm.overcommit_memory",
        f"{_value(mode)} {word}".strip(),
        text if mode is not None else "not shown here",
    )
    strict = mode == 2
    limit, used = overcommit.commit_limit_kb, overcommit.committed_as_kb
    if overcommit.kbytes:
        rule = Reading("vm.overcommit_kbytes", human_kb(overcommit.kbytes), "with swap, this is CommitLimit")
    else:
        ratio = "-" if overcommit.ratio is None else f"{overcommit.ratio} %"
        rule = Reading("vm.overcommit_ratio", ratio, "this much of RAM, with swap, is CommitLimit")
    yield rule if strict else Reading(rule.what, rule.value, f"{rule.meaning}; without effect unless mode 2")
    if limit is None or used is None:
        return
    if strict:
        full = used >= limit * _FULL
        text = "of CommitLimit promised" + (": requests will soon be refused" if full else "")
        yield Reading("Committed_AS", portion(used, limit), text, full)
        return
    memory = system.memory
    there = (memory.mem_total_kb or 0) + (memory.swap_total_kb or 0)
    beyond = "; more than RAM and swap hold, which is common" if there and used > there else ""
    text = f"promised, not used; CommitLimit {human_kb(limit)} is not enforced in this mode{beyond}"
    yield Reading("Committed_AS", human_kb(used), text)


def _about_settings(settings: Settings, system: System) -> Iterator[Reading]:
    panic = settings.panic_on_oom
    if panic is not None:
        word, text = _PANIC.get(panic, ("", "this value is not known"))
        yield Reading("vm.panic_on_oom", f"{panic} {word}".strip(), text, panic != 0)
    allocating = settings.oom_kill_allocating_task
    if allocating is not None:
        text = "the process with the highest badness is chosen"
        if allocating:
            text = "whoever asks for memory in that moment is killed, whatever the scores say"
        yield Reading("vm.oom_kill_allocating_task", str(allocating), text)
    dump = settings.oom_dump_tasks
    if dump is not None:
        text = "the log lists all processes with each kill"
        if not dump:
            text = "the log will not list the processes, which makes a kill hard to explain"
        yield Reading("vm.oom_dump_tasks", str(dump), text)
    kept, total = settings.min_free_kbytes, system.memory.mem_total_kb
    if kept is not None:
        much = total is not None and kept > total * _MUCH_KEPT
        text = "kept free for urgent needs of the kernel" + (
            ": much, and processes cannot have it" if much else ""
        )
        value = human_kb(kept) if not total else f"{human_kb(kept)} ({100 * kept / total:.1f} %)"
        yield Reading("vm.min_free_kbytes", value, text, much)
    factor = settings.watermark_scale_factor
    if factor is not None:
        text = (
            "distance between the marks of free memory; a larger one starts reclaim in the background earlier"
        )
        yield Reading("vm.watermark_scale_factor", f"{factor} ({factor / 100:.2f} %)", text)


def _value(number: int | None) -> str:
    return "-" if number is None else str(number)
