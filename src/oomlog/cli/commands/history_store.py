"""``oomlog history --db``: add kills to a store, look at them and take them out."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oomlog.cli.arguments import did_you_mean, local_now
from oomlog.cli.closing import say_untrusted
from oomlog.cli.context import Context
from oomlog.cli.exit import ExitStatus
from oomlog.cli.formats import open_report
from oomlog.cli.inputs import names_of
from oomlog.cli.output import FileOutput, Output
from oomlog.cli.reading import reading_of
from oomlog.errors import UsageError
from oomlog.model import OomEvent
from oomlog.report.escape import escape
from oomlog.report.summary import Tally, counted
from oomlog.report.table import Column, plain_table

if TYPE_CHECKING:
    from oomlog.history.record import History
    from oomlog.store import Added, Wanted
    from oomlog.store.task_sizes import Sizes

__all__ = [
    "EXAMPLES",
    "add_store_arguments",
    "check_store",
    "history_in_store",
    "is_action",
    "reading_ahead",
    "run_store",
]

ACTIONS = ("add", "list", "show", "export", "prune", "vacuum")
EXAMPLES = """\
  oomlog history --db kills.sqlite add /var/log/kern.log*
  oomlog history --db kills.sqlite list --host web1 --since -30d
  oomlog history --db kills.sqlite show 7d41
  oomlog history --db kills.sqlite prune --until -1y --yes
