"""Text to sparse features: words and character n-grams, weighted by tf-idf."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize as scale_rows
from sklearn.utils.validation import check_is_fitted

from workbench.errors import DamagedArtefactError, InputError, MissingArtefactError
from workbench.text import normalise

FORMAT_VERSION = "1"
# Scripts written without spaces: every ideograph and every hiragana is a word of its own, a run
# of katakana is one word, as in Unicode's word boundaries (UAX 29).
_SINGLE = "\u3005-\u3007\u3041-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
# Elsewhere a word reaches to the next space, without the punctuation around it: "26.0cm", "b/g".
# "\\w" would cut words of scripts whose vowels are combining marks.
_MARKS = (
    "!-/:-@\\[-`{-~\xa1-\xbf\u060c\u061b\u061f\u0964\u0965\u200b\u2010-\u206f\u3001-\u3020\u30fb"
)
_INSIDE = f"[^\\s{_SINGLE}{_KATAKANA}]"
_EDGE = f"[^\\s{_SINGLE}{_KATAKANA}{_MARKS}]"
_WORD = f"[{_SINGLE}]|[{_KATAKANA}]+|{_EDGE}(?:{_INSIDE}*{_EDGE})?"
_RANGES = ("word_ngrams", "char_ngrams")

Analyzer = Callable[[str], list[str]]
Index = dict[str, int]


class TextFeatures(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Words and character n-grams of normalised text, weighted by tf-idf.

    Words say what a text is about, character n-grams forgive spelling and find parts of compounds.
    Both are weighted by term frequency times ln((1 + n) / (1 + df)) + 1 and scaled to length 1 on
    their own, so that the many n-grams do not drown the few words; then the row is scaled to
    length 1.

    Parameters
    ----------
    word_ngrams : (int, int) or None, default (1, 2)
        Shortest and longest sequence of words; None for no words.
    char_ngrams : (int, int) or None, default (3, 3)
        Shortest and longest sequence of characters inside what white space bounds, one space on
        either side included; None for no character n-grams.
    min_df : int, default 2
        Features of fewer texts are left out.
    max_features : int, optional
        Keep only so many features, those of most texts (of equals, those of the first terms).
    sublinear_tf : bool, default False
        Use 1 + ln(term frequency).

    Attributes
    ----------
    feature_names_ : ndarray of str, shape (n_features,)
        Words as they are, then character n-grams in quotes: ``blue shoe``, ``'sho'``.
    idf_ : ndarray of float32, shape (n_features,)

    Examples
    --------
    >>> texts = ["Blue shoe", "blue  SHOE", "red"]
    >>> features = TextFeatures(char_ngrams=None, min_df=1).fit(texts)
    >>> features.feature_names_.tolist()
    ['blue', 'blue shoe', 'red', 'shoe']
    >>> features.transform(["red hat", ""]).toarray().round(2).tolist()
    [[0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    """

    feature_names_: NDArray[Any]
    idf_: NDArray[np.float32]

    def __init__(
        self,
        *,
        word_ngrams: tuple[int, int] | None = (1, 2),
        char_ngrams: tuple[int, int] | None = (3, 3),
        min_df: int = 2,
        max_features: int | None = None,
        sublinear_tf: bool = False,
    ) -> None:
        self.word_ngrams = word_ngrams
        self.char_ngrams = char_ngrams
        self.min_df = min_df
        self.max_features = max_features
        self.sublinear_tf = sublinear_tf

    def fit(self, texts: Sequence[str]) -> Self:
        """Learn the features and their weights from raw texts.

        Raises
        ------
        InputError
            If a text is not a string, or no feature is left.
        ValueError
            If a parameter is outside its range.
        """
        self._check_parameters()
        normalised = _normalised(texts)
        words, word_index = _count_terms(map(_analyzer("word", self.word_ngrams), normalised), None)
        grams, gram_index = self._count_grams(normalised, None)
        terms = [*word_index, *gram_index]
        is_gram = np.arange(len(terms)) >= len(word_index)
        support = np.concatenate([_support(words), _support(grams)])
        # By term, so that the order of the texts does not matter.
        order = np.array(
            sorted(np.flatnonzero(support >= self.min_df), key=lambda i: (is_gram[i], terms[i])),
            np.int64,
        )
        if self.max_features is not None:
            most = np.argsort(-support[order], kind="stable")[: self.max_features]
            order = order[np.sort(most)]
        if len(order) == 0:
            raise InputError(
                f"texts: no word or n-gram is in {self.min_df} or more of {len(normalised)} texts;"
                " lower min_df, or check that the right column holds the text"
            )
        idf = np.log((1 + len(normalised)) / (1 + support[order])) + 1
        self._set_terms([terms[i] for i in order], is_gram[order], idf.astype(np.float32))
        return self

    def transform(self, texts: Sequence[str]) -> csr_array:
        """Return the features of raw texts; what was not seen in ``fit`` is ignored.

        Returns
        -------
        csr_array of float32, shape (n_texts, n_features)
            Rows of length 1, or empty where a text has no known feature; indices sorted.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        InputError
            If a text is not a string.
        """
        check_is_fitted(self)
        normalised = _normalised(texts)
        words, _ = _count_terms(
            map(_analyzer("word", self.word_ngrams), normalised), self._word_index
        )
        grams, _ = self._count_grams(normalised, self._gram_index)
        n_words = len(self._word_index)
        parts = [self._weigh(words, self.idf_[:n_words]), self._weigh(grams, self.idf_[n_words:])]
        return csr_array(scale_rows(hstack(parts, format="csr"), copy=False))

    def fit_transform(self, texts: Sequence[str]) -> csr_array:
        """Return ``fit(texts).transform(texts)``."""
        return self.fit(texts).transform(texts)

    def save(self, path: str | Path) -> None:
        """Write the fitted features as one Parquet file, with a checksum among its metadata."""
        check_is_fitted(self)
        terms = pa.array([*self._word_index, *self._gram_index], pa.string())
        is_gram = np.arange(len(terms)) >= len(self._word_index)
        table = pa.table({"term": terms, "is_gram": is_gram, "idf": self.idf_})
        parameters = json.dumps(self.get_params())
        digest = _digest(table, parameters)
        metadata = {"format_version": FORMAT_VERSION, "parameters": parameters, "sha256": digest}
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table.replace_schema_metadata(metadata), path)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the features that ``save`` wrote.

        Raises
        ------
        MissingArtefactError
            If there is no such file.
        DamagedArtefactError
            If the file does not match its checksum, or a newer version wrote it.
        """
        if not Path(path).is_file():
            raise MissingArtefactError(f"{path}: there are no text features; fit and save them")
        try:
            # Without partitioning=None a folder named "a=1" would become a column.
            table = pq.read_table(path, partitioning=None)
            found = {k.decode(): v.decode() for k, v in (table.schema.metadata or {}).items()}
            version, parameters = found["format_version"], found["parameters"]
            intact = found["sha256"] == _digest(table, parameters)
        except (pa.ArrowException, OSError, ValueError, KeyError) as error:
            raise DamagedArtefactError(f"{path} cannot be read: {error}; fit again") from error
        if version != FORMAT_VERSION:
            raise DamagedArtefactError(
                f"{path} has format version {version}, this program reads {FORMAT_VERSION}; "
                "update the program or fit again"
            )
        if not intact:
            raise DamagedArtefactError(f"{path} does not match its checksum; fit again")
        stored = json.loads(parameters)
        ranges = {name: stored[name] and tuple(stored[name]) for name in _RANGES}
        features = cls(**(stored | ranges))
        terms, idf = table["term"].to_pylist(), table["idf"].to_numpy()
        features._set_terms(terms, table["is_gram"].to_numpy(), idf)
        return features

    def _check_parameters(self) -> None:
        for name in _RANGES:
            lengths = getattr(self, name)
            if lengths is not None and not 1 <= lengths[0] <= lengths[1]:
                raise ValueError(f"{name} must be (shortest, longest) or None, found {lengths}")
        if self.word_ngrams is None and self.char_ngrams is None:
            raise ValueError("word_ngrams and char_ngrams are both None; set one of them")
        if self.min_df < 1:
            raise ValueError(f"min_df must be 1 or more, found {self.min_df}")
        if self.max_features is not None and self.max_features < 1:
            raise ValueError(f"max_features must be 1 or more, or None; found {self.max_features}")

    def _set_terms(
        self, terms: list[str], is_gram: NDArray[np.bool_], idf: NDArray[np.float32]
    ) -> None:
        n_words = int((~is_gram).sum())
        words, grams = terms[:n_words], terms[n_words:]
        self._word_index = {term: i for i, term in enumerate(words)}
        self._gram_index = {term: i for i, term in enumerate(grams)}
        self.feature_names_ = np.array([*words, *(f"'{gram}'" for gram in grams)], object)
        self.idf_ = idf

    def _count_grams(self, texts: list[str], index: Index | None) -> tuple[csr_array, Index]:
        """Count through the distinct tokens: each is cut into n-grams once, not once a text."""
        tokens, token_index = _count_terms(map(str.split, texts), None)
        analyze = _analyzer("char_wb", self.char_ngrams)
        grams, gram_index = _count_terms(map(analyze, token_index), index)
        counts = csr_array(tokens @ grams)
        counts.sort_indices()
        return counts, gram_index

    def _weigh(self, counts: csr_array, idf: NDArray[np.float32]) -> csr_array:
        frequency = 1 + np.log(counts.data) if self.sublinear_tf else counts.data
        values = (frequency * idf[counts.indices]).astype(np.float32)
        weighed = csr_array((values, counts.indices, counts.indptr), shape=counts.shape)
        return csr_array(scale_rows(weighed, copy=False)) if counts.shape[1] else weighed


def _normalised(texts: Sequence[str]) -> list[str]:
    if isinstance(texts, str):
        raise TypeError("texts must be a sequence of strings, found one string")
    bad = [i for i, text in enumerate(texts) if not isinstance(text, str)]
    if bad:
        raise InputError(
            f"texts: every text must be a string, found {len(bad)} others at positions {bad[:5]}; "
            "use an empty string where there is no text"
        )
    return [normalise(text) for text in texts]


def _analyzer(kind: str, lengths: tuple[int, int] | None) -> Analyzer:
    """Return what cuts a normalised text into its terms."""
    if lengths is None:
        return lambda text: []
    vectorizer = CountVectorizer(
        lowercase=False, analyzer=kind, ngram_range=lengths, token_pattern=_WORD
    )
    return cast(Analyzer, vectorizer.build_analyzer())


def _count_terms(documents: Iterable[list[str]], index: Index | None) -> tuple[csr_array, Index]:
    """Return how often each document has each term; without an index, every term gets one."""
    grows = index is None
    index = {} if index is None else index
    columns = array("q")
    indptr = [0]
    for terms in documents:
        if grows:
            columns.extend([index.setdefault(term, len(index)) for term in terms])
        else:
            columns.extend([index[term] for term in terms if term in index])
        indptr.append(len(columns))
    counts = csr_array(
        (np.ones(len(columns), np.float32), np.frombuffer(columns, np.int64), np.array(indptr)),
        shape=(len(indptr) - 1, len(index)),
    )
    counts.sum_duplicates()
    return counts, index


def _support(counts: csr_array) -> NDArray[np.int64]:
    """Return in how many rows each column is stored."""
    return np.bincount(counts.indices, minlength=counts.shape[1]).astype(np.int64)


def _digest(table: pa.Table, parameters: str) -> str:
    digest = hashlib.sha256(parameters.encode())
    digest.update(json.dumps(table["term"].to_pylist()).encode())
    digest.update(table["is_gram"].to_numpy().tobytes())
    digest.update(table["idf"].to_numpy().tobytes())
    return digest.hexdigest()
