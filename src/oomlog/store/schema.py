"""The tables of a store, and how one written by an earlier oomlog becomes one of today.

For people with ``sqlite3`` there are the views ``kills`` and ``events``; the tables below them hold each text
once and every time as microseconds, which makes a million kills small and quick to load.  ``packed`` says
nothing of its own: it has the kills once more as ``oomlog.store.packed`` writes them.
"""

from __future__ import annotations

__all__ = ["APPLICATION_ID", "BLOCK_BITS", "MIGRATIONS", "PLACES", "VERSION"]

APPLICATION_ID = 0x4F4F4D4C
"""``OOML``: in the header of the file, for ``file`` and for us."""

PLACES = (
    "owner_kind", "runtime", "container_id", "container", "pod", "namespace", "image", "pod_uid", "qos",
    "unit", "slice", "job", "step", "owner_level", "limit_level",
)  # fmt: skip
"""The columns ``PLACE`` of ``oomlog.frame.columns``; what was released does not change with them."""
_PLACES = ", ".join(f"{name} TEXT" for name in PLACES)
_TABLES = f"""
CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE dictionaries (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE places (id INTEGER PRIMARY KEY, known TEXT NOT NULL UNIQUE, {_PLACES});
CREATE TABLE sources (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, device INTEGER, inode INTEGER, size INTEGER, modified TEXT,
    added TEXT NOT NULL, oomlog TEXT NOT NULL, lines INTEGER NOT NULL DEFAULT 0,
    events INTEGER NOT NULL DEFAULT 0, new_events INTEGER NOT NULL DEFAULT 0,
    kills INTEGER NOT NULL DEFAULT 0, new_kills INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE event (
    id INTEGER PRIMARY KEY, content INTEGER NOT NULL, number INTEGER NOT NULL,
    source INTEGER NOT NULL REFERENCES sources, first_line INTEGER, last_line INTEGER,
    time_us INTEGER, local_us INTEGER, utc_offset_s INTEGER, time_origin INTEGER REFERENCES texts,
    uptime_us INTEGER, host INTEGER REFERENCES texts, boot_id INTEGER REFERENCES texts,
    kernel_release INTEGER REFERENCES texts, killer INTEGER REFERENCES texts, trusted INTEGER,
    scope INTEGER REFERENCES texts, constraint_name INTEGER REFERENCES texts,
    outcome INTEGER REFERENCES texts, complete INTEGER NOT NULL, kills INTEGER NOT NULL,
    trigger_comm INTEGER REFERENCES texts, gfp_mask INTEGER REFERENCES texts, page_order INTEGER,
    trigger_oom_score_adj INTEGER, oom_memcg INTEGER REFERENCES texts, task_memcg INTEGER REFERENCES texts,
    place INTEGER REFERENCES places, limit_kb INTEGER,
    UNIQUE (content, number)
);
CREATE INDEX event_uptime ON event (uptime_us);
CREATE INDEX event_bare ON event (source) WHERE kills = 0 AND complete = 0;
CREATE INDEX event_time ON event (coalesce(time_us, local_us));
CREATE TABLE kill (
    event INTEGER NOT NULL REFERENCES event ON DELETE CASCADE, number INTEGER NOT NULL,
    content INTEGER NOT NULL, cut INTEGER NOT NULL, line INTEGER,
    time_us INTEGER, local_us INTEGER, utc_offset_s INTEGER, uptime_us INTEGER,
    pid INTEGER, comm INTEGER REFERENCES texts, uid INTEGER, total_vm_kb INTEGER, anon_rss_kb INTEGER,
    file_rss_kb INTEGER, shmem_rss_kb INTEGER, pgtables_kb INTEGER, oom_score_adj INTEGER, score INTEGER,
    selected_pid INTEGER, selected_comm INTEGER REFERENCES texts, reaped INTEGER,
    PRIMARY KEY (event, number)
) WITHOUT ROWID;
CREATE INDEX kill_content ON kill (content);
CREATE INDEX kill_cut ON kill (pid) WHERE cut;
CREATE TABLE report (
    event INTEGER PRIMARY KEY REFERENCES event ON DELETE CASCADE, dictionary INTEGER REFERENCES dictionaries,
    text BLOB NOT NULL, start_no INTEGER NOT NULL, first_no INTEGER NOT NULL, shift INTEGER NOT NULL
);
"""


def _text(column: str) -> str:
    return f"(SELECT text FROM texts WHERE id = {column})"


def _iso(column: str, zone: str) -> str:
    second = f"strftime('%Y-%m-%dT%H:%M:%S', {column} / 1000000, 'unixepoch')"
    return f"{second} || printf('.%06d{zone}', {column} % 1000000)"


