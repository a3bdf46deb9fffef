"""All exceptions of oomlog.

    OomlogError
     +-- SourceError    an input cannot be read (name, reason)
     +-- GrammarError   a grammar file is wrong (file, variant, key, help)
     +-- GlossaryError  a file of the glossary is wrong (file, entry, key, help)
     +-- ParseError     a problem in a log, raised only when the caller asked for strict parsing
     +-- StoreError     a store of kills cannot be used (path, reason)
     +-- UsageError     the caller asked for something that does not fit together
     +-- PictureError   a picture was asked for of something that the log does not have

Library code raises; only ``oomlog.cli.main`` turns these into messages and exit codes.
Bad log *content* never raises unless strict parsing was asked for: it becomes a ``Problem``.
"""

from __future__ import annotations

__all__ = [
    "GlossaryError",
    "GrammarError",
    "OomlogError",
    "ParseError",
    "PictureError",
    "SourceError",
    "StoreError",
    "UsageError",
]


class OomlogError(Exception):
    """Base of everything oomlog raises on purpose."""


class SourceError(OomlogError):
    """An input cannot be read, or not to its end."""

    def __init__(self, name: str, reason: str, *, hint: str | None = None) -> None:
        self.name = name
        self.reason = reason
        self.hint = hint
        super().__init__(f"{name}: {reason}" + (f"; {hint}" if hint else ""))


class GrammarError(OomlogError):
    """A grammar file says something that cannot be used."""

    def __init__(
        self,
        file: str,
        message: str,
        *,
        variant: str | None = None,
        key: str | None = None,
        line: int | None = None,
        help: str | None = None,
    ) -> None:
        self.file = file
        self.message = message
        self.variant = variant
        self.key = key
        self.line = line
        self.help = help
        where = f"{file}:{line}" if line is not None else file
        what = ", ".join(
            part for part in (f"variant {variant}" if variant else "", f"key {key!r}" if key else "") if part
        )
        text = f"{where}: " + (f"{what}: " if what else "") + message
        super().__init__(text + (f"\n  help: {help}" if help else ""))

    def of(self, file: str) -> GrammarError:
        """Return the same error with the file as the user named it."""
        return GrammarError(
            file, self.message, variant=self.variant, key=self.key, line=self.line, help=self.help
        )


class GlossaryError(OomlogError):
    """A file of the glossary says something that cannot be used."""

    def __init__(
        self,
        file: str,
        message: str,
        *,
        entry: str | None = None,
        key: str | None = None,
        help: str | None = None,
    ) -> None:
        self.file = file
        self.message = message
        self.entry = entry
        self.key = key
        self.help = help
        what = ", ".join(
            part for part in (f"entry {entry!r}" if entry else "", f"key {key!r}" if key else "") if part
        )
        text = f"{file}: " + (f"{what}: " if what else "") + message
        super().__init__(text + (f"\n  help: {help}" if help else ""))


class ParseError(OomlogError):
    """A line of a report could not be understood, and the caller asked to be told at once."""

    def __init__(self, source: str, line: int, expected: str | None, text: str) -> None:
        self.source = source
        self.line = line
        self.expected = expected
        self.text = text
        found = f": {text!r}" if text else ""
        super().__init__(f"{source}:{line}: expected {expected or 'a known line'}{found}")


class StoreError(OomlogError):
    """A store of kills cannot be opened, read or written."""

    def __init__(self, path: str, reason: str, *, hint: str | None = None) -> None:
        self.path = path
        self.reason = reason
        self.hint = hint
        super().__init__(f"{path}: {reason}" + (f"; {hint}" if hint else ""))


class UsageError(OomlogError):
    """Options or arguments that do not fit together."""


class PictureError(OomlogError, ValueError):
    """A picture was asked for of something that the log does not have."""
