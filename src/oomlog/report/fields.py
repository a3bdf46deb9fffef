"""The fields of one report, each explained with its value there."""

from __future__ import annotations

from collections.abc import Iterator

from oomlog.explain.fields import FieldValue, fields_of
from oomlog.explain.phrases import say
from oomlog.model import OomEvent
from oomlog.report.document import Block, Heading, Item, Items

__all__ = ["fields_blocks"]


def fields_blocks(
    event: OomEvent, page_kb: int, lang: str = "en", *, told: set[str] | None = None
) -> Iterator[Block]:
    """Yield one list of fields per section of the report.

    :param told: Terms that are explained already, and are left out; those explained here are added.
    """
    found = [each for each in fields_of(event, page_kb) if told is None or each.entry.term not in told]
    if not found:
        return
    if told is not None:
        told.update(each.entry.term for each in found)
    yield Heading(say("page.fields", lang, {}))
    by_topic: dict[str, list[FieldValue]] = {}
    for field in found:
        by_topic.setdefault(field.topic.title(lang), []).append(field)
    for title, fields in by_topic.items():
        yield Heading(title, 3)
        yield Items(tuple(_item(field, lang) for field in fields))


def _item(field: FieldValue, lang: str) -> Item:
    texts = field.entry.texts(lang)
    normal = say("page.normal", lang, {"text": texts.normal}) if texts.normal else ""
    said = " ".join(text for text in (texts.what, texts.read, normal) if text)
    return Item(said, label=f"{field.entry.term} = {field.value}", marked=True)
