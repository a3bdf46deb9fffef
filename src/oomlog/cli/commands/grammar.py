"""``oomlog grammar``: look at, try and extend the grammar files."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from oomlog.cli.context import Context
from oomlog.cli.exit import ExitStatus
from oomlog.errors import GrammarError, SourceError, UsageError
from oomlog.report.escape import escape

__all__ = ["add_parser", "run"]

_EPILOG = """\
examples:
  oomlog grammar list --section kill
  oomlog grammar try 'Out of memory: Killed process 472 (askfirst) total-vm:904kB, anon-rss'
  oomlog grammar new-sample report.log >> grammars/mem_info.toml
"""


def add_parser(commands: Any) -> None:
    """Add the command to the argument parser."""
    parser = commands.add_parser(
        "grammar",
        help="check, list and try the grammar files",
        description="Look at, try and extend the grammar files, which say what the kernel prints.",
        epilog=_EPILOG,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)

    def action(name: str, run_action: Any, help: str) -> Any:
        one = actions.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
        one.set_defaults(run=run, run_action=run_action)
        return one

    one = action("list", _list, "list the lines oomlog knows")
    one.add_argument(
        "--kernel", metavar="X.Y", help="only what this kernel prints, by the files' since and until"
    )
    one.add_argument("--section", metavar="NAME", help="only this section")
    one = action("show", _show, "show a variant or a section with its samples")
    one.add_argument("name", metavar="ID|SECTION")
    one = action("try", _try, "try one line, and show how far the nearest variants get")
    one.add_argument("line", metavar="LINE", help="the line, with or without a logger's prefix")
    one.add_argument("--after", metavar="ID", help="variant of the line before it, for rows of tables")
    one = action("check", _check, "check grammar files and their samples")
    one.add_argument("files", metavar="FILE", nargs="+")
    one = action("new-sample", _new_sample, "draft a variant for each line of a report that nothing matches")
    one.add_argument("file", metavar="LOG", help="a log file; - is standard input")
    one.add_argument(
        "--line", metavar="N", type=int, action="append", default=[], help="this line, whatever it is"
    )
    one = action("diagram", _diagram, "draw variants as railroad diagrams")
    one.add_argument("name", metavar="ID|SECTION", nargs="?", help="only these")
    one.add_argument("-o", "--output", metavar="FILE.html", required=True)


def run(options: argparse.Namespace, context: Context) -> int:
    """Run one action and print what it says."""
    status = [ExitStatus.DONE]
    for line in options.run_action(options, context, status):
        # Whatever a log or a file says must not reach the terminal as anything but text.
        context.stdout.write(f"{escape(line)}\n".encode())
    context.stdout.flush()
    return status[0]


def _list(options: argparse.Namespace, context: Context, status: list[ExitStatus]) -> Iterator[str]:
    from oomlog.grammar.browse import listing

    yield from listing(options.section, options.kernel)


def _show(options: argparse.Namespace, context: Context, status: list[ExitStatus]) -> Iterator[str]:
    from oomlog.grammar.browse import details

    yield from details(options.name)


def _try(options: argparse.Namespace, context: Context, status: list[ExitStatus]) -> Iterator[str]:
    from oomlog.grammar.browse import attempt
    from oomlog.lines.prefix import parse_line

    yield from attempt(parse_line(options.line).text, options.after, shown=escape)


def _check(options: argparse.Namespace, context: Context, status: list[ExitStatus]) -> Iterator[str]:
    from oomlog.grammar import default_grammar, read_file
    from oomlog.grammar.verify import verify

    for name in options.files:
        try:
            file = read_file(Path(name))
            wrong = list(verify(file, default_grammar()))
        except GrammarError as error:
            wrong = [str(error)]
        if wrong:
            status[0] = ExitStatus.FAILED
            context.tell(escape(line) for text in wrong for line in f"{name}: {text}".split("\n"))
        else:
            yield f"{name}: {len(file.variants)} variants, all samples match"


def _new_sample(options: argparse.Namespace, context: Context, status: list[ExitStatus]) -> Iterator[str]:
    from oomlog.grammar import Matcher, default_grammar
    from oomlog.grammar.propose import drafts
    from oomlog.lines.prefix import parse_line

    try:
        data = (
            context.stdin.read() if options.file == "-" and context.stdin else Path(options.file).read_bytes()
        )
    except OSError as error:
        raise SourceError(options.file, error.strerror or "cannot be read") from error
    texts = [parse_line(line).text for line in data.decode("utf-8", "surrogateescape").split("\n")]
    if any(not 1 <= number <= len(texts) for number in options.line):
        raise UsageError(f"{options.file} has {len(texts)} lines")
    found = False
    for unknown, toml in drafts(Matcher(default_grammar()), texts, options.line):
        found = True
        yield f"# {options.file}, line {unknown.number}"
        yield from toml.split("\n")
    if not found:
        context.say("every line of a report is known")


def _diagram(options: argparse.Namespace, context: Context, status: list[ExitStatus]) -> Iterator[str]:
    from oomlog.grammar.browse import select
    from oomlog.grammar.diagram import diagram_html

    page = diagram_html(select(options.name), options.name or "oomlog grammar")
    try:
        Path(options.output).write_text(page, "utf-8")
    except OSError as error:
        raise UsageError(f"{options.output}: cannot be written: {error.strerror}") from error
    yield from ()
