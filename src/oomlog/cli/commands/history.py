"""``oomlog history``: many kills seen together."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oomlog.cli.arguments import local_now, value
from oomlog.cli.closing import say_left_out
from oomlog.cli.commands.history_store import (
    EXAMPLES,
    add_store_arguments,
    check_store,
    history_in_store,
    is_action,
    reading_ahead,
    run_store,
)
from oomlog.cli.context import Context
from oomlog.cli.exit import ExitStatus
from oomlog.cli.inputs import TIMES, add_limits, add_reading, add_wanted, filter_of, names_of
from oomlog.cli.journals import add_journal
from oomlog.cli.maps import add_map, registry_of
from oomlog.cli.options import add_color, add_files, add_format, add_lang, add_output
from oomlog.cli.output import FileOutput, Output, same_file
from oomlog.cli.reading import Reading, reading_of
from oomlog.cli.when import parse_bound, read_span
from oomlog.errors import PictureError, UsageError
from oomlog.report.summary import counted

if TYPE_CHECKING:
    from oomlog.history.compare import Comparison, Period
    from oomlog.history.record import History
    from oomlog.store.task_sizes import Sizes

__all__ = ["add_parser", "run"]

BY = ("victim", "where", "host", "scope", "hour", "weekday")
FORMATS = ("text", "markdown", "json", "ndjson", "csv", "parquet", "html")
_EPILOG = f"""\
{TIMES}
what is counted:
  Kills by the kernel; those of systemd-oomd and others are a table of their own.  An event that
  several logs tell of counts once.  A place is named by pod, container or systemd unit where
  these are known, so that a container that was started again stays the same (--map tells names).
  Times are as the logs print them, or in the zone of --tz.

formats:
  text, markdown and html are a page; csv and parquet are one table: that of --by, without it all
  kills.  json is one object; 'oomlog schema --history' describes it.

exit status:
  0    done, also when nothing was found
  2    wrong usage, or an input that cannot be read; the others were still processed
  130  interrupted
  141  whoever read the output stopped reading

