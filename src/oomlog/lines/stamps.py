"""Wall-clock times as loggers print them, and how they become aware datetimes.

What a logger did not print is not invented: a syslog line has no year and most have no zone.  The year is
an input (``--year``) or taken from the file's modification time; both are marked as inferred.  Without a
zone the time stays naive local time of the machine that logged, unless ``--tz`` says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from oomlog.model import Stamp

__all__ = ["MONTHS", "Clock", "seconds_between", "stamp_from_groups", "stamp_of_epoch"]

_NAMES = """
jan january januar jänner jän janv janvier ene enero gen gennaio janeiro sty янв ledna led tammi ian oca Ιαν
feb february februar févr fév fevr feb. febrero febbraio fev fevereiro lut фев února úno helmi şub feb
mar march märz mär mrz mars marzo março maart mrt mar. мар března bře maalis mart
apr april avr avril abr abril apr. aprile kwi апр dubna dub huhti nis nisan
may mai mayo mag maggio maio mei maj май мая května kvě touko mayıs
jun june juni juin junio giu giugno jun. junho cze июн июня června čvn kesä haz haziran
jul july juli juil juillet julio lug luglio jul. julho lip июл июля července čvc heinä tem temmuz
aug august août aoû aout ago agosto aug. sie авг августа srpna srp elo ağu ağustos
sep sept september septembre septiembre set settembre setembro wrz сен сентября září zář syys eyl eylül
oct october okt oktober octobre octubre ott ottobre out outubro paź окт октября října říj loka eki ekim
nov november novembre noviembre nov. novembro lis ноя ноября listopadu marras kas kasım
dec december dez dezember déc décembre dic diciembre dicembre dezembro gru дек декабря prosince pro joulu ara
"""
MONTHS: dict[str, int] = {
    name.rstrip("."): number
    for number, line in enumerate(_NAMES.strip().splitlines(), 1)
    for name in line.split()
} | {f"{n}{sign}": n for n in range(1, 13) for sign in "月월"}


def stamp_of_epoch(microseconds: int) -> Stamp | None:
    """Build a stamp from microseconds since 1970; ``None`` if no calendar goes so far."""
    seconds, micro = divmod(microseconds, 1_000_000)
    try:
        when = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return Stamp(when.month, when.day, when.hour, when.minute, when.second, micro, when.year, 0)


def stamp_from_groups(groups: Mapping[str, str | None]) -> Stamp | None:
    """Build a stamp from the named groups of a prefix pattern; ``None`` if they are no valid time."""
    frac = (groups.get("frac") or "")[:6].ljust(6, "0")
    if epoch := groups.get("epoch"):
        when = datetime.fromtimestamp(int(epoch), UTC)
        return Stamp(when.month, when.day, when.hour, when.minute, when.second, int(frac), when.year, 0)
    month = groups.get("month")
    number = MONTHS.get(month.rstrip(".").lower()) if month else int(groups.get("mon") or 0)
    year = groups.get("year") or groups.get("year2")
    if not number or not groups.get("day"):
        return None
    hour = int(groups["hh"] or 0)
    if half := groups.get("half"):
        hour = hour % 12 + (12 if half == "PM" else 0)
    stamp = Stamp(
        number,
        int(groups["day"] or 0),
        hour,
        int(groups["mm"] or 0),
        int(groups["ss"] or 0),
        int(frac),
        int(year) if year else None,
        _offset(groups.get("zone")),
    )
    try:
        _naive(stamp, stamp.year or 2000)
    except ValueError:
        return None
    return stamp


def _offset(zone: str | None) -> int | None:
    if not zone:
        return None
    if zone in ("Z", "UTC", "GMT"):
        return 0
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60
        return -seconds if zone[0] == "-" else seconds
    return None  # "CEST" and the like name no single offset


def _naive(stamp: Stamp, year: int) -> datetime:
    return datetime(
        year, stamp.month, stamp.day, stamp.hour, stamp.minute, min(stamp.second, 59), stamp.microsecond
    )


def seconds_between(one: Stamp, other: Stamp) -> float:
    """Return how far apart two stamps of one log are, as far as can be told without their years."""
    apart = abs(_naive(one, 2000) - _naive(other, 2000))
    return min(apart, timedelta(days=366) - apart).total_seconds()


@dataclass(slots=True)
class Clock:
    """Turns the stamps of one log into datetimes, in the order of the log.

    :param year: Year of the log's first line, if the user said it.
    :param mtime: When the file was last written; the year of a stamp without one is the latest that does
        not lie after it.
    :param tz: Zone of stamps that print none.
    """

    year: int | None = None
    mtime: datetime | None = None
    tz: tzinfo | None = None
    _last: tuple[int, int] | None = field(default=None, init=False)
    _years: dict[Stamp, int | None] = field(default_factory=dict, init=False)

    def resolve(self, stamp: Stamp | None) -> tuple[datetime | None, str]:
        """Return the time and where it is from: ``printed``, ``inferred`` (the year) or ``absent``."""
        if stamp is None:
            return None, "absent"
        if stamp.year is not None:
            return self._zoned(stamp, stamp.year), "printed"
        year = self._year_of(stamp)
        if year is None:
            return None, "absent"
        try:
            return self._zoned(stamp, year), "inferred"
        except ValueError:  # 29 February of the wrong year
            return None, "absent"

    def _year_of(self, stamp: Stamp) -> int | None:
        if self.year is not None:
            here = (stamp.month, stamp.day)
            if self._last is not None and self._last[0] - here[0] >= 6:
                self.year += 1  # December is followed by January
            self._last = here
            return self.year
        if self.mtime is None:
            return None
        known = self._years.get(stamp)
        if known is None:
            known = self._years[stamp] = self._latest_year(stamp, self.mtime)
            if len(self._years) > 1024:
                self._years.clear()
        return known

    def _latest_year(self, stamp: Stamp, mtime: datetime) -> int | None:
        for year in range(mtime.year + 1, mtime.year - 4, -1):
            try:
                when = self._zoned(stamp, year)
            except ValueError:
                continue
            if when.tzinfo is None:
                when = when.replace(tzinfo=UTC)
            if when <= mtime + timedelta(days=1):
                return year
        return None

    def _zoned(self, stamp: Stamp, year: int) -> datetime:
        when = _naive(stamp, year)
        if stamp.utc_offset_s is not None:
            return when.replace(tzinfo=timezone(timedelta(seconds=stamp.utc_offset_s)))
        return when.replace(tzinfo=self.tz) if self.tz is not None else when
