"""What happened around an event, as far as the inputs show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from oomlog.events.neighbourhood import Neighbour
from oomlog.explain.phrases import say
from oomlog.explain.verdict import who
from oomlog.model import Kill, OomEvent
from oomlog.report.postmortem.model import Moment
from oomlog.units import human_kb

__all__ = ["NEAR_S", "offset_of", "timeline"]

NEAR_S = 600.0
"""How far from the event something may be to be told."""
_NEAR_LINES = 1000
"""The same for logs without any times."""
_EACH_SIDE = 15
_KILLS = 10
_TEXT = 160
_Found = tuple[float | None, OomEvent]


def timeline(
    event: OomEvent,
    events: Sequence[OomEvent],
    neighbours: Sequence[Neighbour],
    unit: str | None,
    lang: str,
) -> tuple[tuple[Moment, ...], int]:
    """Return what happened, in order, and how many moments near the event were left out.

    Of what is farther away than ten minutes only the nearest kill before and after is told.

    :param unit: The victim's unit of systemd.
    """
    noted = {note.line for note in event.notes}
    beside = {each.line: each for each in neighbours if each.source == event.source and each.line in noted}
    moments = [*_own(event, beside, lang)]
    left_out = 0
    for side in _sides(event, events):
        for offset, other in side[:_EACH_SIDE]:
            moments += _event(event, other, offset, lang)
        left_out += max(0, len(side) - _EACH_SIDE)
    told = [each for each in _near(event, neighbours, unit) if each.line not in beside]
    for later in (False, True):
        those = [each for each in told if _is_later(each, event) is later]
        those.sort(key=lambda each: abs(each.offset_s or 0.0))
        moments += those[:_EACH_SIDE]
        left_out += max(0, len(those) - _EACH_SIDE)
    boots = {(each.source, each.line) for each in moments if each.kind == "boot"}
    moments = [each for each in moments if each.kind != "rebooted" or not _is_between(each, event, boots)]
    if len({each.source for each in moments}) == 1:
        # The order of one log is what happened; its clocks can differ by milliseconds.
        return tuple(sorted(moments, key=lambda each: each.line)), left_out
    own = [each for each in moments if each.own]
    return tuple(sorted(moments, key=lambda each: _order(each, event, own))), left_out


def offset_of(
    event: OomEvent,
    when: datetime | None,
    uptime_s: float | None,
    source: str,
    line: int,
    boot_id: str | None = None,
) -> float | None:
    """Return the seconds from the event: by the wall clock, else by uptime within one log and boot."""
    exact = None
    if event.uptime_s is not None and uptime_s is not None and source == event.source:
        exact = uptime_s - event.uptime_s
        # Uptime that goes back while the log goes on is another boot's.
        again = exact * (line - event.quick_first_line) < 0 and abs(exact) > 1
        if again or boot_id != event.boot_id:
            exact = None
    if event.time is None or when is None or (event.time.tzinfo is None) != (when.tzinfo is None):
        return exact
    apart = (when - event.time).total_seconds()
    # Both say the same; uptime has the fractions that a syslog's time lacks.
    return exact if exact is not None and abs(exact - apart) < 2 else apart


def _order(moment: Moment, event: OomEvent, own: Sequence[Moment]) -> tuple[float, int]:
    """Return what moments are sorted by; one without a time stands where its line does."""
    offset = moment.offset_s
    if offset is None and moment.own:
        before = [each.offset_s for each in own if each.offset_s is not None and each.line < moment.line]
        offset = max(before, default=0.0)
    elif offset is None:
        offset = float("inf") if moment.line > event.last_line else float("-inf")
    return offset, moment.line


def _is_between(moment: Moment, event: OomEvent, boots: set[tuple[str, int]]) -> bool:
    """Tell whether the log itself shows the boot between the two events."""
    first, last = sorted((moment.line, event.quick_first_line))
    return any(source == moment.source and first <= line <= last for source, line in boots)


def _is_later(moment: Moment, event: OomEvent) -> bool:
    return moment.offset_s > 0 if moment.offset_s else moment.line > event.quick_first_line


# -- other events --------------------------------------------------------------------------------------


def _sides(event: OomEvent, events: Sequence[OomEvent]) -> tuple[list[_Found], list[_Found]]:
    """Return the events before and after, the nearest first."""
    before: list[_Found] = []
    after: list[_Found] = []
    for other in events:
        if other is event or other.host != event.host:
            continue
        line = other.quick_first_line
        offset = offset_of(event, other.time, other.uptime_s, other.source, line, other.boot_id)
        if offset is None and other.source != event.source:
            continue
        later = offset > 0 if offset else line > event.quick_first_line
        (after if later else before).append((offset, other))
    return _nearest(before, event), _nearest(after, event)


def _nearest(found: list[_Found], event: OomEvent) -> list[_Found]:
    def distance(each: _Found) -> tuple[float, int]:
        offset, other = each
        return abs(offset or 0.0), abs(other.quick_first_line - event.quick_first_line)

    ordered = sorted(found, key=distance)
    return [
        each for at, each in enumerate(ordered) if at == 0 or (each[0] is not None and abs(each[0]) <= NEAR_S)
    ]


def _event(event: OomEvent, other: OomEvent, offset: float | None, lang: str) -> Iterator[Moment]:
    kind = "kill" if other.killer == "kernel" else "userspace_kill"
    if not other.kills and other.killer == "kernel":
        kind = other.outcome if other.outcome != "killed" else "unknown"
    line = other.quick_first_line
    told = Moment(other.time, other.uptime_s, offset, kind, _killed(other, lang), other.source, line)
    if other.source != event.source or not _is_other_boot(event, other):
        yield told
        return
    # Told beside the event of the other boot: when exactly it was, the log does not say.
    booted = Moment(None, None, offset, "rebooted", say("report.rebooted", lang, {}), other.source, line)
    yield from (booted, told) if line > event.quick_first_line else (told, booted)


def _is_other_boot(event: OomEvent, other: OomEvent) -> bool:
    if event.boot_id is not None and other.boot_id is not None:
        return event.boot_id != other.boot_id
    if event.uptime_s is None or other.uptime_s is None:
        return False
    apart = other.uptime_s - event.uptime_s
    return apart * (other.quick_first_line - event.quick_first_line) < 0 and abs(apart) > 1


def _killed(event: OomEvent, lang: str) -> str:
    if not event.kills:
        return _nobody(event, lang)
    more = f", +{len(event.kills) - 1}" if len(event.kills) > 1 else ""
    by = "" if event.killer == "kernel" else f" ({event.killer})"
    return f"{_who(event.kills[0], lang)}{more}{by}"


def _nobody(event: OomEvent, lang: str) -> str:
    """Say what happened where no process is named: daemons kill cgroups."""
    cgroup = event.task_memcg or event.oom_memcg
    if event.killer != "kernel" and cgroup is not None:
        return f"{cgroup} ({event.killer})"
    return say(f"report.outcome_{event.outcome}", lang, {})


def _who(kill: Kill, lang: str) -> str:
    size = "" if kill.rss_kb is None else f", {human_kb(kill.rss_kb)}"
    return f"{who(kill.comm, kill.pid, lang)}{size}"


# -- neighbours ----------------------------------------------------------------------------------------


def _near(event: OomEvent, neighbours: Sequence[Neighbour], unit: str | None) -> list[Moment]:
    """Return the neighbours within ten minutes; the same line in a second log is told once."""
    found: dict[tuple[str, str, float | int], Moment] = {}
    units = {unit}
    near = []
    for each in neighbours:
        if each.host is not None and event.host is not None and each.host != event.host:
            continue
        offset = offset_of(
            event, each.time, each.uptime_s, each.source, each.line, each.boot_id or event.boot_id
        )
        if offset is None:
            beside = each.source == event.source and abs(each.line - event.quick_first_line) <= _NEAR_LINES
            if not beside:
                continue
        elif abs(offset) > NEAR_S:
            continue
        near.append((offset, each))
        if each.kind in ("exited", "failed", "restart"):
            units.add(each.unit)
    for offset, each in near:
        # Units start all the time; here only those matter that ended.
        if each.kind == "started" and each.unit not in units:
            continue
        text = _shortened(each)
        key = (each.kind, text, each.line if offset is None else round(offset))
        found.setdefault(
            key, Moment(each.time, each.uptime_s, offset, each.kind, text, each.source, each.line)
        )
    return list(found.values())


def _shortened(neighbour: Neighbour) -> str:
    text = neighbour.text
    if neighbour.kind == "boot":  # who built the kernel, and with what, matters here to nobody
        text = text.split(" (", 1)[0]
    return text if len(text) <= _TEXT else text[: _TEXT - 1] + "\u2026"


# -- the event itself ----------------------------------------------------------------------------------


def _own(event: OomEvent, beside: dict[int, Neighbour], lang: str) -> Iterator[Moment]:
    """Yield the steps of the event itself."""
    source, trigger = event.source, event.trigger
    if trigger is not None:
        name = who(trigger.comm, trigger.pid, lang)
        yield Moment(event.time, event.uptime_s, 0.0, "invoked", name, source, event.first_line, own=True)
    for kill in event.kills[:_KILLS]:
        offset = offset_of(event, kill.time, kill.uptime_s, source, kill.line, event.boot_id)
        text = _who(kill, lang)
        yield Moment(kill.time, kill.uptime_s, offset, "killed", text, source, kill.line, own=True)
        if kill.reaped is not None:
            kind = "reap_failed" if kill.reaped.failed else "reaped"
            name = who(kill.comm, kill.pid, lang)
            yield Moment(None, None, offset, kind, name, source, kill.reaped.line, own=True)
    if not event.kills and event.outcome != "unknown":
        kind = event.outcome if event.killer == "kernel" else "userspace_kill"
        text, line = _nobody(event, lang), event.last_line
        yield Moment(event.time, event.uptime_s, 0.0, kind, text, source, line, own=True)
    for note in event.notes:
        # The note itself has no time; the same line as a neighbour has.
        same = beside.get(note.line)
        text = note.text if same is not None else f"{note.source}: {note.text}"
        if same is None:
            yield Moment(None, None, None, "note", text, source, note.line, own=True)
        else:
            offset = offset_of(event, same.time, same.uptime_s, source, same.line, event.boot_id)
            yield Moment(same.time, same.uptime_s, offset, same.kind, text, source, note.line, own=True)
