"""Reports from Python: ``oomlog.report("kern.log").save("report.html")``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from oomlog.errors import UsageError
from oomlog.events.neighbourhood import Neighbourhood
from oomlog.events.parse import Input, parse, shared_matcher
from oomlog.explain.neighbours import Log
from oomlog.explain.run import explain
from oomlog.model import OomEvent
from oomlog.report.postmortem.build import build
from oomlog.report.postmortem.model import Kind, Postmortem, Read
from oomlog.report.postmortem.once import numbers_in_order
from oomlog.report.postmortem.write import SUFFIXES, Format, written
from oomlog.report.redact import Redactor

if TYPE_CHECKING:
    from oomlog.containers.registry import Registry

__all__ = ["Report", "report"]

Choice = int | Literal["last", "all", "incident"]


class Report:
    """A post-mortem report, to be written in any of its formats.

    :ivar content: What is in it, for programs.
    """

    def __init__(self, content: Postmortem, template: Path | None = None) -> None:
        self.content = content
        self._template = template

    def _written(self, form: Format) -> bytes:
        if self._template is None or form not in ("html", "pdf"):
            return written(self.content, form)
        from oomlog.report.html import Look

        return written(self.content, form, Look(self._template))

    def html(self) -> str:
        """Return the report as one HTML page that needs nothing else.

        :raise SourceError: The template cannot be used.
        """
        return self._written("html").decode()

    def markdown(self) -> str:
        """Return the report as Markdown for GitHub, GitLab and wikis."""
        return self._written("markdown").decode()

    def pdf(self) -> bytes:
        """Return the report as PDF.

        :raise OomlogError: WeasyPrint is not installed (the extra ``pdf``).
        """
        return self._written("pdf")

    def json(self) -> dict[str, Any]:
        """Return the report as ``oomlog.report/1`` (``oomlog schema --report``)."""
        import json

        return cast("dict[str, Any]", json.loads(self._written("json")))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the report to a file, in the format that its name ends in: .html, .md, .pdf or .json.

        :raise UsageError: The name ends in something else.
        :raise OSError: The file cannot be written.
        """
        target = Path(path)
        form = SUFFIXES.get(target.suffix.lower())
        if form is None:
            raise UsageError(f"{target}: a report's name ends in {', '.join(SUFFIXES)}")
        target.write_bytes(self._written(form))

    def _repr_html_(self) -> str:
        """Return the title and the verdict; the page itself is too much for a notebook's cell."""
        from html import escape as for_html

        from oomlog.report.escape import escape

        title, verdict = (for_html(escape(text)) for text in (self.content.title, self.content.verdict))
        return f"<p><strong>{title}</strong></p><p>{verdict}</p>"


def report(
    events: OomEvent | Iterable[OomEvent] | Input | Iterable[Input],
    *,
    event: Choice = "last",
    lang: str = "en",
    title: str | None = None,
    template: str | os.PathLike[str] | None = None,
    registry: Registry | None = None,
    page_size_kb: int | None = None,
    redact: bool = False,
) -> Report:
    """Return a post-mortem report.

    :param events: Events, or what ``parse()`` takes: a path, several paths, bytes, an open file.
    :param event: Which of them it is about: a number from 1, ``last``, ``all`` in full, or all as one
        ``incident``.  The last is the latest, where clocks tell.  The others are its surroundings: earlier
        kills, storms, the history of the victim.
    :param lang: ``en`` or ``ko``.
    :param template: A jinja2 template of your own, or a folder of them.
    :param registry: Names of containers.
    :param redact: Put pseudonyms in place of hosts, units, paths, users, ids and addresses.
    :raise UsageError: There is no such event.

    >>> line = "Out of memory: Killed process 7 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"
    >>> found = report(f"kernel: {line}\\n")
    >>> found.content.title, len(found.json()["events"])
    ('x (pid 7) killed: out of memory', 1)
    """
    beside = Neighbourhood(shared_matcher())
    found_events, neighbours = _events(events, beside), beside.found
    if redact:
        redactor = Redactor()
        found_events = redactor.events(found_events)
        neighbours, registry = redactor.neighbours(neighbours), redactor.registry(registry)
        title = None if title is None else redactor.text(title)
    siblings = Log(found_events)
    if not siblings:
        raise UsageError("there is nothing to report: no out-of-memory event was given")
    numbers: Sequence[int] = range(1, len(siblings) + 1)
    if event == "last":
        numbers = numbers_in_order(siblings, numbers)[-1:]
    elif isinstance(event, int):
        if event not in numbers:
            raise UsageError(f"event={event}: there are {len(siblings)} events, counted from 1")
        numbers = [event]
    found = [
        (number, explain(siblings[number - 1], siblings, page_size_kb=page_size_kb, registry=registry))
        for number in numbers
    ]
    kind: Kind = "event" if len(found) == 1 else "incident" if event == "incident" else "events"
    content = build(
        found,
        siblings,
        neighbours=neighbours,
        lang=lang,
        title=title,
        kind=kind,
        redacted=redact,
        read=Read(unread=beside.left_out),
    )
    return Report(content, None if template is None else Path(template))


def _events(
    events: OomEvent | Iterable[OomEvent] | Input | Iterable[Input], beside: Neighbourhood
) -> list[OomEvent]:
    if isinstance(events, OomEvent):
        return [events]
    taken: object = events
    if isinstance(events, Iterator) and not hasattr(events, "read"):  # what parse() gives; no open file
        taken = list(events)
    if isinstance(taken, Sequence) and not isinstance(taken, str | bytes | bytearray):
        found = [each for each in taken if isinstance(each, OomEvent)]
        if len(found) == len(taken):
            return found
    return list(parse(cast("Input", taken), beside=beside))
