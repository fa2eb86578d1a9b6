import gzip

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import ConfigError, InputError
from workbench.report import Report
from workbench.tables import (
    Column,
    Contract,
    check_table,
    from_frame,
    open_table,
    read_table,
    to_frame,
)

EVENTS = Contract(
    "click events",
    (
        Column("query", "text", nullable=True),
        Column("item", "text"),
        Column(
            "position",
            "integer",
            required=False,
            nullable=True,
            minimum=1,
            hint="leave the column out if positions are unknown",
        ),
    ),
)
CATALOG = Contract(
    "the catalog", (Column("id", "text"), Column("title", "text", nullable=True)), key=("id",)
)


@pytest.fixture(scope="module")
def connection():
    return ibis.duckdb.connect()


@pytest.fixture
def read(connection, tmp_path):
    """Write a file and read it; the report of the last call is `read.report`."""

    def write_and_read(name, content, contract=EVENTS, **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        write_and_read.report = Report()
        table = read_table(connection, path, contract, report=write_and_read.report, **options)
        return to_frame(table)

    return write_and_read


def complaint(call, *args, **options):
    with pytest.raises(InputError, match=r"\w") as caught:
        call(*args, **options)
    return str(caught.value)


def test_columns_come_out_typed_and_in_the_order_of_the_contract(read):
    frame = read("e.csv", "position,other,item,query\n3,x,007,red\n4.0,y,8,\n")
    expected = pd.DataFrame(
        {"query": ["red", None], "item": ["007", "8"], "position": [3, 4]}
    ).astype({"query": "str", "item": "str"})
    pd.testing.assert_frame_equal(frame, expected)


def test_optional_column_that_is_not_there_is_not_in_the_result(read):
    assert list(read("e.csv", "query,item\nred,1\n").columns) == ["query", "item"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("e.tsv", b"query\titem\nred, dark\t1\n"),
        ("e.csv.gz", gzip.compress(b'query,item\n"red, dark",1\n', mtime=0)),
        ("e.csv", b'\xef\xbb\xbfquery,item\r\n"red, dark",1\r\n'),
        ("e.jsonl", b'{"query": "red, dark", "item": 1}\n'),
    ],
)
def test_formats_read_the_same(read, name, content):
    assert read(name, content).to_numpy().tolist() == [["red, dark", "1"]]


def test_parquet_folder_reads_all_parts(connection, tmp_path):
    for i in range(2):
        pd.DataFrame({"id": [i], "title": ["x"]}).to_parquet(tmp_path / f"part-{i}.parquet")
    table = read_table(connection, tmp_path, CATALOG, report=Report())
    assert sorted(to_frame(table)["id"]) == ["0", "1"]


def test_columns_are_mapped_and_nested_fields_reached(read):
    line = b'{"q": "red", "event": {"object": {"id": "A"}}}\n'
    frame = read("e.jsonl", line, columns={"query": "q", "item": "event.object.id"})
    assert frame.to_numpy().tolist() == [["red", "A"]]


def test_field_with_texts_and_numbers_is_text(read):
    frame = read("c.jsonl", b'{"id": "a", "title": "x"}\n{"id": 3, "title": "y"}\n', CATALOG)
    assert frame["id"].tolist() == ["a", "3"]


def test_missing_column_names_what_is_there_and_the_key_to_set(read):
    assert complaint(read, "e.csv", "q,item\nred,1\n") == (
        "e.csv: column 'query' is missing (found: q, item); if it goes by another name, "
        "set columns.query to that name"
    )


def test_mapped_column_that_is_not_there_is_missing_even_if_optional(read):
    message = complaint(read, "e.csv", "query,item\nred,1\n", columns={"position": "rank"})
    assert "column 'rank' is missing" in message


def test_unknown_key_of_the_mapping_is_refused(read):
    with pytest.raises(ConfigError, match="no column 'nope'; it has query, item, position"):
        read("e.csv", "query,item\nred,1\n", columns={"nope": "x"})


def test_all_complaints_come_at_once_with_line_numbers(read):
    content = 'query,item,position\n"two\nlines",,0\nred,1,x\nred,1,2.5\n'
    assert complaint(read, "e.csv", content) == (
        "e.csv: 3 faults: (1) 'item' must not be empty, found 1 empty value (line 2) "
        "(2) 'position' must be a whole number, found 2 other values (line 4: 'x', line 5: '2.5'); "
        "leave the column out if positions are unknown "
        "(3) 'position' must be 1 or more, found 1 other value (line 2: '0'); "
        "leave the column out if positions are unknown"
    )


def test_at_most_five_examples_are_shown(read):
    message = complaint(read, "e.csv", "query,item,position\n" + "red,1,-1\n" * 8)
    assert "found 8 other values (line 2: '-1'" in message
    assert message.count("line ") == 5


def test_line_numbers_hold_in_a_long_file(read):
    # Long enough for a reader that takes a file in parts, several at once.
    content = "query,item,position\n" + f"{'red ' * 30},1,1\n" * 150_000 + "red,1,0\n"
    assert "line 150002: '0'" in complaint(read, "e.csv", content)


def test_skipped_rows_are_counted(read):
    frame = read("e.csv", "query,item,position\nred,1,0\nred,2,1\n", bad_rows="skip")
    assert frame["item"].tolist() == ["2"]
    assert read.report.lines() == [
        "e.csv: rows: 2",
        "e.csv: rows left out, 'position' must be 1 or more: 1 (such as \"line 2: '0'\")",
    ]


def test_skipping_every_row_is_an_error(read):
    message = complaint(read, "e.csv", "query,item\nred,\n", bad_rows="skip")
    assert "no row is left without an error" in message


def test_duplicate_keys_are_named(read):
    assert complaint(read, "c.csv", "id,title\na,x\nb,y\na,z\n", CATALOG) == (
        "c.csv: 'id' must be unique, found 1 value on more than one row ('a' 2 times); "
        "keep one row of each"
    )


def test_skipping_keeps_the_first_row_of_a_key(read):
    frame = read("c.csv", "id,title\na,x\nb,y\na,z\n", CATALOG, bad_rows="skip")
    assert sorted(frame["title"]) == ["x", "y"]
    assert read.report.counted("c.csv: rows left out, 'id' must be unique; the first row is kept")


def test_missing_file_is_named(connection, tmp_path):
    with pytest.raises(InputError, match=r"nope\.csv: there is no such file"):
        read_table(connection, tmp_path / "nope.csv", EVENTS, report=Report())


def test_folder_without_parquet_is_refused(connection, tmp_path):
    with pytest.raises(InputError, match=r"holds no \.parquet file"):
        read_table(connection, tmp_path, EVENTS, report=Report())


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("e.csv", b"", "the file is empty"),
        ("e.csv.gz", gzip.compress(b"", mtime=0), "the file is empty"),
        ("e.csv", b"query,item\n", "has no rows"),
        ("e.csv", b"query;item\na;b\n", "commas here.* semicolons in it: 'query;item'; save"),
        ("e.tsv", b"query,item\na,b\n", "parted by tabs here.* commas in it"),
        ("e.xlsx", b"x", "cannot tell the format"),
        ("e.csv", b"query,item,item\na,b,c\n", "names a column twice: 'item'"),
        ("e.csv", "quéry,item\na,b\n".encode("latin-1"), "the header is not UTF-8"),
        ("e.csv", b"query,item\na,b\n\xe9,c\n", "UTF-8 .*found 1 other line .line 3: '\ufffd,c'"),
        (
            "e.csv",
            b"query,item\na\nb,c,d\n",
            "2 cells .*, found 2 other lines .line 2: 1 cell, line 3: 3 cells",
        ),
        ("e.csv", b'query,item\n"a,b\nc,d\n', "every quote must be closed.*line 2"),
        ("e.csv", b"query,item\r\na,b\r\nc,d\n", "header .save .*one kind .*line 3: Unix"),
        (
            "e.csv",
            b'query,item\na,"b\r\nc"\na,b\r\n',
            "end like the header.* found 1 other line .line 4: Windows",
        ),
        ("e.csv", b"query,item\na,b\nc,d\re,f\n", "end like the header.*line 3: .*old Macs"),
        ("e.csv", b"query,item\ra,b\r", "found the line ends of old Macs .*save the file with"),
        (
            "e.csv.gz",
            gzip.compress(b"query,item\n" + bytes(range(256)), mtime=0)[:30],
            "cannot be read",
        ),
        ("e.jsonl", b'{"query": "a", "item": 1}\n{"query"\n', "JSON object.*line 2"),
        ("e.parquet", b"PAR1 cut off", "cannot be read as Parquet .*copy or export it again"),
    ],
)
def test_broken_file_says_what_is_wrong(read, name, content, expected):
    with pytest.raises(InputError, match=expected):
        read(name, content)


