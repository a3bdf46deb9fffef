"""The inputs of one run as a stream of wanted events, counted on the way."""

from __future__ import annotations

import argparse
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from pathlib import Path
from typing import IO, TYPE_CHECKING

from oomlog.cli.context import Context
from oomlog.cli.filters import EventFilter
from oomlog.cli.inputs import limits_of
from oomlog.cli.journals import journal_of, live_journal
from oomlog.errors import OomlogError, SourceError
from oomlog.events.parse import Carry, Options, Stats, parse_source
from oomlog.model import OomEvent
from oomlog.report.summary import FileTally, Tally
from oomlog.sources import LiveJournal, open_sources

if TYPE_CHECKING:
    from oomlog.events.neighbourhood import Neighbourhood

__all__ = ["Reading", "in_time_order", "is_live", "reading_of"]


_NO_LINES = 64 << 20


class Reading:
    """Reads every input that can be read.

    :param names: As the user wrote them; ``-`` is standard input.
    :param live: Read this journal when there are no names.
    :param say: Told about each input that cannot be read.
    """

    def __init__(
        self,
        names: Sequence[str],
        *,
        stdin: IO[bytes] | None,
        options: Options,
        wanted: EventFilter,
        tally: Tally,
        say: Callable[[str], None],
        live: LiveJournal | None = None,
    ) -> None:
        # A Path is never taken for the text of a log, whatever characters it has.
        self.inputs: list[str | Path | LiveJournal] = [name if name == "-" else Path(name) for name in names]
        if not names and live is not None:
            self.inputs = [live]
        self.stats = Stats()
        self.errors = 0
        self.sources: list[str] = []
        """Names of the logs read so far."""
        self._stdin = stdin
        self._options = options
        self._wanted = wanted
        self._tally = tally
        self._say = say

    def failed(self, error: OomlogError) -> None:
        """Report an input that cannot be read, or not to its end."""
        self.errors += 1
        self._say(str(error))

    def events(self) -> Iterator[OomEvent]:
        """Yield the wanted events in the order of the inputs."""
        tally, stats, accepts = self._tally, self.stats, self._wanted.accepts
        everything = not self._wanted
        carry = Carry()
        options = self._options
        for source in open_sources(
            self.inputs, stdin=self._stdin, limits=options.limits, journal=options.journal
        ):
            if isinstance(source, SourceError):
                self.failed(source)
                continue
            if source.path is None and self._may_be_endless(source.name):
                source.read = _a_log(source.name, source.read)
            self.sources.append(source.name)
            file = FileTally(source.name)
            tally.files.append(file)
            lines, outside = stats.lines, len(stats.problems)
            for event in parse_source(source, options, stats, self.failed, carry):
                tally.found += 1
                if everything or accepts(event):
                    tally.add(event)
                    yield event
            file.lines = stats.lines - lines
            for name, problem in stats.problems[outside:]:
                tally.add_problem(name, problem)
        for event in carry.rest(options, stats):
            tally.found += 1
            if everything or accepts(event):
                tally.add(event)
                yield event

    def _may_be_endless(self, name: str) -> bool:
        return is_live(["-" if name == "<stdin>" else name], self._stdin)

    def blocks(self, jobs: int, form: str) -> Iterator[bytes]:
        """Yield the wanted events as ready bytes, rendered by ``jobs`` processes."""
        from oomlog.events.parallel import parse_parallel
        from oomlog.report.json import event_bytes

        tally, stats = self._tally, self.stats
        yield from parse_parallel(
            self.inputs, self._options, stats, jobs, event_bytes, self.failed, self._wanted or None
        )
        tally.found += stats.events
        tally.files.append(FileTally("", stats.lines, stats.events, stats.kills))


def _a_log(name: str, read: Callable[[int], Iterator[bytes]]) -> Callable[[int], Iterator[bytes]]:
    """Return ``read`` for a pipe or device that is given up when no line comes to its end."""

    def checked(size: int) -> Iterator[bytes]:
        done = 0
        blocks = read(size)
        for block in blocks:
            yield block
            done += len(block)
            if b"\n" in block:
                break
            if done >= _NO_LINES:
                reason = f"does not look like a log: no line ends in its first {_NO_LINES >> 20} MiB"
                raise SourceError(name, reason, hint="name a log, like /var/log/kern.log")
        yield from blocks

    return checked


def in_time_order(events: Iterator[OomEvent]) -> Iterator[OomEvent]:
    """Yield the events by time, then those without one by uptime; equal ones keep their order."""
    return iter(sorted(events, key=_moment))


# A time without zone is compared as if it were UTC: nothing better is known.
def _moment(event: OomEvent) -> tuple[int, float]:
    if event.time is not None:
        aware = event.time if event.time.tzinfo is not None else event.time.replace(tzinfo=UTC)
        return 0, aware.timestamp()
    return (2, 0.0) if event.uptime_s is None else (1, event.uptime_s)


def is_live(names: Sequence[str], stdin: IO[bytes] | None) -> bool:
    """Tell whether an input is a pipe or a device, which may give its next line at any time."""
    for name in names:
        try:
            if name == "-":
                status = None if stdin is None else os.fstat(stdin.fileno())
            else:
                status = Path(name).stat()
        except (OSError, ValueError):
            continue
        if status is not None and not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            return True
    return False


def reading_of(
    options: argparse.Namespace,
    context: Context,
    names: Sequence[str],
    *,
    wanted: EventFilter | None = None,
    tally: Tally | None = None,
    say: Callable[[str], None] | None = None,
    progress: Callable[[str, int, int | None], None] | None = None,
    beside: Neighbourhood | None = None,
) -> Reading:
    """Return how the inputs are read that the options of a command name.

    :param wanted: Which events; without it all, as each is seen in the light of the others.
    :param tally: What to count; without it only how much was read.
    :param beside: Collects what else the logs say near their events.
    :raise UsageError: The options about journals contradict each other.
    """
    wanted = EventFilter() if wanted is None else wanted
    return Reading(
        names,
        stdin=context.stdin,
        options=Options(
            year=options.year,
            tz=options.tz,
            limits=limits_of(options),
            journal=journal_of(options, wanted)._replace(neighbours=beside is not None),
            untrusted=options.include_untrusted,
            progress=progress,
            beside=beside,
        ),
        wanted=wanted,
        tally=Tally(0, decode=False) if tally is None else tally,
        say=context.say if say is None else say,
        live=live_journal(context) if options.journal else None,
    )
