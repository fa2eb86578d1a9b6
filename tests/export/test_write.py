import csv
import hashlib
import io
import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from tests.export.conftest import HOSTILE
from workbench.errors import AxisMismatchError, InputError
from workbench.export import FORMATS, check_export_name, training_set, write_export, writers
from workbench.formats import read_xmc
from workbench.matrices import LabelMatrix


def label_lists(labels):
    return [
        labels.label_ids[labels.values.indices[a:b]].tolist()
        for a, b in zip(labels.values.indptr, labels.values.indptr[1:], strict=False)
    ]


def test_parquet_keeps_everything_exactly(tmp_path, labels, instances):
    write_export(tmp_path / "v1", labels, instances, formats=["parquet"])
    frame = pd.read_parquet(tmp_path / "v1/instances.parquet")
    assert frame.columns.tolist() == [*instances.columns, "labels", "confidences"]
    pd.testing.assert_frame_equal(frame[instances.columns.tolist()], instances)
    assert [row.tolist() for row in frame["labels"]] == label_lists(labels)
    assert np.concatenate(frame["confidences"].tolist()).tolist() == labels.confidence.tolist()
    assert frame["confidences"][0].dtype == np.float32


def test_json_lines_keep_everything_exactly(tmp_path, labels, instances):
    write_export(tmp_path / "v1", labels, instances, formats=["jsonl"])
    text = (tmp_path / "v1/instances.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    assert [row["text"] for row in rows] == HOSTILE
    assert [row["labels"] for row in rows] == label_lists(labels)
    sure = [number for row in rows for number in row["confidences"]]
    assert np.array_equal(np.float32(sure), labels.confidence)
    assert sure[0] == 0.1


def test_a_sheet_is_read_by_pandas_and_holds_no_formula(tmp_path, labels, instances):
    write_export(tmp_path / "v1", labels, instances, formats=["sheet"])
    path = tmp_path / "v1/sheet.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbfinstance_id,text,split,weight,labels\r\n")
    frame = pd.read_csv(path, keep_default_na=False)
    expected = [("'" + text if text[:1] in tuple("=@") else text) for text in HOSTILE]
    assert frame["text"].tolist() == expected
    assert frame["labels"][0] == "Color: Blue | ブランド: アディダス"
    assert frame["labels"][1] == '\'=label, "x"'


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_of_a_sheet_starts_like_a_formula(tmp_path, labels, instances, start):
    instances["text"] = start + instances["text"]
    write_export(tmp_path / "v1", labels, instances, formats=["sheet"])
    text = (tmp_path / "v1/sheet.csv").read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert all(row[1] == "'" + start + raw for row, raw in zip(rows[1:], HOSTILE, strict=True))


def test_xmc_files_read_back(tmp_path, labels, instances, features):
    folder = tmp_path / "v1" / "xmc"
    names = [f"feature {i}" for i in range(5)]
    write_export(
        tmp_path / "v1", labels, instances, formats=["xmc"], features=features, feature_names=names
    )
    for split in ("train", "test"):
        rows = np.flatnonzero(instances["split"] == split)
        X, Y = read_xmc(folder / f"{split}.txt")
        assert (features[rows] != X).nnz == 0
        assert (labels.values[rows] != Y).nnz == 0
        ids = (folder / f"{split}_instances.txt").read_text(encoding="utf-8").splitlines()
        assert ids == labels.instance_ids[rows].tolist()
    lines = (folder / "labels.txt").read_text(encoding="utf-8").splitlines()
    assert lines == labels.label_ids.tolist()
    assert (folder / "features.txt").read_text().splitlines() == names


