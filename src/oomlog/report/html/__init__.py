"""A document as one HTML file that needs no network and no script, and in which no name can do anything.

>>> from oomlog.report.document import Paragraph
>>> page = render([Paragraph("<script>alert(1)</script>")], title="A & B")
>>> "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>" in page, "<title>A &amp; B</title>" in page
(True, True)
"""

from oomlog.report.html.fragment import fragment
from oomlog.report.html.page import render
from oomlog.report.html.template import Look

__all__ = ["Look", "fragment", "render"]
