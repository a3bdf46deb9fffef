"""A history of kills in one SQLite file: each event once, whichever logs it was seen in.

>>> from oomlog import store
>>> store.kills("kills.sqlite").groupby("comm").rss_kb.max()             # doctest: +SKIP
>>> events = list(store.oom_events("kills.sqlite", ["7d41"]))            # doctest: +SKIP

``Adder`` adds events, ``kills`` gives them back as a table of ``oomlog.frame``, and ``oom_events`` as they
were read.  What makes two records one event is said in ``oomlog.frame.fingerprint``.  Importing this package
does not import pandas.

:raise UsageError: When pandas is not installed, and ``kills`` or ``sources`` is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from oomlog.errors import UsageError
from oomlog.store.add import Added, Adder
from oomlog.store.database import Store
from oomlog.store.events import numbered_events, oom_events, stored_events
from oomlog.store.tidy import counted, prune, vacuum
from oomlog.store.wanted import Bound, Wanted

if TYPE_CHECKING:
    from oomlog.store.load import kills, sources

__all__ = [
    "Added",
    "Adder",
    "Bound",
    "Store",
    "Wanted",
    "counted",
    "kills",
    "numbered_events",
    "oom_events",
    "prune",
    "sources",
    "stored_events",
    "vacuum",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.load"), name)
    except ModuleNotFoundError as error:
        if error.name not in ("numpy", "pandas"):
            raise
        raise UsageError(f"tables need {error.name}: pip install 'oomlog[pandas]'") from None
