"""``oomlog scores``: the processes of this machine in the order in which they would be killed."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oomlog.cli.arguments import local_now, read_count, read_pattern, value
from oomlog.cli.context import Context
from oomlog.cli.drawing import can_redraw, repeat, table
from oomlog.cli.exit import ExitStatus
from oomlog.cli.options import add_color, add_format, add_near, add_root
from oomlog.cli.output import Output
from oomlog.errors import UsageError
from oomlog.live.cgroups import NEAR
from oomlog.live.scores import read_scores
from oomlog.report.scores import COLUMNS, SORTS, Entry, entries, footer, sorted_by, text_cells

__all__ = ["add_parser", "run"]

_FORMATS = ("text", "json", "ndjson", "csv")
_TOP = 20
_OTHER_LINES = 9
_LEAST_SECONDS = 0.1
_MOST_SECONDS = 86400.0
_EPILOG = """\
the table:
  SCORE is /proc/PID/oom_score, the kernel's own word, rounded to a thousandth of all memory.
  BADNESS is what that comes from, computed again: memory in RAM, swap and page tables, and BY
  ADJ, which is oom_score_adj in memory.  The process with the most is killed first.  oomlog says
  how many of the kernel's scores it gets right.  Who is next holds for now: the kernel counts
  anew when memory runs out, and a cgroup at its limit only looks at its own processes.  oomlog
  itself is left out.

exit status:
  0    done
  2    wrong usage, /proc cannot be read, or no process is what --comm and --pid ask for
  130  interrupted, which is how --watch ends
  141  whoever read the output stopped reading

example:
  oomlog scores --top 5 --watch 2
"""


def add_parser(commands: Any) -> None:
    """Add the command to the argument parser."""
    parser = commands.add_parser(
        "scores",
        help="show which process of this machine would be killed next",
        description="Show the processes of this machine in the order in which the kernel would kill them, "
        "and why some never are.",
        epilog=_EPILOG,
    )
    group = parser.add_argument_group("which processes")
    group.add_argument(
        "--comm", metavar="RE", type=value(read_pattern), help="Python pattern found in the name"
    )
    group.add_argument(
        "--pid", metavar="PID", type=value(read_count), action="append", default=[],
        help="this process; may be repeated",
    )  # fmt: skip
    group.add_argument(
        "--kernel-threads",
        action="store_true",
        help="also list threads of the kernel, which are never killed",
    )
    group.add_argument(
        "--top", metavar="N", type=value(_read_top),
        help=f"only the first N, 0 for all (default {_TOP} in text, all in the other formats)",
    )  # fmt: skip
    add_near(group, NEAR)
    group = parser.add_argument_group("what to print")
    add_format(
        group,
        _FORMATS,
        "text (a table, the default), json (one object), ndjson (one object a process) or csv",
        json=True,
    )
    group.add_argument(
        "--keys",
        action="store_true",
        help="explain the keys of json, ndjson and csv instead ('oomlog schema --scores': the JSON Schema)",
    )
    group.add_argument(
        "--sort", choices=tuple(SORTS), default="badness", metavar="S",
        help=f"{', '.join(SORTS)}: the highest first, but pid counts upwards (default badness)",
    )  # fmt: skip
    group.add_argument(
        "--watch", metavar="SECONDS", nargs="?", const=2.0, type=value(_read_seconds),
        help="repeat until Ctrl-C, every 2 seconds if not said otherwise",
    )  # fmt: skip
    add_color(group)
    add_root(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Read /proc and print the order, once or again and again."""
    if options.keys:
        from oomlog.report.scores_data import key_lines

        with Output(context.stdout) as output:
            output.write("".join(f"{line}\n" for line in key_lines()).encode())
        return ExitStatus.DONE
    if options.watch is not None and options.format == "json":
        raise UsageError("--watch writes many answers, and json is one; use --format ndjson")
    pages = _Pages(options, context)
    if options.watch is not None:
        repeat(context, options.watch, pages.next, redraw=options.format == "text")
    with Output(context.stdout) as output:
        output.write(pages.next())
    return ExitStatus.DONE


@dataclass(slots=True)
class _Pages:
    """Makes one answer after the other."""

    options: argparse.Namespace
    context: Context
    count: int = 0

    def next(self) -> bytes:
        """Read the machine, and return the answer in the format asked for."""
        options = self.options
        root = options.root or self.context.root
        # In another tree the number is somebody else's.
        own = os.getpid() if root == Path("/") else None
        scores = read_scores(root, near=options.near, without=own)
        found = entries(scores)
        wanted = sorted_by(filter(self._wanted, found), options.sort)
        self.count += 1
        if not wanted and options.watch is None:
            raise UsageError(_nobody(options, found))
        top = self._top()
        shown = wanted[:top] if top else wanted
        now = (self.context.now or local_now()).isoformat(timespec="seconds")
        if options.format == "text":
            marked = frozenset(number for number, entry in enumerate(shown) if entry.next_in)
            rows = [text_cells(entry, scores) for entry in shown]
            below = footer(scores, found, shown=len(shown), wanted=len(wanted))
            lines = "".join(f"{line}\n" for line in below)
            drawn = table(self.context, options.color, COLUMNS, rows, marked) if rows else ""
            page = drawn + lines
            return (page if options.watch is None else f"{now}\n{page}\n").encode()
        from oomlog.report.scores_data import scores_csv, scores_json, scores_ndjson

        if options.format == "json":
            return scores_json(scores, shown, now)
        if options.format == "ndjson":
            return scores_ndjson(shown, now)
        return scores_csv(shown, now, head=self.count == 1)

    def _top(self) -> int:
        options = self.options
        if options.top is not None:
            return int(options.top)
        if options.format != "text":
            return 0
        if options.watch is not None and can_redraw(self.context):
            from shutil import get_terminal_size

            # What does not fit is cut off at the bottom, where it is told who is next.
            return min(max(get_terminal_size().lines - _OTHER_LINES, 1), _TOP)
        return _TOP

    def _wanted(self, entry: Entry) -> bool:
        options, process = self.options, entry.score.process
        if options.pid:
            return process.pid in options.pid
        if options.comm is not None and not (process.comm and options.comm.search(process.comm)):
            return False
        return options.kernel_threads or not process.kernel_thread


def _nobody(options: argparse.Namespace, found: list[Entry]) -> str:
    if options.pid:
        numbers = ", ".join(map(str, options.pid))
        return f"no process {numbers} can be seen\nTry 'oomlog scores' for those that can."
    if options.comm is None:
        return "only threads of the kernel can be seen; add --kernel-threads to list them"
    hint = "add --kernel-threads to look at those, too, or try 'oomlog scores --top 0'"
    return f"no process has a name in which {options.comm.pattern!r} is found; {hint}"


def _read_top(text: str) -> int:
    if text == "0":
        return 0
    return read_count(text)


def _read_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not _LEAST_SECONDS <= seconds <= _MOST_SECONDS:
        raise UsageError(f"{text!r} is no number of seconds from {_LEAST_SECONDS} to {_MOST_SECONDS:.0f}")
    return seconds
