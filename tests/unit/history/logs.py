"""Logs of several days and hosts: real reports of the samples, as another logger at another time has them."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

SAMPLES = Path(__file__).parents[3] / "samples"
# Of a machine with 256 MiB, as fleet.log.gz has it.
SMALL = Path(__file__).parents[2] / "data/small"
_DMESG = re.compile(r"\[ *(\d+\.\d+)\] (.*)")


def report(sample: str, first: int, last: int) -> list[tuple[float, str]]:
    """Return lines of a sample as (seconds since boot, message)."""
    lines = (SMALL / sample).read_text().splitlines()[first - 1 : last]
    return [(float(found[1]), found[2]) for found in map(_DMESG.fullmatch, lines) if found]


def syslog(
    lines: list[tuple[float, str]],
    at: datetime,
    host: str,
    uptime_s: float,
    change: Mapping[str, str] | None = None,
) -> str:
    """Return the report as rsyslog writes it with RFC 3339 times: the first line at that time and uptime.

    :param change: Texts to exchange, such as a size.
    """
    begin = lines[0][0]
    written = []
    for seconds, message in lines:
        for old, new in (change or {}).items():
            message = message.replace(old, new)
        stamp = at.isoformat(timespec="microseconds")
        written.append(f"{stamp} {host} kernel: [{uptime_s + seconds - begin:12.6f}] {message}\n")
    return "".join(written)


def fleet() -> str:
    """Return the log of a fortnight on three hosts, in the order in which a log server gets it.

    Twice a day php-fpm hits the 16 MiB limit of web.service on web1, once on web2; on the eighth day web1's
    limit is doubled, and php-fpm dies once more at 32 MiB.  On db1 python3, started anew each time, makes the
    machine run out of memory every hour of one night, while mysqld has 20 MiB more each time.
    """
    web = report("v6.12-series.dmesg.log", 14, 109)
    db = report("v6.12-series.dmesg.log", 223, 289)
    start = datetime(2026, 11, 2, 3, 0, tzinfo=timezone(timedelta(hours=1)))
    found = []
    for day in range(14):
        for host, hours in (("web1", (0, 12)), ("web2", (6,))):
            for hour in hours:
                at = start + timedelta(days=day, hours=hour)
                pid = str(1000 + 10 * day + hour)
                change = {"Killed process 162": f"Killed process {pid}", "pid=162": f"pid={pid}"}
                if host == "web1" and (day > 7 or (day == 7 and hour)):
                    continue
                if host == "web1" and day == 7:
                    change |= {"limit 16384kB": "limit 32768kB", "anon-rss:16384kB": "anon-rss:32000kB"}
                found.append((at, syslog(web, at, host, 86_400.0 * (day + 1) + 3600 * hour, change)))
    for hour in range(6):
        at = start + timedelta(days=3, hours=-4 + hour)
        pid, pages = str(2000 + hour), 6321 + 5120 * hour
        change = {
            "6991     6321     6144": f"{pages + 670}     {pages}     {pages - 177}",
            "[    184]  1000   184": f"[   {pid}]  1000  {pid}",
            "Killed process 184": f"Killed process {pid}",
            "pid=184": f"pid={pid}",
        }
        found.append((at, syslog(db, at, "db1", 500_000.0 + 3600 * hour, change)))
    return "".join(text for _, text in sorted(found))


FLEET = Path(__file__).parents[2] / "cli" / "logs" / "fleet.log.gz"
"""``fleet()`` as a file, for command lines and documents; running this module writes it."""

if __name__ == "__main__":
    FLEET.write_bytes(gzip.compress(fleet().encode(), mtime=0))
