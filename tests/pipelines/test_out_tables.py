"""Tables that commands write: what a file holds, and what stays if writing fails."""

import pandas as pd
import pytest

from pipelines import out_tables
from pipelines.out_tables import write_out_table


def test_a_text_that_would_be_a_formula_is_escaped_for_spreadsheets(tmp_path):
    frame = pd.DataFrame({"text": ["=1+1", "red"], "pattern_id": ["p", None], "rank": [1, 2]})
    write_out_table(frame, tmp_path / "i.csv")
    lines = (tmp_path / "i.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines == ["text,pattern_id,rank", "'=1+1,p,1", "red,,2"]


def test_a_write_that_fails_leaves_the_file_that_was_there_and_nothing_else(tmp_path, monkeypatch):
    def fail(frame, path):
        path.write_text("half")
        raise OSError("disk full")

    out = tmp_path / "i.csv"
    out.write_text("before")
    monkeypatch.setitem(out_tables._WRITERS, ".csv", fail)
    with pytest.raises(OSError, match="disk full"):
        write_out_table(pd.DataFrame(), out)
    assert out.read_text() == "before"
    assert list(tmp_path.iterdir()) == [out]