examples:
  oomlog history /var/log/kern.log*
  oomlog history --journal --since -30d --by victim,hour
  oomlog history logs/ --compare 2026-11-01..2026-11-08 2026-11-08..2026-11-15
{EXAMPLES}"""


def add_parser(commands: Any) -> None:
    """Add the command to the argument parser."""
    parser = commands.add_parser(
        "history",
        help="show who was killed again and again, and what changed",
        description="Look at many kills together: who was killed how often, where and when, at which limits, "
        "in which storms, what grew from kill to kill, and what changed between two periods.",
        epilog=_EPILOG,
    )
    add_files(parser)
    add_store_arguments(parser)
    group = add_reading(parser)
    add_limits(group)
    add_map(group)
    add_journal(parser)
    add_wanted(parser)
    group = parser.add_argument_group("what to look at")
    group.add_argument(
        "--by",
        metavar="KEY",
        type=value(read_keys),
        action="extend",
        default=[],
        help=f"only kills counted by this: {', '.join(BY)}; several with commas",
    )
    group.add_argument(
        "--compare",
        metavar=("A..B", "C..D"),
        nargs=2,
        help="compare two periods; the end of a period is not in it",
    )
    group.add_argument(
        "--gap",
        metavar="TIME",
        type=value(read_span),
        help="longest pause between the kills of one storm (default 5min)",
    )
    group.add_argument(
        "--top",
        metavar="N",
        type=value(read_top),
        default=10,
        help="rows of each table of a page; 0 for all (default 10)",
    )
    group = parser.add_argument_group("what to print")
    add_format(group, FORMATS, "text (the default), markdown, html, json, csv or parquet; export also ndjson")
    add_output(group)
    group.add_argument(
        "--plot",
        metavar="FILE",
        type=value(read_picture),
        help="also draw when and where kills were and how large the victims, to FILE.png or FILE.svg",
    )
    add_lang(group)
    add_color(group)
    parser.set_defaults(run=run)


def read_keys(text: str) -> list[str]:
    """Read what to count by.

    >>> read_keys("victim,hour")
    ['victim', 'hour']
    """
    from oomlog.cli.arguments import did_you_mean

    found = [word.strip() for word in text.split(",")]
    for word in found:
        if word not in BY:
            hint = did_you_mean(word, BY) or f"write one of {', '.join(BY)}"
            raise UsageError(f"nothing can be counted by {word!r}; {hint}")
    return found


def read_picture(text: str) -> str:
    """Read the name of a picture."""
    if Path(text).suffix.lower() not in (".png", ".svg"):
        raise UsageError(f"{text!r} is neither a .png nor a .svg; the name says what is drawn")
    return text


def read_top(text: str) -> int:
    """Read a number of rows; 0 is all."""
    if not text.isascii() or not text.isdigit():
        raise UsageError(f"{text!r} is not a whole number; 0 shows all")
    return int(text[:9])


def run(options: argparse.Namespace, context: Context) -> int:
    """Read the kills and print what they tell together, or do something with a store."""
    check_store(options)
    if is_action(options):
        for name in ("by", "compare", "gap", "plot"):
            if getattr(options, name):
                raise UsageError(f"--{name} looks at kills together; leave it out with {options.files[0]}")
        if options.lang != "en":
            raise UsageError(f"--lang is for the history; leave it out with {options.files[0]}")
        return run_store(options, context)
    names = [] if options.db is not None else names_of(options, context, "history")
    _check(options, context)
    with reading_ahead(options, context) as task_sizes:
        return _show(options, context, names, task_sizes)


def _show(options: argparse.Namespace, context: Context, names: list[str], task_sizes: Sizes | None) -> int:
    # Without pandas this says what to install, before anything is read.
    from oomlog.history import history_of
    from oomlog.history.incidents import GAP_S

    periods = _periods(options, context)
    gap_s = GAP_S if options.gap is None else options.gap
    errors = 0
    with _picture(options, names) as draw:
        with _opened(options, context) as output:
            if options.db is not None:
                history = history_in_store(options, context, gap_s, task_sizes)
            else:
                history, reading = _read(options, context, names, history_of, gap_s)
                errors = reading.errors
                if not reading.sources:
                    raise UsageError("there is no history to show: no log could be read")
            comparison = None if periods is None else history.compare(*periods)
            output.write(_rendered(options, context, history, comparison))
        draw(history)
    return ExitStatus.FAILED if errors else ExitStatus.DONE


def _check(options: argparse.Namespace, context: Context) -> None:
    """Refuse what cannot work before any log is read."""
    if options.format == "ndjson":
        raise UsageError(
            "ndjson has events, which 'history --db FILE export' and 'parse' write; use json here"
        )
    if options.format in ("csv", "parquet"):
        if len(options.by) > 1:
            raise UsageError(
                f"--format {options.format} is one table; name one thing after --by, not several"
            )
        if options.compare:
            raise UsageError(f"--compare is not in {options.format}; use --format json")
    if options.format == "html":
        _needed("html pages", "oomlog.report.html", "oomlog.report.plots")
    if options.format == "parquet" and options.output in (None, "-") and context.stdout_is_terminal:
        raise UsageError("parquet is not text; write it to a file: -o kills.parquet")


def _needed(what: str, *modules: str) -> None:
    """Import modules that need libraries of the extra ``report``.

    :raise UsageError: One is not installed.
    """
    try:
        for module in modules:
            import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("jinja2", "markupsafe", "matplotlib"):
            raise
        raise UsageError(f"{what} need {error.name}: pip install 'oomlog[report]'") from None


def _periods(options: argparse.Namespace, context: Context) -> tuple[Period, Period] | None:
    if options.compare is None:
        return None
    before, after = (_period(text, options, context) for text in options.compare)
    return before, after


def _period(text: str, options: argparse.Namespace, context: Context) -> Period:
    from oomlog.history.compare import Period

    start, dots, end = text.partition("..")
    if not dots or not start.strip() or not end.strip():
        raise UsageError(f"--compare: {text!r} is not a period; write one like 2026-11-01..2026-11-08")
    now = context.now or local_now()
    try:
        edges = [parse_bound(edge, now) for edge in (start, end)]
    except UsageError as error:
        raise UsageError(f"--compare: {error}") from None
    walls = [edge.wall for edge in edges if edge.wall is not None]
    # A wall clock is that of the logs; a zone in the period asks for points in time.
    given = walls if len(walls) == 2 else [edge.in_zone(options.tz).instant for edge in edges]
    first, last = (edge for edge in given if edge is not None)
    try:
        return Period(first, last)
    except ValueError as error:
        raise UsageError(f"--compare: {text!r}: {error}") from None


@contextmanager
def _picture(options: argparse.Namespace, names: list[str]) -> Iterator[Callable[[History], None]]:
    """Yield what draws the picture that is asked for; what cannot work fails before any log is read."""
    path = options.plot
    if path is None:
        yield lambda history: None
        return
    if any(same_file(path, name) for name in names):
        raise UsageError(f"--plot {path} is also an input and would be lost; name another file")
    if options.output is not None and Path(options.output).absolute() == Path(path).absolute():
        raise UsageError("--plot and -o name the same file; name another one for the picture")
    _needed("pictures", "oomlog.report.plots")
    from oomlog.report.plots import plot_history
    from oomlog.report.plots.output import file_bytes

    with FileOutput(path) as output:

        def draw(history: History) -> None:
            try:
                picture = plot_history(history, lang=options.lang)
            except PictureError as error:
                raise PictureError(f"--plot: {error}") from None
            output.write(file_bytes(picture, Path(path).suffix.lower()[1:]))

        yield draw


def _opened(options: argparse.Namespace, context: Context) -> Output:
    return Output(context.stdout) if options.output in (None, "-") else FileOutput(options.output)


def _read(
    options: argparse.Namespace,
    context: Context,
    names: list[str],
    history_of: Callable[..., History],
    gap_s: float,
) -> tuple[History, Reading]:
    wanted = filter_of(options, context)
    registry = registry_of(options, context)
    reading = reading_of(options, context, names, wanted=wanted)
    events = list(reading.events())
    say_left_out(context, wanted, 0, reading.stats.untrusted)
    spared = sum(event.killer == "kernel" and not event.kills for event in events)
    if spared:
        why = "like a panic or a report that breaks off"
        context.say(f"{counted(spared, 'event')} without a killed process, {why}, not counted")
    history = history_of(
        events,
        tz=options.tz,
        include_untrusted=options.include_untrusted,
        registry=registry,
        gap_s=gap_s,
    )
    return history, reading


def _rendered(
    options: argparse.Namespace, context: Context, history: History, comparison: Comparison | None
) -> bytes:
    if options.format == "json":
        from oomlog.report.history_json import history_bytes

        return history_bytes(history, comparison, options.lang) + b"\n"
    if options.format in ("csv", "parquet"):
        from oomlog.report.history_table import csv_bytes, parquet_bytes, table_of

        table = table_of(history, options.by[0] if options.by else None)
        return csv_bytes(table) if options.format == "csv" else parquet_bytes(table)
    from oomlog.report.history_page import history_blocks

    if options.format == "html":
        return _html(options, history, comparison)
    blocks = history_blocks(history, top=options.top, by=options.by, comparison=comparison, lang=options.lang)
    if options.format == "markdown":
        from oomlog.report.document_markdown import document_markdown

        return document_markdown(blocks).encode("utf-8", "backslashreplace")
    from oomlog.report.document_text import document_text

    columns = context.columns(options.output)
    colour = context.colour(options.color, terminal=columns is not None)
    return document_text(blocks, colour=colour, columns=columns).encode("utf-8", "backslashreplace")


def _html(options: argparse.Namespace, history: History, comparison: Comparison | None) -> bytes:
    from oomlog.explain.phrases import say
    from oomlog.report.history_figures import history_figures
    from oomlog.report.history_page import history_blocks
    from oomlog.report.html import render
    from oomlog.report.postmortem.figures import picture_style

    figures = [] if options.by else list(history_figures(history, options.lang))
    blocks = history_blocks(
        history,
        top=options.top,
        by=options.by,
        comparison=comparison,
        figures=figures,
        lang=options.lang,
    )
    title = say("history.title", options.lang, {})
    page = render(blocks, title=title, lang=options.lang, style=picture_style())
    return page.encode("utf-8", "backslashreplace")
