"""Events as pandas tables: kills, events, tasks, zones, memcg, findings.

>>> import oomlog
>>> oomlog.read("kern.log").kills                               # doctest: +SKIP
>>> from oomlog import frame
>>> frame.kills(oomlog.parse("kern.log")).groupby("comm").rss_kb.max()   # doctest: +SKIP

Every table has nullable dtypes and the columns of ``oomlog schema --columns``, also when it is empty.
Importing this package does not import pandas: that happens when a function of it is first asked for.

:raise UsageError: When pandas or pyarrow is not installed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from oomlog.errors import UsageError

if TYPE_CHECKING:
    from oomlog.frame.event_list import EventList
    from oomlog.frame.files import read_table, write
    from oomlog.frame.tables import events, findings, kills, memcg, tasks, zones
    from oomlog.frame.text import original

__all__ = [
    "EventList",
    "events",
    "findings",
    "kills",
    "memcg",
    "original",
    "read_table",
    "tasks",
    "write",
    "zones",
]

_MODULES = {"EventList": "event_list", "original": "text", "read_table": "files", "write": "files"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{_MODULES.get(name, 'tables')}")
    except ModuleNotFoundError as error:
        if error.name not in ("numpy", "pandas", "pyarrow"):
            raise
        raise UsageError(f"tables need {error.name}: pip install 'oomlog[pandas]'") from None
    return getattr(module, name)


def __dir__() -> list[str]:
    return __all__
