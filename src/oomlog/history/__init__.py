"""What many kills tell together: who is killed again and again, where, when, and what changed.

>>> import oomlog
>>> past = oomlog.history("kern.log")                           # doctest: +SKIP
>>> past.victims, past.limits, past.storms, past.growth         # doctest: +SKIP

Pure functions from frames to frames, one module each; ``History`` has them all, and nothing here prints.
The package can be called, as ``history()`` in ``oomlog.history.api``.  Importing it does not import
pandas: that happens when something of it is first asked for.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oomlog.history.api import history_of
    from oomlog.history.compare import Comparison, Period
    from oomlog.history.record import History

__all__ = ["Comparison", "History", "Period", "history_of"]

_MODULES = {"Comparison": "compare", "History": "record", "Period": "compare", "history_of": "api"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return __all__


def _module(name: str) -> ModuleType:
    from oomlog import frame

    _ = frame.EventList  # without pandas it says what to install
    return import_module(f"{__name__}.{name}")


class _Callable(ModuleType):
    """``oomlog.history`` is this package once any part of it is imported, and is a function as well."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _module("api").history(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable
