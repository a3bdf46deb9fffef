"""Tables as files, out and back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import oomlog
from oomlog.errors import SourceError, UsageError
from oomlog.frame.columns import TABLES, Kind, columns_of
from oomlog.frame.text import original, sheet_original, sheet_text, storable

pandas = pytest.importorskip("pandas")
pytest.importorskip("pyarrow")

from oomlog import frame  # noqa: E402
from oomlog.frame.arrays import array_of, frame_of  # noqa: E402

SAMPLES = Path(__file__).parents[3] / "samples"
FORMATS = ("parquet", "csv", "arrow")

each_format = pytest.mark.parametrize("form", FORMATS)
in_a_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)

# Any text at all, and those that a format may trip over.
TEXT = st.one_of(
    st.text(st.characters(codec=None, exclude_categories=()), max_size=15),
    st.text(st.sampled_from("\\u'd8cf0=+-@,;\"\r\n\t\0 \x1b\ud800\udcff\U000e0001\uff1d"), max_size=15),
    st.sampled_from(
        ["", " ", "nan", "NA", "true", "12", " 12", "1e5", "=1+1", "'=1", "''", "\\udcff", "\\u000a"]
    ),
)
SPELLED = st.text(st.sampled_from("\\ud8\udcff0aU"), max_size=12)
MAX = (1 << 63) - 1
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    "text": st.none() | TEXT,
    "int": st.none()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.sampled_from([0, (1 << 63) - 1, -(1 << 63)]),
    "float": st.none() | st.floats(allow_nan=False),
    "bool": st.none() | st.booleans(),
    "time": st.none() | st.datetimes(timezones=st.timezones()),
    "local": st.none() | st.datetimes(),
}


def same(one: Any, other: Any) -> None:
    pandas.testing.assert_frame_equal(one, other, check_exact=True, check_freq=False)


def through(table: Any, path: Path) -> Any:
    frame.write(table, path)
    return frame.read_table(path)


# -- text ----------------------------------------------------------------------------------------------


@given(TEXT)
def test_texts_come_back(text: str) -> None:
    """Whatever a text is, tables and sheets hold it, and the original can be had again."""
    stored = storable(text)
    assert original(stored) == text
    stored.encode()
    shown = sheet_text(stored)
    assert sheet_original(shown) == stored
    assert shown.isprintable()
    assert not shown.lstrip().startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"))


@given(
    st.text(st.sampled_from("\\ud8\udcff0aU"), max_size=12),
    st.text(st.sampled_from("\\ud8\udcff0aU"), max_size=12),
)
def test_different_texts_stay_different(one: str, other: str) -> None:
    """No two texts are spelled alike."""
    assert (storable(one) == storable(other)) == (one == other)


def test_usual_names_stay_as_they_are() -> None:
    """Names of cgroups are full of backslashes, and no table or sheet changes them."""
    for name in (r"/system.slice/a\x2db.service", r"C:\users\udo", "한글", "naïve", "(sd-pam)"):
        assert storable(name) == sheet_text(name) == name


def test_long_runs_of_backslashes_take_no_time() -> None:
    """The work grows with the text, not faster."""
    text = "\\" * 200_000 + "u00e\n"
    assert sheet_original(sheet_text(storable(text))) == text


# -- files ---------------------------------------------------------------------------------------------


@each_format
@pytest.mark.parametrize("name", TABLES)
def test_tables_come_back(name: str, form: str, tmp_path: Path) -> None:
    """A table that is written and read is the same, in values and dtypes; so is one without rows."""
    frames = oomlog.read(sorted(SAMPLES.glob("v6.1-*.dmesg.log")))
    table = getattr(frames, name)
    assert len(table)
    same(through(table, tmp_path / f"full.{form}"), table)
    empty = getattr(frame, name)([])
    same(through(empty, tmp_path / f"empty.{form}"), empty)


@each_format
@in_a_folder
@given(data=st.data())
def test_any_values_come_back(form: str, tmp_path: Path, data: st.DataObject) -> None:
    """Extreme numbers, times, missing values and hostile names are the same after a round trip."""
    columns = data.draw(st.lists(st.sampled_from(columns_of("kills")), min_size=1, max_size=9, unique=True))
    size = data.draw(st.integers(0, 4))
    drawn = [data.draw(st.lists(VALUES[c.kind], min_size=size, max_size=size)) for c in columns]
    table = (
        frame_of(columns, drawn)
        if columns
        else frame_of(columns_of("kills"), [[]] * len(columns_of("kills")))
    )
    same(through(table, tmp_path / f"table.{form}"), table)


@each_format
@in_a_folder
@given(st.lists(st.none() | TEXT, min_size=1, max_size=4).filter(any))
def test_texts_of_undocumented_columns_come_back(form: str, tmp_path: Path, values: list[str | None]) -> None:
    """A vendor's column of texts stays one, also if they look like numbers."""
    table = pandas.DataFrame({"vendor": array_of("text", values)})
    same(through(table, tmp_path / f"table.{form}"), table)


