"""Events, maps and neighbours with pseudonyms in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oomlog.containers.known import Known
from oomlog.containers.registry import Registry
from oomlog.events.neighbourhood import Neighbour
from oomlog.events.renamed import known_memcgs, renamed
from oomlog.model import Details, Memcg, Note, OomEvent, Problem, ReportLine, TaskTable
from oomlog.report.redact.names import Names
from oomlog.report.redact.texts import Texts

__all__ = ["Redactor"]


class Redactor:
    """Makes copies without names; one for all that belongs into one report."""

    def __init__(self) -> None:
        self.names = Names()
        self._texts = Texts(self.names)

    def text(self, text: str) -> str:
        """Return any text without the names that are known, and what looks like one."""
        return self._texts.text(text)

    def source(self, name: str) -> str:
        """Return the pseudonym of a log."""
        return self.names.sure("log", name)

    def events(self, events: Sequence[OomEvent]) -> list[OomEvent]:
        """Return copies of events."""
        for event in events:  # so that each name is known before the first text is read
            self.source(event.source)
            self.names.host(event.host)
            for path in event.quick_memcgs:
                self.names.path(path)
            self._texts.keep |= {kill.comm for kill in event.kills if kill.comm is not None}
        return [self._event(event) for event in events]

    def _event(self, event: OomEvent) -> OomEvent:
        names, texts = self.names, self._texts
        oom_memcg, task_memcg = known_memcgs(event)

        def details() -> Details:
            return self._details(event)

        def quote() -> tuple[ReportLine, ...]:
            self._details(event)
            return tuple(ReportLine(line.no, texts.line(line.text)) for line in event.lines)

        return renamed(
            event,
            source=self.source(event.source),
            host=names.host(event.host),
            boot_id=None if event.boot_id is None else names.ids(event.boot_id),
            kills=tuple(replace(kill, uid=names.uid(kill.uid)) for kill in event.kills),
            notes=tuple(Note(note.line, note.source, texts.line(note.text)) for note in event.notes),
            memcgs=(names.path(oom_memcg), names.path(task_memcg)),
            details=details,
            quote=quote,
        )

    def _details(self, event: OomEvent) -> Details:
        names, texts, found = self.names, self._texts, event.details
        slab = found.slab
        return replace(
            found,
            trigger_uid=names.uid(found.trigger_uid),
            cpuset=names.path(found.cpuset),
            oom_memcg=names.path(found.oom_memcg),
            task_memcg=names.path(found.task_memcg),
            memcg=None if found.memcg is None else self._memcg(found.memcg),
            tasks=None if found.tasks is None else self._tasks(found.tasks),
            slab=None
            if slab is None
            else tuple(
                {key: texts.text(each) if isinstance(each, str) else each for key, each in row.items()}
                for row in slab
            ),
            problems=tuple(
                Problem(each.line, texts.line(each.text), each.expected) for each in event.problems
            ),
        )

    def _memcg(self, memcg: Memcg) -> Memcg:
        return replace(
            memcg,
            children=tuple((self.names.path(path) or "", stats) for path, stats in memcg.children),
        )

    def _tasks(self, tasks: TaskTable) -> TaskTable:
        if "uid" not in tasks.columns:
            return tasks
        at = tasks.columns.index("uid")

        def uid(value: int | str | None) -> int | str | None:
            return self.names.uid(value) if isinstance(value, int) else value

        return TaskTable(tasks.columns, [(*row[:at], uid(row[at]), *row[at + 1 :]) for row in tasks.rows])

    def neighbours(self, neighbours: Sequence[Neighbour]) -> list[Neighbour]:
        """Return copies of neighbours."""
        return [
            replace(
                each,
                text=self._texts.line(each.text),
                source=self.source(each.source),
                host=self.names.host(each.host),
                boot_id=None if each.boot_id is None else self.names.ids(each.boot_id),
                unit=None if each.unit is None else self.names.part(each.unit),
            )
            for each in neighbours
        ]

    def registry(self, registry: Registry | None) -> Registry | None:
        """Return what is known of containers, by pseudonyms."""
        if registry is None:
            return None
        found = Registry()
        for known in registry:
            found.add(self._known(known))
        return found

    def _known(self, known: Known) -> Known:
        names = self.names
        return replace(
            known,
            source=names.sure("map", known.source),
            container_id=self._container_id(known.container_id),
            pod_uid=None if known.pod_uid is None else names.id(known.pod_uid),
            name=names.name("container", known.name),
            pod=names.name("pod", known.pod),
            namespace=names.name("namespace", known.namespace),
            image=names.name("image", known.image),
        )

    def _container_id(self, id: str | None) -> str | None:
        if id is None:
            return None
        return self.names.taken.get(id) or self.names.id(id)
