"""``workbench export`` on a workspace that was run."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipelines.cli import main
from pipelines.console import Terminal
from pipelines.export import export_labels
from workbench.errors import InputError
from workbench.export import FORMATS
from workbench.workspace import Workspace
from workbench.workspace.arrays import write_table

QUIET = Terminal(quiet=True)


def export(folder, out, **arguments):
    asked = {"labels": None, "formats": None, "overwrite": False, "terminal": QUIET}
    return export_labels(folder, out=out, **asked | arguments)


@pytest.fixture(scope="module")
def everything(finished, tmp_path_factory):
    out = tmp_path_factory.mktemp("exports") / "all"
    return export(finished / "workspace", out, extras=["names,provenance"])


def test_all_formats_are_written_if_none_is_named(everything):
    names = {path.name for path in everything.iterdir()}
    assert names == {
        *("instances.parquet", "instances.jsonl", "instances.csv", "sheet.csv", "xmc", "npz"),
        *("huggingface", "labels.parquet", "pairs.parquet", "manifest.json"),
    }


def test_pairs_say_who_said_so_and_how_sure(everything, finished):
    pairs = pd.read_parquet(everything / "pairs.parquet")
    labels = Workspace(finished / "workspace").label_version("v1").labels()
    assert pairs[["instance_id", "label_id"]].equals(
        labels.to_frame()[["instance_id", "label_id"]].astype("str")
    )
    assert set(pairs["origin"]) == {"signals", "closure"}
    assert np.array_equal(pairs["confidence"], pairs["posterior"])
    assert set(pairs["since"]) == {"v1"}


def test_the_table_of_labels_has_attribute_and_value(everything):
    table = pd.read_parquet(everything / "labels.parquet").set_index("label_id")
    assert table.loc["Brand: Nike", ["attribute", "value"]].tolist() == ["Brand", "Nike"]
    lines = (everything / "npz" / "labels.txt").read_text(encoding="utf-8").splitlines()
    assert table.index.tolist() == lines


def test_formats_and_extras_may_be_parted_by_commas(finished, tmp_path, capsys):
    out = str(tmp_path / "some")
    asked = ["export", str(finished / "workspace"), "--format", "csv,sheet", "--out", out]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["workbench", *asked, "--with", "provenance"])
        with pytest.raises(SystemExit) as end:
            main()
    assert end.value.code == 0
    assert "given by: " in capsys.readouterr().out
    assert (tmp_path / "some" / "sheet.csv").is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"formats": ["xlsx", "csv"]}, r"unknown format xlsx; choose among parquet, .*huggingface"),
        ({"formats": ["csv,"]}, r"unknown format ''; choose among"),
        ({"extras": ["who"]}, r"unknown --with who; choose among names, provenance"),
    ],
)
def test_what_is_unknown_is_refused(finished, tmp_path, arguments, told):
    with pytest.raises(InputError, match=told):
        export(finished / "workspace", tmp_path / "out", **arguments)
    assert list(tmp_path.iterdir()) == []


def test_without_features_the_other_formats_are_written(workspace, tmp_path, capsys):
    current = Workspace(workspace)
    (current.artefact("features").folder).rename(tmp_path / "features")
    folder = export(workspace, tmp_path / "out", terminal=Terminal())
    assert "without xmc and npz" in capsys.readouterr().out
    assert not (folder / "xmc").exists()
    with pytest.raises(InputError, match=r"need features, .* workbench run"):
        export(workspace, tmp_path / "other", formats=["npz"])


def test_labels_of_earlier_inputs_are_exported_with_their_texts(workspace, tmp_path):
    held = Workspace(workspace)
    before = held.artefact("ingest").table("instances")
    with held.publish("ingest", "later", {}) as folder:
        write_table(folder, "instances", before.head(10))
    with held.publish("features", "later", {"depends_on": {"ingest": "later"}}):
        pass
    held.make_current({"ingest": "later", "features": "later"})
    folder = export(workspace, tmp_path / "out", labels="v1", formats=["parquet"])
    assert len(pd.read_parquet(folder / "instances.parquet")) == len(before)
    with pytest.raises(InputError, match=r"features of .* are of newer inputs than labels v1"):
        export(workspace, tmp_path / "other", labels="v1", formats=["xmc"])


def test_every_format_is_in_the_manual():
    manual = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in manual for name in FORMATS)


def test_an_export_does_without_the_compiler_and_scikit_learn(run_python):
    code = "import sys, pipelines.export; assert not {'numba', 'sklearn'} & set(sys.modules)"
    run_python(code)


def test_an_export_is_no_label_version(finished):
    place = finished / "workspace" / "labels" / "v4"
    with pytest.raises(InputError, match="labels holds only what the workspace makes itself"):
        export(finished / "workspace", place, formats=["csv"])
    assert not place.exists()
