"""Print the memory half of an OOM report: Mem-Info for a global kill, counters for a memcg kill.

The numbers agree with each other the way a real kernel's do (node = sum of its zones, buddy
list = free, counters = node / page size), so that a parser may check them.
Mirrors show_mem() in mm/show_mem.c and mem_cgroup_print_oom_meminfo() in mm/memcontrol.c.
"""

from random import Random

from tasks import PAGE_BYTES, PAGE_KB

# zone, managed kB, watermark min kB, lowmem_reserve
_ZONES = (
    ("DMA", 15_360, 128, "0 2655 31327 31327 31327"),
    ("DMA32", 2_756_784, 11_812, "0 0 28672 28672 28672"),
    ("Normal", 29_360_128, 45_588, "0 0 0 0 0"),
)

_STAT_KEYS = (  # of cgroup v2, in the order of 6.8
    "anon file kernel kernel_stack pagetables sec_pagetables percpu sock vmalloc shmem zswap zswapped "
    "file_mapped file_dirty file_writeback swapcached anon_thp file_thp shmem_thp inactive_anon active_anon "
    "inactive_file active_file unevictable slab_reclaimable slab_unreclaimable slab workingset_refault_anon "
    "workingset_refault_file workingset_activate_anon workingset_activate_file workingset_restore_anon "
    "workingset_restore_file workingset_nodereclaim pgscan pgsteal pgscan_kswapd pgscan_direct "
    "pgscan_khugepaged pgsteal_kswapd pgsteal_direct pgsteal_khugepaged pgfault pgmajfault pgrefill "
    "pgactivate pgdeactivate pglazyfree pglazyfreed zswpin zswpout zswpwb thp_fault_alloc "
    "thp_collapse_alloc thp_swpout thp_swpout_fallback"
)


def _buddy(rng: Random, free_kb: int) -> tuple[str, int]:
    # Largest blocks are gone when memory is short, so what is free is in small ones.
    counts = [0] * 11
    left = free_kb
    for order in (4, 3, 2, 1):
        counts[order] = int(left * rng.uniform(0.05, 0.2)) // (PAGE_KB << order)
        left -= counts[order] * (PAGE_KB << order)
    counts[0] = left // PAGE_KB
    parts = [
        f"{count}*{PAGE_KB << order}kB" + (" (UME)" if count else "") for order, count in enumerate(counts)
    ]
    total = sum(count * (PAGE_KB << order) for order, count in enumerate(counts))
    return f"{' '.join(parts)} = {total}kB", total