def _times(table: str) -> str:
    time, local = f"{table}.time_us", f"{table}.local_us"
    return f"""{_iso(time, "Z")} AS time, {time} / 1e6 AS time_s,
    {_iso(local, "")} AS local_time, {table}.utc_offset_s, {_text("event.time_origin")} AS time_origin,
    {table}.uptime_us / 1e6 AS uptime_s"""


_ID = "printf('%016x', event.content) || CASE WHEN event.number > 1 THEN '-' || event.number ELSE '' END"
_WHERE = f"""{_text("event.host")} AS host, {_text("event.boot_id")} AS boot_id,
    {_text("event.killer")} AS killer, {_text("event.scope")} AS scope,
    {_text("event.constraint_name")} AS "constraint", {_text("event.outcome")} AS outcome, event.complete,
    {_text("event.trigger_comm")} AS trigger_comm, {_text("event.oom_memcg")} AS oom_memcg,
    {_text("event.task_memcg")} AS task_memcg"""
_OWNER = ", ".join(f"places.{name}" for name in PLACES)


def _views(limit: str) -> str:
    ending = f"{limit}, {_text('event.kernel_release')} AS kernel_release"
    return f"""
CREATE VIEW events AS SELECT
    event.id AS event, {_ID} AS event_id, sources.name AS source, event.first_line, event.last_line,
    {_times("event")}, {_WHERE}, event.kills, {_text("event.gfp_mask")} AS gfp_mask,
    event.page_order AS "order", event.trigger_oom_score_adj, event.trusted, {_OWNER}, {ending}
FROM event LEFT JOIN sources ON sources.id = event.source LEFT JOIN places ON places.id = event.place;
CREATE VIEW kills AS SELECT
    event.id AS event, kill.number AS kill, {_ID} AS event_id, sources.name AS source, event.first_line,
    kill.line, {_times("kill")}, {_WHERE}, kill.pid, {_text("kill.comm")} AS comm, kill.uid,
    kill.total_vm_kb, kill.anon_rss_kb, kill.file_rss_kb, kill.shmem_rss_kb, kill.pgtables_kb,
    kill.oom_score_adj, kill.score, kill.selected_pid, {_text("kill.selected_comm")} AS selected_comm,
    kill.reaped, event.trusted, {_OWNER},
    CASE WHEN coalesce(kill.anon_rss_kb, kill.file_rss_kb, kill.shmem_rss_kb) IS NULL THEN NULL
    ELSE coalesce(kill.anon_rss_kb, 0) + coalesce(kill.file_rss_kb, 0) + coalesce(kill.shmem_rss_kb, 0)
    END AS rss_kb, {ending}
FROM event JOIN kill ON kill.event = event.id LEFT JOIN sources ON sources.id = event.source
LEFT JOIN places ON places.id = event.place;
"""


_UNTRUSTED = "ALTER TABLE sources ADD COLUMN untrusted INTEGER;"
"""Events of the file that were left out because they may be forged; NULL where nobody counted."""

BLOCK_BITS = 15
"""A block of ``packed`` has the kills of 2^15 events, or of fewer where some were deleted."""
_PACKED = """
CREATE TABLE packed (
    block INTEGER NOT NULL, name TEXT NOT NULL, kills INTEGER NOT NULL, low INTEGER NOT NULL,
    width INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (block, name)
);
"""
# Whoever changes what a block has, oomlog or a person with sqlite3, deletes the block by that.
_UNPACK = "".join(
    f"""
CREATE TRIGGER {table}_{change.lower()} AFTER {change} ON {table} BEGIN
    DELETE FROM packed WHERE block IN ({", ".join(f"{row}.{key} >> {BLOCK_BITS}" for row in rows)});
END;"""
    for table, key in (("event", "id"), ("kill", "event"))
    for change, rows in (("INSERT", ("new",)), ("UPDATE", ("old", "new")), ("DELETE", ("old",)))
)

_LIMIT_OF = f"""
ALTER TABLE event ADD COLUMN limit_of INTEGER REFERENCES texts;
DROP VIEW events;
DROP VIEW kills;
{_views(f"event.limit_kb, {_text('event.limit_of')} AS limit_of")}
DELETE FROM packed;
"""
"""Whether the limit counts memory, or memory and swap; NULL for events that an earlier oomlog added."""

# A view is made anew by the migration that changes it; the earlier ones stay as they were released.  One that
# changes what is packed deletes all blocks.
MIGRATIONS: tuple[str, ...] = (
    _TABLES + _views("event.limit_kb"),
    _UNTRUSTED,
    _PACKED + _UNPACK,
    _LIMIT_OF,
)
"""Each makes the next version of the one before; the first makes an empty file version 1."""
VERSION = len(MIGRATIONS)
