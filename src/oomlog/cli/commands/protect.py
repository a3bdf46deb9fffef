"""``oomlog protect``: how to make a process less likely to be killed, and what that would change."""

from __future__ import annotations

import argparse
import os
import shlex
from pathlib import Path
from typing import Any

from oomlog.cli.arguments import did_you_mean, read_adj, value
from oomlog.cli.context import Context
from oomlog.cli.exit import ExitStatus
from oomlog.cli.options import add_color, add_root
from oomlog.cli.output import Output
from oomlog.errors import OomlogError, UsageError
from oomlog.live.apply import apply
from oomlog.live.container import surroundings
from oomlog.live.processes import CAP_SYS_RESOURCE, own_capability
from oomlog.live.protect import DEFAULT_ADJ, Plan, matching, names, plan
from oomlog.live.scores import read_scores
from oomlog.report.protect import script
from oomlog.report.scores import named

__all__ = ["add_parser", "run"]

_EPILOG = f"""\
the output:
  A shell script that explains itself: what the change does to the order of the OOM killer, choom
  for the processes as they run, and for a systemd service the drop-in that makes it last.
  Nothing is changed until you run it, or give --apply, which sets /proc/PID/oom_score_adj and
  nothing else.

the value:
  Each step of oom_score_adj is a thousandth of RAM and swap.  {DEFAULT_ADJ} lets a process use
  half of them before it counts like one that uses nothing: killed late, but before nothing else
  is left.  -1000 is never killed, and possible for a single process only.

exit status:
  0    done
  2    wrong usage, nobody has that name, the change makes no sense, or the kernel refused it
  130  interrupted
  141  whoever read the output stopped reading

example:
  oomlog protect nginx.service --adj -300
"""


def add_parser(commands: Any) -> None:
    """Add the command to the argument parser."""
    parser = commands.add_parser(
        "protect",
        help="show how to make a process less likely to be killed",
        description="Show how to make a process less likely to be killed, and who would be killed instead.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "target", metavar="COMM|PID|UNIT", help="name or number of a process, or a systemd service"
    )
    parser.add_argument(
        "--adj", metavar="N", type=value(read_adj), default=DEFAULT_ADJ,
        help=f"oom_score_adj to set, from -1000 to 1000 (default {DEFAULT_ADJ})",
    )  # fmt: skip
    parser.add_argument("--apply", action="store_true", help="set it now, for the processes as they run")
    add_color(parser)
    add_root(parser, but="; not with --apply")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Print the script; with ``--apply`` set the value first."""
    if options.apply and options.root is not None:
        raise UsageError("--apply sets values of this machine, not below --root; leave one of them out")
    root = options.root or context.root
    scores = read_scores(root, without=os.getpid() if root == Path("/") else None)
    chosen = matching(scores, options.target)
    if not chosen:
        raise UsageError(_nobody(options.target, names(scores)))
    found = plan(scores, chosen, options.adj)
    status = ExitStatus.DONE
    if options.apply and not _apply(found, options, context):
        status = ExitStatus.FAILED
    colour = context.colour(options.color, terminal=context.stdout_is_terminal)
    lines = script(found, surroundings(root, context.environ), applied=options.apply)
    with Output(context.stdout) as output:
        for line in lines:
            shown = f"\x1b[2m{line}\x1b[0m" if colour and line.startswith("#") else line
            output.write(f"{shown}\n".encode())
    return status


def _nobody(target: str, known: set[str]) -> str:
    if target.isascii() and target.isdigit():
        return f"no process {target} can be seen\nTry 'oomlog scores' for those that can."
    hint = did_you_mean(target, known) or "'oomlog scores' lists the processes"
    return f"no process and no service is called {target!r}; {hint}"


# Whether all is set.  With nothing set there is nothing to tell, either.
def _apply(found: Plan, options: argparse.Namespace, context: Context) -> bool:
    lowered = any(found.adj < (change.before.process.oom_score_adj or 0) for change in found.changes)
    # Above 0 the kernel may allow it: everybody may take back what they raised.
    if lowered and found.adj < 0 and own_capability(CAP_SYS_RESOURCE, context.root) is False:
        command = shlex.join(
            ["sudo", "oomlog", "protect", f"--adj={found.adj}", "--apply", "--", options.target]
        )
        raise UsageError(
            "lowering oom_score_adj below 0 takes CAP_SYS_RESOURCE, which this process does not have\n"
            f"Try {command}"
        )
    done = 0
    errors = []
    for change in found.changes:
        old = change.before.process.oom_score_adj
        try:
            now = apply(change.before.process, found.adj, context.root)
        except OomlogError as error:
            errors.append(str(error))
            continue
        if now == found.adj:
            done += 1
            context.say(f"{named(change.before)}: oom_score_adj was {old} and is now {now}")
        else:
            errors.append(f"{named(change.before)}: oom_score_adj was set to {found.adj}, but is {now}")
    if not done:
        raise OomlogError("; ".join(errors))
    for text in errors:
        context.say(text)
    return not errors
