"""The estimator: learn the terms of texts and their weights, turn texts into X."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from workbench.errors import InputError
from workbench.features.choosing import choose_terms
from workbench.features.cutting import CutTexts, Lengths, count_texts, cut_texts, weigh
from workbench.features.given_terms import check_vocabulary
from workbench.features.storage import named, read_terms, write_terms
from workbench.features.vocabulary import Columns, Vocabulary, number_terms
from workbench.kernels import warn_of_limits

_RANGES = ("word_ngrams", "char_ngrams")


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
    vocabulary : sequence of str, optional
        These features and no others, in this order, named as in ``feature_names_``. ``fit`` then
        learns their weights alone; ``min_df`` and ``max_features`` do not apply.

    Attributes
    ----------
    feature_names_ : ndarray of str, shape (n_features,)
        Words as they are, then character n-grams in quotes: ``blue shoe``, ``'sho'``.
    idf_ : ndarray of float32, shape (n_features,)

    Notes
    -----
    The values are those of scikit-learn's ``TfidfVectorizer`` for words and for ``char_wb``, each
    scaled, side by side and scaled again. Words are cut so that every script has some: see
    ``workbench.features.characters``. Half a surrogate pair, which no file can hold as text, counts
    as U+FFFD, the replacement character.

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
    # Numbered at the first ``transform``: who only wants the names does not pay for it.
    _numbered: tuple[Vocabulary, Columns] | None

    def __init__(
        self,
        *,
        word_ngrams: tuple[int, int] | None = (1, 2),
        char_ngrams: tuple[int, int] | None = (3, 3),
        min_df: int = 2,
        max_features: int | None = None,
        sublinear_tf: bool = False,
        vocabulary: Sequence[str] | None = None,
    ) -> None:
        self.word_ngrams = word_ngrams
        self.char_ngrams = char_ngrams
        self.min_df = min_df
        self.max_features = max_features
        self.sublinear_tf = sublinear_tf
        self.vocabulary = vocabulary

    def fit(self, texts: Sequence[str], y: Any = None) -> Self:
        """Learn the features and their weights from raw texts.

        Parameters
        ----------
        texts : list, Series or array of str, length n_texts

        Raises
        ------
        TypeError
            If the texts are one string or no sequence, such as a table or a set, or the vocabulary
            is one string.
        InputError
            If a text is not a string, or no feature is left.
        ValueError
            If a parameter is outside its range, or a term of the vocabulary cannot occur or
            occurs twice.
        """
        self._learn(texts)
        return self

    def fit_transform(self, texts: Sequence[str], y: Any = None) -> csr_array:
        """Return ``fit(texts).transform(texts)``; the texts are cut once.

        Parameters
        ----------
        texts : list, Series or array of str, length n_texts

        Returns
        -------
        csr_array of float32, shape (n_texts, n_features)
            As of ``transform``.

        Raises
        ------
        TypeError, InputError, ValueError
            As ``fit`` does.
        """
        cut, columns = self._learn(texts)
        return self._weigh(cut, columns)

    def transform(self, texts: Sequence[str]) -> csr_array:
        """Return the features of raw texts; what was not seen in ``fit`` is ignored.

        Parameters
        ----------
        texts : list, Series or array of str, length n_texts

        Returns
        -------
        csr_array of float32, shape (n_texts, n_features)
            Rows of length 1, or empty where a text has no known feature; indices sorted.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        TypeError
            If the texts are one string or no sequence, such as a table or a set.
        InputError
            If a text is not a string.
        """
        check_is_fitted(self)
        checked = _checked(texts)
        if self._numbered is None:
            self._numbered = number_terms(self._terms, self._is_gram, self._longest)
        vocabulary, columns = self._numbered
        return self._weigh(self._cut(checked, vocabulary, grows=False), columns)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return ``feature_names_``, as scikit-learn asks for it.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        """
        check_is_fitted(self)
        return self.feature_names_

    def save(self, path: str | Path) -> None:
        """Write the fitted features as one Parquet file, with a checksum among its metadata.

        Folders of the path that are not there are made; a file that is there is replaced.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        OSError
            If the file cannot be written.
        """
        check_is_fitted(self)
        write_terms(path, self._terms, self._is_gram, self.idf_, self.get_params())

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
        terms, is_gram, idf, parameters = read_terms(path)
        ranges = {name: parameters[name] and tuple(parameters[name]) for name in _RANGES}
        given = parameters.pop("vocabulary", False)
        features = cls(**(parameters | ranges))
        features._set_terms(terms, is_gram, idf)
        if given:
            features.vocabulary = features.feature_names_.tolist()
        return features

    def _learn(self, texts: Sequence[str]) -> tuple[CutTexts, Columns]:
        """Fit; return the cut texts and the columns of their terms."""
        self._check_parameters()
        if self.vocabulary is not None:
            return self._learn_weights(texts, self.vocabulary)
        checked, vocabulary = _checked(texts), Vocabulary()
        cut = self._cut(checked, vocabulary, grows=True)
        chosen = choose_terms(
            vocabulary,
            count_texts(cut, vocabulary),
            shortest=self.word_ngrams[0] if self.word_ngrams else 1,
            min_df=self.min_df,
            max_features=self.max_features,
        )
        if not chosen.terms:
            raise InputError(
                f"texts: no word or n-gram is in {self.min_df} or more of {len(checked)} texts;"
                " lower min_df, or check that the right column holds the text"
            )
        self._set_terms(chosen.terms, chosen.is_gram, _idf(len(checked), chosen.text_counts))
        return cut, chosen.columns

    def _learn_weights(
        self, texts: Sequence[str], names: Sequence[str]
    ) -> tuple[CutTexts, Columns]:
        terms, is_gram = check_vocabulary(names, self.word_ngrams, self.char_ngrams)
        checked = _checked(texts)
        vocabulary, columns = number_terms(terms, is_gram, self._longest)
        cut = self._cut(checked, vocabulary, grows=False)
        text_counts = count_texts(cut, vocabulary).by_column(columns, len(terms))
        self._set_terms(terms, is_gram, _idf(len(checked), text_counts))
        return cut, columns

    def _set_terms(
        self, terms: list[str], is_gram: NDArray[np.bool_], idf: NDArray[np.float32]
    ) -> None:
        self.feature_names_ = np.array(named(terms, is_gram), object)
        self.idf_ = idf
        self._terms, self._is_gram = terms, is_gram
        self._numbered = None

    @property
    def _longest(self) -> int:
        return int(self.word_ngrams[1]) if self.word_ngrams else 0

    def _cut(self, texts: list[str], vocabulary: Vocabulary, *, grows: bool) -> CutTexts:
        warn_of_limits()
        # Numbers of numpy may overflow in sums, and numba compiles everything anew for each type.
        words, grams = _plain(self.word_ngrams), _plain(self.char_ngrams)
        return cut_texts(texts, vocabulary, words, grams, grows=grows)

    def _weigh(self, cut: CutTexts, columns: Columns) -> csr_array:
        # Copies: for what is read-only, as after loading, numba compiles everything anew.
        idf, is_gram = np.array(self.idf_, np.float32), np.array(self._is_gram)
        return weigh(cut, columns, idf, is_gram, sublinear=bool(self.sublinear_tf))

    def _check_parameters(self) -> None:
        for name in _RANGES:
            lengths = getattr(self, name)
            if lengths is not None and not _is_range(lengths):
                raise ValueError(f"{name} must be (shortest, longest) or None, found {lengths}")
        if self.word_ngrams is None and self.char_ngrams is None:
            raise ValueError("word_ngrams and char_ngrams are both None; set one of them")
        if not _is_count(self.min_df):
            raise ValueError(f"min_df must be a whole number, 1 or more, found {self.min_df}")
        if self.max_features is not None and not _is_count(self.max_features):
            raise ValueError(f"max_features must be 1 or more, or None; found {self.max_features}")
        if not isinstance(self.sublinear_tf, (bool, np.bool_)):
            raise ValueError(f"sublinear_tf must be True or False, found {self.sublinear_tf!r}")