def test_truncated_parquet_is_an_input_error(read, tmp_path):
    pd.DataFrame({"id": ["a"] * 1000, "title": ["x"] * 1000}).to_parquet(tmp_path / "whole.parquet")
    half = (tmp_path / "whole.parquet").read_bytes()[:-200]
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        read("half.parquet", half, CATALOG)


@pytest.mark.parametrize("broken", [b"\xe9,c\n", b"b,c,d\n", b"lonely\n"])
def test_broken_lines_are_skipped_and_counted(read, broken):
    content = b"query,item,x\n".replace(b",x", b"") + b"a,b\n" + broken + b"c,\nd,e\n"
    frame = read("e.csv", content, bad_rows="skip")
    assert frame["query"].tolist() == ["a", "d"]
    assert any("lines left out" in line for line in read.report.lines())
    assert any("'line 4'" in line for line in read.report.lines())


def test_wrong_type_of_a_parquet_column_is_a_complaint(connection, tmp_path):
    pd.DataFrame({"id": [1.5, 2.0], "title": ["x", "y"]}).to_parquet(tmp_path / "c.parquet")
    with pytest.raises(InputError, match=r"'id' must be text, found 2 other values \(row 1: '1.5'"):
        read_table(connection, tmp_path / "c.parquet", CATALOG, report=Report())


def test_table_of_a_database_is_checked_too():
    table = from_frame(pd.DataFrame({"query": ["a"], "item": ["1"], "position": [0]}))
    with pytest.raises(InputError, match=r"events: 'position' must be 1 or more.*\('0'\)"):
        check_table(table, EVENTS, name="events", report=Report())


KINDS = Contract(
    "kinds",
    tuple(
        Column(kind, kind, nullable=True)
        for kind in ("text", "integer", "number", "time", "boolean")
    ),
)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", " 12 ", 12),
        ("integer", "9007199254740993", 2**53 + 1),
        ("integer", "3.0", 3),
        ("number", "1e3", 1000.0),
        ("time", "2025-01-31T12:00:00Z", pd.Timestamp("2025-01-31 12:00")),
        ("time", "2025-01-31", pd.Timestamp("2025-01-31")),
        ("boolean", "Yes", True),
        ("boolean", "0", False),
        ("text", "NULL", "NULL"),
    ],
)
def test_text_is_read_as_its_kind(read, kind, text, value):
    contract = Contract("one", (Column(kind, kind),))
    assert read("k.csv", f"{kind}\n{text}\n", contract)[kind].tolist() == [value]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "1.5"),
        ("integer", "99999999999999999999"),
        ("number", '"3,5"'),
        ("number", "nan"),
        ("number", "inf"),
        ("time", "31/01/2025"),
        ("boolean", "maybe"),
    ],
)
def test_text_of_another_kind_is_a_complaint(read, kind, text):
    contract = Contract("one", (Column(kind, kind),))
    with pytest.raises(InputError, match=f"'{kind}' must be .*line 2"):
        read("k.csv", f"{kind}\n{text}\n", contract)


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(
    lambda text: text.strip() and "\ufeff" not in text
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=20))
def test_written_csv_reads_back(tmp_path_factory, connection, rows):
    path = tmp_path_factory.mktemp("csv") / "e.csv"
    pd.DataFrame(rows, columns=["query", "item"]).to_csv(path, index=False)
    frame = to_frame(read_table(connection, path, EVENTS, report=Report()))
    assert list(frame.itertuples(index=False, name=None)) == rows


