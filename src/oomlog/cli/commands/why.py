"""``oomlog why``: the short answer for one process."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from oomlog.cli.context import Context
from oomlog.cli.exit import ExitStatus
from oomlog.cli.explaining import Chosen, add_choosing, read_events, status_of
from oomlog.cli.inputs import TIMES
from oomlog.cli.options import add_format, add_lang
from oomlog.cli.output import Output
from oomlog.errors import UsageError

__all__ = ["add_parser", "run"]

_EPILOG = f"""\
{TIMES}
exit status:
  0    done
  1    no event mentions the process
  2    wrong usage, or an input that cannot be read
  130  interrupted
  141  whoever read the output stopped reading

examples:
  oomlog why /var/log/kern.log java                  each event that mentions java
  oomlog why --journal 4242 --event last             process 4242 in the latest event
"""


def add_parser(commands: Any) -> None:
    """Add the command to the argument parser."""
    parser = commands.add_parser(
        "why",
        help="say why one process was killed, or was not",
        description="Say why one process was killed, or why it was spared, in each event that mentions it.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "files", metavar="FILE", nargs="*", help="logs, folders or archives; - is standard input"
    )
    parser.add_argument(
        "who", metavar="PID|COMM", help="the process, by its pid or by its task name as the report shows it"
    )
    add_choosing(parser)
    group = parser.add_argument_group("what to print")
    add_format(group, ("text", "json"), "text (the default) or json")
    add_lang(group)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Answer for each event that mentions the process."""
    if not options.files and not options.journal:
        raise UsageError(f"name a log before {options.who!r}, or add --journal\nTry 'oomlog why --help'.")
    if context.stdin is None and "-" in options.files:
        raise UsageError("standard input is closed; name a log instead of -")
    chosen = read_events(options, context, options.files)
    mentioned: list[int] = []
    with Output(context.stdout) as output:
        for part in _answers(options, chosen, mentioned):
            output.write(part)
    status = status_of(chosen)
    if not mentioned and not status:
        count = len(chosen.events)
        where = "not in the report" if count == 1 else f"in none of {count:,} reports"
        context.say(f"{options.who}: {where}" if count else "no OOM events found")
    return status or (ExitStatus.DONE if mentioned else ExitStatus.NO_MATCH)


def _answers(options: argparse.Namespace, chosen: Chosen, mentioned: list[int]) -> Iterator[bytes]:
    from oomlog.explain.case import Case
    from oomlog.explain.one_process import why, why_sentence
    from oomlog.report.escape import escape
    from oomlog.report.json import json_bytes
    from oomlog.report.shorten import short_ids
    from oomlog.report.title import event_title
    from oomlog.report.whatif import why_dict

    records = []
    last = None
    for number, event in chosen.events:
        case = Case(event, chosen.siblings, page_size_kb=options.page_size, registry=chosen.registry)
        for answer in why(case, options.who):
            if answer.answer != "not_listed":
                mentioned.append(number)
            elif len(chosen.events) > 1:
                continue  # where several events were read, those that do not know the process say nothing
            if options.format == "json":
                records.append(json_bytes(why_dict(case, answer, options.lang, number)))
                continue
            title = f"{escape(event_title(event, number, options.lang))}\n" if number != last else ""
            last = number
            yield (title + f"  {escape(short_ids(why_sentence(answer, case, options.lang)))}\n").encode(
                "utf-8", "backslashreplace"
            )
    if options.format == "json":
        yield b"[\n" + b",\n".join(records) + b"\n]\n" if records else b"[]\n"