def test_blocks_change_nothing(tmp_path, labels, instances, features, monkeypatch):
    write_export(tmp_path / "whole", labels, instances, formats=FORMATS, features=features)
    monkeypatch.setattr(training_set, "_ROWS_AT_ONCE", 3)
    monkeypatch.setattr(training_set, "_FEATURE_ROWS_AT_ONCE", 2)
    write_export(tmp_path / "blocks", labels, instances, formats=FORMATS, features=features)
    for path in ("instances.jsonl", "instances.csv", "sheet.csv", "xmc/train.txt", "xmc/test.txt"):
        assert (tmp_path / "whole" / path).read_bytes() == (tmp_path / "blocks" / path).read_bytes()
    one, other = (pq.read_table(tmp_path / n / "instances.parquet") for n in ("whole", "blocks"))
    assert one.equals(other)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=6)
)
def test_any_text_survives_in_the_training_formats(tmp_path_factory, texts):
    ids = pd.Index([str(i) for i in range(len(texts))])
    labels = LabelMatrix(csr_array((len(ids), 1), dtype=bool), ids, pd.Index(["label"]))
    frame = pd.DataFrame({"instance_id": ids, "text": texts, "split": "train"})
    folder = tmp_path_factory.mktemp("export") / "v1"
    write_export(folder, labels, frame, formats=["parquet", "jsonl", "csv"])
    assert pd.read_parquet(folder / "instances.parquet")["text"].tolist() == texts
    with (folder / "instances.csv").open(encoding="utf-8", newline="") as stream:
        assert [row["text"] for row in csv.DictReader(stream)] == texts
    with (folder / "instances.jsonl").open(encoding="utf-8", newline="\n") as stream:
        assert [json.loads(line)["text"] for line in stream] == texts


def test_instances_in_another_order_find_their_labels(tmp_path, labels, instances):
    turned = instances.iloc[::-1]
    write_export(tmp_path / "v1", labels, turned, formats=["parquet"])
    frame = pd.read_parquet(tmp_path / "v1/instances.parquet")
    assert frame["text"].tolist() == HOSTILE


def test_without_confidence_and_weight_there_are_no_such_columns(tmp_path, labels, instances):
    plain = LabelMatrix(labels.values, labels.instance_ids, labels.label_ids)
    write_export(tmp_path / "v1", plain, instances.drop(columns="weight"), formats=["parquet"])
    frame = pd.read_parquet(tmp_path / "v1/instances.parquet")
    assert frame.columns.tolist() == ["instance_id", "text", "split", "labels"]


def test_no_instances_give_empty_files(tmp_path, labels, instances, features):
    nobody = labels.take_instances(np.arange(0))
    write_export(tmp_path / "v1", nobody, instances[:0], formats=FORMATS, features=features[:0])
    assert len(pd.read_parquet(tmp_path / "v1/instances.parquet")) == 0
    assert (tmp_path / "v1/instances.jsonl").read_text() == ""
    assert len((tmp_path / "v1/instances.csv").read_text().splitlines()) == 1
    assert not (tmp_path / "v1/xmc/train.txt").exists()


def test_the_manifest_counts_and_checks_every_file(tmp_path, labels, instances, features):
    manifest = write_export(
        tmp_path / "v1",
        labels,
        instances,
        formats=FORMATS,
        features=features,
        label_version="v3",
    )
    stored = json.loads((tmp_path / "v1/manifest.json").read_text())
    assert stored["label_version"] == manifest.label_version == "v3"
    assert stored["n_instances_by_split"] == {"train": 6, "test": 2}
    assert (stored["n_given"], stored["n_instances_without_labels"]) == (14, 2)
    files = {file["path"]: file for file in stored["files"]}
    found = [path for path in (tmp_path / "v1").rglob("*") if path.is_file()]
    assert {str(path.relative_to(tmp_path / "v1")) for path in found} == {*files, "manifest.json"}
    for path, file in files.items():
        data = (tmp_path / "v1" / path).read_bytes()
        assert (file["sha256"], file["n_bytes"]) == (hashlib.sha256(data).hexdigest(), len(data))
    assert files["xmc/test.txt"]["n_rows"] == 2


def test_equal_exports_are_equal_byte_for_byte(tmp_path, labels, instances, features):
    one, other = (
        write_export(tmp_path / name, labels, instances, formats=FORMATS, features=features)
        for name in ("one", "other")
    )
    assert one == other


def test_an_existing_export_is_kept_unless_it_may_be_replaced(tmp_path, labels, instances):
    write_export(tmp_path / "v1", labels, instances, label_version="old")
    with pytest.raises(InputError, match="v1 exists; choose another name"):
        write_export(tmp_path / "v1", labels, instances)
    write_export(tmp_path / "v1", labels, instances, formats=["csv"], overwrite=True)
    assert sorted(path.name for path in (tmp_path / "v1").iterdir()) == [
        "instances.csv",
        "manifest.json",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["v1"]


def test_a_folder_that_is_no_export_is_never_replaced(tmp_path, labels, instances):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="is not an export"):
        write_export(tmp_path / "mine", labels, instances, overwrite=True)
    assert (tmp_path / "mine/thesis.txt").exists()


