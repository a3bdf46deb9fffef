"""Whether two records tell about the same event: what it is made of, and where and when it was seen.

**The rule.**  One event reaches several logs (dmesg, the journal, kern.log, its rotated parts), and each
keeps something else of where and when it happened; what the kernel said is the same in all of them.  So an
event is known by its content, and told from others with the same content by everything both records know:

1. The *content* is made of the first kill's process id and sizes.  Names are no part of it, because loggers
   change their bytes; nor is what stands elsewhere in the report, because rotation cuts it off.  Without a
   kill it is the header and every number of the report.
2. Records with the same content are the same event unless something both know *contradicts* it: another
   boot, another host, another uptime, another time.
3. Uptime is printk's, to the microsecond, in every log that has it, and must be equal.  Only a log that
   shows another clock's (``journalctl -o short-monotonic`` of old) may be a little off; then boot or time
   must agree.
4. Times by different loggers may be apart by as long as one lay behind the other, which under memory
   pressure can be minutes where uptimes are equal.  Without uptimes, those of the same kind of log must be
   equal, because one clock made them.
5. The kernel names the first victim of a group twice, and a log may be cut between: the content of a kill
   with a header, in another log within seconds and without a header, is the same kill.
6. A kill whose line was cut (a log that was copied while it was written) is the one of the same process id
   whose sizes do not contradict it, if both agree in when it was.
7. Content without any number (a lone header, systemd-oomd's) is never the same in two lines of one log.

What follows: the same line twice with no time at all is one event, and so is a container that is killed
alike after every reboot once all its times are stripped off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

from oomlog.model import Kill, OomEvent

__all__ = [
    "CLOCKS_S", "COMPARED", "DRIFT", "EXACT_US", "GROUP_S", "LOGGERS_S", "QUARTER_S", "STALLED_S", "ZONES",
    "Seen", "agree", "fingerprint", "form", "has_numbers", "in_utc", "is_cut", "kill_key", "named_again",
    "same_moment", "short_host",
]  # fmt: skip

COMPARED = (
    "pid", "uid", "total_vm_kb", "anon_rss_kb", "file_rss_kb", "shmem_rss_kb", "pgtables_kb", "oom_score_adj",
)  # fmt: skip
"""What two records of one kill have in common, as far as both know it."""

EXACT_US = 2
"""Seconds as a float lose nothing but the last microsecond."""
CLOCKS_S = 1.0
DRIFT = 1e-4
"""Of the kernel's clock against the wall's: a badly tuned one gains 9 seconds a day."""
LOGGERS_S = 60.0
STALLED_S = 600.0
"""So late may a logger be that starves; only believed when uptimes are equal."""
ZONES = timedelta(hours=26)
QUARTER_S = 900.0
GROUP_S = 10.0
"""So long may the kills of one group take on a slow console."""


class Seen(NamedTuple):
    """Where and when one log says a kill happened; ``None`` is what it does not say."""

    boot_id: str | None
    host: str | None
    uptime_s: float | None
    time: datetime | None
    inferred: bool = False
    """The year of ``time`` is not from the log."""

    @classmethod
    def of(cls, event: OomEvent, kill: Kill | None = None) -> Seen:
        """Return what is known of one kill, or of the event's first line."""
        time, uptime = event.time, event.uptime_s
        if kill is not None:
            time = time if kill.time is None else kill.time
            uptime = uptime if kill.uptime_s is None else kill.uptime_s
        return cls(event.boot_id, event.host, uptime, time, event.time_origin == "inferred")


def fingerprint(event: OomEvent) -> str:
    """Return the event's content as 16 hexadecimal digits, the same for every log it is in.

    A report is decoded only when nobody was killed in it.  Different events share a fingerprint only if
    the kernel printed the same numbers for both; ``event_ids()`` tells them apart by where and when.

    >>> import oomlog
    >>> line = "Out of memory: Killed process 7 (a) total-vm:90kB, anon-rss:80kB, file-rss:0kB\\n"
    >>> [one] = oomlog.parse("[ 5.000001] " + line)
    >>> [two] = oomlog.parse("Mar  1 10:00:00 web1 kernel: " + line)
    >>> fingerprint(one) == fingerprint(two)
    True
    """
    if event.kills:
        return kill_key(event.killer, event.kills[0])
    trigger = event.trigger
    header = (
        None if trigger is None else (trigger.pid, trigger.gfp_mask, trigger.order, trigger.oom_score_adj)
    )
    return _digest(
        event.killer, event.outcome, event.task_memcg if header is None else None, header, *_numbers(event)
    )


def kill_key(killer: str, kill: Kill) -> str:
    """Return the content of one kill as 16 hexadecimal digits."""
    sizes = (kill.total_vm_kb, kill.anon_rss_kb, kill.file_rss_kb)
    # A line without sizes (2.6, systemd-oomd) has the name left; of it only what no logger writes otherwise.
    name = kill.comm if sizes == (None, None, None) and (kill.comm or "").isalnum() else None
    return _digest(killer, kill.pid, *sizes, name)


