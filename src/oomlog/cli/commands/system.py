"""``oomlog system``: what this machine's settings and limits mean for OOM kills."""

from __future__ import annotations

import argparse
from typing import Any

from oomlog.cli.arguments import local_now
from oomlog.cli.context import Context
from oomlog.cli.drawing import table
from oomlog.cli.exit import ExitStatus
from oomlog.cli.options import add_color, add_format, add_near, add_root
from oomlog.cli.output import Output
from oomlog.live.cgroups import NEAR
from oomlog.live.system import read_system
from oomlog.report.system import COLUMNS, readings, system_json, text_cells

__all__ = ["add_parser", "run"]

_EPILOG = """\
json:
  memory, overcommit, settings, pressure, cgroups, zram, zswap, hugetlb, oom_kills and
  surroundings hold the numbers as the kernel prints them, null for what it does not say; the
  sentences of the table are below derived.readings, those worth a look with "concern": true.
  'oomlog schema --system' prints the JSON Schema.

exit status:
  0    done
  2    wrong usage, or /proc cannot be read
  130  interrupted
  141  whoever read the output stopped reading

example:
  oomlog system
"""


def add_parser(commands: Any) -> None:
    """Add the command to the argument parser."""
    parser = commands.add_parser(
        "system",
        help="tell what this machine's settings and limits mean for OOM kills",
        description="Tell how much memory this machine has left, how it is set up for running out of it, "
        "and which cgroups are near their limit.",
        epilog=_EPILOG,
    )
    add_format(parser, ("text", "json"), "text (a table, the default) or json (one object)", json=True)
    add_near(parser, NEAR)
    add_color(parser)
    add_root(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Read the machine and print what it means."""
    system = read_system(options.root or context.root, near=options.near, environ=context.environ)
    if options.format == "json":
        page = system_json(system, (context.now or local_now()).isoformat(timespec="seconds"))
    else:
        found = readings(system)
        marked = frozenset(number for number, reading in enumerate(found) if reading.concern)
        rows = [text_cells(reading) for reading in found]
        page = table(context, options.color, COLUMNS, rows, marked).encode()
    with Output(context.stdout) as output:
        output.write(page)
    return ExitStatus.DONE
