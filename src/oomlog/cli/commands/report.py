"""``oomlog report``: a post-mortem report of one event, of several, or of an incident."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oomlog.cli.context import Context
from oomlog.cli.explaining import Chosen, add_choosing, read_events, status_of
from oomlog.cli.incidents import add_incident, in_incident, incident_of
from oomlog.cli.inputs import TIMES, names_of
from oomlog.cli.options import add_files, add_format, add_lang, add_output
from oomlog.cli.output import FileOutput, Output
from oomlog.errors import UsageError
from oomlog.events.neighbourhood import Neighbourhood
from oomlog.events.parse import shared_matcher
from oomlog.model import OomEvent
from oomlog.report.postmortem.write import FORMATS, SUFFIXES, Format, written
from oomlog.report.summary import counted

if TYPE_CHECKING:
    from oomlog.report.postmortem.model import Kind, Postmortem

__all__ = ["add_parser", "run"]

_LAST = 0
_MOST = 20
"""Events that are told in full on one page."""
_EPILOG = f"""\
{TIMES}
formats:
  html is one file that needs no network and no script; markdown is for GitHub, GitLab and wikis;
  pdf needs the extra 'pdf'; json holds the same for programs ('oomlog schema --report' describes
  it).

exit status:
  0    done
  2    wrong usage, nothing to report, or an input that cannot be read
  130  interrupted
  141  whoever read the output stopped reading

examples:
  oomlog report /var/log/kern.log -o report.html                the latest event
  oomlog report kern.log --event 3 --lang ko -o report.pdf
  oomlog report --journal --since -1d --event all -o day.html
  oomlog report kern.log --incident "2026-11-22 10:00".."11:00" -o incident.md
  dmesg | oomlog report --incident all -o storm.html
"""


def add_parser(commands: Any) -> None:
    """Add the command to the argument parser."""
    parser = commands.add_parser(
        "report",
        help="write a post-mortem report: a page, Markdown, PDF or JSON",
        description="Write a report to show to others: what was killed and why, the timeline around it, "
        "where the memory went, what to do, and how sure all of that is.",
        epilog=_EPILOG,
    )
    add_files(parser)
    group = add_choosing(parser, default="last")
    add_incident(group)
    group = parser.add_argument_group("what to write")
    add_output(group, stdout=True)
    add_format(group, FORMATS, "html, markdown, pdf or json (default: by the ending of FILE)", default=None)
    add_lang(group)
    group.add_argument("--title", metavar="TEXT", help="title to use instead of one that says what died")
    group.add_argument(
        "--template",
        metavar="FILE|DIR",
        type=Path,
        help="a jinja2 template of your own for html and pdf; docs/report.md lists its blocks",
    )
    group.add_argument(
        "--redact",
        action="store_true",
        help="put pseudonyms in place of hosts, units, paths, users, ids and addresses, the same one for the "
        "same name; names of processes stay",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Write the report."""
    form = _format(options)
    if options.template is not None and form not in ("html", "pdf"):
        raise UsageError(f"--template is for html and pdf, and this report is {form}")
    if form == "pdf" and options.output == "-" and context.stdout_is_terminal:
        raise UsageError("a PDF is not for a terminal; name a file with -o report.pdf")
    incident = incident_of(options, context)
    if incident is not None and options.event:
        raise UsageError("--incident takes all events of its time; leave --event out")
    names = names_of(options, context, "report")
    last = options.event == _LAST and incident is None
    if not options.event:
        options.event = None  # so that the last is that of the events wanted
    beside = Neighbourhood(shared_matcher(), options.year, options.tz)
    chosen = read_events(options, context, names, beside)
    events = [pair for pair in chosen.events if incident is None or in_incident(pair[1], incident)]
    if not events:
        raise UsageError(_nothing(chosen))
    from oomlog.report.postmortem.once import numbers_in_order

    found = numbers_in_order(chosen.siblings, [number for number, _ in events])
    if last:
        if len(found) > 1:
            context.say(
                f"{len(found)} events; the report is about the latest, #{found[-1]} "
                "(--event N, --event all and --incident choose others)"
            )
        events = [(found[-1], chosen.siblings[found[-1] - 1])]
    elif incident is None and len(found) > _MOST:
        raise UsageError(
            f"{len(found)} events would make a report that nobody reads; choose some with --event, --since "
            "or --comm, or tell them as one with --incident FROM..TO or --incident all"
        )
    data = written(
        _report(options, chosen, events, beside, incident=incident is not None), form, _look(options)
    )
    with Output(context.stdout) if options.output == "-" else FileOutput(options.output) as output:
        output.write(data)
    return status_of(chosen)


def _report(
    options: argparse.Namespace,
    chosen: Chosen,
    events: list[tuple[int, OomEvent]],
    beside: Neighbourhood,
    *,
    incident: bool,
) -> Postmortem:
    from oomlog.explain.neighbours import Log
    from oomlog.explain.run import explain
    from oomlog.report.postmortem.build import build
    from oomlog.report.postmortem.model import Read

    siblings, registry, neighbours = chosen.siblings, chosen.registry, beside.found
    title, sources = options.title, chosen.reading.sources
    if options.redact:
        from oomlog.report.redact import Redactor

        redactor = Redactor()
        siblings = Log(redactor.events(siblings))
        neighbours, registry = redactor.neighbours(neighbours), redactor.registry(registry)
        sources = list(map(redactor.source, sources))
        title = None if title is None else redactor.text(title)
    explanations = [
        (
            number,
            explain(siblings[number - 1], siblings, page_size_kb=options.page_size, registry=registry),
        )
        for number, _ in events
    ]
    kind: Kind = "event" if len(events) == 1 else "incident" if incident else "events"
    return build(
        explanations,
        siblings,
        neighbours=neighbours,
        lang=options.lang,
        title=title,
        kind=kind,
        read=Read(chosen.reading.stats.lines, tuple(sources), beside.left_out),
        redacted=options.redact,
    )


def _format(options: argparse.Namespace) -> Format:
    if options.output is None:
        raise UsageError(
            "say where to write the report, for example -o report.html\n"
            "('-o - --format html' writes to standard output)"
        )
    if options.format is not None:
        form: Format = options.format
        return form
    found = SUFFIXES.get(Path(options.output).suffix.lower())
    if found is None:
        raise UsageError(
            f"-o {options.output}: the name does not say which format is wanted; let it end in .html, .md, "
            ".pdf or .json, or add --format"
        )
    return found


def _look(options: argparse.Namespace) -> Any:
    if options.template is None:
        return None
    from oomlog.report.html import Look

    return Look(options.template)


def _nothing(chosen: Chosen) -> str:
    found = len(chosen.siblings)
    if not chosen.reading.sources:
        return "there is nothing to report: no log could be read"
    if found:
        return (
            f"there is nothing to report: the input has {counted(found, 'event')}, and none is what the "
            "options ask for"
        )
    return "there is nothing to report: the input has no out-of-memory event"
