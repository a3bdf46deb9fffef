"""``oomlog explain``: what a field means, or why an event happened."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from oomlog.cli.context import Context
from oomlog.cli.exit import ExitStatus
from oomlog.cli.explaining import Chosen, add_choosing, read_events, status_of
from oomlog.cli.inputs import TIMES, names_of
from oomlog.cli.options import FILES, add_color, add_format, add_lang, add_output
from oomlog.cli.output import FileOutput, Output
from oomlog.errors import UsageError

__all__ = ["add_parser", "run"]

_UNSEEN = 10
FORMATS = ("text", "markdown", "json", "ndjson")
_EPILOG = f"""\
{TIMES}
formats:
  json is one array with an object for each event, ndjson one object a line; 'oomlog schema
  --explain' describes them.  They keep names exactly as logged.  text and markdown escape what
  comes from a log, cut long quoted lines, and shorten the ids of containers in sentences.

exit status:
  0    done, also when nothing was found
  2    wrong usage, an unknown term, or an input that cannot be read
  130  interrupted
  141  whoever read the output stopped reading

examples:
  oomlog explain /var/log/kern.log --event last             the latest event
  oomlog explain --journal --since -1d --lang ko            events of the last day, in Korean
  oomlog explain total-vm anon-rss oom_score_adj            what these fields mean
"""


def add_parser(commands: Any) -> None:
    """Add the command to the argument parser."""
    parser = commands.add_parser(
        "explain",
        help="say why an event happened, or what a field means",
        description="Explain each OOM event in the logs: what was killed and why, where the memory went, "
        "and what to do.  Given terms instead of logs, explain these: any field, flag or counter, however it "
        "is spelled.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "files",
        metavar="FILE|TERM",
        nargs="*",
        help=f"terms, or {FILES}",
    )
    parser.add_argument("--all", action="store_true", help="explain every term that oomlog knows")
    add_choosing(parser)
    group = parser.add_argument_group("what to print")
    add_format(group, FORMATS, "text (the default), markdown, json or ndjson")
    add_lang(group)
    group.add_argument(
        "--fields",
        action="store_true",
        help="also explain each field of the report, with its value in this event",
    )
    add_output(group)
    add_color(group)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Explain terms or events."""
    if options.all or (not options.journal and _are_terms(options.files)):
        return _terms(options, context)
    _refuse_mixture(options.files)
    names = names_of(options, context, "explain")
    chosen = read_events(options, context, names)
    with _opened(options, context) as output:
        for part in _events(options, context, chosen):
            output.write(part)
    _say_unseen(context, chosen, options.lang)
    return status_of(chosen)


def _say_unseen(context: Context, chosen: Chosen, lang: str) -> None:
    """Tell of containers that a map says were killed, while the logs have no kill in them."""
    if chosen.registry is None or chosen.reading.errors:
        return
    from oomlog.explain.disagreements import without_kill
    from oomlog.explain.phrases import say
    from oomlog.report.escape import escape

    found = list(without_kill(chosen.registry, chosen.siblings))
    for key, values in found[:_UNSEEN]:
        context.say(escape(say(f"containers.{key}", lang, values)))
    if len(found) > _UNSEEN:
        context.say(f"... and {len(found) - _UNSEEN} more containers")


def _opened(options: argparse.Namespace, context: Context) -> Output:
    return Output(context.stdout) if options.output in (None, "-") else FileOutput(options.output)


def _are_terms(names: list[str]) -> bool:
    """Tell whether no name is a file; what looks like one is said to be missing, not unknown."""
    return bool(names) and not any(name == "-" or _is_file(name) for name in names)


def _refuse_mixture(names: list[str]) -> None:
    """Say so when terms stand among logs, instead of looking for files of these names."""
    others = [name for name in names if name != "-" and not _is_file(name)]
    if not others:
        return
    from oomlog.explain.terms import lookup

    terms = [name for name in others if lookup(name)]
    if terms:
        raise UsageError(
            f"{terms[0]} is a term and no file; explain terms and logs one after the other, for example\n"
            f"with 'oomlog explain {terms[0]}'."
        )


def _is_file(name: str) -> bool:
    try:
        return (
            Path(name).exists()
            or ("/" in name and "|" not in name)
            or Path(name).suffix in (".log", ".gz")
            or _is_mistyped(name)
        )
    except (OSError, ValueError):  # too long for a name
        return False


def _is_mistyped(name: str) -> bool:
    """Tell whether a name with an ending is no term, and nearly that of a file here."""
    if "." not in name:
        return False
    from difflib import get_close_matches

    from oomlog.explain.terms import lookup

    return not lookup(name) and bool(get_close_matches(name, [entry.name for entry in Path().iterdir()]))


def _terms(options: argparse.Namespace, context: Context) -> int:
    from oomlog.report.terms import Form, explain_terms

    if options.fields:
        raise UsageError("--fields explains the fields of a report; name a log, or leave it out")
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
        (number, explain(event, chosen.siblings, page_size_kb=options.page_size, registry=chosen.registry))
        for number, event in chosen.events
    )
    if options.format in ("json", "ndjson"):
        from oomlog.report.explanation_json import explanation_bytes

        array = options.format == "json"
        before = b"[\n"
        for number, explanation in explanations:
            line = explanation_bytes(explanation, options.lang, number, fields=options.fields)
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

    columns = context.columns(options.output)
    colour = context.colour(options.color, terminal=columns is not None)
    first = True
    for number, explanation in explanations:
        blocks = list(explanation_blocks(explanation, options.lang, number=number))
        if options.fields:
            blocks += fields_blocks(explanation.event, explanation.victim.page_size_kb.value, options.lang)
        text = (
            document_markdown(blocks)
            if options.format == "markdown"
            else document_text(blocks, colour=colour, columns=columns)
        )
        yield (text if first else f"\n{text}").encode("utf-8", "backslashreplace")
        first = False
    if first and not chosen.reading.errors:
        yield f"{say('page.no_events', options.lang, {})}\n".encode()
