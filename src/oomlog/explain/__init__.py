"""Why an event happened: the victim recomputed, where memory was, what was found, what to do.

>>> import oomlog
>>> from oomlog.explain import explain_all, whatif, why
>>> from oomlog.explain.verdict import verdict
>>> for explanation in explain_all(oomlog.parse("kern.log")):   # doctest: +SKIP
...     print(verdict(explanation))
...     print(explanation.primary, explanation.victim.agrees, explanation.ledger)
...     print(why(explanation.event, "java"))
...     print(whatif(explanation.event, "java:oom_score_adj=-500").victim)

The package can be called: ``oomlog.explain(event)`` is ``explained()`` of ``oomlog.explain.api``.  The names
are fetched when they are first used, so that looking up a term does not load the rules.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oomlog.explain.api import explained, whatif, why
    from oomlog.explain.model import Action, Explanation, Finding, Ledger, VictimChoice
    from oomlog.explain.run import explain, explain_all
    from oomlog.explain.supposed import Setting, WhatIf

__all__ = [
    "Action",
    "Explanation",
    "Finding",
    "Ledger",
    "Setting",
    "VictimChoice",
    "WhatIf",
    "explain",
    "explain_all",
    "explained",
    "whatif",
    "why",
]

_MODULES = {
    "Setting": "supposed",
    "WhatIf": "supposed",
    "explain": "run",
    "explain_all": "run",
    "explained": "api",
    "whatif": "api",
    "why": "api",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES.get(name, 'model')}"), name)


def __dir__() -> list[str]:
    return __all__


class _Callable(ModuleType):
    """``oomlog.explain`` is this package once any part of it is imported, and is a function as well."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return import_module(f"{__name__}.api").explained(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable
