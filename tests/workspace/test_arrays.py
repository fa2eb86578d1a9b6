import pandas as pd
import pyarrow.parquet as pq
import pytest

from workbench.errors import DamagedArtefactError
from workbench.workspace import arrays
from workbench.workspace.arrays import (
    count_rows,
    read_batches,
    read_positions,
    read_spread,
    read_table,
    write_table,
)


def test_categories_are_written_as_text(tmp_path):
    text = pd.DataFrame({"label_id": ["red", None, "blue"], "level": [1, 2, 3]})
    text = text.astype({"label_id": "str"})
    write_table(tmp_path, "votes", text.astype({"label_id": "category"}))
    pd.testing.assert_frame_equal(read_table(tmp_path, "votes"), text)


def test_a_table_written_in_parts_is_the_whole_table(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "_ROWS_AT_ONCE", 4)
    monkeypatch.setattr(arrays, "_ROWS_PER_GROUP", 2)
    frame = pd.DataFrame({"rank": range(9), "label_id": list("abcdefghi")})
    write_table(tmp_path, "issues", frame)
    assert pq.ParquetFile(tmp_path / "issues.parquet").num_row_groups == 5  # 2 + 2 + 2 + 2 + 1
    pd.testing.assert_frame_equal(read_table(tmp_path, "issues"), frame.astype({"label_id": "str"}))


def test_a_table_without_rows_keeps_its_columns(tmp_path):
    frame = pd.DataFrame({"label_id": pd.Series(dtype="str"), "n": pd.Series(dtype="int64")})
    write_table(tmp_path, "unjudged", frame)
    pd.testing.assert_frame_equal(read_table(tmp_path, "unjudged"), frame)


def test_columns_are_read_as_categories_of_the_same_texts(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "_ROWS_PER_GROUP", 2)  # groups that know other texts
    text = pd.DataFrame({"label_id": list("abbca"), "level": range(5)}).astype({"label_id": "str"})
    write_table(tmp_path, "votes", text)
    coded = read_table(tmp_path, "votes", coded=["label_id"])
    assert isinstance(coded["label_id"].dtype, pd.CategoricalDtype)
    pd.testing.assert_frame_equal(coded.astype({"label_id": "str"}), text)


def test_groups_are_taken_evenly_from_the_whole_table(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "_ROWS_PER_GROUP", 2)
    frame = pd.DataFrame({"rank": range(10), "source": list("aabbccddee")})
    write_table(tmp_path, "votes", frame)
    few = read_spread(tmp_path, "votes", ["source"], ["source"], n_rows=6)
    assert few["source"].tolist() == ["a", "a", "c", "c", "e", "e"]
    assert len(read_spread(tmp_path, "votes", ["rank"], [], n_rows=99)) == count_rows(
        tmp_path, "votes"
    )


def test_a_table_without_rows_has_none_to_spread(tmp_path):
    write_table(tmp_path, "votes", pd.DataFrame({"rank": []}))
    assert read_spread(tmp_path, "votes", ["rank"], [], n_rows=5).empty


def test_a_table_is_read_in_parts(tmp_path):
    rows = pd.DataFrame({"source": ["a", "b", "a"], "level": [1, 1, 0], "id": ["x", "y", "z"]})
    write_table(tmp_path, "votes", rows)
    wanted = [("source", "==", "a"), ("level", ">", 0)]
    parts = list(read_batches(tmp_path, "votes", ["id"], wanted))
    assert pd.concat(parts)["id"].tolist() == ["x"]
    (tmp_path / "votes.parquet").write_bytes(b"torn")
    with pytest.raises(DamagedArtefactError, match=r"votes\.parquet"):
        list(read_batches(tmp_path, "votes", ["id"], wanted))


@pytest.mark.parametrize("kind", ["str", "category"])
def test_ids_of_a_table_come_as_positions(tmp_path, kind):
    rows = pd.DataFrame({"id": ["z", "x", None, "gone"], "level": [1, 2, 3, 4]})
    write_table(tmp_path, "votes", rows.astype({"id": kind}))
    parts = list(read_positions(tmp_path, "votes", {"id": pd.Index(["x", "y", "z"])}, ["level"]))
    assert pd.concat(parts).to_dict("list") == {"id": [2, 0, -1, -1], "level": [1, 2, 3, 4]}


def test_positions_are_read_of_the_rows_that_are_wanted(tmp_path):
    write_table(tmp_path, "votes", pd.DataFrame({"id": ["x", "y"], "level": [1, 2]}))
    axes = {"id": pd.Index(["x", "y"])}
    parts = list(read_positions(tmp_path, "votes", axes, [], [("level", ">", 1)]))
    assert pd.concat(parts).to_dict("list") == {"id": [1]}
    none = list(read_positions(tmp_path, "votes", {"id": pd.Index([])}, []))
    assert pd.concat(none).to_dict("list") == {"id": [-1, -1]}
