import json

import numpy as np
import pandas as pd
import pytest

from pipelines.console import Terminal
from pipelines.issue_list import COLUMNS, list_issues, print_issues
from workbench.errors import InputError
from workbench.workspace import Workspace

DEFAULTS = {"out": None, "table": "issues", "kind": None, "order": "rank", "limit": None}


def listed(folder, *, terminal=None, overwrite=False, **wanted):
    quiet = terminal or Terminal(quiet=True)
    return list_issues(folder, **(DEFAULTS | wanted), overwrite=overwrite, terminal=quiet)


def test_the_list_has_every_issue_with_its_text_in_the_order_of_the_ranks(finished):
    flag = Workspace(finished / "workspace").artefact("flag")
    frame = listed(finished / "workspace")
    assert tuple(frame) == COLUMNS
    assert len(frame) == len(flag.table("issues"))
    assert frame["text"].notna().all()
    assert all((part["rank"].diff().dropna() == 1).all() for _, part in frame.groupby("kind"))


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_what_is_written_is_what_is_listed(finished, tmp_path, ending):
    frame = listed(finished / "workspace", out=tmp_path / f"i.{ending}", order="gain", limit=30)
    read = {
        "csv": pd.read_csv,
        "parquet": pd.read_parquet,
        "jsonl": lambda path: pd.DataFrame(map(json.loads, path.read_text("utf-8").splitlines())),
    }[ending](tmp_path / f"i.{ending}")
    assert list(read) == list(frame)
    assert read["gain_rank"].tolist() == list(range(1, 31))
    assert read["instance_id"].tolist() == frame["instance_id"].tolist()
    np.testing.assert_array_equal(read["label_quality"].astype("float32"), frame["label_quality"])
    assert read["pattern_id"].isna().tolist() == frame["pattern_id"].isna().tolist()


def test_the_limit_is_of_each_kind_by_rank(finished):
    assert listed(finished / "workspace", limit=3)["kind"].value_counts().tolist() == [3, 3]
    assert len(listed(finished / "workspace", limit=3, kind="missing")) == 3


@pytest.mark.parametrize("table", ["patterns", "noise"])
def test_the_other_tables_are_written_too(finished, tmp_path, table):
    out = tmp_path / "table.parquet"
    listed(finished / "workspace", out=out, table=table)
    kept = Workspace(finished / "workspace").artefact("flag").table(table)
    pd.testing.assert_frame_equal(pd.read_parquet(out), kept, check_dtype=False)


def test_without_a_file_the_first_ones_are_printed(finished, capsys):
    frame = listed(finished / "workspace", terminal=Terminal())
    shown = capsys.readouterr().out
    assert shown.index("most likely wrong") < shown.index("most likely missing")
    assert f"{len(frame) - 2 * 10:,} more; write all to a file" in shown


def test_a_kind_without_issues_is_said_to_have_none(capsys):
    none = pd.DataFrame({"kind": ["missing"], "text": ["a"], "label_id": ["b"], "reason": ["c"]})
    print_issues(none.assign(rank=1), "wrong", Terminal())
    assert capsys.readouterr().out == "\nmost likely wrong: none\n"


def test_printed_noise_has_bounds_and_its_basis(finished, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    frame = listed(finished / "workspace", table="noise", terminal=Terminal())
    first = frame.iloc[0]
    low, estimate, high = first[["wrong_low", "estimated_wrong", "wrong_high"]]
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith("scope name given wrong missing basis all all ")
    assert f" {estimate:,.0f} ({low:,.0f} to {high:,.0f}) " in shown
    assert ") model attribute" in shown


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        ({"kind": "bad"}, "--kind must be one of wrong, missing, found 'bad'"),
        ({"order": "worth"}, "--order must be one of rank, gain"),
        ({"table": "noise", "kind": "wrong"}, "tells of both kinds: leave --kind out"),
        ({"table": "scores"}, "--table must be one of issues, patterns, noise"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(finished, wanted, complaint):
    with pytest.raises(InputError, match=complaint):
        listed(finished / "workspace", **wanted)


def test_a_file_that_lies_there_is_kept_unless_it_may_go(finished, tmp_path):
    out = tmp_path / "i.csv"
    out.write_text("mine")
    with pytest.raises(
        InputError, match="exists already; choose another --out, or replace it with --overw"
    ):
        listed(finished / "workspace", out=out)
    listed(finished / "workspace", out=out, overwrite=True)
    assert out.read_text(encoding="utf-8-sig").startswith("instance_id,text,label_id")
    with pytest.raises(InputError, match=r"a name that ends in \.csv, \.parquet or \.jsonl"):
        listed(finished / "workspace", out=tmp_path / "i.txt")
