"""Names taken out of a report before it is made, so that no format of it can have them.

Events, maps and neighbours are copied with pseudonyms in place of names, of the same shape where the shape
means something (a container's id stays one), and everything is computed from the copies.
"""

from oomlog.report.redact.events import Redactor

__all__ = ["Redactor"]
