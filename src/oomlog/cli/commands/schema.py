"""``oomlog schema``: what the formats hold."""

from __future__ import annotations

import argparse
from typing import Any

from oomlog.cli.context import Context
from oomlog.cli.exit import ExitStatus
from oomlog.cli.output import Output

__all__ = ["add_parser", "run"]

_WIDTH = 22
_SCHEMAS = {
    "explain": "explanation",
    "history": "history",
    "report": "report",
    "scores": "scores",
    "system": "system",
}


def add_parser(commands: Any) -> None:
    """Add the command to the argument parser."""
    parser = commands.add_parser(
        "schema",
        help="print the JSON Schema of an event, or the columns of the tables",
        description="Print the JSON Schema (draft 2020-12) of the events in the formats json and ndjson.",
        epilog="example:\n  oomlog schema > oomlog-event-1.schema.json\n",
    )
    which = parser.add_mutually_exclusive_group()
    for command, name in _SCHEMAS.items():
        which.add_argument(
            f"--{command}",
            action="store_const",
            const=name,
            dest="name",
            help=f"print the schema of what '{command}' writes instead",
        )
    which.add_argument(
        "--columns",
        action="store_true",
        help="print the columns of csv and parquet, and of the tables in Python, instead",
    )
    parser.set_defaults(run=run, name="event")


def run(options: argparse.Namespace, context: Context) -> int:
    """Print a schema or the columns."""
    if options.columns:
        text = _columns().encode()
    else:
        from oomlog.report.schema import schema_bytes

        text = schema_bytes(options.name)
    with Output(context.stdout) as output:
        output.write(text)
    return ExitStatus.DONE


def _columns() -> str:
    """Return all tables: those of csv and parquet, then what else there is in Python."""
    from oomlog.frame.columns import EXPORTED, TABLES

    kills = TABLES["kills"]
    beyond = tuple(column for column in kills.columns if column not in EXPORTED)
    tables = [
        (f"kills, in csv, parquet and Python: {kills.row}", EXPORTED),
        ("kills, in Python only", beyond),
        *(
            (f"{table.name}, in Python: {table.row}", table.columns)
            for table in TABLES.values()
            if table != kills
        ),
    ]
    return "\n".join(
        f"{title}\n" + "".join(f"{c.name:{_WIDTH}}  {c.kind:5}  {c.meaning}\n" for c in columns)
        for title, columns in tables
    )
