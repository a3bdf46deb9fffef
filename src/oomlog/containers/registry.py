"""Everything that is known of containers, to be asked by what a cgroup's path says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oomlog.containers.known import Known, merged
from oomlog.containers.model import CgroupOwner

__all__ = ["Registry"]

# What docker shows of an id; nothing shorter is one.
_SHORT = 12


class Registry:
    """Containers by id and pods by uid; what several files say of one is put together."""

    def __init__(self, known: Iterable[Known] = ()) -> None:
        self._containers: dict[str, list[Known]] = {}
        self._pods: dict[str, Known] = {}
        for each in known:
            self.add(each)

    def add(self, known: Known) -> None:
        """Take one more."""
        if known.container_id is not None:
            if len(known.container_id) >= _SHORT:
                self._add_container(known, known.container_id)
        elif known.pod_uid is not None:
            before = self._pods.get(known.pod_uid)
            self._pods[known.pod_uid] = known if before is None else merged(before, known)

    def _add_container(self, known: Known, id: str) -> None:
        same = self._containers.setdefault(id[:_SHORT], [])
        for index, each in enumerate(same):
            if _is_same(each, id):
                same[index] = merged(each, known)
                return
        same.append(known)

    def __len__(self) -> int:
        return len(self._pods) + sum(map(len, self._containers.values()))

    def __iter__(self) -> Iterator[Known]:
        """Yield all that is known: containers, then pods."""
        yield from self.containers()
        yield from self._pods.values()

    def containers(self) -> Iterator[Known]:
        """Yield every container, in the order in which they were told."""
        for same in self._containers.values():
            yield from same

    def find(self, owner: CgroupOwner | None) -> Known | None:
        """Return what is known of a cgroup's container, or of its pod; ``None`` when nothing is.

        A shortened id that two containers begin with is none's.
        """
        if owner is None:
            return None
        pod = None if owner.pod_uid is None else self._pods.get(owner.pod_uid)
        id = owner.container_id
        if id is None or len(id) < _SHORT:
            return pod
        found = [each for each in self._containers.get(id[:_SHORT], ()) if _is_same(each, id)]
        if len(found) != 1:
            return pod
        return found[0] if pod is None else merged(found[0], pod)


def _is_same(known: Known, id: str) -> bool:
    other = known.container_id or ""
    return other.startswith(id) or id.startswith(other)
