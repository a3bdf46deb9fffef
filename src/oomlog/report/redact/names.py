"""Pseudonyms: the same name has the same one everywhere in a report, and the next name the next."""

from __future__ import annotations

import hashlib
import ipaddress
import re

__all__ = ["Names"]

_UNIT = r"service|scope|slice|socket|mount|automount|swap|timer|path|target|device"
# Parts of paths that are the same on every machine.
_COMMON = re.compile(
    r"|-\.slice|(?:system|user|machine|app|session|background|init|machine-lxc|lxc|podman|docker|libpod_parent"
    r"|kubepods|kubelet|kubelet-kubepods)(?:\.slice|\.scope)?|kubepods(?:-burstable|-besteffort|-guaranteed)?(?:\.slice)?"
    r"|burstable|besteffort|guaranteed|kubelet\.service|init|payload|supervisor|container|docker-desktop|ecs|slurm"
    r"|slurmstepd\.scope|system|batch|extern|step_(?:batch|extern|\d{1,9})|task_(?:special|\d{1,9})|session-\w{1,9}\.scope|proc|sys|fs"
    r"|cgroup|dev|self|null|nomad\.slice|reserve\.slice|share\.slice|garden|mesos|mesos_executors\.slice|\.\.?"
)
_ID = re.compile(
    r"(?:(?<![0-9a-fA-F])|(?<=pod))(?:[0-9a-f]{64}|[0-9a-f]{32}(?![0-9a-fA-F-])"
    r"|[0-9a-f]{8}([-_])[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12})(?![0-9a-fA-F])"
)
# What may stand around an id in one part of a path: the runtimes' own words.
_FRAME = re.compile(
    r"(?:(?:system\.slice|kubepods[\w-]{0,30}-pod@\.slice|kubepods[\w-]{0,30}\.slice):)?"
    r"(?:(?:docker|cri-containerd|containerd|crio|crio-conmon|libpod|libpod-conmon|libpod-payload|nerdctl|buildkit"
    r"|ecs-task|cri-o|pod|kubepods[\w-]{0,30}-pod)[-:]?)?@(?:\.scope|\.slice|\.service)?"
)
_USER = re.compile(r"(user-|user@|user-runtime-dir@|uid_|user_)(\d{1,10})(\.slice|\.service)?")
_JOB = re.compile(r"(job_)(\d{1,12})")
_PAYLOAD = re.compile(r"(lxc\.payload\.|lxc\.monitor\.|lxc\.pivot\.)(.+)")
_NAMED = re.compile(rf"(.+)\.({_UNIT})")
_LOWEST_UID = 9_000_001
_NOBODY = frozenset({0, 65_534, 65_535, 4_294_967_295})
"""Uids that are nobody's in particular."""


class Names:
    """All pseudonyms of one report.

    :ivar taken: Every name that was replaced, and by what.
    :ivar given: The pseudonyms, which are replaced by nothing when they are met again.
    """

    def __init__(self) -> None:
        self.taken: dict[str, str] = {}
        self.given: set[str] = set()
        self._counts: dict[str, int] = {}
        self._uids: dict[int, int] = {}

    def name(self, kind: str, original: str | None, suffix: str = "") -> str | None:
        """Return ``kind-1``, ``kind-2`` ... for a name; ``None`` stays ``None``."""
        if not original:
            return original
        if original in self.given:
            return original
        found = self.taken.get(original)
        if found is None:
            number = self._counts[kind] = self._counts.get(kind, 0) + 1
            found = self._take(original, f"{kind}-{number}{suffix}")
        return found

    def _take(self, original: str, found: str) -> str:
        self.taken[original] = found
        self.given.add(found)
        return found

    def sure(self, kind: str, original: str, suffix: str = "") -> str:
        """Return the pseudonym of a name that there is."""
        return self.name(kind, original, suffix) or ""

    def host(self, original: str | None) -> str | None:
        """Return the pseudonym of a host; with and without its domain it is the same one."""
        if not original:
            return original
        short = original.split(".", 1)[0]
        found = self.sure("host", short)
        self.taken.setdefault(original, found)
        return found

    def uid(self, original: int | None) -> int | None:
        """Return another uid; root, nobody and overflow stay what they are."""
        if original is None or original in _NOBODY or original in self._uids.values():
            return original
        return self._uids.setdefault(original, _LOWEST_UID + len(self._uids))

    def uids(self) -> dict[int, int]:
        """Return the uids that were replaced."""
        return dict(self._uids)

    def id(self, original: str) -> str:
        """Return an id with the same length and the same dashes."""
        bare = original.replace("-", "").replace("_", "")
        if bare in self.given:
            return original
        found = self.taken.get(bare)
        if found is None:
            # Counted, not computed from the original: a digest of it could be looked up.
            number = self._counts["id"] = self._counts.get("id", 0) + 1
            found = hashlib.sha256(f"oomlog id {number}".encode()).hexdigest()[: len(bare)]
            self._take(bare, found)
            if len(bare) == 64:
                self._take(bare[:12], found[:12])
        return self._take(original, _like(original, found))

    def ids(self, text: str) -> str:
        """Replace the ids in a text."""
        return _ID.sub(lambda match: self.id(match[0]), text)

    def path(self, original: str | None) -> str | None:
        """Return a path with a pseudonym for each part that is not the same on every machine."""
        return None if original is None else "/".join(map(self.part, original.split("/")))

    def part(self, original: str) -> str:
        """Return the pseudonym of one part of a path."""
        if _COMMON.fullmatch(original):
            return original
        if original in self.given:
            return original
        if original in self.taken:
            return self.taken[original]
        # The frame is compared with the ids taken out.
        if _ID.search(original) and _FRAME.fullmatch(_ID.sub("@", original)):
            return self.ids(original)
        if (found := _USER.fullmatch(original)) is not None:
            return f"{found[1]}{self.uid(int(found[2]))}{found[3] or ''}"
        if (found := _JOB.fullmatch(original)) is not None:
            return found[1] + self.sure("job", found[2]).removeprefix("job-")
        if (found := _PAYLOAD.fullmatch(original)) is not None:
            return found[1] + self.sure("container", found[2])
        if (found := _NAMED.fullmatch(original)) is not None:
            return self._unit(original, found[1], found[2])
        return self.sure("group", original)

    def _unit(self, original: str, stem: str, kind: str) -> str:
        template, at, _ = stem.partition("@")
        base = self.sure("unit", template)
        instance = (
            f"@{self.sure('instance', stem[len(template) + 1 :])}" if at and not stem.endswith("@") else at
        )
        return self._take(original, f"{base}{instance}.{kind}")

    def address(self, original: str) -> str:
        """Return an address of those that are nobody's (RFC 5737, RFC 3849); what is none stays as it is."""
        try:
            version = ipaddress.ip_address(original).version
        except ValueError:
            return original
        if original in self.given:
            return original
        if original in self.taken:
            return self.taken[original]
        number = self._counts["address"] = self._counts.get("address", 0) + 1
        low = f"192.0.2.{number}" if number < 255 else f"198.51.100.{number % 255}"
        return self._take(original, low if version == 4 else f"2001:db8::{number:x}")


def _like(original: str, digits: str) -> str:
    rest = iter(digits)
    return "".join(char if char in "-_" else next(rest) for char in original)
