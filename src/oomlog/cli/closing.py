"""The end of a run: what was left out, what was not understood, and the exit status."""

from __future__ import annotations

import argparse

from oomlog.cli.context import Context
from oomlog.cli.exit import ExitStatus
from oomlog.cli.filters import EventFilter
from oomlog.cli.output import Output
from oomlog.cli.reading import Reading
from oomlog.report.summary import Tally, counted, problem_line, stats_lines, summary

__all__ = ["exit_status", "say_left_out", "say_problems", "say_untrusted", "write_summary"]


def write_summary(output: Output, tally: Tally, seconds: float, *, stats: bool, strict: bool) -> None:
    """Write the line under the table, and the statistics when they were asked for."""
    line = summary(tally, seconds, listed=stats or strict)
    lines = [line, *(stats_lines(tally) if stats else ())]
    output.write("".join(f"{line}\n" for line in lines).encode())


def say_left_out(context: Context, wanted: EventFilter, without_row: int, untrusted: int) -> None:
    """Say how many events are missing from the output for a reason that the user may not expect."""
    if wanted.without_time:
        context.say(f"--since and --until left out {counted(wanted.without_time, 'event')} without a time")
    if wanted.without_zone:
        context.say(
            f"--since and --until left out {counted(wanted.without_zone, 'event')} without a time zone; "
            "say with --tz which it is, or give a time without one"
        )
    say_untrusted(context, untrusted)
    if without_row:
        context.say(
            f"left out {counted(without_row, 'event')} without a killed process; --format text has all"
        )


def say_untrusted(context: Context, untrusted: int) -> None:
    """Say how many events were left out because they may be forged."""
    if untrusted:
        context.say(
            f"left out {counted(untrusted, 'event')} that may be forged: the kernel's words in lines that "
            "others wrote; --include-untrusted shows them"
        )


def say_problems(context: Context, tally: Tally, *, listed: bool) -> None:
    """Say how many lines could not be understood, and the first of them unless they were listed before."""
    problems = tally.problem_count
    context.say(f"--strict: {counted(problems, 'line')} could not be understood")
    if listed:
        lines = [problem_line(source, problem) for source, problem in tally.problems]
        context.tell(lines if problems == len(lines) else [*lines, f"... and {problems - len(lines):,} more"])


def exit_status(options: argparse.Namespace, reading: Reading, tally: Tally) -> ExitStatus:
    """Return what the shell is told; a failed input is worse than a problem, and that worse than a kill."""
    if reading.errors:
        return ExitStatus.FAILED
    if options.strict and tally.problem_count:
        return ExitStatus.PROBLEMS
    return ExitStatus.KILLS_FOUND if options.exit_code and tally.kills else ExitStatus.DONE