LISTS = Contract("lists", (Column("id", "text"), Column("hits", "list", nullable=True)))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("l.jsonl", '{"id": "a", "hits": ["x", "y"]}\n{"id": "b", "hits": null}\n'),
        ("l.csv", 'id,hits\na,"x,y"\nb,\n'),
    ],
)
def test_lists_may_be_lists_or_texts(read, name, content):
    found = read(name, content, LISTS)["hits"]
    assert list(found[0]) == ["x", "y"]
    assert found[1] is None


def test_numbers_are_no_lists(read):
    with pytest.raises(InputError, match=r"'hits' must be a list of texts.*line 1: '3.5'"):
        read("l.jsonl", '{"id": "a", "hits": 3.5}\n', LISTS)


def test_contract_can_be_for_some_rows_only(connection, tmp_path):
    path = tmp_path / "e.csv"
    path.write_text("id,title\na,x\n,y\n,x\n")
    raw = open_table(connection, path, report=Report())
    table = raw.read(CATALOG, rows=raw.cells["id"].length() > 0, report=Report())
    assert to_frame(table)["id"].tolist() == ["a"]
    with pytest.raises(InputError, match=r"'id' must not be empty, found 1 empty value \(line 4\)"):
        raw.read(CATALOG, rows=raw.cells["title"] == "x", report=Report())


def test_contract_refuses_a_key_that_is_not_required():
    with pytest.raises(ValueError, match="must be required columns"):
        Contract("c", (Column("id", "text", required=False),), key=("id",))


def test_column_refuses_a_minimum_of_texts():
    with pytest.raises(ValueError, match="'minimum' needs a column of numbers"):
        Column("id", "text", minimum=1)


def test_frames_pass_through_lazy_tables_unchanged():
    frame = pd.DataFrame({"a": ["x", None], "b": [1, 2]}).astype({"a": "str"})
    pd.testing.assert_frame_equal(to_frame(from_frame(frame)), frame)


def test_frame_without_rows_keeps_its_types():
    frame = pd.DataFrame({"a": [], "b": []})
    table = from_frame(frame, types={"a": "string", "b": "int64"})
    assert [str(kind) for kind in table.schema().types] == ["string", "int64"]


BOUNDS = Contract(
    "bounds",
    (
        Column("n", "integer", nullable=True, maximum=1_000_000),
        Column("weight", "number", nullable=True, above=0),
    ),
)


def test_numbers_out_of_bounds_are_complained_about(read):
    message = complaint(read, "b.csv", "n,weight\n1000001,0\n7,-1\n9,0.5\n", BOUNDS)
    assert "'n' must be 1,000,000 or less, found 1 other value (line 2: '1000001')" in message
    assert "'weight' must be above 0, found 2 other values (line 2: '0', line 3: '-1')" in message


def test_unsigned_number_that_is_too_large_is_no_whole_number(read, tmp_path):
    pd.DataFrame({"n": pd.array([2**63], "uint64"), "weight": [1.0]}).to_parquet(tmp_path / "u")
    message = complaint(read, "u.parquet", (tmp_path / "u").read_bytes(), BOUNDS)
    assert (
        "'n' must be a whole number, found 1 other value (row 1: '9223372036854775808')" in message
    )
