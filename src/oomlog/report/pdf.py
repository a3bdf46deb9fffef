"""A page as PDF, laid out by WeasyPrint for paper; nothing is fetched while that is done."""

from __future__ import annotations

import logging

from oomlog.errors import OomlogError

__all__ = ["pdf_bytes"]

_MISSING = (
    "a PDF needs the package WeasyPrint (68 or newer): pip install 'oomlog[pdf]'\n"
    "or write .html and print it from a browser"
)
_NO_LIBRARY = (
    "WeasyPrint is installed but lacks a library of the system: {reason}\n"
    "on Debian and Ubuntu: apt install libpango-1.0-0 libpangoft2-1.0-0\n"
    "or write .html and print it from a browser"
)


def pdf_bytes(page: str) -> bytes:
    """Return a page as PDF; the same page gives the same bytes.

    :param page: HTML that needs nothing from outside.
    :raise OomlogError: WeasyPrint, or a library that it needs, is not installed.
    """
    try:
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher
    except ImportError as error:
        raise OomlogError(_MISSING) from error
    except OSError as error:  # cffi does not find a library
        raise OomlogError(_NO_LIBRARY.format(reason=str(error).splitlines()[0])) from error
    log = logging.getLogger("weasyprint")
    # It warns of each property that is for screens only.
    before, log.disabled = log.disabled, True
    try:
        nothing = URLFetcher(allowed_protocols=(), allow_redirects=False)
        document = weasyprint.HTML(string=page, url_fetcher=nothing, media_type="print")
        found: bytes = document.write_pdf(font_config=FontConfiguration(), pdf_tags=True, pdf_forms=False)
        return found
    finally:
        log.disabled = before
