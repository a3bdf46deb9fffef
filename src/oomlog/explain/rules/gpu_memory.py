"""Graphics memory in RAM (buffers of GPU drivers) was a large part.

Counted since 7.1 for drivers that use TTM; the pool of free pages (gpu_reclaim) can be shrunk, buffers cannot
unless the driver moves them.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.sizes import nodes_kb, ram_kb, share_of

__all__ = ["ID", "REFERENCE", "find"]

ID = "gpu_memory"
REFERENCE = "NR_GPU_ACTIVE and NR_GPU_RECLAIM: ttm_pool_alloc() in drivers/gpu/drm/ttm/ttm_pool.c (7.1)"

_LARGE = 0.15


def find(case: Case) -> Finding | None:
    """Return the claim where GPU buffers and their pools are a large part."""
    active, pool = nodes_kb(case, "gpu_active"), nodes_kb(case, "gpu_reclaim")
    if active is None or pool is None:
        return None
    ram = ram_kb(case)
    share = share_of(active + pool, ram)
    if share is None or share < _LARGE:
        return None
    values = {"gpu_active_kb": active, "gpu_reclaim_kb": pool, "share": share, "ram_kb": ram}
    return Finding(ID, values, case.quote(" gpu_active:", "pages RAM"), "certain", REFERENCE)
