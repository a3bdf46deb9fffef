"""Find every out-of-memory kill in Linux kernel logs and turn it into an exact record.

>>> import oomlog
>>> for event in oomlog.parse("kern.log"):   # doctest: +SKIP
...     print(event.kills[0].comm)
>>> oomlog.explain("kern.log")[0].victim.agrees    # doctest: +SKIP
>>> kills = oomlog.read("kern.log").kills    # doctest: +SKIP
>>> victims = oomlog.history("kern.log").victims    # doctest: +SKIP
>>> oomlog.report("kern.log").save("report.html")   # doctest: +SKIP
"""

from oomlog import explain as explain
from oomlog import history as history
from oomlog import report as report
from oomlog.errors import GrammarError, OomlogError, ParseError, SourceError, UsageError
from oomlog.events.parse import Events, Stats, parse
from oomlog.model import (
    Kill,
    Memcg,
    Note,
    OomEvent,
    Problem,
    Reaped,
    ReportLine,
    Selected,
    TaskTable,
    Trigger,
)
from oomlog.reading import read
from oomlog.sources import JournalQuery, LiveJournal

__all__ = [
    "Events",
    "GrammarError",
    "JournalQuery",
    "Kill",
    "LiveJournal",
    "Memcg",
    "Note",
    "OomEvent",
    "OomlogError",
    "ParseError",
    "Problem",
    "Reaped",
    "ReportLine",
    "Selected",
    "SourceError",
    "Stats",
    "TaskTable",
    "Trigger",
    "UsageError",
    "__version__",
    "parse",
    "read",
]

__version__ = "0.1.0"
