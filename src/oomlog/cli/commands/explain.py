"""``oomlog explain``: what a field means, or why an event happened."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from oomlog.cli.context import Context
from oomlog.cli.exit import ExitStatus
from oomlog.cli.explaining import Chosen, add_choosing, read_events, status_of
from oomlog.cli.inputs import TIMES, add_color, names_of
from oomlog.cli.output import FileOutput, Output
from oomlog.errors import UsageError

__all__ = ["add_parser", "run"]

FORMATS = ("text", "markdown", "json", "ndjson")
_EPILOG = f"""\
{TIMES}
formats:
  json is an array with one object per event, ndjson one object a line; 'oomlog schema --explain'
  describes them.  Names are exact there; in text and markdown nothing from a log is left unescaped.

exit status:
  0    done, also when nothing was found
  2    wrong usage, an unknown term, or an input that cannot be read
  130  interrupted
  141  whoever read the output stopped reading

examples:
  oomlog explain /var/log/kern.log --event last
  oomlog explain --journal --since -1d
  oomlog explain total-vm anon-rss oom_score_adj
"""


def add_parser(commands: Any) -> None:
    """Add the command to the argument parser."""
    parser = commands.add_parser(
        "explain",
        help="say why an event happened, or what a field means",
        description="Explain the OOM events in logs: why this victim, where the memory went, what to do.  "
        "Or explain terms: the name of any field, flag or counter, however it is spelled.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "files",
        metavar="FILE|TERM",
        nargs="*",
        help="logs to explain, or terms; - or nothing is standard input, when that is no terminal",
    )
    parser.add_argument("--all", action="store_true", help="explain every term that oomlog knows")
    add_choosing(parser)
    group = parser.add_argument_group("what to print")
    group.add_argument(
        "-f", "--format", choices=FORMATS, default="text", metavar="F", help=f"{', '.join(FORMATS)}"
    )
    group.add_argument(
        "--lang", choices=("en", "ko"), default="en", metavar="L", help="language: en (the default) or ko"
    )
    group.add_argument(
        "--fields", action="store_true", help="explain each field of the report, with its value in this event"
    )
    group.add_argument(
        "-o", "--output", metavar="FILE", help="write to FILE, which appears when it is complete"
    )
    add_color(group)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Explain terms or events."""
    if options.all or (not options.journal and _are_terms(options.files)):
        return _terms(options, context)
    names = names_of(options, context, "explain")
    chosen = read_events(options, context, names)
    with _opened(options, context) as output:
        for part in _events(options, context, chosen):
            output.write(part)
    return status_of(chosen)


def _opened(options: argparse.Namespace, context: Context) -> Output:
    return Output(context.stdout) if options.output in (None, "-") else FileOutput(options.output)


def _are_terms(names: list[str]) -> bool:
    """Tell whether no name is a file; what looks like one is said to be missing, not unknown."""
    return bool(names) and not any(name == "-" or _is_file(name) for name in names)


def _is_file(name: str) -> bool:
    try:
        return (
            Path(name).exists() or ("/" in name and "|" not in name) or Path(name).suffix in (".log", ".gz")
        )
    except (OSError, ValueError):  # too long for a name
        return False


def _terms(options: argparse.Namespace, context: Context) -> int:
    from oomlog.report.terms import Form, explain_terms

    if options.all and options.files:
        raise UsageError("--all explains every term; leave the names out")
    form: Form = "json" if options.format == "ndjson" else options.format
    text, unknown = explain_terms(None if options.all else options.files, lang=options.lang, form=form)
    with _opened(options, context) as output:
        output.write(text.encode())
    for message in unknown:
        context.say(message)
    return ExitStatus.FAILED if unknown else ExitStatus.DONE


def _events(options: argparse.Namespace, context: Context, chosen: Chosen) -> Iterator[bytes]:
    from oomlog.explain.run import explain

    explanations = (
        (number, explain(event, chosen.siblings, page_size_kb=options.page_size))
        for number, event in chosen.events
    )
    if options.format in ("json", "ndjson"):
        from oomlog.report.explanation_json import explanation_bytes

        array = options.format == "json"
        before = b"[\n"
        for number, explanation in explanations:
            line = explanation_bytes(explanation, options.lang, number)
            yield before + line if array else line + b"\n"
            before = b",\n"
        if array:
            yield b"[]\n" if before == b"[\n" else b"\n]\n"
        return
    from oomlog.explain.phrases import say
    from oomlog.report.document_markdown import document_markdown
    from oomlog.report.document_text import document_text
    from oomlog.report.explanation import explanation_blocks
    from oomlog.report.fields import fields_blocks

    colour = context.colour(
        options.color, terminal=context.stdout_is_terminal and options.output in (None, "-")
    )
    first = True
    for number, explanation in explanations:
        blocks = list(explanation_blocks(explanation, options.lang, number=number))
        if options.fields:
            blocks += fields_blocks(explanation.event, options.lang)
        text = (
            document_markdown(blocks)
            if options.format == "markdown"
            else document_text(blocks, colour=colour)
        )
        yield (text if first else f"\n{text}").encode("utf-8", "backslashreplace")
        first = False
    if first and not chosen.reading.errors:
        yield f"{say('page.no_events', options.lang, {})}\n".encode()