@each_format
def test_undocumented_numbers_come_back(form: str, tmp_path: Path) -> None:
    """So do a vendor's numbers, and a statistic that only some cgroups have."""
    columns: dict[str, tuple[Kind, list[Any]]] = {
        "a": ("int", [1, None]),
        "b": ("float", [0.5, None]),
        "c": ("bool", [True, None]),
        "d": ("int", [None, None]),
    }
    table = pandas.DataFrame({name: array_of(kind, values) for name, (kind, values) in columns.items()})
    same(through(table, tmp_path / f"table.{form}"), table)


@each_format
def test_hostile_names_come_back(form: str, tmp_path: Path) -> None:
    """Names and file names that attack whoever shows them are exact after a round trip."""
    log = tmp_path / os.fsdecode(b"=kern\xff\x1b.log")
    log.write_bytes((SAMPLES.parent / "tests" / "cli" / "logs" / "hostile-names.log").read_bytes())
    events = [*oomlog.parse(log)]
    table = frame.kills(events)
    again = through(table, tmp_path / f"kills.{form}")
    same(again, table)
    assert [original(name) for name in again.comm] == [kill.comm for each in events for kill in each.kills]
    assert {original(name) for name in again.source} == {str(log)}
    assert again.source[0].endswith("=kern\\udcff\x1b.log")


def test_a_csv_is_safe_in_a_terminal_and_a_spreadsheet(tmp_path: Path) -> None:
    """No cell is a formula or moves the cursor, and each row is one line."""
    names = ["=1+1", "@SUM(A1)", "\x1b[2Jwipe", "two\nlines", "\u202ereversed", " +1"]
    table = pandas.DataFrame({"comm": array_of("text", names)})
    frame.write(table, tmp_path / "kills.csv")
    lines = (tmp_path / "kills.csv").read_text("utf-8").split("\n")
    assert lines == [
        '"comm"',
        '"\'=1+1"',
        '"\'@SUM(A1)"',
        r'"\u001b[2Jwipe"',
        r'"two\u000alines"',
        r'"\u202ereversed"',
        '"\' +1"',
        "",
    ]


@each_format
def test_other_programs_read_the_files(form: str, tmp_path: Path) -> None:
    """pandas itself reads the same numbers."""
    table = oomlog.read(SAMPLES / "v6.12-series.dmesg.log").kills
    path = tmp_path / f"kills.{form}"
    frame.write(table, path)
    reader = {"parquet": pandas.read_parquet, "csv": pandas.read_csv, "arrow": pandas.read_feather}[form]
    assert reader(path)["anon_rss_kb"].tolist() == table.anon_rss_kb.tolist()


def test_an_arrow_table_and_back() -> None:
    """In memory too nothing is lost."""
    import pyarrow

    table = oomlog.read(SAMPLES / "v6.12-series.dmesg.log").kills
    same(pyarrow.Table.from_pandas(table).to_pandas(), table)


def test_parquet_of_another_program(tmp_path: Path) -> None:
    """A file that pandas did not write is read with nullable dtypes too."""
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"pid": [1, None], "comm": ["a", None]}), tmp_path / "other.parquet")
    found = frame.read_table(tmp_path / "other.parquet")
    assert [*map(str, found.dtypes)] == ["Int64", "string"]


# -- what does not work --------------------------------------------------------------------------------


def test_the_format_may_be_given(tmp_path: Path) -> None:
    """A name without a known ending needs the format, and the message says so."""
    table = pandas.DataFrame({"pid": array_of("int", [1])})
    with pytest.raises(UsageError, match=r"kills\.xlsx: which format\? .* \.parquet, \.csv or \.arrow"):
        frame.write(table, tmp_path / "kills.xlsx")
    frame.write(table, tmp_path / "kills.xlsx", "csv")
    same(frame.read_table(tmp_path / "kills.xlsx", "csv"), table)


def test_an_index_is_refused(tmp_path: Path) -> None:
    """An index would be lost, so the message says what to do with it."""
    table = pandas.DataFrame({"pid": array_of("int", [1]), "comm": array_of("text", ["x"])})
    with pytest.raises(UsageError, match=r"reset_index"):
        frame.write(table.set_index("comm"), tmp_path / "kills.csv")
    assert not [*tmp_path.iterdir()]


@each_format
def test_nothing_incomplete_stays(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is there when it is complete; what was there before stays until then."""
    path = tmp_path / f"kills.{form}"
    path.write_text("before")
    table = pandas.DataFrame({"pid": array_of("int", [1])})
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk is gone")))
    with pytest.raises(OSError, match="disk is gone"):
        frame.write(table, path)
    assert path.read_text() == "before"
    assert [*tmp_path.iterdir()] == [path]


@each_format
def test_what_cannot_be_read_is_named(form: str, tmp_path: Path) -> None:
    """A missing or broken file is a SourceError with its name."""
    path = tmp_path / f"kills.{form}"
    with pytest.raises(SourceError, match="no such file"):
        frame.read_table(path)
    path.write_text('"pid","comm"\n"x","y"\n')
    with pytest.raises(SourceError, match=f"kills.{form}: cannot be read as {form}"):
        frame.read_table(path)
