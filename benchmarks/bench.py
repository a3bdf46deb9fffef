"""Run our command and a yardstick in turn, check both answers, and keep the figures."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import IO

import check
import measure

Checker = Callable[[IO[bytes], Mapping[str, int]], list[str]]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: the commands of a pipe, the file they read, and the check."""

    pipe: list[list[str]]
    file: str
    check: Checker = check.nothing


@dataclass(slots=True)
class Series:
    """All counted runs of one side."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    failure: str | None = None
    wrong: list[str] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether there is no figure to show."""
        return self.failure is not None or not self.seconds


@dataclass(slots=True)
class Result:
    """One line of the report."""

    row: str
    what: str
    unit: str  # "x", "MB/s" or "MB"
    target: float
    at_most: bool
    value: float | None = None
    low: float | None = None
    high: float | None = None
    ours_seconds: float | None = None
    ours_cpu_seconds: float | None = None
    yardstick_seconds: float | None = None
    wrong: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None if nothing was measured."""
        if self.value is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target

    def take(self, ours: Series, yardstick: Series) -> None:
        """Fill in the times and what went wrong."""
        if not ours.failed:
            self.ours_seconds = median(ours.seconds)
            self.ours_cpu_seconds = median(ours.cpu_seconds)
        if not yardstick.failed:
            self.yardstick_seconds = median(yardstick.seconds)
        for name, series in (("", ours), ("yardstick ", yardstick)):
            if series.failure:
                self.notes.append(f"{name}failed: {series.failure}")
            self.notes += [f"{name}WRONG: {what}" for what in series.wrong]
            self.wrong = self.wrong or bool(series.wrong)

    def spread(self, values: list[float]) -> None:
        """Fill in the value, the median of *values*, and their range."""
        if values:
            self.value, self.low, self.high = median(values), min(values), max(values)


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the files are, what is in them, and how often to run."""

    data: Path
    truth: Mapping[str, Mapping[str, int]]
    oomlog: str
    runs: int
    out_dir: str
    scale: float = 1.0

    def once(self, side: Side, *, sample: bool = False) -> tuple[measure.Run, list[str]]:
        """Run one side once; return the figures and what is wrong with its output."""
        # Not /dev/null: grep stops at the first match if it writes there, even with -c.
        with tempfile.TemporaryFile(dir=self.out_dir) as output:
            run = measure.run(side.pipe, output, sample=sample)
            if run.error:
                return run, []
            output.seek(0)
            try:
                return run, side.check(output, self.truth[side.file])
            except ValueError as error:
                return run, [f"unreadable output: {error}"]

    def alternate(self, ours: Side, yardstick: Side, runs: int | None = None) -> tuple[Series, Series]:
        """Run both sides in turn; the first run of each is checked but not counted."""
        for file in {ours.file, yardstick.file}:
            path = self.data / file
            for part in path.iterdir() if path.is_dir() else [path]:
                measure.warm(part)
        series = (Series(), Series())
        sides = list(zip((ours, yardstick), series, strict=True))
        for number in range((runs or self.runs) + 1):
            # The side that goes first changes, so that neither always runs after the other.
            for side, kept in sides if number % 2 else reversed(sides):
                if kept.failure:
                    continue
                run, wrong = self.once(side)
                kept.failure = run.error
                kept.wrong = wrong or kept.wrong
                if number and not run.error:
                    kept.seconds.append(run.seconds)
                    kept.cpu_seconds.append(run.cpu_seconds)
        return series

    def ratio(self, result: Result, ours: Side, yardstick: Side, runs: int | None = None) -> Result:
        """Fill in ours / yardstick, pair by pair."""
        a, b = self.alternate(ours, yardstick, runs)
        result.take(a, b)
        if not a.failed and not b.failed:
            result.spread([x / y for x, y in zip(a.seconds, b.seconds, strict=True)])
        return result

    def rate(self, result: Result, ours: Side, yardstick: Side, text_bytes: int) -> Result:
        """Fill in megabytes of text in a second."""
        a, b = self.alternate(ours, yardstick)
        result.take(a, b)
        if not a.failed:
            result.spread([text_bytes / 1e6 / seconds for seconds in a.seconds])
        if not b.failed:
            result.notes.append(f"yardstick {text_bytes / 1e6 / median(b.seconds):.0f} MB/s")
        return result

    def peak(self, result: Result, small: Side, large: Side) -> Result:
        """Fill in the larger of the peaks at a quarter of the size and at full size."""
        for size, side in (("1x", small), ("4x", large)):
            run, wrong = self.once(side, sample=True)
            if run.error:
                result.notes.append(f"{size} failed: {run.error}")
                continue
            result.notes += [f"{size} WRONG: {what}" for what in wrong]
            result.wrong = result.wrong or bool(wrong)
            max_rss = run.max_rss_kb * 1024 / 1e6
            private = None if run.private_kb is None else run.private_kb * 1024 / 1e6
            shown = "not sampled" if private is None else f"{private:.0f} MB"
            result.notes.append(f"{size} {shown}, ru_maxrss {max_rss:.0f} MB")
            peak = max_rss if private is None else private
            result.value = max(result.value or 0.0, peak)
            result.low = peak if result.low is None else min(result.low, peak)
            result.high = peak if result.high is None else max(result.high, peak)
        return result
