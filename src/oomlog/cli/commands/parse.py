"""``oomlog parse``: logs in, OOM events out."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from oomlog.cli.arguments import read_count, value
from oomlog.cli.closing import exit_status, say_left_out, say_problems, write_summary
from oomlog.cli.context import Context
from oomlog.cli.formats import FORMATS, STREAMED, Report, open_report
from oomlog.cli.inputs import (
    TIMES,
    add_limits,
    add_reading,
    add_wanted,
    filter_of,
    names_of,
)
from oomlog.cli.journals import add_journal
from oomlog.cli.maps import add_map, registry_of
from oomlog.cli.options import add_color, add_files, add_format, add_output
from oomlog.cli.output import FileOutput, Output
from oomlog.cli.reading import Reading, in_time_order, is_live, reading_of
from oomlog.report.summary import Tally, stats_lines

if TYPE_CHECKING:
    from oomlog.cli.progress import ProgressBar

__all__ = ["add_parser", "run"]

_SHOWN = 5
_EPILOG = f"""\
{TIMES}
formats:
  csv and parquet have one row per killed process; 'oomlog schema --columns' lists the columns.
  In csv a text that a spreadsheet would take for a formula gets a ' in front.  ndjson and json,
  where every name is exact, are described by 'oomlog schema'.

exit status:
  0    done, also when nothing was found
  1    kills were found, only with --exit-code
  2    wrong usage, or an input that cannot be read; the others were still processed
  3    lines of a report could not be understood, only with --strict
  130  interrupted
  141  whoever read the output stopped reading

examples:
  oomlog parse /var/log/kern.log* --since yesterday --scope memcg
  oomlog parse --journal --since -2d
"""


def add_parser(commands: Any) -> None:
    """Add the command to the argument parser."""
    parser = commands.add_parser(
        "parse",
        help="find the OOM kills in logs",
        description="Find the OOM kills in logs, compressed or not, and print them as a table or as data.",
        epilog=_EPILOG,
    )
    add_files(parser)
    group = add_reading(parser)
    group.add_argument(
        "--jobs",
        metavar="N",
        type=value(read_count),
        default=1,
        help="processes to use, for --format ndjson without --sort, --stats, --strict, --year and --map "
        "(default 1)",
    )
    add_limits(group)
    add_map(group)
    add_journal(parser)
    add_wanted(parser)
    group = parser.add_argument_group("what to print")
    add_format(
        group,
        FORMATS,
        "text (a table, the default; a narrow terminal shows fewer columns), ndjson, json, or one row per "
        "kill as csv or parquet",
    )
    add_output(group)
    group.add_argument(
        "--sort", action="store_true", help="in order of time, else of uptime; holds all events in memory"
    )
    add_color(group)
    group.add_argument(
        "--stats", action="store_true", help="after that, tell what was read and list all problems"
    )
    group = parser.add_argument_group("how to end")
    group.add_argument("--strict", action="store_true", help="with 3 if a line of a report is not understood")
    group.add_argument("--exit-code", action="store_true", help="with 1 if kills were found")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Read the inputs and print what was found."""
    started = time.perf_counter()
    names = names_of(options, context, "parse")
    registry = registry_of(options, context)
    live = is_live(names, context.stdin)
    wanted = filter_of(options, context)
    if options.jobs > 1 and (why := _one_process(options, names)) is not None:
        context.say(f"--jobs is not used {why}; reading with one process")
        options.jobs = 1
    keep = 1 << 30 if options.stats else _SHOWN if options.strict else 0
    tally = Tally(keep, decode=options.format == "text" or options.stats or options.strict)
    progress = None if live else _progress(options, context)

    def say(message: str) -> None:
        if progress is not None:
            progress.hide()
        context.say(message)

    reading = reading_of(options, context, names, wanted=wanted, tally=tally, say=say, progress=progress)
    to_terminal = options.output in (None, "-") and context.stdout_is_terminal
    with _opened(options, context, progress, live=live) as output:
        report = open_report(
            options.format,
            output,
            context,
            to_terminal=to_terminal,
            color=options.color,
            live=live,
            year_given=options.year is not None,
            registry=registry,
        )
        _write(reading, report, output, options)
        if options.format == "text" and (tally.files or not reading.errors):
            write_summary(
                output, tally, time.perf_counter() - started, stats=options.stats, strict=options.strict
            )
    if options.stats and options.format != "text":
        context.tell(stats_lines(tally))
    say_left_out(context, wanted, getattr(report, "without_row", 0), reading.stats.untrusted)
    if options.strict and tally.problem_count:
        say_problems(context, tally, listed=not options.stats)
    return exit_status(options, reading, tally)


def _progress(options: argparse.Namespace, context: Context) -> ProgressBar | None:
    if not context.stderr_is_terminal or options.jobs > 1:
        return None
    from oomlog.cli.progress import ProgressBar

    return ProgressBar(context.stderr, colour=context.colour(options.color, terminal=True))


@contextmanager
def _opened(
    options: argparse.Namespace, context: Context, progress: ProgressBar | None, *, live: bool
) -> Iterator[Output]:
    output: Output
    if options.output in (None, "-"):
        # Somebody may look at each event as it comes, even when the log itself is long finished.
        at_once = options.format in STREAMED and (live or options.format == "ndjson")
        hide = progress.hide if progress is not None and context.stdout_is_terminal else None
        output = Output(context.stdout, live=at_once and not context.stdout_is_file, before_write=hide)
    else:
        output = FileOutput(options.output)
    try:
        with output:
            yield output
    finally:
        if progress is not None:
            progress.hide()


def _one_process(options: argparse.Namespace, names: list[str]) -> str | None:
    """Return why the work cannot be shared out, in words that follow "is not used"."""
    if options.format != "ndjson":
        return f"with --format {options.format}, only with --format ndjson"
    for name in ("sort", "stats", "strict", "year"):
        if getattr(options, name) not in (False, None):
            return f"together with --{name}"
    if options.maps:
        return "together with --map"
    if options.journal:
        return "with --journal"
    if all(name == "-" or is_live([name], None) for name in names):
        return "with standard input, a pipe or a device"
    return None


def _write(reading: Reading, report: Report, output: Output, options: argparse.Namespace) -> None:
    try:
        if options.jobs > 1:
            for block in reading.blocks(options.jobs, options.format):
                output.write(block)
                output.event_done()
            return
        events = reading.events()
        for event in in_time_order(events) if options.sort else events:
            report.add(event)
            if output.live:
                report.flush()
                output.flush()
        report.finish()
    except KeyboardInterrupt:
        if options.format in STREAMED:
            report.flush()
            output.flush()
        raise
