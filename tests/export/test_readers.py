"""What other programs read back from an export."""

import csv
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.csv
import pytest
from scipy.sparse import load_npz
from sklearn.datasets import load_svmlight_file

from benchmarks.xmc.environments import default_work_folder
from tests.export.conftest import HOSTILE
from workbench.export import PairOrigins, write_export
from workbench.formats import read_npz_pair

PECOS = """
import json, sys
from pecos.utils import smat_util
X, Y = (smat_util.load_matrix(path) for path in sys.argv[1:])
print(json.dumps([X.toarray().tolist(), Y.toarray().tolist(), str(X.dtype), str(Y.dtype)]))
"""


def label_lists(labels, rows=None):
    rows = range(len(labels.instance_ids)) if rows is None else rows
    return [labels.label_ids[labels.values[[row]].indices].tolist() for row in rows]


@pytest.fixture
def origins(labels):
    n = labels.n_given
    codes = np.arange(n, dtype=np.uint8) % 2
    posterior = np.full(n, np.nan, np.float32)
    return PairOrigins(("signals", "person"), codes, ("v1", "v2"), np.zeros(n, int), posterior)


@pytest.fixture
def export(tmp_path, labels, instances, features, origins):
    def write(*formats, **arguments):
        further = {"features": features} | arguments
        write_export(tmp_path / "v1", labels, instances, formats=formats, **further)
        return tmp_path / "v1"

    return write


def test_pandas_reads_csv_exactly(export, labels):
    lists = dict.fromkeys(["labels", "confidences"], json.loads)
    frame = pd.read_csv(export("csv") / "instances.csv", keep_default_na=False, converters=lists)
    assert frame["text"].tolist() == HOSTILE
    assert frame["labels"].tolist() == label_lists(labels)
    sure = np.float32(frame["confidences"].sum())
    assert np.array_equal(sure, labels.confidence)


def test_arrow_reads_csv_exactly(export):
    options = pyarrow.csv.ParseOptions(newlines_in_values=True)
    table = pyarrow.csv.read_csv(export("csv") / "instances.csv", parse_options=options)
    assert table["text"].to_pylist() == HOSTILE


def test_csv_alters_no_formula(export):
    with (export("csv") / "instances.csv").open(encoding="utf-8", newline="") as stream:
        texts = [row["text"] for row in csv.DictReader(stream)]
    assert texts[3].startswith("=cmd|")


def test_scikit_learn_reads_xmc_behind_the_first_line(export, labels, instances, features):
    folder = export("xmc") / "xmc"
    with (folder / "train.txt").open("rb") as stream:
        n_instances, n_features, _ = map(int, stream.readline().split())
        X, Y = load_svmlight_file(stream, n_features=n_features, multilabel=True, zero_based=True)
    rows = np.flatnonzero(instances["split"] == "train")
    assert len(Y) == n_instances
    assert (X.astype(np.float32) != features[rows]).nnz == 0
    ids = labels.label_ids
    assert [[ids[int(y)] for y in given] for given in Y] == label_lists(labels, rows)


def test_scipy_reads_npz(export, labels, instances, features):
    folder = export("npz") / "npz"
    for split in ("train", "test"):
        rows = np.flatnonzero(instances["split"] == split)
        X, Y = read_npz_pair(folder / f"X_{split}.npz", folder / f"Y_{split}.npz")
        assert (features[rows] != X).nnz == 0
        assert (labels.values[rows] != Y).nnz == 0
        sure = load_npz(folder / f"confidence_{split}.npz")
        assert np.array_equal(sure.data, labels.take_instances(rows).confidence)


def test_origins_of_npz_count_from_one(export, origins):
    folder = export("npz", origins=origins) / "npz"
    names = (folder / "origins.txt").read_text().split()
    codes = load_npz(folder / "origin_train.npz").data
    assert names[: codes.max()] == ["signals", "person"]
    assert codes.min() == 1


def test_npz_is_what_pecos_asks_of_an_archive(export, labels, instances):
    found = np.load(export("npz") / "npz" / "Y_train.npz")
    assert found["format"].item().decode("ascii") == "csr"
    n_train = int((instances["split"] == "train").sum())
    assert found["shape"].tolist() == [n_train, len(labels.label_ids)]
    assert found["data"].dtype == np.float32


@pytest.mark.pecos
def test_pecos_reads_npz(export, labels, instances, features):
    python = Path(
        os.environ.get("WORKBENCH_TEST_PECOS") or default_work_folder() / "peers/bin/python"
    )
    if not python.exists():
        pytest.skip(f"{python} does not exist; benchmarks.xmc makes it")
    folder = export("npz") / "npz"
    paths = [str(folder / f"{name}_train.npz") for name in "XY"]
    command = [python, "-c", PECOS, *paths]
    told = subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603
    X, Y, *types = json.loads(told)
    rows = np.flatnonzero(instances["split"] == "train")
    assert np.array_equal(np.float32(X), features[rows].toarray())
    assert np.array_equal(np.array(Y) > 0, labels.values[rows].toarray())
    assert types == ["float32", "float32"]


@pytest.fixture
def load_dataset(tmp_path, monkeypatch):
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "1")
    datasets = pytest.importorskip("datasets")
    return lambda *named: datasets.load_dataset(*named, cache_dir=str(tmp_path / "cache"))


def test_datasets_reads_the_folder_with_its_types(export, labels, instances, origins, load_dataset):
    folder = export("huggingface", origins=origins) / "huggingface"
    found = load_dataset(str(folder))
    assert {name: len(part) for name, part in found.items()} == {"train": 6, "test": 2}
    rows = np.flatnonzero(instances["split"] == "train")
    assert found["train"]["text"][:] == [HOSTILE[row] for row in rows]
    assert found["train"]["labels"][:] == label_lists(labels, rows)
    types = {name: str(kind) for name, kind in found["train"].features.items()}
    assert types["weight"] == "Value('int64')"
    assert types["confidences"] == "List(Value('float32'))"
    assert types["origins"] == "List(Value('string'))"


def test_datasets_reads_the_label_axis(export, labels, load_dataset):
    found = load_dataset(str(export("huggingface") / "huggingface"), "labels")["labels"]
    assert found["label_id"][:] == labels.label_ids.tolist()
    assert found["n_test"][:] == [1, 1, 1, 2]


def test_datasets_reads_an_export_with_an_empty_split(export, instances, load_dataset):
    instances["split"] = "train"
    found = load_dataset(str(export("huggingface") / "huggingface"))
    assert list(found) == ["train"]
    assert found["train"]["labels"][3] == []
