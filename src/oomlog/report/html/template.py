"""The templates of a page, oomlog's own or the user's, with everything escaped that comes out of them."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    DictLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
)
from jinja2.exceptions import TemplateNotFound, TemplateSyntaxError
from markupsafe import Markup

from oomlog.errors import SourceError
from oomlog.explain.phrases import say
from oomlog.report.escape import escape
from oomlog.sources.reasons import os_failure

__all__ = ["PAGE", "Look", "fill"]

PAGE = "page.html"
"""The template of a page; it uses ``blocks.html``, ``style.css`` and ``page.js``."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is to look.

    :ivar template: A file to use instead of ``page.html``, or a folder whose files come before oomlog's own.
    """

    template: Path | None = None


class Inline:
    """The style sheets and scripts of one page, and the policy that allows these and nothing else.

    What counts is only what a template puts into ``inline_style`` and ``inline_script``: markup that got into
    the page in another way is in no hash, and a browser refuses it.
    """

    def __init__(self) -> None:
        self._hashes: dict[str, list[str]] = {"style": [], "script": []}
        self.place = token_hex(16)

    def style(self, caller: Callable[[], str]) -> Markup:
        """Return a style sheet in its element."""
        return self._element("style", caller())

    def script(self, caller: Callable[[], str]) -> Markup:
        """Return a script in its element."""
        return self._element("script", caller())

    def _element(self, name: str, text: str) -> Markup:
        digest = b64encode(hashlib.sha256(text.encode()).digest()).decode()
        self._hashes[name].append(f"'sha256-{digest}'")
        return Markup(f"<{name}>{text}</{name}>")

    def policy(self) -> str:
        """Return the Content-Security-Policy."""
        rules = {"default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}
        for name, hashes in self._hashes.items():
            rules[f"{name}-src"] = " ".join(hashes) or "'none'"
        return "; ".join(f"{name} {value}" for name, value in rules.items())


def _shown(value: object) -> object:
    """Make text from a log visible; jinja2 then escapes it for HTML."""
    return value if isinstance(value, Markup) else escape(str(value))


def _environment(look: Look, name: str) -> tuple[Environment, str]:
    own = PackageLoader("oomlog.report.html", "templates")
    loaders: list[BaseLoader] = [own, PrefixLoader({"oomlog": own})]
    if look.template is not None and look.template.is_dir():
        loaders.insert(0, FileSystemLoader(look.template))
    elif look.template is not None:
        # Only this file: what lies beside it is not meant.
        name = str(look.template)
        loaders.insert(0, DictLoader({name: look.template.read_text("utf-8")}))
    environment = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment, name


def fill(look: Look, lang: str, values: dict[str, Any], *, name: str = PAGE) -> str:
    """Return the page.

    :param values: What the templates can use.
    :param name: The template, where it is not the user's.
    :raise SourceError: The user's template cannot be used.
    """
    inline = Inline()
    try:
        environment, name = _environment(look, name)
        environment.globals.update(
            inline_style=inline.style,
            inline_script=inline.script,
            policy=inline.place,
            lang=lang,
            word=lambda key, **given: say(f"report.{key}", lang, given),
            lines_of=lambda text: text.rstrip("\n").split("\n"),
            svg=Markup,
            kind=lambda block: type(block).__name__.lower(),
        )
        page = environment.get_template(name).render(**values)
    except (TemplateError, OSError, UnicodeDecodeError) as error:
        if look.template is None:
            raise
        raise _failure(str(look.template), error) from error
    return page.replace(inline.place, inline.policy())


_HINT = "docs/report.md lists the blocks and values that a template has"


def _failure(name: str, error: Exception) -> SourceError:
    where = f" in line {error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
    reason = f"is no usable template{where}: {error}"
    if isinstance(error, TemplateNotFound):  # which is an OSError as well
        reason = f"there is no template {error.message}"
    elif isinstance(error, OSError):
        return os_failure(name, error)
    return SourceError(name, reason, hint=_HINT)
