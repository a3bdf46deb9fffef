"""The one error this program reports to its user."""

import shutil


class CaptureError(Exception):
    """Something needed is missing, or a capture did not give what it should."""


class GuestError(CaptureError):
    """The guest went wrong; under emulation it may well go right the next time."""


def need(program: str, package: str) -> str:
    """Path of a program, or a clear error naming the Debian package that has it."""
    found = shutil.which(program)
    if found is None:
        raise CaptureError(f"{program} is not installed (Debian package {package})")
    return found
