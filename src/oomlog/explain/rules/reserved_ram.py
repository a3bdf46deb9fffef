"""Far more of the RAM was reserved than the kernel's own start takes.

Most balloon drivers take pages from the allocator for good (adjust_managed_page_count()), which makes them
reserved; reports count them since 6.17.  What ``crashkernel=`` sets aside at boot is reserved as well.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding, Values
from oomlog.explain.sizes import nodes_kb, ram_kb, share_of, zones_kb

__all__ = ["ID", "REFERENCE", "find"]

ID = "reserved_ram"
REFERENCE = (
    "adjust_managed_page_count() in include/linux/mm.h, fill_balloon() in drivers/virtio/virtio_balloon.c"
)

# Kernel image, initial ramdisk and tables that grow with RAM: 70 MiB of a virtual machine with 256 MiB.
_USUAL_KB = 128 * 1024
# Struct pages are a 64th of RAM, and what swiotlb takes for encrypted guests up to 6 %.
_USUAL_PART = 16
_LARGE = 0.1


def find(case: Case) -> Finding | None:
    """Return the claim where what is reserved, beyond the usual and a counted balloon, is a tenth or more."""
    ram, present, managed = ram_kb(case), zones_kb(case, "present"), zones_kb(case, "managed")
    # Before 3.13 "pages RAM" had holes between banks of memory in it, and all of these count as reserved.
    if ram is None or managed is None or present != ram:
        return None
    reserved = ram - managed
    unusual = reserved - (nodes_kb(case, "balloon") or 0) - _USUAL_KB - ram // _USUAL_PART
    share, beyond = share_of(reserved, ram), share_of(unusual, ram)
    if share is None or beyond is None or beyond < _LARGE:
        return None
    values: Values = {"reserved_kb": reserved, "share": share, "ram_kb": ram}
    return Finding(ID, values, case.quote("pages RAM", "pages reserved"), "likely", REFERENCE)
