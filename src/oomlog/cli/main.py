"""The ``oomlog`` command: arguments to a subcommand, errors to messages and exit statuses.

Only the subcommand asked for is imported, as start-up time is a promise.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from oomlog.cli.arguments import HelpShown, Parser, joined
from oomlog.cli.context import Context
from oomlog.cli.exit import ExitStatus
from oomlog.cli.failures import in_plain_words
from oomlog.cli.output import Output
from oomlog.errors import GrammarError, OomlogError, UsageError

__all__ = ["entry", "main"]

COMMANDS = {
    "parse": "find the OOM kills in logs",
    "explain": "say why an event happened, or what a field means",
    "why": "say why one process was killed, or was not",
    "whatif": "say which process would have been killed with other settings",
    "report": "write a post-mortem report: a page, Markdown, PDF or JSON",
    "scores": "show which process of this machine would be killed next",
    "system": "tell what this machine's settings and limits mean for OOM kills",
    "protect": "show how to make a process less likely to be killed",
    "history": "show who was killed again and again, and what changed",
    "watch": "tell about each kill as it happens",
    "schema": "print the JSON Schema of an event, or the columns of the tables",
    "grammar": "check, list and try the grammar files",
}
_DESCRIPTION = "Find every out-of-memory kill in Linux kernel logs and turn it into an exact record."
_EPILOG = """\
examples:
  oomlog parse /var/log/kern.log
  journalctl -k | oomlog parse --format ndjson

'oomlog COMMAND --help' tells the rest, exit statuses included.
"""


def _parser(command: str | None) -> Parser:
    parser = Parser(prog="oomlog", description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, meaning in COMMANDS.items():
        if name == command:
            import_module(f"oomlog.cli.commands.{name}").add_parser(commands)
        else:
            commands.add_parser(name, help=meaning)
    return parser


def main(arguments: Sequence[str], context: Context) -> int:
    """Run one command.

    :param arguments: Without the program's name.
    :return: The exit status.
    """
    try:
        return _run(list(arguments), context)
    except GrammarError as error:
        context.say(*str(in_plain_words(error)).split("\n"))
        return ExitStatus.FAILED
    except UsageError as error:
        context.say(*str(error).split("\n"))
        return ExitStatus.FAILED
    except OomlogError as error:
        context.say(str(error))
        return ExitStatus.FAILED
    except BrokenPipeError:
        return ExitStatus.BROKEN_PIPE
    except KeyboardInterrupt:
        return ExitStatus.INTERRUPTED


def _run(arguments: list[str], context: Context) -> int:
    command = next((word for word in arguments if not word.startswith("-")), None)
    if command and command not in COMMANDS and _exists(command):
        raise UsageError(f"{command!r} is a file, not a command\nTry 'oomlog parse {command}'.")
    parser = _parser(command)
    try:
        options = parser.parse_args(joined(arguments))
    except HelpShown as shown:
        return _print(context, str(shown))
    if options.version:
        from oomlog import __version__

        return _print(context, f"oomlog {__version__}\n")
    if options.command is None:
        context.say("name a command", *parser.format_help().splitlines())
        return ExitStatus.FAILED
    status: int = options.run(options, context)
    return status


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except OSError:  # too long for a name
        return False


def _print(context: Context, text: str) -> int:
    with Output(context.stdout) as output:
        output.write(text.encode())
    return ExitStatus.DONE


def entry() -> None:
    """Run the command with this process's arguments and streams, and exit."""
    status: int = ExitStatus.INTERRUPTED
    try:
        status = main(sys.argv[1:], Context.of_process())
    except KeyboardInterrupt:
        pass
    except Exception:
        # Status 1 means "kills were found", so a fault of oomlog itself must not end with Python's 1.
        sys.excepthook(*sys.exc_info())
        status = ExitStatus.FAILED
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        status = status or ExitStatus.BROKEN_PIPE
    if status == ExitStatus.BROKEN_PIPE and sys.stdout is not None:
        # What is still buffered would be written, and fail, once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)