def _is_count(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and bool(value >= 1)


def _is_range(lengths: object) -> bool:
    if not isinstance(lengths, (tuple, list)) or len(lengths) != 2:
        return False
    return all(map(_is_count, lengths)) and lengths[0] <= lengths[1]


def _plain(lengths: Lengths) -> Lengths:
    return None if lengths is None else (int(lengths[0]), int(lengths[1]))


def _checked(texts: Sequence[str]) -> list[str]:
    checked = texts.tolist() if hasattr(texts, "tolist") else texts
    if isinstance(checked, str):
        raise TypeError("texts must be a sequence of strings, found one string")
    if getattr(checked, "ndim", 1) != 1 or isinstance(checked, (Mapping, Set)):
        found = type(texts).__name__
        raise TypeError(
            f"texts must be a sequence of strings, found {found}; pass one column of it"
        )
    checked = list(checked)
    bad = [i for i, text in enumerate(checked) if not isinstance(text, str)]
    if bad:
        raise InputError(
            f"texts: every text must be a string, found {len(bad)} others at positions {bad[:5]}; "
            "use an empty string where there is no text"
        )
    return checked


def _idf(n_texts: int, text_counts: NDArray[np.int64]) -> NDArray[np.float32]:
    return (np.log((1 + n_texts) / (1 + text_counts)) + 1).astype(np.float32)
