import gzip
import zlib

import ibis
import pytest

from workbench.errors import InputError
from workbench.report import Report
from workbench.tables import Column, Contract, find_columns, read_table, to_frame
from workbench.tables.lines import MAX_CSV_LINE_BYTES, TextFile

CONTRACT = Contract("events", (Column("a", "text"), Column("b", "integer", minimum=0)))
MIB = 1 << 20


@pytest.fixture
def read(tmp_path):
    def write_and_read(name, content, **options):
        path = tmp_path / name
        path.write_bytes(content)
        report = write_and_read.report = Report()
        return to_frame(read_table(ibis.duckdb.connect(), path, CONTRACT, report=report, **options))

    return write_and_read


def json_line(text, b=1):
    return b'{"a": "' + text + b'", "b": %d}\n' % b


LONG = {
    "long.csv": b"a,b\nx,1\n" + b"y" * (20 * MIB) + b",1\nz,2\n",
    "long.csv.gz": gzip.compress(b"a,b\nx,1\n" + b"y" * (20 * MIB) + b",1\nz,2\n", 1),
    "quoted.csv": b'a,b\nx,1\n"' + b"y" * (20 * MIB) + b'",1\nz,2\n',
    "long.jsonl": json_line(b"x") + json_line(b"y" * (40 * MIB)) + json_line(b"z", 2),
}


@pytest.mark.parametrize("name", LONG)
def test_line_that_is_too_long_is_named_with_its_length(read, name):
    with pytest.raises(
        InputError, match=r"at most \d+ MiB long, found 1 other line \(line \d: [24]\d,\d+,\d+ "
    ):
        read(name, LONG[name])


@pytest.mark.parametrize("name", LONG)
def test_line_that_is_too_long_can_be_left_out(read, name):
    assert read(name, LONG[name], bad_rows="skip")["a"].tolist() == ["x", "z"]
    assert any("lines left out, a line may be" in line for line in read.report.lines())


def test_header_that_is_too_long_is_named(read):
    with pytest.raises(
        InputError, match=r"a line may be at most 2 MiB long, found line 1: 3,145,730 bytes"
    ):
        read("e.csv", b"a" * (3 * MIB) + b",\n1,2\n")


def test_no_more_than_a_line_is_held_of_a_long_one(tmp_path):
    path = tmp_path / "e.csv"
    path.write_bytes(b"y" * (MAX_CSV_LINE_BYTES * 3) + b"\nshort\n")
    long, short = TextFile(path, ",").lines()
    assert (long.is_too_long, long.n_bytes) == (True, MAX_CSV_LINE_BYTES * 3 + 1)
    assert len(long.content) < 1000
    assert (short.number, short.content) == (2, b"short\n")


def test_long_cell_within_the_limit_does_not_move_line_numbers(read):
    with pytest.raises(InputError, match="line 3: '-1'"):
        read("e.csv", b"a,b\n" + b"y" * MIB + b",1\nx,-1\n")


def test_json_that_is_cut_off_is_named_or_left_out(read):
    cut = json_line(b"x") + json_line(b"y")[:-8]
    with pytest.raises(InputError, match=r"must be a JSON object, found 1 other line \(line 2: "):
        read("e.jsonl", cut)
    assert read("e.jsonl", cut, bad_rows="skip")["a"].tolist() == ["x"]
    assert any("line 2" in line for line in read.report.lines())


def test_line_numbers_hold_where_json_has_blank_and_broken_lines(read):
    content = json_line(b"x") + b"\n" + b'{"a": \n' + json_line(b"y", -1)
    read("e.jsonl", content, bad_rows="skip")
    assert any("must be 0 or more: 1 (such as \"line 4: '-1'\")" in x for x in read.report.lines())


def cut_between_lines(content, rest):
    """Return gzip that ends in the middle, with a whole line as far as it goes."""
    packer = zlib.compressobj(wbits=31)
    start = packer.compress(content) + packer.flush(zlib.Z_SYNC_FLUSH)
    assert packer.compress(rest) + packer.flush()
    return start


@pytest.mark.parametrize("bad_rows", ["error", "skip"])
@pytest.mark.parametrize(
    ("name", "content"),
    [("e.csv.gz", b"a,b\nx,1\n"), ("e.jsonl.gz", json_line(b"x") + json_line(b"x"))],
)
def test_gzip_that_is_cut_off_is_never_taken_for_whole(read, name, content, bad_rows):
    packed = cut_between_lines(content, b"y,2\n")
    with pytest.raises(InputError, match=r"cannot be read as gzip behind line 2 .*copy or export"):
        read(name, packed, bad_rows=bad_rows)


def test_delimiter_may_be_another_than_that_of_the_suffix(read, tmp_path):
    assert read("e.csv", b"a;b\nx,y;1\n", delimiter=";")["a"].tolist() == ["x,y"]
    columns = find_columns(ibis.duckdb.connect(), tmp_path / "e.csv", delimiter=";")
    assert columns == ["a", "b"]


def test_delimiter_of_two_signs_is_refused(read):
    with pytest.raises(InputError, match=r"delimiter must be one character, got '\|\|'"):
        read("e.csv", b"a||b\nx||1\n", delimiter="||")
