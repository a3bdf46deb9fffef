"""``oomlog watch``: tell about each kill as it happens."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path
from typing import Any

from oomlog.cli.arguments import read_count, read_zone, value
from oomlog.cli.context import Context
from oomlog.cli.exit import ExitStatus
from oomlog.cli.options import add_color, add_format, add_lang
from oomlog.cli.output import Output
from oomlog.errors import UsageError
from oomlog.watch.command_hook import read_command
from oomlog.watch.metrics import read_address
from oomlog.watch.webhook import read_url

__all__ = ["add_parser", "run"]

_EPILOG = """\
what is promised:
  The place in the log is stored after the events up to it were handed out.  A run that is killed,
  even by SIGKILL or a crash of the machine, loses no event that is still in the log.  In a file
  (-o FILE, or >> FILE) each kill appears once; into a pipe, and to --exec and --webhook, what was
  being handed out in that moment goes a second time, with the same id (OOMLOG_ID,
  Idempotency-Key).  Standard input cannot be read again.

signals:
  SIGTERM  store the place and end (status 0); SIGINT (Ctrl-C) the same, with status 130
  SIGHUP   open the file of -o anew, after it was rotated

exit status:
  0    the log came to its end (standard input), or SIGTERM
  2    wrong usage, or something cannot be read or written
  130  interrupted by Ctrl-C
  141  whoever read the output stopped reading

example:
  oomlog watch /var/log/kern.log --exec 'logger -t oom' --metrics :9755
"""
_KMSG = "/dev/kmsg"
_LONGEST_S = 3600.0


def add_parser(commands: Any) -> None:
    """Add the command to the argument parser."""
    parser = commands.add_parser(
        "watch",
        help="tell about each kill as it happens",
        description="Follow a log and tell about each OOM kill as soon as its report is complete.  "
        "Goes on where the last run ended.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "file", metavar="FILE", nargs="?",
        help="a log that grows, whatever rotates it; - is standard input (default: the journal)",
    )  # fmt: skip
    group = parser.add_argument_group("what to follow")
    group.add_argument(
        "--journal", metavar="DIR", nargs="?", const="",
        help="systemd's journal, of this machine or in DIR (the default)",
    )  # fmt: skip
    group.add_argument(
        "--kmsg", metavar="DEV", nargs="?", const=_KMSG, help=f"the kernel's ring buffer, {_KMSG}"
    )
    group.add_argument(
        "--from", dest="begin", choices=("end", "start"), default="end", metavar="WHERE",
        help="where the first run begins: end (the default) or start",
    )  # fmt: skip
    group.add_argument("--state", metavar="FILE", help="where to store how far the log was read")
    group.add_argument("--no-state", action="store_true", help="store nothing; begin anew each time")
    group.add_argument(
        "--settle", metavar="SECONDS", type=value(_read_settle), default=3.0,
        help="how long to wait for more of a report: the OOM reaper speaks two seconds later (default 3)",
    )  # fmt: skip
    group.add_argument(
        "--tz", metavar="ZONE", type=value(read_zone),
        help="zone of times that print none: Europe/Berlin, +02:00",
    )  # fmt: skip
    group = parser.add_argument_group("what to print")
    add_format(
        group,
        ("text", "ndjson"),
        "text (a row of the table and the verdict, the default) or ndjson (an event a line)",
    )
    group.add_argument(
        "--explain", action="store_true", help="with ndjson: after each event, its explanation on a line"
    )
    add_lang(group)
    group.add_argument("-o", "--output", metavar="FILE", help="append to FILE")
    add_color(group)
    group = parser.add_argument_group("whom to tell")
    group.add_argument(
        "--exec", metavar="CMD", type=value(read_command),
        help="run CMD, without a shell, with the event as JSON on its standard input",
    )  # fmt: skip
    group.add_argument(
        "--exec-timeout", metavar="SECONDS", type=value(_read_seconds), default=30.0,
        help="end CMD after so long (default 30)",
    )  # fmt: skip
    group.add_argument(
        "--webhook", metavar="URL", type=value(read_url),
        help="POST JSON to URL; @FILE reads the URL from a file, out of sight of other users",
    )  # fmt: skip
    group.add_argument(
        "--max-per-minute", metavar="N", type=value(read_count), default=30,
        help="tell hooks about so many events a minute, and then how many more there were (default 30)",
    )  # fmt: skip
    group = parser.add_argument_group("metrics", "Counters begin at 0 with each run, as Prometheus expects.")
    group.add_argument(
        "--metrics", metavar="[ADDR]:PORT", type=value(read_address),
        help="serve metrics for Prometheus, without ADDR to this machine only",
    )  # fmt: skip
    group.add_argument("--textfile", metavar="DIR", help="write DIR/oomlog.prom for node_exporter")
    group.add_argument(
        "--metrics-names", metavar="N", type=value(read_count), default=50,
        help="names, and cgroups, with a series of their own; the rest is 'other' (default 50)",
    )  # fmt: skip
    parser.add_argument(
        "--print-unit", action="store_true", help="print a systemd unit that runs this command, and exit"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Watch until the log ends or a signal comes."""
    if options.print_unit:
        return _print_unit(context)
    from oomlog.watch.control import Control
    from oomlog.watch.run import Watch

    if options.explain and options.format != "ndjson":
        raise UsageError("--explain adds to --format ndjson; text has the verdict already")
    if sum(each is not None for each in (options.file, options.journal, options.kmsg)) > 1:
        raise UsageError("a watch follows one log; name a file, --journal or --kmsg")
    if options.no_state and options.state is not None:
        raise UsageError("--state and --no-state contradict each other; give one of them")
    control = Control()
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread:  # signals can be heard in the main thread only
        raise UsageError("a watch must run in the main thread")
    with control.signals():
        watch: Watch = _assemble(options, context, control)
        watch.run()
    return ExitStatus.INTERRUPTED if control.stopped_by == signal.SIGINT else ExitStatus.DONE


