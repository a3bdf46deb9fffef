"""Set oom_score_adj of a process: the only thing that oomlog writes outside of its outputs.

Mirrors fs/proc/base.c:__set_oom_adj(), which lets everybody raise the value of an own process, and lowers it
below the smallest it had only with CAP_SYS_RESOURCE.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from oomlog.errors import OomlogError
from oomlog.live.files import read_number
from oomlog.live.processes import Process, folder_of, started_ticks

__all__ = ["apply"]


def apply(process: Process, adj: int, root: Path = Path("/")) -> int | None:
    """Set a process's oom_score_adj and return what the kernel says it is now.

    :raise OomlogError: When the process is not the one that was looked at, or the kernel refuses.
    """
    try:
        with folder_of(process.pid, root) as folder:
            # The number may be another process's by now; the folder stays with the one it was opened for.
            if process.started_ticks is None or started_ticks(folder) != process.started_ticks:
                raise OomlogError(
                    f"process {process.pid} is not the one it was a moment ago; nothing was set"
                )
            fd = os.open("oom_score_adj", os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, dir_fd=folder)
            try:
                os.write(fd, b"%d\n" % adj)
            finally:
                os.close(fd)
            return read_number("oom_score_adj", folder=folder)
    except OSError as error:
        raise OomlogError(f"process {process.pid}: {_why(error)}") from error


def _why(error: OSError) -> str:
    if error.errno in (errno.ENOENT, errno.ESRCH):
        return "it has ended"
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            "the kernel refuses: it is not yours, or the value is below the smallest it had, which takes "
            "CAP_SYS_RESOURCE on the machine itself, not in a container"
        )
    if error.errno == errno.EROFS:
        return "/proc is read-only here"
    return (error.strerror or str(error)).lower()
