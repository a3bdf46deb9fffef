"""A change of oom_score_adj as a shell script that explains itself.

Whatever comes from the machine stands behind a ``#`` and is escaped, so it can hold no line break; commands
hold numbers and names of units only, quoted for the shell.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from oomlog.kernel import UNKILLABLE_ADJ
from oomlog.live.container import Surroundings
from oomlog.live.protect import Change, Plan
from oomlog.live.scores import Score
from oomlog.live.units import Unit, engine_of, unit_of
from oomlog.report.escape import escape
from oomlog.report.scores import named

__all__ = ["script"]

_HOG = 0.25


def script(plan: Plan, around: Surroundings, *, applied: bool = False) -> Iterator[str]:
    """Yield the lines.

    :param applied: The values are set already, so the commands that set them are left out.
    """
    yield from map(_comment, _effect(plan))
    yield from map(_comment, _warnings(plan))
    if not applied:
        yield ""
        yield "# until the process ends, as root (or with --apply):"
        for change in plan.changes:
            yield shlex.join(["choom", "-p", str(change.before.process.pid), "-n", str(plan.adj)])
    yield ""
    yield from _lasting(plan, around)


def _comment(text: str) -> str:
    return f"# {text}"


def _effect(plan: Plan) -> Iterator[str]:
    for change in plan.changes:
        rank = ""
        if plan.known:
            before, after = _rank(change.rank_before), _rank(change.rank_after)
            rank = f", rank {before} -> {after} (of {plan.killable_before:,})"
        old = change.before.process.oom_score_adj
        yield f"{named(change.before)}: oom_score_adj {old} -> {plan.adj}{rank}"
    if plan.unreadable:
        yield f"left out, as they cannot be read from here: {plan.unreadable:,}"
    if not plan.known:
        yield "no known formula gives this kernel's scores, so ranks cannot be told"
        return
    first, then = plan.next_before, plan.next_after
    if first is None or then is None:
        return
    if first.process.pid == then.process.pid:
        yield f"next in a global OOM: {named(first)}, before and after (derived)"
    else:
        yield f"next in a global OOM: {named(first)} before, {named(then)} after (derived)"
    for memcg, one, other in plan.near:
        yield f"next in {escape(memcg.path)}: {named(one)} before, {named(other)} after (derived)"


def _rank(rank: int | None) -> str:
    return "immune" if rank is None else f"{rank:,}"


def _warnings(plan: Plan) -> Iterator[str]:
    changes = plan.changes
    old = [change.before.process.oom_score_adj or 0 for change in changes]
    if all(plan.adj == each for each in old):
        yield "nothing changes: that is the value already"
    elif all(plan.adj >= each for each in old):
        yield "this makes it more likely to be killed, not less"
    hogs = [change for change in changes if (change.before.share or 0.0) >= _HOG]
    if plan.adj < max(old) and (hogs or _is_of(plan, plan.next_before)) and not _is_of(plan, plan.next_after):
        biggest = max(changes, key=lambda change: change.before.share or 0.0).before
        uses = "" if biggest.share is None else f" uses {100 * biggest.share:.0f} % of RAM and swap and"
        yield f"careful: {named(biggest)}{uses} would be spared: others die first, and the shortage stays"
    if plan.adj == UNKILLABLE_ADJ:
        yield "careful: it is never killed then; if it leaks, all others die and the kernel panics"
    yield "children it starts from then on inherit the value; those it has keep theirs"


def _is_of(plan: Plan, one: Score | None) -> bool:
    """Tell whether one of those that are changed is meant."""
    return one is not None and any(change.before.process.pid == one.process.pid for change in plan.changes)


def _lasting(plan: Plan, around: Surroundings) -> Iterator[str]:
    engine = next((found for change in plan.changes if (found := engine_of(change.before.process))), None)
    if around.looks_like_container or engine is not None:
        why = escape(around.signs[0]) if around.looks_like_container else f"its cgroup is one of {engine}"
        yield _comment(f"for good: not from here, this looks like a container ({why})")
        if around.kubernetes or engine == "kubepods":
            yield _comment("Kubernetes sets oom_score_adj by the QoS class of the pod: memory and cpu limits")
            yield _comment("equal to the requests make it Guaranteed, which is killed last")
        else:
            yield _comment("the engine sets it at the start: docker run or podman run --oom-score-adj")
        return
    units = _units(plan.changes)
    if not units:
        yield _comment("for good: whatever starts it must set it, as it belongs to no systemd service")
    for unit in units:
        yield from _drop_in(unit, plan.adj)


def _units(changes: Sequence[Change]) -> list[Unit]:
    found = (unit_of(change.before.process) for change in changes)
    return sorted({unit for unit in found if unit is not None}, key=lambda unit: unit.name)


def _drop_in(unit: Unit, adj: int) -> Iterator[str]:
    name = shlex.quote(unit.name)
    if unit.user:
        yield _comment(f"for good, as its user's service {escape(unit.name)} (a user may only raise it):")
        folder, file, user = (
            f"~/.config/systemd/user/{shlex.quote(unit.name + '.d')}",
            "oomlog.conf",
            "--user ",
        )
    else:
        yield _comment(f"for good, as the service {escape(unit.name)}:")
        folder, file, user = shlex.quote(f"/etc/systemd/system/{unit.name}.d"), "oomlog.conf", ""
    yield f"mkdir -p {folder}"
    yield f"printf '[Service]\\nOOMScoreAdjust={adj}\\n' > {folder}/{file}"
    yield f"systemctl {user}daemon-reload"
    yield _comment(f"it holds from the next start on: systemctl {user}restart {name}")