"""
_FORMATS = {
    "list": ("text",),
    "show": ("text",),
    "export": ("ndjson", "json", "csv", "parquet"),
}
_COLUMNS = (
    Column("ID"), Column("TIME"), Column("HOST"), Column("VICTIM"), Column("ANON", right=True),
    Column("SCOPE"), Column("WHERE"),
)  # fmt: skip
# Cells of oomlog.report.text: when, host, victim, anon, scope, where.
_CELLS = (0, 1, 2, 3, 6, 8)
_SHOWN = 1000


def add_store_arguments(parser: Any) -> Any:
    """Add the options about stores; return their group for more."""
    group = parser.add_argument_group(
        "a store of kills",
        "With --db FILE, the first word says what to do: add logs (each kill once, whichever logs it "
        "is in), list, show ID, export, prune (delete) or vacuum (check, and make the file smaller).  "
        "Without such a word, the kills of the store are looked at.",
    )
    group.add_argument("--db", metavar="FILE", help="the store, an SQLite file; add makes it")
    group.add_argument("--host", metavar="NAME", help="only kills on this machine")
    group.add_argument(
        "--last", metavar="N", type=int, help=f"list: only the last N events (default {_SHOWN})"
    )
    group.add_argument("--yes", action="store_true", help="prune: delete, instead of telling what would go")
    return group


def check_store(options: argparse.Namespace) -> None:
    """Refuse options that do not go together.

    :raise UsageError: Something is said about a store and none is named, or logs are named beside one.
    """
    if options.db is None:
        for name in ("host", "last", "yes"):
            if getattr(options, name):
                raise UsageError(f"--{name} is about a store; name it with --db FILE")
        word = next(iter(options.files), None)
        if word in ACTIONS and not Path(word).exists():
            raise UsageError(f"'{word}' is for a store; name it: oomlog history --db FILE {word}")
        return
    if options.maps:
        raise UsageError("--map names containers when logs are read; a store keeps what their paths tell")
    if options.files and options.files[0] not in ACTIONS and Path(options.files[0]).exists():
        raise UsageError(
            f"--db reads kills from a store; add logs to it first:\n"
            f"  oomlog history --db {options.db} add {options.files[0]}"
        )
    if not options.files and (options.journal or options.last or options.yes):
        word = "journal" if options.journal else "last" if options.last else "yes"
        action = {"journal": "add", "last": "list", "yes": "prune"}[word]
        raise UsageError(f"--{word} is for {action}: oomlog history --db {options.db} {action} --{word}")


def is_action(options: argparse.Namespace) -> bool:
    """Tell whether something is to be done with a store, rather than its kills looked at."""
    return options.db is not None and bool(options.files)


@contextmanager
def reading_ahead(options: argparse.Namespace, context: Context) -> Iterator[Sizes | None]:
    """Read the task tables of a store in another process, where all that they tell is to be shown.

    Nothing that starts threads is imported yet.
    """
    if options.db is None or options.format not in ("text", "markdown", "json") or options.by:
        yield None
        return
    from oomlog.store.task_sizes import sizes_ahead

    with sizes_ahead(options.db, wanted_of(options, context)) as sizes:
        yield sizes


def history_in_store(
    options: argparse.Namespace, context: Context, gap_s: float, task_sizes: Sizes | None
) -> History:
    """Return the history of the kills in a store."""
    from oomlog.history.stored import ANALYSED, history_of_store

    return history_of_store(
        options.db,
        wanted_of(options, context),
        tz=options.tz,
        gap_s=gap_s,
        columns=None if options.format in ("csv", "parquet") else ANALYSED,
        task_sizes=task_sizes,
    )


def run_store(options: argparse.Namespace, context: Context) -> int:
    """Do what the first word says.

    :raise UsageError: It is none of the actions, or something does not go with it.
    """
    action, *words = options.files
    if action not in ACTIONS:
        hint = did_you_mean(action, ACTIONS) or f"write one of {', '.join(ACTIONS)}"
        raise UsageError(f"--db: {action!r} is nothing that can be done with a store; {hint}")
    if options.yes and action != "prune":
        raise UsageError(f"--yes is for prune; leave it out with {action}")
    options.files = words
    if action in ("list", "export", "prune", "vacuum") and words:
        raise UsageError(f"{action} takes no names; choose events with --since, --host and the like")
    return _RUN[action](options, context)


def wanted_of(options: argparse.Namespace, context: Context) -> Wanted:
    """Return which stored events the options choose."""
    from oomlog.cli.when import parse_bound
    from oomlog.store import Bound, Wanted

    now = context.now or local_now()
    bounds = []
    for name in ("since", "until"):
        text = getattr(options, name)
        try:
            found = None if text is None else parse_bound(text, now)
        except UsageError as error:
            raise UsageError(f"--{name}: {error}") from None
        if found is not None and found.instant is None and options.tz is not None:
            found = found.in_zone(options.tz)
        bounds.append(None if found is None else Bound(found.wall, found.instant))
    return Wanted(
        since=bounds[0],
        until=bounds[1],
        host=options.host,
        comm=options.comm,
        scope=options.scope,
        untrusted=options.include_untrusted,
    )


def _add(options: argparse.Namespace, context: Context) -> int:
    from oomlog import __version__
    from oomlog.store import Adder, Store

    _only(options, "add", "host", "last")
    names = names_of(options, context, f"history --db {options.db} add")
    chosen = wanted_of(options, context)
    if chosen != chosen._replace(since=None, until=None, comm=None, scope=None):
        raise UsageError(
            "add takes all kills of a log; choose with --since and the like when you look at them"
        )
    tally = Tally(0, decode=False)
    reading = reading_of(options, context, names, tally=tally)
    with Store(options.db, write=True) as store, Output(context.stdout) as output:
        adder = Adder(store, __version__)
        done = forged = 0

        def finish(files: int) -> None:
            nonlocal done, forged
            for file in tally.files[done:files]:
                added = adder.end(file.name, file.lines, reading.stats.untrusted - forged)
                forged = reading.stats.untrusted
                known = added.events - added.new_events
                more = f", {counted(known, 'event')} known" if known else ""
                output.write(f"{escape(file.name)}: {_new(added)}{more}\n".encode())
                output.flush()
            done = files

        try:
            for event in reading.events():
                # The last events of a log that breaks off come when the next one has been opened.
                names = [file.name for file in tally.files[done:]]
                finish(done + (names.index(event.source) if event.source in names else len(names) - 1))
                adder.add(event)
            finish(len(tally.files))
        except BaseException as error:
            adder.abandon(error)
            raise
        total = adder.total
        if len(tally.files) > 1:
            output.write(f"{counted(len(tally.files), 'file')}: {_new(total)}\n".encode())
    say_untrusted(context, reading.stats.untrusted)
    return ExitStatus.FAILED if reading.errors else ExitStatus.DONE


def _new(added: Added) -> str:
    if not added.new_events and not added.new_kills:
        return "nothing new"
    return f"{counted(added.new_kills, 'new kill')} in {counted(added.new_events, 'new event')}"


def _list(options: argparse.Namespace, context: Context) -> int:
    from oomlog.report.text import YEAR_NOTE, text_rows, with_inferred_year
    from oomlog.store import Store, stored_events
    from oomlog.store import counted as count

    _format(options, "list")
    if options.last is not None and options.last < 1:
        raise UsageError("--last needs a number from 1 on")
    chosen = wanted_of(options, context)
    last = options.last or _SHOWN
    with Store(options.db) as store, _opened(options, context) as output:
        rows = [
            tuple(row)
            for event_id, event in stored_events(store, chosen, last=last, whole=False)
            for row in ((event_id, *(cells[at] for at in _CELLS)) for cells in text_rows(event))
        ]
        found = count(store, chosen)
        if rows:
            output.write(_table(rows, context.columns(options.output)).encode())
        if with_inferred_year([row[1:] for row in rows]):
            output.write(f"{YEAR_NOTE}\n".encode())
        more = f"; the last {last:,} are shown, --last N shows more" if found.events > last else ""
        output.write(f"{counted(found.events, 'event')}, {counted(found.kills, 'kill')}{more}\n".encode())
    return ExitStatus.DONE


def _table(rows: Sequence[tuple[str, ...]], columns: int | None) -> str:
    text = plain_table(_COLUMNS, rows, colour=False, marked=frozenset())
    if columns is None or max(map(len, text.splitlines())) <= columns:
        return text
    from oomlog.report.document import Table
    from oomlog.report.document_text import document_text

    return document_text([Table(tuple(column.heading for column in _COLUMNS), rows)], columns=columns)


def _show(options: argparse.Namespace, context: Context) -> int:
    from oomlog.explain.run import explain
    from oomlog.report.document_text import document_text
    from oomlog.report.explanation import explanation_blocks
    from oomlog.store import Store

    _format(options, "show")
    _only(options, "show", "last")
    if not options.files:
        raise UsageError(f"name an event: oomlog history --db {options.db} show ID; 'list' has the ids")
    with Store(options.db) as store, _opened(options, context) as output:
        colour = context.colour(options.color, terminal=context.stdout_is_terminal)
        for word in options.files:
            event_id, event = _one(store, word)
            blocks = list(explanation_blocks(explain(event, (event,)), "en", number=1))
            text = document_text(blocks, colour=colour, columns=context.columns(options.output))
            output.write(f"{event_id}\n{text}\n".encode("utf-8", "backslashreplace"))
            lines = event.lines
            width = len(str(lines[-1].no)) if lines else 0
            output.write(b"The report\n\n")
            for line in lines:
                output.write(f"{line.no:>{width}}  {escape(line.text)}\n".encode())
    return ExitStatus.DONE


def _one(store: Any, word: str) -> tuple[str, OomEvent]:
    from oomlog.store import Wanted, stored_events

    found = list(stored_events(store, Wanted(untrusted=True, ids=[word.lower()]), last=10))
    if not found:
        hint = f"oomlog history --db {store.path} list"
        raise UsageError(f"{word!r} is no event of {store.path}; see its ids with: {hint}")
    if len(found) > 1:
        ids = ", ".join(event_id for event_id, _ in found)
        raise UsageError(f"{word!r} is the beginning of several ids: {ids}; write more of it")
    return found[0]


def _export(options: argparse.Namespace, context: Context) -> int:
    from oomlog.store import Store, stored_events

    _only(options, "export", "last")
    form = "ndjson" if options.format == "text" else _format(options, "export")
    to_terminal = options.output in (None, "-") and context.stdout_is_terminal
    with Store(options.db) as store, _opened(options, context) as output:
        report = open_report(
            form, output, context, to_terminal=to_terminal, color="never", live=False, year_given=False
        )
        for _, event in stored_events(store, wanted_of(options, context)):
            report.add(event)
        report.finish()
    return ExitStatus.DONE


def _prune(options: argparse.Namespace, context: Context) -> int:
    from oomlog.store import Store, prune
    from oomlog.store import counted as count

    _only(options, "prune", "last")
    chosen = wanted_of(options, context)._replace(untrusted=True)
    if chosen == chosen._replace(since=None, until=None, host=None, comm=None, scope=None):
        raise UsageError("prune needs to know what: say --until -1y, --host NAME, --comm RE or --scope S")
    with Store(options.db, write=options.yes) as store, Output(context.stdout) as output:
        found = prune(store, chosen) if options.yes else count(store, chosen)
        what = f"{counted(found.events, 'event')} with {counted(found.kills, 'kill')}"
        output.write(
            f"deleted {what}\n".encode() if options.yes else f"would delete {what}; --yes does it\n".encode()
        )
    return ExitStatus.DONE


def _vacuum(options: argparse.Namespace, context: Context) -> int:
    from oomlog.store import Store, vacuum
    from oomlog.units import human_kb

    _only(options, "vacuum", "last", "host", "since", "until", "comm", "scope")
    with Store(options.db) as store:
        del store  # not made anew when there is none
    with Store(options.db, write=True) as store, Output(context.stdout) as output:
        before, after = vacuum(store)
        sizes = f"{human_kb(before // 1024)} before, {human_kb(after // 1024)} now"
        output.write(f"{escape(options.db)}: nothing is damaged; {sizes}\n".encode())
    return ExitStatus.DONE


def _only(options: argparse.Namespace, action: str, *names: str) -> None:
    """Refuse options that mean nothing to an action."""
    for name in names:
        if getattr(options, name) is not None:
            raise UsageError(f"--{name} means nothing to {action}; leave it out")


def _format(options: argparse.Namespace, action: str) -> str:
    known = _FORMATS[action]
    if options.format not in known:
        raise UsageError(f"{action} writes {', '.join(known)}, not {options.format}")
    return str(options.format)


@contextmanager
def _opened(options: argparse.Namespace, context: Context) -> Iterator[Output]:
    with Output(context.stdout) if options.output in (None, "-") else FileOutput(options.output) as output:
        yield output


_RUN = {
    "add": _add, "list": _list, "show": _show, "export": _export, "prune": _prune, "vacuum": _vacuum,
}  # fmt: skip
