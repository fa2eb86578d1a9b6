"""Labelling texts: from tables, above a score, with the words that count."""

from functools import partial

import pandas as pd
import pytest

from pipelines.console import Terminal
from pipelines.predict import predict_texts
from workbench.errors import InputError, MissingArtefactError
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)


@pytest.fixture
def predict(finished):
    """Label texts with the model of the finished workspace."""
    usual = {"text": None, "file": None, "out": None, "labels": None, "k": 3, "explain": False}
    return partial(predict_texts, finished / "workspace", **usual)


def test_the_rows_of_a_table_are_labelled(predict, tmp_path):
    table = tmp_path / "queries.csv"
    table.write_text("n,user_query\n1,nike\n2,\n3,blue shoes\n")
    found = predict(file=table, out=tmp_path / "labels.parquet", terminal=QUIET)
    assert found.drop_duplicates("row")[["row", "text"]].values.tolist() == [
        [1, "nike"],
        [3, "blue shoes"],
    ]
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "labels.parquet"), found)


def test_a_table_without_such_a_column_names_those_it_has(predict, tmp_path):
    pd.DataFrame({"a": ["nike"], "b": [1]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InputError, match=r"which column holds the texts; name one .*: a, b"):
        predict(file=tmp_path / "t.parquet", terminal=QUIET)
    with pytest.raises(InputError, match=r"no column 'c'; name one .*: a, b"):
        predict(file=tmp_path / "t.parquet", column="c", terminal=QUIET)
    assert len(predict(file=tmp_path / "t.parquet", column="a", terminal=QUIET)) == 3


def test_labels_of_a_lower_score_are_left_out_and_told(predict, tmp_path, capsys):
    (tmp_path / "q.txt").write_text("nike\n")
    every = predict(text="nike", terminal=QUIET)
    bound = every["score"].max()
    assert len(predict(text="nike", threshold=bound, terminal=QUIET)) == 1
    predict(file=tmp_path / "q.txt", out=tmp_path / "o.csv", threshold=1.0, terminal=Terminal())
    assert "1 text has no label of a score of 1 or more" in capsys.readouterr().out


def test_a_text_that_would_be_a_formula_is_no_formula_in_a_csv(predict, tmp_path):
    predict(text="=nike", out=tmp_path / "o.csv", terminal=QUIET)
    assert set(pd.read_csv(tmp_path / "o.csv")["text"]) == {"'=nike"}


def test_the_words_are_a_column_of_the_table(predict):
    found = predict(text="nike", terminal=QUIET, explain=True)
    assert found["words"].str.contains(r"nike [+−-]\d").any()


def test_unknown_words_and_the_model_are_told(predict, finished, capsys):
    predict(text="nike zzqqxx", terminal=Terminal())
    told = capsys.readouterr().out
    assert "unknown to the model: zzqqxx" in told
    assert f"model {Workspace(finished / 'workspace').models()[0].folder.name}" in told


def test_a_model_is_asked_by_its_id(predict, finished):
    model_id = Workspace(finished / "workspace").models()[0].folder.name
    assert len(predict(text="nike", model_id=model_id, terminal=QUIET)) == 3
    with pytest.raises(MissingArtefactError, match="there is no model 'v7-x'"):
        predict(text="nike", model_id="v7-x", terminal=QUIET)
    with pytest.raises(InputError, match="both --labels v1 and --model"):
        predict(**{"text": "nike", "labels": "v1"}, model_id=model_id, terminal=QUIET)


def test_a_table_that_lies_there_is_replaced_only_if_asked(predict, tmp_path):
    out = tmp_path / "labels.csv"
    out.write_text("mine")
    with pytest.raises(InputError, match="exists already; choose another --out"):
        predict(text="nike", out=out, terminal=QUIET)
    assert out.read_text() == "mine"
    predict(text="nike", out=out, overwrite=True, terminal=QUIET)
    assert "nike" in out.read_text()
