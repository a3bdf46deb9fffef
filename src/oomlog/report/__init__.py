"""Events to output: tables for people, JSON and CSV for programs, and post-mortem reports.

>>> import oomlog
>>> oomlog.report("kern.log").save("report.html")               # doctest: +SKIP

The package can be called, as ``report()`` in ``oomlog.report.postmortem.api``.
"""

import sys
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    """``oomlog.report`` is this package once any part of it is imported, and is a function as well."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from oomlog.report.postmortem.api import report

        return report(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable
