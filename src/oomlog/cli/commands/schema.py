"""``oomlog schema``: what the formats hold."""

from __future__ import annotations

import argparse
from typing import Any

from oomlog.cli.context import Context
from oomlog.cli.exit import ExitStatus
from oomlog.cli.output import Output

__all__ = ["add_parser", "run"]


def add_parser(commands: Any) -> None:
    """Add the command to the argument parser."""
    parser = commands.add_parser(
        "schema",
        help="print the JSON Schema of an event",
        description="Print the JSON Schema (draft 2020-12) of the events in the formats json and ndjson.",
        epilog="example:\n  oomlog schema > oomlog-event-1.schema.json\n",
    )
    parser.add_argument(
        "--explain", action="store_true", help="print the schema of what 'explain' writes instead"
    )
    parser.add_argument(
        "--columns", action="store_true", help="print the columns of csv and parquet instead, one a line"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Print the schema or the columns."""
    if options.columns:
        from oomlog.report.columns import COLUMNS

        text = "".join(f"{c.name:14}  {c.kind:5}  {c.meaning}\n" for c in COLUMNS).encode()
    else:
        from oomlog.report.schema import schema_bytes

        text = schema_bytes("explanation" if options.explain else "event")
    with Output(context.stdout) as output:
        output.write(text)
    return ExitStatus.DONE