def mem_info(rng: Random, kernel: tuple[int, int]) -> list[str]:
    """Return the Mem-Info block as one line per line of log, for a machine with 32 GiB."""
    zones, buddies = [], []
    sums = dict.fromkeys(("active_anon", "inactive_anon", "active_file", "inactive_file"), 0)
    free_total = 0
    for zone, managed, low_mark, reserve in _ZONES:
        blocks, free = _buddy(rng, int(low_mark * rng.uniform(0.9, 1.3)))
        used = 0 if zone == "DMA" else int(managed * rng.uniform(0.85, 0.93)) // 4 * 4
        lru = {
            "active_anon": used // 10 // 4 * 4,
            "inactive_anon": used * 4 // 5 // 4 * 4,
            "active_file": rng.randrange(0, 800) * 4 if used else 0,
            "inactive_file": rng.randrange(0, 800) * 4 if used else 0,
        }
        for key, value in lru.items():
            sums[key] += value
        free_total += free
        marks = f"min:{low_mark}kB low:{low_mark * 5 // 4}kB high:{low_mark * 3 // 2}kB"
        lists = " ".join(f"{key}:{value}kB" for key, value in lru.items())
        zones.append(f"Node 0 {zone} free:{free}kB {_zone(kernel, marks, lists, managed)}")
        zones.append(f"lowmem_reserve[]: {reserve}")
        buddies.append(f"Node 0 {zone}: {blocks}")

    pages = {key: value // PAGE_KB for key, value in sums.items()}
    unstable = " unstable:0" if kernel < (5, 8) else ""
    lines = [
        "Mem-Info:",
        f"active_anon:{pages['active_anon']} inactive_anon:{pages['inactive_anon']} isolated_anon:0",
        f" active_file:{pages['active_file']} inactive_file:{pages['inactive_file']} isolated_file:32",
        f" unevictable:4142 dirty:{rng.randrange(90)} writeback:0{unstable}",
        " slab_reclaimable:76895 slab_unreclaimable:80328",
    ]
    if kernel >= (6, 1):
        lines += [" mapped:20364 shmem:102132 pagetables:33321", " sec_pagetables:0 bounce:0"]
    else:
        lines.append(" mapped:20364 shmem:102132 pagetables:33321 bounce:0")
    if kernel >= (5, 15):
        lines.append(" kernel_misc_reclaimable:0")
    lines.append(f" free:{free_total // PAGE_KB} free_pcp:{rng.randrange(3000)} free_cma:0")
    if kernel >= (4, 8):
        lines.append(_node(kernel, sums))
    lines += zones + buddies
    lines += [f"Node 0 hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size={size}kB"
              for size in (1048576, 2048)]  # fmt: skip
    lines += [f"{pages['active_file'] + pages['inactive_file'] + 102132} total pagecache pages",
              "0 pages in swap cache"]  # fmt: skip
    if kernel < (6, 0):
        lines.append("Swap cache stats: add 31260615, delete 31249273, find 295999950/297583545")
    lines += ["Free swap  = 0kB", "Total swap = 8388604kB", "8379834 pages RAM"]
    lines += ["0 pages HighMem/MovableOnly", "192987 pages reserved"]
    if kernel >= (3, 19):
        lines.append("0 pages cma reserved")
    if kernel >= (3, 14):
        lines.append("0 pages hwpoisoned")
    return lines


def _zone(kernel: tuple[int, int], marks: str, lists: str, managed: int) -> str:
    if kernel < (4, 8):
        return (
            f"{marks} {lists} unevictable:0kB isolated(anon):0kB isolated(file):0kB "
            f"present:{managed + 632}kB managed:{managed}kB mlocked:0kB dirty:0kB writeback:0kB "
            "mapped:4016kB shmem:5140kB slab_reclaimable:6448kB slab_unreclaimable:2796kB "
            "kernel_stack:1040kB pagetables:6876kB unstable:0kB bounce:0kB free_pcp:3788kB local_pcp:228kB "
            "free_cma:0kB writeback_tmp:0kB pages_scanned:28 all_unreclaimable? no"
        )
    boost = "boost:0kB " if kernel >= (5, 17) else ""
    reserved = " reserved_highatomic:0KB" if kernel >= (5, 6) else ""
    stacks = " kernel_stack:2432kB pagetables:6876kB" if kernel <= (5, 4) else ""
    return (
        f"{boost}{marks}{reserved} {lists} unevictable:0kB writepending:8kB present:{managed + 632}kB "
        f"managed:{managed}kB mlocked:0kB{stacks} bounce:0kB free_pcp:3788kB local_pcp:228kB free_cma:0kB"
    )


def _node(kernel: tuple[int, int], sums: dict[str, int]) -> str:
    blank = "" if kernel >= (6, 6) else " "
    lists = " ".join(f"{key}:{value}kB" for key, value in sums.items())
    unstable = " unstable:0kB" if kernel < (5, 8) else ""
    stack = " kernel_stack:13072kB pagetables:133284kB" if kernel >= (5, 11) else ""
    sec = " sec_pagetables:0kB" if kernel >= (6, 1) else ""
    return (
        f"Node 0 {lists} unevictable:16568kB isolated(anon):0kB isolated(file):128kB mapped:81456kB "
        f"dirty:8kB writeback:0kB shmem:408528kB shmem_thp:{blank}0kB shmem_pmdmapped:{blank}0kB "
        f"anon_thp:{blank}0kB writeback_tmp:0kB{unstable}{stack}{sec} all_unreclaimable? no"
    )


def memcg_info(rng: Random, kernel: tuple[int, int], *, path: str, usage_kb: int, anon_kb: int) -> list[str]:
    """Return the counters and statistics of the cgroup at its limit, cgroup v1 before 5.3."""
    failcnt = rng.randrange(40, 90_000)
    if kernel < (5, 3):
        none = 9007199254740988
        return [
            f"Task in {path} killed as a result of limit of {path}",
            f"memory: usage {usage_kb}kB, limit {usage_kb}kB, failcnt {failcnt}",
            f"memory+swap: usage {usage_kb}kB, limit {none}kB, failcnt 0",
            f"kmem: usage {usage_kb // 90}kB, limit {none}kB, failcnt 0",
            f"Memory cgroup stats for {path}: cache:32KB rss:{anon_kb}KB rss_huge:0KB mapped_file:0KB "
            f"swap:0KB inactive_anon:{anon_kb // 4}KB active_anon:{anon_kb - anon_kb // 4}KB "
            "inactive_file:16KB active_file:16KB unevictable:0KB",
        ]
    known = {
        "anon": anon_kb * 1024,
        "file": rng.randrange(9000) * PAGE_BYTES,
        "kernel": usage_kb * 8,
        "kernel_stack": usage_kb,
        "inactive_anon": anon_kb // 8 * 1024,
        "active_anon": (anon_kb - anon_kb // 8) * 1024,
        "slab_reclaimable": usage_kb,
        "slab_unreclaimable": usage_kb * 3,
        "slab": usage_kb * 4,
    }

    def counts(key: str) -> int:
        # Events have happened since the cgroup was made; the sizes not named above are 0.
        return rng.randrange(9_000_000) if key.startswith(("pg", "workingset")) else 0

    return [
        f"memory: usage {usage_kb}kB, limit {usage_kb}kB, failcnt {failcnt}",
        f"swap: usage 0kB, limit 9007199254740988kB, failcnt {failcnt // 40}",
        f"Memory cgroup stats for {path}:",
        *(f"{key} {known.get(key, counts(key))}" for key in _STAT_KEYS.split()),
    ]
