"""A report in each of its formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from oomlog.errors import UsageError
from oomlog.report.postmortem.model import Postmortem

if TYPE_CHECKING:
    from oomlog.report.html import Look

__all__ = ["FORMATS", "SUFFIXES", "Format", "written"]

Format = Literal["html", "markdown", "pdf", "json"]
FORMATS: tuple[Format, ...] = ("html", "markdown", "pdf", "json")
SUFFIXES: dict[str, Format] = {
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".pdf": "pdf",
    ".json": "json",
}


def written(report: Postmortem, form: Format, look: Look | None = None) -> bytes:
    """Return the bytes of a report.

    :param look: A template of one's own, for HTML and PDF.
    :raise SourceError: The template cannot be used.
    :raise UsageError: A package that the format needs is missing.
    """
    if form == "json":
        from oomlog.report.postmortem.data import report_bytes

        return report_bytes(report)
    from oomlog.report.postmortem.page import postmortem_blocks

    if form == "markdown":
        from oomlog.report.document_markdown import document_markdown
        from oomlog.report.postmortem.bars import with_bars

        text = document_markdown(postmortem_blocks(with_bars(report)))
        return text.encode("utf-8", "backslashreplace")
    try:
        from oomlog.report.html import render
        from oomlog.report.postmortem.figures import on_paper, picture_style, with_figures

        report = with_figures(report)
    except ModuleNotFoundError as error:
        extra = "pdf" if form == "pdf" else "report"
        raise UsageError(
            f"a page needs the package {error.name}: pip install 'oomlog[{extra}]'\n"
            "or write .md or .json, which need nothing"
        ) from error
    blocks = postmortem_blocks(report)
    page = render(
        on_paper(blocks) if form == "pdf" else blocks,
        title=report.title,
        lang=report.lang,
        look=look,
        style=picture_style(),
        values={"report": report},
    )
    if form == "pdf":
        from oomlog.report.pdf import pdf_bytes

        return pdf_bytes(page)
    return page.encode("utf-8", "backslashreplace")
