"""The data sets: the same matrices for every tool, kept in the work folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, load_npz, save_npz
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from benchmarks.xmc.matrices import PARTS
from benchmarks.xmc.shop import ShopShape, generate_shop
from workbench.formats import write_xmc

_SHOP_SEED = 7
_SHOP_TRAIN, _SHOP_TEST = 500_000, 20_000


@dataclass(frozen=True, eq=False)
class Split:
    """Training and test part; X of float32 with rows of length 1, Y of float32 ones."""

    X_train: csr_array
    Y_train: csr_array
    X_test: csr_array
    Y_test: csr_array


def prepare(name: str, source: Path, folder: Path) -> None:
    """Write the matrices of a data set, and the text file that omikuji reads, unless they exist.

    Parameters
    ----------
    name : str
        One of `benchmarks.xmc.plan.DATA_SETS`.
    source : Path
        The folder of data that is not part of this project.
    folder : Path
        Holds ``X_train.npz`` and so on, and ``train.txt``, afterwards.
    """
    if (folder / "train.txt").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    split = _split(name, source)
    for part in PARTS:
        save_npz(folder / f"{part}.npz", getattr(split, part), compressed=False)
    # omikuji refuses a file with a row that has no features.
    kept = np.flatnonzero(np.diff(split.X_train.indptr))
    write_xmc(folder / "train.txt", split.X_train[kept], split.Y_train[kept])


def _split(name: str, source: Path) -> Split:
    if name == "shop":
        return _shop()
    return _tfidf(source / name) if name == "icecat" else _stored(source / name)


def _shop() -> Split:
    X, Y = generate_shop(ShopShape(_SHOP_TRAIN + _SHOP_TEST), _SHOP_SEED)
    return Split(X[:_SHOP_TRAIN], Y[:_SHOP_TRAIN], X[_SHOP_TRAIN:], Y[_SHOP_TRAIN:])


def _stored(folder: Path) -> Split:
    """Return stored counts with their rows scaled to length 1."""
    matrices = {part: _plain(load_npz(folder / f"{part}.npz")) for part in PARTS}
    for part in ("X_train", "X_test"):
        matrices[part] = _plain(normalize(matrices[part]))
    return Split(**matrices)


def _tfidf(folder: Path) -> Split:
    """Return plain tf-idf of words and pairs of words, learned on the training texts."""
    table = pd.read_csv(folder / "texts.tsv.gz", sep="\t", keep_default_na=False)
    texts = {part: table["text"][table["split"] == part] for part in ("train", "test")}
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, dtype=np.float32)
    return Split(
        _plain(vectorizer.fit_transform(texts["train"])),
        _plain(load_npz(folder / "Y_train.npz")),
        _plain(vectorizer.transform(texts["test"])),
        _plain(load_npz(folder / "Y_test.npz")),
    )


def _plain(matrix: csr_array) -> csr_array:
    X = csr_array(matrix).astype(np.float32)
    X.sum_duplicates()
    X.eliminate_zeros()
    X.indices, X.indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)
    return X
