"""Counts for Prometheus: served over HTTP, or left in a folder for node_exporter's textfile collector.

Anybody can invent names of processes and cgroups, so only the first of each get a series of their own; the
others share one.  Needs prometheus-client.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any

from oomlog.errors import OomlogError, UsageError
from oomlog.model import OomEvent
from oomlog.report.escape import escape

if TYPE_CHECKING:
    from prometheus_client.core import Metric

__all__ = ["OTHER", "Counts", "Exporter", "read_address"]

OTHER = "other"
_LONGEST = 200
_MISSING = "--metrics and --textfile need prometheus-client\nTry: pip install 'oomlog[watch]'"


def read_address(text: str) -> tuple[str, int]:
    """Read ``[ADDR]:PORT``; without an address only this machine is served.

    >>> read_address(":9755"), read_address("[::]:9755")
    (('127.0.0.1', 9755), ('::', 9755))
    """
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or not 0 <= int(port[:6]) <= 65535:
        raise UsageError(f"{text!r} is no address; write [ADDR]:PORT, like :9755 or 0.0.0.0:9755")
    return host.strip("[]") or "127.0.0.1", int(port)


class Counts:
    """What is counted.

    :param most: Names, and cgroups, that get a series of their own.
    """

    def __init__(self, most: int) -> None:
        self.kills: Counter[tuple[str, str, str]] = Counter()
        self.events: Counter[str] = Counter()
        self.problem_lines = 0
        self.long_lines = 0
        self.forged = 0
        self.suppressed = 0
        self.lost = 0
        self.hook_failures: dict[str, int] = {}
        self.last_kill_s: float | None = None
        self.read_to_end_s: float | None = None
        """When the log was last read to its end; ``None`` while that was never so."""
        self._most = most
        self._names: dict[str, set[str]] = {"comm": set(), "cgroup": set()}

    def add(self, event: OomEvent) -> None:
        """Count an event; its kills by what ran out, who died, and where."""
        self.events[event.outcome] += 1
        self.problem_lines += len(event.problems)
        memcg = self._label("cgroup", event.task_memcg or event.oom_memcg or "")
        for kill in event.kills:
            self.kills[event.scope, self._label("comm", kill.comm or ""), memcg] += 1
            when = kill.time or event.time
            aware = when is not None and when.tzinfo is not None
            # A log that does not say when: as far as is known, now.
            self.last_kill_s = when.timestamp() if aware and when is not None else time()

    def _label(self, kind: str, name: str) -> str:
        name = escape(name[:_LONGEST])
        known = self._names[kind]
        if not name or name in known:
            return name
        if len(known) >= self._most:
            return OTHER
        known.add(name)
        return name


class _Collector:
    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics as they are now."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        counts = self._counts
        kills = CounterMetricFamily(
            "oomlog_kills", "Processes killed for want of memory.", labels=("scope", "comm", "cgroup")
        )
        for labels, count in list(counts.kills.items()):
            kills.add_metric(labels, count)
        yield kills
        events = CounterMetricFamily("oomlog_events", "Runs of an OOM killer.", labels=("outcome",))
        for outcome, count in list(counts.events.items()):
            events.add_metric((outcome,), count)
        yield events
        for name, text, value in (
            (
                "problem_lines",
                "Lines that could not be understood.",
                counts.problem_lines + counts.long_lines,
            ),
            ("suppressed", "Events that no hook was told about, as there were too many.", counts.suppressed),
            ("forged_events", "Events left out, as another program wrote the kernel's words.", counts.forged),
            ("lost_records", "Records that were overwritten before they could be read.", counts.lost),
        ):
            yield CounterMetricFamily(f"oomlog_{name}", text, value=value)
        failures = CounterMetricFamily("oomlog_hook_failures", "Hooks that failed.", labels=("hook",))
        for hook, count in list(counts.hook_failures.items()):
            failures.add_metric((hook,), count)
        yield failures
        if counts.last_kill_s is not None:
            yield GaugeMetricFamily(
                "oomlog_last_kill_timestamp_seconds", "When the last process was killed.", counts.last_kill_s
            )
        if counts.read_to_end_s is not None:
            yield GaugeMetricFamily(
                "oomlog_lag_seconds",
                "Time since the log was last read to its end.",
                max(0.0, time() - counts.read_to_end_s),
            )


class Exporter:
    """Makes the counts available.

    :raise UsageError: prometheus-client is not installed.
    :raise OomlogError: The address cannot be served.
    """

    def __init__(self, counts: Counts, address: tuple[str, int] | None, folder: Path | None) -> None:
        try:
            from prometheus_client import CollectorRegistry, start_http_server, write_to_textfile
        except ImportError:
            raise UsageError(_MISSING) from None
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Collector(counts))
        self._write: Callable[[str, CollectorRegistry], None] = write_to_textfile
        self._file = None if folder is None else folder / "oomlog.prom"
        self._server: Any = None
        self.port: int | None = None
        if address is not None:
            try:
                self._server, _ = start_http_server(address[1], address[0], self._registry)
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                raise OomlogError(f"--metrics {address[0]}:{address[1]}: {reason}") from error
            self.port = self._server.server_port

    def write(self) -> None:
        """Replace the file in the folder, as a whole.

        :raise OomlogError: It cannot be written.
        """
        if self._file is None:
            return
        try:
            self._write(str(self._file), self._registry)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise OomlogError(f"{self._file}: cannot be written: {reason}") from error

    def close(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
