"""``oomlog grammar``: look at, try and extend the grammar files."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from oomlog.cli.arguments import did_you_mean, read_count, value
from oomlog.cli.context import Context
from oomlog.cli.exit import ExitStatus
from oomlog.cli.failures import cannot_read, in_plain_words
from oomlog.cli.output import FileOutput, Output
from oomlog.errors import GrammarError, SourceError, UsageError
from oomlog.report.escape import escape
from oomlog.report.summary import counted

__all__ = ["add_parser", "run"]

_EPILOG = """\
examples:
  oomlog grammar list --section kill
  oomlog grammar try 'Out of memory: Killed process 472 (askfirst) total-vm:904kB, anon-rss'
  oomlog grammar new-sample report.log >> grammars/mem_info.toml
"""


_STATUS = """\
exit status:
  0    done
  2    wrong usage, or a file that cannot be read or written
"""
_STATUSES = {
    "try": """\
exit status:
  0    a variant matches
  1    none does
  2    wrong usage
""",
    "check": """\
exit status:
  0    nothing is wrong
  2    something is, or a file cannot be read
""",
}


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
        one = actions.add_parser(
            name, help=help, description=help[0].upper() + help[1:] + ".", epilog=_STATUSES.get(name, _STATUS)
        )
        one.set_defaults(run=run, run_action=run_action)
        return one

    one = action("list", _list, "list the lines oomlog knows")
    one.add_argument(
        "--kernel", metavar="X.Y", help="only what this kernel prints, by the files' since and until"
    )
    one.add_argument("--section", metavar="NAME", help="only this section")
    one = action("show", _show, "show a variant or a section with its samples")
    one.add_argument("name", metavar="ID|SECTION", help="as 'oomlog grammar list' names it, like kill")
    one = action("try", _try, "try one line, and show how far the nearest variants get")
    one.add_argument("line", metavar="LINE", help="the line, with or without a logger's prefix")
    one.add_argument("--after", metavar="ID", help="variant of the line before it, for rows of tables")
    one = action("check", _check, "check grammar files and their samples")
    one.add_argument("files", metavar="FILE", nargs="+", help="a grammar file, like grammars/kill.toml")
    one = action("new-sample", _new_sample, "draft a variant for each line of a report that nothing matches")
    one.add_argument("file", metavar="LOG", help="a log file; - is standard input")
    one.add_argument(
        "--line",
        metavar="N",
        type=value(read_count),
        action="append",
        default=[],
        help="this line, whatever it is",
    )
    one = action("diagram", _diagram, "draw variants as railroad diagrams")
    one.add_argument("name", metavar="ID|SECTION", nargs="?", help="only these")
    one.add_argument("-o", "--output", metavar="FILE.html", required=True, help="the page to write")


def run(options: argparse.Namespace, context: Context) -> int:
    """Run one action and print what it says."""
    status = [ExitStatus.DONE]
    with Output(context.stdout) as output:
        for line in options.run_action(options, context, status):
            # Whatever a log or a file says must not reach the terminal as anything but text.
            output.write(f"{escape(line)}\n".encode())
    return status[0]


def _list(options: argparse.Namespace, context: Context, status: list[ExitStatus]) -> Iterator[str]:
    from oomlog.grammar.browse import listing

    yield from listing(options.section, options.kernel)


def _show(options: argparse.Namespace, context: Context, status: list[ExitStatus]) -> Iterator[str]:
    from oomlog.grammar.browse import details

    yield from details(options.name)


def _try(options: argparse.Namespace, context: Context, status: list[ExitStatus]) -> Iterator[str]:
    from oomlog.grammar import default_grammar
    from oomlog.grammar.browse import attempt
    from oomlog.lines.prefix import parse_line

    known = default_grammar().by_id
    if options.after is not None and options.after not in known:
        hint = did_you_mean(options.after, known) or "'oomlog grammar list' names them all"
        raise UsageError(f"--after: no variant is called {options.after!r}; {hint}")
    answer = list(attempt(parse_line(options.line).text, options.after, shown=escape))
    if answer[0] not in known:  # the id comes first when one matches
        status[0] = ExitStatus.NO_MATCH
    yield from answer


def _check(options: argparse.Namespace, context: Context, status: list[ExitStatus]) -> Iterator[str]:
    from oomlog.grammar import default_grammar, read_file
    from oomlog.grammar.verify import verify

    for name in options.files:
        try:
            file = read_file(Path(name))
        except GrammarError as error:
            wrong = [str(in_plain_words(error, name))]
        else:
            wrong = [f"{name}: {text}" for text in verify(file, default_grammar())]
        if wrong:
            status[0] = ExitStatus.FAILED
            context.tell(escape(line) for text in wrong for line in text.split("\n"))
        else:
            yield f"{name}: {counted(len(file.variants), 'variant')}, all samples match"


def _new_sample(options: argparse.Namespace, context: Context, status: list[ExitStatus]) -> Iterator[str]:
    from oomlog.grammar import Matcher, default_grammar
    from oomlog.grammar.propose import drafts
    from oomlog.lines.prefix import parse_line

    lines = _bytes(options.file, context).decode("utf-8", "surrogateescape").split("\n")
    if not lines[-1]:
        lines.pop()  # what follows the last newline is no line
    if beyond := [number for number in options.line if number > len(lines)]:
        has = f"has {counted(len(lines), 'line')}" if lines else "is empty"
        name = "standard input" if options.file == "-" else options.file
        raise UsageError(f"--line {beyond[0]}: {name} {has}")
    texts = [parse_line(line).text for line in lines]
    found = False
    for unknown, toml in drafts(Matcher(default_grammar()), texts, options.line):
        found = True
        yield f"# {options.file}, line {unknown.number}"
        yield from toml.split("\n")
    if not found:
        from oomlog.events.parse import parse

        if any(parse("\n".join(lines).encode("utf-8", "surrogateescape"))):
            context.say("every line of a report is known")
        else:
            context.say(f"no report is in {options.file}; --line N drafts a line of any log")


def _bytes(name: str, context: Context) -> bytes:
    try:
        if name != "-":
            return Path(name).read_bytes()
        if context.stdin is None:
            raise SourceError("<stdin>", "there is no standard input", hint="name a file instead of '-'")
        return context.stdin.read()
    except OSError as error:
        raise cannot_read(name, error) from error


def _diagram(options: argparse.Namespace, context: Context, status: list[ExitStatus]) -> Iterator[str]:
    from oomlog.grammar.browse import select
    from oomlog.grammar.diagram import diagram_html

    page = diagram_html(select(options.name), options.name or "oomlog grammar")
    with FileOutput(options.output) as output:
        output.write(page.encode())
    yield from ()
