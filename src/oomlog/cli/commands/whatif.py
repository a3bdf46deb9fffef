"""``oomlog whatif``: who would have died with other settings."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from oomlog.cli.arguments import value
from oomlog.cli.context import Context
from oomlog.cli.exit import ExitStatus
from oomlog.cli.explaining import Chosen, add_choosing, read_events, status_of
from oomlog.cli.inputs import TIMES, names_of
from oomlog.cli.options import add_color, add_files, add_format, add_lang
from oomlog.cli.output import Output
from oomlog.errors import UsageError
from oomlog.explain.supposed import Setting, read_limit, read_setting

__all__ = ["add_parser", "run"]

_EPILOG = f"""\
settings:
  --set WHO:oom_score_adj=N   as if WHO, a pid or a task name, had this value; a name means every
                              process of that name
  --set WHO:rss=SIZE          as if WHO had this much in RAM; WHO:swap=SIZE is the same for swap
  --limit /CGROUP=SIZE        as if the cgroup that reached its limit had this one
  --spare WHO                 the smallest change of oom_score_adj that spares WHO, and who is
                              killed instead

  Everything else stays as in the report: the answer holds for the moment of the kill.

{TIMES}
exit status:
  0    done
  1    no event has a process of a name or pid that was given
  2    wrong usage, or an input that cannot be read
  130  interrupted
  141  whoever read the output stopped reading

examples:
  oomlog whatif /var/log/kern.log --event last --set java:oom_score_adj=-500
  oomlog whatif /var/log/kern.log --event last --spare java
"""


def add_parser(commands: Any) -> None:
    """Add the command to the argument parser."""
    parser = commands.add_parser(
        "whatif",
        help="say which process would have been killed with other settings",
        description="Compute which process the kernel would have chosen with other settings.",
        epilog=_EPILOG,
    )
    add_files(parser)
    group = parser.add_argument_group("what to change")
    group.add_argument(
        "--set", metavar="WHO:KEY=VALUE", type=value(_setting), action="append", default=[], dest="settings",
        help="change a value of a process; may be repeated",
    )  # fmt: skip
    group.add_argument(
        "--limit", metavar="CGROUP=SIZE", type=value(_limit), action="append", default=[], dest="limits",
        help="change the limit of a cgroup; may be repeated",
    )  # fmt: skip
    group.add_argument(
        "--spare",
        metavar="WHO",
        action="append",
        default=[],
        help="say what would have spared this process; may be repeated",
    )
    add_choosing(parser)
    group = parser.add_argument_group("what to print")
    add_format(group, ("text", "json"), "text (the default) or json")
    add_lang(group)
    add_color(group)
    parser.set_defaults(run=run, output=None)


def _setting(text: str) -> Setting:
    try:
        return read_setting(text)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _limit(text: str) -> tuple[str, int]:
    try:
        return read_limit(text)
    except ValueError as error:
        raise UsageError(str(error)) from None


def run(options: argparse.Namespace, context: Context) -> int:
    """Answer for each event that is meant."""
    if not (options.settings or options.limits or options.spare):
        raise UsageError(
            "say what should be different, for example --set java:oom_score_adj=-500 or --spare java\n"
            "Try 'oomlog whatif --help'."
        )
    names = names_of(options, context, "whatif")
    chosen = read_events(options, context, names)
    met: set[str] = set()
    with Output(context.stdout) as output:
        for part in _answers(options, context, chosen, met):
            output.write(part)
    status = status_of(chosen)
    missing = [who for who in _named(options) if who not in met]
    if not missing or not chosen.events or status:
        return status
    count = len(chosen.events)
    where = "not in the report" if count == 1 else f"in none of {count:,} reports"
    context.say(*(f"{who}: {where}" for who in missing))
    return ExitStatus.NO_MATCH


def _named(options: argparse.Namespace) -> list[str]:
    return list(dict.fromkeys([*(each.who for each in options.settings), *options.spare]))


def _answers(options: argparse.Namespace, context: Context, chosen: Chosen, met: set[str]) -> Iterator[bytes]:
    from oomlog.explain.case import Case
    from oomlog.explain.phrases import say
    from oomlog.explain.supposed import least_adj, whatif
    from oomlog.report.document_text import document_text
    from oomlog.report.json import json_bytes
    from oomlog.report.whatif import whatif_blocks, whatif_dict

    colour = context.colour(options.color, terminal=context.stdout_is_terminal)
    before = b"[\n"
    for number, event in chosen.events:
        case = Case(event, chosen.siblings, page_size_kb=options.page_size, registry=chosen.registry)
        changed = options.settings or options.limits
        answer = whatif(case, options.settings, dict(options.limits)) if changed else None
        spared = {name: least_adj(case, name) for name in options.spare}
        unmatched = answer.unmatched if answer is not None else ()
        met.update(each.who for each in options.settings if each.who not in unmatched)
        met.update(name for name, those in spared.items() if those)
        if options.format == "json":
            yield before + json_bytes(whatif_dict(case, answer, spared, options.lang, number))
            before = b",\n"
            continue
        blocks = whatif_blocks(case, answer, spared, options.lang, number)
        text = document_text(blocks, colour=colour, columns=context.columns())
        yield ("" if before == b"[\n" else "\n").encode() + text.encode("utf-8", "backslashreplace")
        before = b""
    if options.format == "json":
        yield b"[]\n" if before == b"[\n" else b"\n]\n"
    elif before == b"[\n" and not chosen.reading.errors:
        yield f"{say('page.no_events', options.lang, {})}\n".encode()