def is_cut(kill: Kill) -> bool:
    """Tell whether a kill's line lacks sizes: it was cut, or a 2.6 kernel printed none."""
    return kill.total_vm_kb is None or kill.anon_rss_kb is None or kill.file_rss_kb is None


def agree(kill: Kill, other: Kill) -> bool:
    """Tell whether nothing that two records of a kill both have is different, names aside."""
    for name in COMPARED:
        mine, theirs = getattr(kill, name), getattr(other, name)
        if mine is not None and theirs is not None and mine != theirs:
            return False
    return True


def has_numbers(event: OomEvent) -> bool:
    """Tell whether the event's content can stand for itself, as its numbers never come together twice."""
    if event.kills:
        return event.kills[0].anon_rss_kb is not None
    return bool(_numbers(event))


def _digest(*facts: object) -> str:
    return blake2b(repr(facts).encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()


def _numbers(event: OomEvent) -> list[int]:
    found: list[int] = []
    memcg = event.memcg
    if memcg is not None:
        for counter in (memcg.memory, memcg.memory_swap, memcg.swap, memcg.kmem, memcg.stats):
            _walk(counter, found)
    _walk(event.mem_info, found)
    return found


def _walk(value: object, found: list[int]) -> None:
    if isinstance(value, Mapping):
        for key in sorted(value):
            _walk(value[key], found)
    elif isinstance(value, list | tuple):
        for each in value:
            _walk(each, found)
    elif isinstance(value, int) and not isinstance(value, bool):
        found.append(value)


def same_moment(one: Seen, other: Seen) -> bool | None:
    """Tell whether two places and times, of records with the same content, can be those of one event.

    :return: ``True`` when they agree in something, ``False`` when they contradict each other, ``None`` when
        they have nothing in common to compare.
    """
    boots = None if one.boot_id is None or other.boot_id is None else one.boot_id == other.boot_id
    if boots is False:
        return False
    hosts = None if one.host is None or other.host is None else short_host(one.host) == short_host(other.host)
    if hosts is False and not boots:
        return False
    alike = form(one) == form(other)
    apart = _apart(one, other)
    if one.uptime_s is not None and other.uptime_s is not None:
        between = abs(one.uptime_s - other.uptime_s)
        drift = DRIFT * max(one.uptime_s, other.uptime_s)
        if round(between * 1e6) <= EXACT_US:
            return apart is None or apart <= STALLED_S + drift
        if alike or between > CLOCKS_S + drift:
            return False
        return boots is True if apart is None else apart <= LOGGERS_S + drift
    if apart is None:
        return None
    drift = DRIFT * (one.uptime_s or other.uptime_s or 0.0)
    return apart <= (_rounding(one, other) if alike else LOGGERS_S + drift)


def named_again(one: Seen, other: Seen) -> bool:
    """Tell whether the first victim of a group can have been named twice, in two logs of one kind."""
    if form(one) != form(other) or one.boot_id != other.boot_id:
        return False
    if one.host is not None and other.host is not None and short_host(one.host) != short_host(other.host):
        return False
    if one.uptime_s is not None and other.uptime_s is not None:
        return abs(one.uptime_s - other.uptime_s) <= GROUP_S
    apart = _apart(one, other)
    return apart is not None and apart <= GROUP_S


def short_host(host: str) -> str:
    """Return a host's name as it is compared."""
    return host.partition(".")[0].lower() if not host[:1].isdigit() else host


def form(seen: Seen) -> tuple[bool, ...]:
    """Return what kind of log this was seen in, by what it does not say."""
    zone = seen.time is not None and seen.time.tzinfo is not None
    return (seen.boot_id is None, seen.host is None, seen.uptime_s is None, seen.time is None, zone)


def _apart(one: Seen, other: Seen) -> float | None:
    """Return how many seconds two times are apart as far as they can be compared."""
    if one.time is None or other.time is None:
        return None
    naive = one.time.tzinfo is None or other.time.tzinfo is None
    mixed = naive and (one.time.tzinfo is not None or other.time.tzinfo is not None)
    first, second = (in_utc(time) for time in (one.time, other.time))
    apart = abs(first - second)
    if one.inferred or other.inferred:
        apart = min(apart, *(abs(first - moved) for moved in _in_years(second, first.year)))
    seconds = apart.total_seconds()
    if mixed and apart <= ZONES:  # the zone of one is not known, but zones are whole quarters of an hour
        seconds %= QUARTER_S
        return min(seconds, QUARTER_S - seconds)
    return seconds


def _rounding(one: Seen, other: Seen) -> float:
    """Return how far apart one clock's times can be, of which one may be cut to seconds."""
    whole = [seen.time is not None and seen.time.microsecond == 0 for seen in (one, other)]
    return 0.999999 if whole[0] != whole[1] else 0.0


def in_utc(time: datetime) -> datetime:
    """Return a time as it is compared: one without a zone as if it were in UTC."""
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:  # at the very ends of the calendar, which no clock shows
        return time.replace(tzinfo=UTC)


def _in_years(time: datetime, year: int) -> Iterator[datetime]:
    for each in (year - 1, year, year + 1):
        try:
            yield time.replace(year=each)
        except ValueError:  # 29 February
            yield time.replace(year=each, month=3, day=1)
