"""The data sets: features as the pipeline makes them, labels, texts, and natural errors."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack, load_npz, vstack
from sklearn.preprocessing import normalize

from pipelines.ingest_labels import labels_table
from pipelines.make_sample import write_sample
from workbench.features import TextFeatures
from workbench.matrices import LabelMatrix

_SHOP_SEED = 301


@dataclass(frozen=True, eq=False)
class Data:
    """Instances whose labels are taken for true.

    Parameters
    ----------
    truth : LabelMatrix
    X : csr_array of float32, shape (n_instances, n_features)
    labels : pd.DataFrame, optional
        ``label_id, attribute, value`` where labels have attributes.
    texts : list of str, optional
    given : LabelMatrix, optional
        What annotators gave, where the truth came later.
    """

    truth: LabelMatrix
    X: csr_array
    labels: pd.DataFrame | None = None
    texts: list[str] | None = None
    given: LabelMatrix | None = None


def load(name: str, source: Path) -> Data:
    """Return a data set; ``source`` is the folder of data that is not part of this project."""
    if name in ("bibtex", "delicious"):
        return _counts(source / name)
    if name == "redocred":
        return _redocred(source / name)
    if name == "shop":
        return _shop()
    if name == "icecat-6k":
        return _part_of(load("icecat", source), 6000, min_support=5)
    if name == "icecat":
        folder, stem = source / name, "Y_all.npz"
        texts, names = folder / "texts.tsv.gz", folder / "labels.txt"
        return _attribute_values(texts, folder / stem, names)
    folder = source / "attr_extract"
    return _attribute_values(
        folder / f"{name}_texts.tsv.gz", folder / f"{name}_Y.npz", folder / f"{name}_labels.txt"
    )


def _part_of(data: Data, n_instances: int, *, min_support: int) -> Data:
    """Return some instances, drawn once and for all, and their labels that are not too rare."""
    n_all = data.truth.values.shape[0]
    rows = np.sort(np.random.default_rng(0).choice(n_all, n_instances, replace=False))
    values = data.truth.values[rows]
    columns = np.flatnonzero(values.sum(axis=0) >= min_support)
    assert data.labels is not None
    assert data.texts is not None
    texts = [data.texts[row] for row in rows]
    label_ids = data.truth.label_ids[columns]
    truth = LabelMatrix(csr_array(values[:, columns]), data.truth.instance_ids[rows], label_ids)
    labels = data.labels.set_index("label_id").loc[label_ids].reset_index()
    return Data(truth, TextFeatures().fit_transform(texts), labels, texts)


def _counts(folder: Path) -> Data:
    parts = {
        part: csr_array(vstack([load_npz(folder / f"{part}_{half}.npz") for half in HALVES]))
        for part in ("X", "Y")
    }
    X = csr_array(normalize(parts["X"].astype(np.float32)))
    return Data(_labels(parts["Y"], _lines(folder / "labels.txt")), X)


HALVES = ("train", "test")


def _attribute_values(texts: Path, Y: Path, names: Path) -> Data:
    table = pd.read_csv(texts, sep="\t", keep_default_na=False)
    told = table["text"].tolist()
    truth = _labels(csr_array(load_npz(Y)), _lines(names))
    return Data(truth, TextFeatures().fit_transform(told), labels_table(truth.label_ids, "="), told)


def _redocred(folder: Path) -> Data:
    """Return pairs of entities: the sentence, and in columns of their own both entities."""
    table = pd.read_parquet(folder / "pairs.parquet")
    texts = table["text"].tolist()
    entities = [
        TextFeatures().fit_transform((table[side] + " " + table[f"{side}_type"]).tolist())
        for side in ("head", "tail")
    ]
    X = csr_array(normalize(hstack([TextFeatures().fit_transform(texts), *entities])))
    X.sort_indices()
    names = _lines(folder / "labels.txt")
    true, given = (_labels(csr_array(load_npz(folder / f"Y_{w}.npz")), names) for w in NAMES)
    return Data(true, X, given=given)


NAMES = ("true", "given")


def _shop() -> Data:
    with tempfile.TemporaryDirectory() as folder:
        write_sample(Path(folder), seed=_SHOP_SEED)
        pairs = pd.read_parquet(Path(folder) / "truth.parquet")
    truth = LabelMatrix.from_pairs(
        pairs["instance_id"],
        pairs["label_id"],
        instance_ids=pd.Index(pairs["instance_id"].unique()),
        label_ids=pd.Index(sorted(pairs["label_id"].unique())),
    )
    texts = truth.instance_ids.tolist()
    labels = labels_table(truth.label_ids, ": ")
    return Data(truth, TextFeatures().fit_transform(texts), labels, texts)


def _labels(Y: csr_array, names: list[str]) -> LabelMatrix:
    rows, columns = Y.nonzero()
    return LabelMatrix.from_positions(
        rows,
        columns,
        instance_ids=pd.Index([str(i) for i in range(Y.shape[0])], dtype="str"),
        label_ids=pd.Index(names, dtype="str"),
    )


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()
