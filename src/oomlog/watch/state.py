"""Where the last run ended, in a file that is replaced as a whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from oomlog.errors import OomlogError
from oomlog.watch.follower import Position

__all__ = [
    "SCHEMA_ID",
    "Entry",
    "State",
    "Writing",
    "default_state",
    "load_state",
    "lock_state",
    "save_state",
]

SCHEMA_ID = "oomlog.watch-state/1"


@dataclass(slots=True)
class Entry:
    """One event that was handed out and can be found again from the stored position on."""

    keys: tuple[str, ...]
    left: set[str] = field(default_factory=set)
    """Hooks that are not done with it."""
    start: int = 0
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class Writing:
    """What was about to be appended to a regular file when the state was saved."""

    keys: tuple[str, ...]
    inode: int
    size: int
    length: int


@dataclass(slots=True)
class State:
    """What the next run must know."""

    source: str
    position: Position | None = None
    handed: list[Entry] = field(default_factory=list)
    writing: Writing | None = None


def default_state(environ: Mapping[str, str], source: str) -> Path:
    """Return the file for one source: in systemd's ``StateDirectory=``, else in the user's own folder."""
    folder = environ.get("STATE_DIRECTORY", "").partition(":")[0]
    home = environ.get("HOME")
    if folder:
        base = Path(folder)
    elif shared := environ.get("XDG_STATE_HOME"):
        base = Path(shared) / "oomlog"
    else:
        base = Path(home) / ".local/state/oomlog" if home else Path("/var/lib/oomlog")
    from hashlib import sha256

    plain = "".join(char if char.isascii() and char.isalnum() else "-" for char in source)[-40:].strip("-")
    return base / f"watch-{plain}-{sha256(source.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}.json"


def load_state(path: Path, source: str) -> State:
    """Read the state; an empty one where there is none yet.

    :raise OomlogError: It cannot be read, is damaged, or belongs to another source.
    """
    try:
        found = orjson.loads(path.read_bytes())
        if found["schema"] != SCHEMA_ID:
            raise OomlogError(f"{path}: is of another version of oomlog; remove it to begin anew")
        if found["source"] != source:
            raise OomlogError(f"{path}: belongs to {found['source']!r}; name another file with --state")
        writing = found["writing"]
        return State(
            source,
            found["position"],
            [Entry(tuple(each["keys"]), set(each["left"])) for each in found["handed"]],
            None if writing is None else Writing(tuple(writing.pop("keys")), **writing),
        )
    except FileNotFoundError:
        return State(source)
    except OSError as error:
        raise OomlogError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from error
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError):
        raise OomlogError(f"{path}: is no state of oomlog watch; remove it to begin anew") from None


def lock_state(path: Path) -> int:
    """Keep others from watching with the same state; return the descriptor that holds the lock.

    :raise OomlogError: Somebody does, or the folder cannot be written to.
    """
    import fcntl

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise OomlogError(
            f"{path}: cannot be written: {reason}; name another file with --state, or give --no-state"
        ) from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise OomlogError(f"{path}: another oomlog watches with it; name another file with --state") from None
    return fd


def save_state(path: Path, state: State) -> None:
    """Replace the file; after a crash there is the old state or the new one.

    :raise OomlogError: It cannot be written.
    """
    writing = state.writing
    record: dict[str, Any] = {
        "schema": SCHEMA_ID,
        "source": state.source,
        "position": None if state.position is None else dict(state.position),
        "handed": [{"keys": list(each.keys), "left": sorted(each.left)} for each in state.handed],
        "writing": None
        if writing is None
        else {
            "keys": list(writing.keys),
            "inode": writing.inode,
            "size": writing.size,
            "length": writing.length,
        },
    }
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb", opener=_private) as file:
            file.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise OomlogError(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    except OSError:  # some file systems cannot
        pass
    finally:
        os.close(fd)