def _print_unit(context: Context) -> int:
    from shutil import which

    from oomlog.watch.unit import unit_text

    with Output(context.stdout) as output:
        output.write(unit_text(which("oomlog")).encode())
    return ExitStatus.DONE


def _assemble(options: argparse.Namespace, context: Context, control: Any) -> Any:
    from oomlog.events.parse import Options
    from oomlog.watch.feed import Feed
    from oomlog.watch.hooks import Hooks
    from oomlog.watch.limit import RateLimit
    from oomlog.watch.metrics import Counts, Exporter
    from oomlog.watch.notify import Notifier
    from oomlog.watch.run import Parts, Watch
    from oomlog.watch.sink import Sink
    from oomlog.watch.state import State, default_state, load_state, lock_state
    from oomlog.watch.telling import Teller

    source = _source_id(options)
    path: Path | None = None
    state = State(source)
    if not options.no_state and options.file != "-":
        path = Path(options.state) if options.state is not None else default_state(context.environ, source)
        lock_state(path)
        state = load_state(path, source)
    follower = _follower(options, context, control, state)
    if options.output is not None:
        sink = Sink(options.output)
    else:
        sink = Sink(None, _fileno(context))
    counts = Counts(options.metrics_names)
    exporter = None
    if options.metrics is not None or options.textfile is not None:
        folder = None if options.textfile is None else Path(options.textfile)
        exporter = Exporter(counts, options.metrics, folder)
        exporter.write()
    to_terminal = context.stdout_is_terminal and options.output is None
    teller = Teller(
        options.format,
        explained=options.explain,
        lang=options.lang,
        heading=sink.empty,
        colour=context.colour(options.color, terminal=to_terminal),
        short=to_terminal,
    )
    parts = Parts(
        feed=Feed(follower, control, Options(tz=options.tz), settle_s=options.settle),
        sink=sink,
        teller=teller,
        hooks=Hooks(_hooks(options, context), context.say),
        limit=RateLimit(options.max_per_minute),
        counts=counts,
        notifier=Notifier(context.environ),
        control=control,
        say=context.say,
        exporter=exporter,
        state_path=path,
    )
    return Watch(parts, state)


def _source_id(options: argparse.Namespace) -> str:
    if options.kmsg is not None:
        return f"kmsg:{options.kmsg}"
    if options.file is not None:
        return f"file:{Path(options.file).absolute()}"
    return f"journal:{Path(options.journal).absolute() if options.journal else ''}"


def _follower(options: argparse.Namespace, context: Context, control: Any, state: Any) -> Any:
    begin: dict[str, Any] = {
        "start": state.position,
        "from_start": options.begin == "start",
        "say": context.say,
    }
    if options.kmsg is not None:
        from oomlog.watch.follow_kmsg import KmsgFollower

        return KmsgFollower(options.kmsg, control, **begin)
    if options.file == "-":
        from oomlog.watch.follow_stream import StreamFollower

        if context.stdin is None:
            raise UsageError("standard input is closed; pipe a log in, or name a file")
        return StreamFollower(context.stdin.fileno(), control)
    if options.file is not None:
        from oomlog.watch.follow_file import FileFollower

        return FileFollower(options.file, control, **begin)
    from oomlog.watch.follow_journal import JournalFollower

    return JournalFollower(control, folder=options.journal or None, **begin)


def _hooks(options: argparse.Namespace, context: Context) -> list[Any]:
    hooks: list[Any] = []
    if options.exec is not None:
        from shutil import which

        from oomlog.watch.command_hook import CommandHook

        # Found out at the first kill, it would be an alarm that nobody gets.
        if which(options.exec[0], path=context.environ.get("PATH")) is None:
            raise UsageError(f"--exec: no program {options.exec[0]!r} can be run; name it with its path")
        hooks.append(
            CommandHook(options.exec, workers=4, timeout_s=options.exec_timeout, environ=context.environ)
        )
    if options.webhook is not None:
        from oomlog.watch.webhook import WebHook

        hooks.append(WebHook(options.webhook))
    return hooks


def _fileno(context: Context) -> int:
    try:
        return context.stdout.fileno()
    except (OSError, ValueError) as error:
        raise UsageError("standard output is closed; give -o FILE") from error


def _read_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= _LONGEST_S:
        raise UsageError(f"{text!r} is no number of seconds up to {_LONGEST_S:.0f}")
    return seconds


def _read_settle(text: str) -> float:
    return 0.0 if text == "0" else _read_seconds(text)
