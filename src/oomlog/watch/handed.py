"""Which kills were handed out already, so that reading a part of the log once more repeats none.

A key stands for one kill, or for an event without any.  It is made of what the kernel printed and of nothing
that depends on where reading began: not of line numbers, and not of an inferred year.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from hashlib import sha256

from oomlog.model import Kill, OomEvent
from oomlog.watch.state import Entry

__all__ = ["Handed", "keys_of"]

_MOST = 10_000


def keys_of(event: OomEvent) -> tuple[str, ...]:
    """Return the keys of an event's kills, or the one of an event without any."""
    of_all = (event.boot_id, event.host, event.killer)
    if event.kills:
        return tuple(_key(*of_all, *_facts(event, kill)) for kill in event.kills)
    when = None if event.time is None else f"{event.time:%m-%dT%H:%M:%S.%f}"
    trigger = event.trigger_comm
    return (_key(*of_all, event.outcome if trigger is None else "", when, event.uptime_s, trigger),)


def _facts(event: OomEvent, kill: Kill) -> tuple[object, ...]:
    time = event.time if kill.time is None else kill.time
    when = None if time is None else f"{time:%m-%dT%H:%M:%S.%f}"
    return when, kill.uptime_s, kill.pid, kill.comm, kill.total_vm_kb, kill.anon_rss_kb


def _key(*facts: object) -> str:
    return sha256(repr(facts).encode("utf-8", "backslashreplace")).hexdigest()[:24]


@dataclass(slots=True)
class Handed:
    """The events that reading from the stored position on would find again.

    :param hooks: Names of the hooks there are.
    """

    hooks: frozenset[str] = frozenset()
    entries: list[Entry] = field(default_factory=list)
    _known: dict[str, Entry] = field(default_factory=dict)

    def expect(self, entries: list[Entry]) -> None:
        """Take what an earlier run handed out."""
        for entry in entries:
            entry.left &= self.hooks
            self._known.update(dict.fromkeys(entry.keys, entry))

    def claim(self, event: OomEvent) -> tuple[OomEvent | None, frozenset[str]]:
        """Return the part of an event that was not handed out before, and the hooks that want it all.

        A kill counts once: one that is found again on purpose was meant once in the earlier run.
        """
        keys = keys_of(event)
        known = {key: self._known.pop(key) for key in keys if key in self._known}
        if not known:
            return event, self.hooks
        left = frozenset().union(*(entry.left for entry in known.values()))
        if len(known) == len(set(keys)):
            return None, left
        event.kills = tuple(kill for kill, key in zip(event.kills, keys, strict=True) if key not in known)
        return event, self.hooks

    def add(self, entry: Entry) -> None:
        """Take one that was handed out by this run."""
        insort(self.entries, entry, key=lambda each: each.start)

    def forget(self) -> None:
        """Drop what an earlier run handed out and this one did not find again: it is not there any more."""
        self._known.clear()

    def pending(self, settled: int) -> list[Entry]:
        """Return what has to be stored with the position, given how far the log is settled."""
        waiting = next((each for each in self.entries if each.left), None)
        resume = settled if waiting is None else min(settled, waiting.start)
        self.entries = [each for each in self.entries if each.start >= resume]
        known = list({id(entry): entry for entry in self._known.values()}.values())
        return [*known, *self.entries][-_MOST:]

    @property
    def waiting(self) -> Entry | None:
        """Return the first event that a hook is not done with."""
        return next((each for each in self.entries if each.left), None)
