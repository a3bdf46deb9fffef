"""What can be told of a report's lines by their looks, before the grammar is asked: it costs a hundredth."""

from __future__ import annotations

import re

__all__ = [
    "NAME_INSIDE",
    "STATISTIC",
    "STAT_NAME",
    "TABLE_HEAD",
    "TRACE",
    "around_table",
    "is_stamped",
    "may_go_on",
    "suspicious",
]

# Stack frames, registers and the like: most lines of a report, and never anything else.
TRACE = re.compile(
    r" ?(?:\? )?[\w.]+\+0x[0-9a-f]|\[<[0-9a-f]|(?:R[0-9A-Z]{1,2}|RIP|Code|Stack|ORIG_RAX|CR2): ?[0-9a-f]"
)
# Lines that break where a name has a newline; what follows has the same prefix, which may be any line's.
NAME_INSIDE = re.compile(r"CPU: \d|Pid: \d|oom-kill:constraint=")
# The usual form of a statistic of a cgroup below another, of which there are dozens.  The grammar would say
# the same of such a line, as tests/unit/events/test_looks.py shows.
STATISTIC = re.compile(r"([a-z_0-9]{1,40}+) ([0-9]{1,20})\Z")
STAT_NAME = re.compile(r"\s*[a-z_0-9]{1,40}\s*\Z")
TABLE_HEAD = "tgid total_vm"
# Longer than any task name, which is what stands at the end of a row.
_SUMMARY = "oom-kill:constraint="
_TABLE_END = re.compile(r": [Kk]ill(?:ed)? process \d+ \(|ut of memory and no killable")
_MICROSECONDS = re.compile(r"\d\.\d{6}")
_SUSPICIOUS = re.compile(
    r"kB\b|total-vm|oom_score|oom-kill|gfp_mask|\bkill(?:ed)? process|lowmem_reserve|memory cgroup|failcnt|"
    r"_anon:|_file:|\bslab_|hugepages_",
    re.IGNORECASE,
)


def around_table(text: str) -> tuple[str, str, str]:
    """Split a report after its task table's header line and after its last row."""
    head = text.find(TABLE_HEAD)
    start = text.find("\n", head) + 1 if head >= 0 else 0
    if not start or not text[head : start - 1].rstrip().endswith("name"):
        return text, "", ""
    end = text.find(_SUMMARY, start)
    if end < 0:
        found = _TABLE_END.search(text, start)
        end = found.start() if found else len(text)
    end = text.rfind("\n", 0, end) + 1 if end < len(text) else end
    return text[:start], text[start:end], text[end:]


def is_stamped(prefix: str) -> bool:
    """Tell whether the prefix holds printk's microseconds, so that equal ones mean the same moment."""
    return _MICROSECONDS.search(prefix) is not None


def may_go_on(line: str, prefix: str, following: str | None) -> bool:
    """Tell whether the next line, by its prefix, may be the rest of this one's message."""
    return (
        following is not None
        and following.startswith(prefix)
        and (is_stamped(prefix) or NAME_INSIDE.match(line) is not None)
    )


def suspicious(text: str) -> bool:
    """Tell whether a line has words of a report in it."""
    return _SUSPICIOUS.search(text[:4096]) is not None
