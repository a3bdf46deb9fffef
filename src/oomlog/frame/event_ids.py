"""Ids that events have in every log, by the rule of ``oomlog.frame.fingerprint``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from oomlog.frame.fingerprint import (
    Seen,
    agree,
    fingerprint,
    has_numbers,
    is_cut,
    kill_key,
    named_again,
    same_moment,
)
from oomlog.frame.sightings import Sightings
from oomlog.model import Kill, OomEvent

__all__ = ["CUT_KILLS", "event_ids"]

CUT_KILLS = 100
"""Of so many cut lines of one process id more are an old kernel's, or somebody's who wants the search to take
long: they are told apart by their content alone."""


def event_ids(events: Iterable[OomEvent]) -> Iterator[str]:
    """Yield an id for each event: its fingerprint, with ``-2``, ``-3`` behind it for further events like it.

    Records of one event have one id, wherever they come from, also when some of its kills were cut off: they
    share a kill.  The id is that of the first record, so their order decides whose fingerprint it has, and
    which of two events that share a fingerprint has no number behind it.
    """
    events = list(events)
    known: dict[str, Sightings[_Record]] = {}
    contents: list[str] = []
    first: list[int] = []
    for at, event in enumerate(events):
        parts = [(kill_key(event.killer, kill), Seen.of(event, kill)) for kill in event.kills]
        parts = parts or [(fingerprint(event), Seen.of(event))]
        contents.append(parts[0][0])
        first.append(at)
        for content, seen in parts:
            earlier = known.setdefault(content, Sightings())
            mine = _Record(seen, event.source, event.quick_first_line, event.quick_trigger is not None, at)
            line = mine.source, mine.line
            other = _recorded(event, mine, earlier.near(seen, header=mine.header, line=line))
            if other is None:
                source = None if has_numbers(event) else mine.source
                earlier.add(mine, seen, header=mine.header, line=line, apart=source)
            else:
                _join(first, other, at)
    for one, two in _cut_kills(events):
        _join(first, one, two)
    numbers: dict[str, int] = {}
    found: list[str] = []
    for at, content in enumerate(contents):
        root = _root(first, at)
        if root == at:
            number = numbers[content] = numbers.get(content, 0) + 1
            found.append(content if number == 1 else f"{content}-{number}")
        else:
            found.append(found[root])
    yield from found


class _Record(NamedTuple):
    seen: Seen
    source: str
    line: int | None
    header: bool
    at: int


def _recorded(event: OomEvent, mine: _Record, earlier: Iterable[_Record]) -> int | None:
    """Return which of the earlier records with the same content is one of this event."""
    numbers = has_numbers(event)
    for other in earlier:
        if mine.source == other.source and mine.line != other.line and not numbers:
            continue
        same = same_moment(mine.seen, other.seen) is not False
        if not same and mine.header != other.header and mine.source != other.source:
            same = named_again(mine.seen, other.seen)
        if same:
            return other.at
    return None


def _cut_kills(events: Sequence[OomEvent]) -> Iterator[tuple[int, int]]:
    """Yield pairs of events of which one has a kill whose line was cut, and the other one that kill."""
    cut: dict[tuple[str, int], list[tuple[int, Kill]]] = {}
    for at, event in enumerate(events):
        for kill in event.kills:
            if kill.pid is not None and is_cut(kill):
                cut.setdefault((event.killer, kill.pid), []).append((at, kill))
    cut = {key: kills for key, kills in cut.items() if len(kills) <= CUT_KILLS}
    if not cut:
        return
    for at, event in enumerate(events):
        for kill in event.kills:
            for other, part in cut.get((event.killer, kill.pid or 0), ()):
                if (
                    other != at
                    and (events[other].trusted is False) == (event.trusted is False)
                    and agree(part, kill)
                    and same_moment(Seen.of(events[other], part), Seen.of(event, kill))
                ):
                    yield other, at


def _join(first: list[int], one: int, two: int) -> None:
    earlier, later = sorted((_root(first, one), _root(first, two)))
    first[later] = earlier


def _root(first: list[int], at: int) -> int:
    """Return the first of the records that are one event with this one."""
    while first[at] != at:
        first[at] = at = first[first[at]]
    return at