def test_a_failed_export_leaves_the_old_one_and_nothing_else(
    tmp_path, labels, instances, monkeypatch
):
    write_export(tmp_path / "v1", labels, instances, label_version="old")

    def fail(folder, training_set, done):
        (folder / "half").write_text("half")
        raise OSError("disk full")

    monkeypatch.setitem(writers.WRITERS, "csv", fail)
    with pytest.raises(OSError, match="disk full"):
        write_export(tmp_path / "v1", labels, instances, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["v1"]
    assert json.loads((tmp_path / "v1/manifest.json").read_text())["label_version"] == "old"


def test_a_folder_that_appears_meanwhile_is_kept(tmp_path, labels, instances):
    def appear(done, total):
        (tmp_path / "v1").mkdir(exist_ok=True)

    with pytest.raises(InputError, match="v1 exists"):
        write_export(tmp_path / "v1", labels, instances, progress=appear)
    assert list(tmp_path.iterdir()) == [tmp_path / "v1"]


def test_progress_counts_rows_of_all_formats(tmp_path, labels, instances, features):
    seen = []
    write_export(
        tmp_path / "v1",
        labels,
        instances,
        formats=["parquet", "jsonl", "csv", "xmc"],
        features=features,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(8, 32), (16, 32), (24, 32), (30, 32), (32, 32)]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "a\\b", "../up", ".hidden", "a\nb", "a\x00", "c:", "x" * 201]
)
def test_a_name_that_cannot_be_a_folder_is_refused(name):
    with pytest.raises(InputError, match="cannot name a folder"):
        check_export_name(name)


@pytest.mark.parametrize("name", ["v1", "2024-05 cleaned", "春の商品", "a.b_c-d"])
def test_usual_names_are_fine(name):
    check_export_name(name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="text"), r"missing columns \['text'\], found \['instance_id'"),
        (lambda f: f.assign(text=[None, *HOSTILE[1:]]), "1 values of 'text' are null"),
        (lambda f: f.assign(text=range(8)), "'text' must be str, found int64"),
        (lambda f: f.assign(weight=0.5), "'weight' must be whole numbers, found float64"),
        (lambda f: f.assign(split="valid"), r"8 values of 'split' are not .* \['valid'\]"),
        (lambda f: pd.concat([f, f[:1]]), r"1 ids appear more than once: \['q0'\]"),
    ],
)
def test_a_table_that_breaks_its_contract_is_refused(tmp_path, labels, instances, change, message):
    with pytest.raises(InputError, match=message):
        write_export(tmp_path / "v1", labels, change(instances))
    assert not list(tmp_path.iterdir())


def test_instances_that_are_not_those_of_the_labels_are_refused(tmp_path, labels, instances):
    instances["instance_id"] = ["other", *instances["instance_id"][1:]]
    with pytest.raises(AxisMismatchError, match=r"1 of the labels .* \['q0'\]; 1 of .* \['other'"):
        write_export(tmp_path / "v1", labels, instances)


def test_features_that_do_not_fit_are_refused(tmp_path, labels, instances, features):
    def export(**arguments):
        write_export(tmp_path / "v1", labels, instances, formats=["xmc"], **arguments)

    with pytest.raises(InputError, match="xmc needs features"):
        export()
    with pytest.raises(AxisMismatchError, match="features have 7 rows, the labels 8"):
        export(features=features[:7])
    with pytest.raises(AxisMismatchError, match="1 feature names do not fit 5 features"):
        export(features=features, feature_names=["one"])
    with pytest.raises(ValueError, match="feature_names were given without features"):
        export(feature_names=["one"])


def test_names_with_line_breaks_are_refused_for_xmc_only(tmp_path, labels, instances, features):
    label_ids = pd.Index(["a\nb", *labels.label_ids[1:]])
    broken = LabelMatrix(labels.values, labels.instance_ids, label_ids)
    with pytest.raises(InputError, match=r"1 label ids hold a line break.*\['a\\nb'\]"):
        write_export(tmp_path / "v1", broken, instances, formats=["xmc"], features=features)
    write_export(tmp_path / "v1", broken, instances, formats=["jsonl"])


def test_an_unknown_format_is_refused(tmp_path, labels, instances):
    with pytest.raises(ValueError, match=r"unknown formats \['xlsx'\]; choose .* \['parquet'"):
        write_export(tmp_path / "v1", labels, instances, formats=["xlsx"])
