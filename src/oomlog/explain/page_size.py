"""The page size of the machine a report came from, as a number that says what it was told by."""

from __future__ import annotations

from oomlog.explain.model import Derived
from oomlog.frame.page_size import page_sizes
from oomlog.model import OomEvent

__all__ = ["page_size"]


def page_size(event: OomEvent, given_kb: int | None = None) -> Derived:
    """Return the page size in kB, with what it was told by.

    :param given_kb: The user knows better.
    :return: Not ``exact`` when nothing in the report shows it; 4 kB is then assumed.
    """
    found = page_sizes(event)
    if given_kb is not None:
        return Derived(given_kb, "page_size_given", found)
    if not found:
        return Derived(4, "page_size_assumed", exact=False)
    first = next(iter(found))
    agree = len(set(found.values())) == 1
    return Derived(found[first], f"page_size_{first}", found, exact=agree)
