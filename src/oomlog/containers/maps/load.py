"""Read a file that says what containers are called; which tool wrote it is told from its shape.

A file may hold one JSON text, or several behind one another: ``docker ps`` prints one a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from oomlog.containers.known import Known
from oomlog.containers.maps import cri, docker, kubectl
from oomlog.containers.maps.values import Table, rows, table
from oomlog.errors import SourceError
from oomlog.sources.reasons import os_failure

__all__ = ["EXPECTED", "known_of", "load"]

EXPECTED = (
    "expected the JSON of docker inspect, docker ps --format json, podman inspect, podman ps --format json, "
    "crictl ps -o json, crictl pods -o json, crictl inspect or kubectl get pods -A -o json"
)
_HINT = "write one with, for example: docker inspect CONTAINER > inspect.json"


def load(name: str) -> list[Known]:
    """Return the containers and pods of a file.

    :raise SourceError: It cannot be read, is no JSON, or none that tells of containers.
    """
    try:
        content = Path(name).read_bytes()
    except OSError as error:
        raise os_failure(name, error) from None
    except ValueError:
        raise SourceError(name, "is not a possible file name") from None
    known = []
    understood = False
    for value in _values(name, content.decode("utf-8-sig", "replace")):
        for row in [value] if isinstance(value, dict) else rows(value):
            found = known_of(row, name)
            if found is None:
                raise SourceError(name, f"says nothing of containers: {EXPECTED}", hint=_HINT)
            known += found
        understood = understood or isinstance(value, dict | list)
    if not understood:
        raise SourceError(name, f"is empty: {EXPECTED}", hint=_HINT)
    return known


def _values(name: str, text: str) -> Iterator[object]:
    decoder = json.JSONDecoder()
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            where = f"line {text.count(chr(10), 0, error.pos) + 1}"
            raise SourceError(name, f"{where} is no JSON ({error.msg}): {EXPECTED}", hint=_HINT) from None
        # A number of thousands of digits, or brackets thousands deep.
        except (ValueError, RecursionError):
            raise SourceError(name, f"is no JSON that can be read: {EXPECTED}", hint=_HINT) from None
        yield value


def known_of(value: Table, source: str) -> list[Known] | None:
    """Return what an object says, ``None`` when it is of no known shape."""
    if isinstance(value.get("containers"), list):
        return list(cri.listed_containers(value, source))
    if isinstance(value.get("items"), list):
        return _items(value, source)
    if cri.is_inspected(value):
        return [cri.inspected(value, source)]
    if docker.is_inspected(value):
        return [docker.inspected(value, source)]
    if docker.is_listed(value):
        return [docker.listed(value, source)]
    if kubectl.is_pod(value):
        return list(kubectl.pod_and_containers(value, source))
    return None


def _items(value: Table, source: str) -> list[Known] | None:
    items = list(rows(value["items"]))
    # crictl's list and its items have no kind; neither has a pod of the API's own list.
    if (
        items
        and "kind" not in value
        and all("spec" not in item and table(item, "metadata") for item in items)
    ):
        return list(cri.listed_pods(value, source))
    pods = [item for item in items if kubectl.is_pod(item)]
    if items and not pods:
        return None
    return [known for pod in pods for known in kubectl.pod_and_containers(pod, source)]
