"""The grammar as text for people: lists, one variant in full, and how far a line gets."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator

from oomlog.errors import UsageError
from oomlog.grammar.compile import key_of
from oomlog.grammar.diagnose import diagnose
from oomlog.grammar.files import VariantSource
from oomlog.grammar.load import default_grammar, read_files
from oomlog.grammar.match import Matcher
from oomlog.grammar.model import Variant
from oomlog.grammar.reference import kernels

__all__ = ["attempt", "details", "listing", "select"]

_NEAREST = 3


def select(name: str | None) -> list[Variant]:
    """Variants by id or by section; all of them without a name."""
    grammar = default_grammar()
    found = [v for v in grammar.variants if name is None or name in (v.id, v.section)]
    if not found:
        known = [*grammar.sections, *grammar.by_id]
        close = difflib.get_close_matches(name or "", known, 1)
        hint = f"did you mean {close[0]!r}?" if close else "'oomlog grammar list' names them all"
        raise UsageError(f"no variant or section is called {name!r}; {hint}")
    return found


def listing(section: str | None, kernel: str | None) -> Iterator[str]:
    """One line per variant: id, kernels, template."""
    chosen = [variant for variant in select(section) if kernel is None or _prints(variant, kernel)]
    width = max((len(variant.id) for variant in chosen), default=0)
    for variant in chosen:
        yield f"{variant.id:{width}}  {kernels(variant.since, variant.until):15}  {variant.template}"


def _version(text: str) -> tuple[int, ...] | None:
    if re.fullmatch(r"[0-9]+(\.[0-9]+)+", text) is None:
        return None
    return tuple(map(int, text.split(".")))


def _prints(variant: Variant, kernel: str) -> bool:
    wanted = _version(kernel)
    if wanted is None:
        raise UsageError(f"{kernel!r} is no kernel version; write it like 5.14 or 2.6.32")
    first, last = _version(variant.since), _version(variant.until)
    # 2.6.x counted in the third number; later a third number is a stable release of the same kernel.
    length = 3 if wanted[0] == 2 else 2
    return (first is None or first[:length] <= wanted[:length]) and (
        last is None or wanted[:length] <= last[:length]
    )


def details(name: str) -> Iterator[str]:
    """Everything about a variant, or about all variants of a section."""
    wanted = {variant.id for variant in select(name)}
    first = True
    for file in read_files():
        for source in file.variants:
            if source.variant.id in wanted:
                if not first:
                    yield ""
                first = False
                yield from _detail(source)


def _detail(source: VariantSource) -> Iterator[str]:
    variant = source.variant
    yield f"{variant.id}  ({kernels(variant.since, variant.until)})"
    if source.doc:
        yield f"  {source.doc}"
    yield f"  from    {source.source}"
    yield f"  line    {variant.template}"
    if variant.only_after:
        yield f"  only after {', '.join(variant.only_after)}"
    for field in variant.fields:
        optional = "  (not always printed)" if key_of(field) in variant.optional_keys else ""
        yield f"  field   {key_of(field)}: {field.type}{optional}"
    for sample in source.samples:
        yield f"  sample  {sample.line}"
        for key, value in sample.expect.items():
            yield f"            {key} = {value!r}"


def attempt(text: str, after: str | None, *, shown: Callable[[str], str]) -> Iterator[str]:
    """What a line is, or how far the nearest variants get in it.

    :param shown: How text will be printed, so that the caret stands below the right character.
    """
    matcher = Matcher(default_grammar())
    match = matcher.match(text, after)
    if match is not None:
        yield match.id
        for key, value in match.fields.items():
            yield f"  {key} = {value!r}"
        return
    results = sorted(
        (diagnose(variant, text) for variant in matcher.lookalikes(text)),
        key=lambda one: (-one.column, -len(one.fields), one.variant.id),
    )
    if not results:
        yield "no variant resembles this line"
        return
    yield "no variant matches; the nearest:"
    for result in results[:_NEAREST]:
        yield ""
        yield f"{result.variant.id}: expected {result.expected} at column {result.column}"
        yield f"  {text}"
        yield "  " + " " * len(shown(text[: result.column - 1])) + "^"
        for key, value in result.fields.items():
            yield f"  {key} = {value!r}"
