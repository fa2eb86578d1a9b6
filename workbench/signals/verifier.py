"""A model that judges whether a value is valid for a text, learnt from the titles of items."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from workbench.signals.phrases import find_words, number_phrases, phrase_rows
from workbench.signals.telling_phrases import find_telling_phrases
from workbench.signals.value_evidence import (
    Floats,
    Places,
    cells_of,
    count_values,
    find_candidates,
    pair_features,
    suggested_values,
)
from workbench.signals.verifier_training import cut_spans, draw_training_pairs

# Texts judged at a time: some 180,000 pairs of 54 numbers, 80 MB.
_BLOCK = 4000


class Verifier:
    """Log-odds that a label is valid for a text, from titles and the values of their items.

    A title and a value of its item are a valid pair, the title and another value of the same
    attribute an invalid one: no manual label is needed. From the titles come the shares of items
    with a phrase (a word or two) that carry a value; a logistic regression learns to weigh them.

    Parameters
    ----------
    shrinkage : float, default 1
        How many items the share of a value in the whole catalog weighs against those of a phrase.
    min_share : float, default 0.1
        A text's candidates are the values that this share of the items with one of its phrases
        carries.
    n_spans : int, default 1000
        Number of pieces of titles to learn the weights from.
    longest_span : int, default 5
        Most words of a piece. Queries are shorter than titles.
    n_others : int, default 2
        Values drawn at random for each piece and attribute, beside the candidates.
    seed : int, default 0

    Attributes
    ----------
    counts_ : ValueCounts
    n_training_pairs_ : int
        0 where the catalog teaches nothing; every text is then abstained on.

    Notes
    -----
    After Kumar and Hashimoto, "A Two-Phased Approach to Training Data Generation for Shopping Query
    Intent Prediction", 2022: a model, trained without manual labels, that checks whether an intent
    is valid for a query. Here it is no deep network: it counts phrases, and the logistic regression
    sees nine sums over them with their products, so that it learns in seconds on catalogs of any
    language.

    *Each item is left out of the counts that its own title is judged by*: else every phrase that
    only this title has would prove its values. *The pairs are all candidates, and a sample of
    other values weighted by how many it stands for*: values of the item that no phrase suggests
    are among the valid pairs, so without invalid ones of that kind the model would learn that what
    nothing suggests is valid.

    The log-odds answer what the *items with such a text* carry, not what a shopper means who wrote
    it: where all items of a line are blue, its name is judged blue.

    Examples
    --------
    >>> items = pd.DataFrame({"item_id": list("abcdef"), "title": ["ember trek shoe"] * 3
    ...     + ["onyx studio shoe"] * 3})
    >>> item_labels = pd.DataFrame({"item_id": list("abcdef"),
    ...     "label_id": ["Brand: Ember"] * 3 + ["Brand: Onyx"] * 3})
    >>> labels = pd.DataFrame({"label_id": ["Brand: Ember", "Brand: Onyx"], "attribute": "Brand"})
    >>> instances = pd.DataFrame({"instance_id": ["q"], "text": ["trek"]})
    >>> verifier = Verifier().fit(items, item_labels, labels)
    >>> judged = verifier.judge(instances, pd.DataFrame(
    ...     {"instance_id": ["q", "q"], "label_id": ["Brand: Ember", "Brand: Onyx"]}))
    >>> judged.set_index("label_id")["log_odds"].idxmax()
    'Brand: Ember'
    """

    def __init__(
        self,
        *,
        shrinkage: float = 1.0,
        min_share: float = 0.1,
        n_spans: int = 1000,
        longest_span: int = 5,
        n_others: int = 2,
        seed: int = 0,
    ) -> None:
        self.shrinkage = shrinkage
        self.min_share = min_share
        self.n_spans = n_spans
        self.longest_span = longest_span
        self.n_others = n_others
        self.seed = seed

    def fit(self, items: pd.DataFrame, item_labels: pd.DataFrame, labels: pd.DataFrame) -> Verifier:
        """Learn from the catalog.

        Parameters
        ----------
        items : pd.DataFrame
            ``item_id, title``.
        item_labels : pd.DataFrame
            ``item_id, label_id``.
        labels : pd.DataFrame
            ``label_id, attribute``.
        """
        if self.shrinkage <= 0 or self.n_spans < 1 or self.longest_span < 1:
            raise ValueError(
                "shrinkage must be above 0, n_spans and longest_span 1 or more, got "
                f"{self.shrinkage}, {self.n_spans} and {self.longest_span}"
            )
        self._label_ids = pd.Index(labels["label_id"])
        item_ids = pd.Index(items["item_id"])
        attribute, _ = pd.factorize(labels["attribute"].fillna(""))
        carried = csr_array(
            (
                np.ones(len(item_labels), np.float32),
                (
                    item_ids.get_indexer(item_labels["item_id"]),
                    self._label_ids.get_indexer(item_labels["label_id"]),
                ),
            ),
            shape=(len(item_ids), len(self._label_ids)),
        )
        titles = [find_words(title) for title in items["title"]]
        self._positions = number_phrases(titles, min_texts=2)
        self._phrases = pd.Index(list(self._positions), dtype="str")
        self.counts_ = count_values(
            phrase_rows(titles, self._positions), carried, attribute.astype(np.int64)
        )
        self._fit_weights(titles)
        return self

    def _fit_weights(self, titles: list[list[str]]) -> None:
        rng = np.random.default_rng(self.seed)
        spans, items = cut_spans(titles, self.n_spans, self.longest_span, rng)
        texts = phrase_rows(spans, self._positions)
        rows, columns, weight = draw_training_pairs(
            self.counts_, texts, items, min_share=self.min_share, n_others=self.n_others, rng=rng
        )
        features, n_known = pair_features(
            self.counts_, texts, rows, columns, shrinkage=self.shrinkage, own_items=items[rows]
        )
        valid = cells_of(self.counts_.carried, items[rows], columns) > 0
        known = n_known > 0
        self.n_training_pairs_ = int(known.sum())
        if len(np.unique(valid[known])) < 2:
            self.n_training_pairs_ = 0
            return
        products = make_pipeline(
            StandardScaler(), PolynomialFeatures(2, include_bias=False), StandardScaler()
        )
        self._products = products.fit(features[known])
        self._weights = LogisticRegression(solver="newton-cholesky", tol=1e-6).fit(
            products.transform(features[known]), valid[known], sample_weight=weight[known]
        )

    def judge(self, instances: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
        """Return the log-odds of the values that texts suggest, and of further pairs.

        Parameters
        ----------
        instances : pd.DataFrame
            ``instance_id, text``.
        pairs : pd.DataFrame
            ``instance_id, label_id`` to be judged in any case.

        Returns
        -------
        pd.DataFrame
            ``instance_id, label_id, log_odds``; ``lift, n_telling, applies`` (see
            `telling_phrases.TellingPhrases`); ``best`` and ``worst``, the phrase that speaks most
            for the label and the one that speaks most against it, each with ``_with``, the items
            that have it in their title, and ``_carrying``, those of them that carry the label;
            ``n_words`` of the text; ``is_given`` (whether it is one of ``pairs``). Pairs whose
            text has no known phrase are left out: nothing is known of them.

        Raises
        ------
        NotFittedError
        """
        blocks = list(self.judge_blocks(instances, pairs))
        return pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame(columns=_JUDGED)

    def judge_blocks(self, instances: pd.DataFrame, pairs: pd.DataFrame) -> Iterator[pd.DataFrame]:
        """Yield what `judge` returns in parts of some thousand texts: most of it is rarely kept."""
        if not hasattr(self, "counts_"):
            raise NotFittedError("Verifier has learnt nothing yet: call fit before judge")
        instance_ids = pd.Index(instances["instance_id"])
        asked = csr_array(
            (
                np.ones(len(pairs), np.float32),
                (
                    instance_ids.get_indexer(pairs["instance_id"]),
                    self._label_ids.get_indexer(pairs["label_id"]),
                ),
            ),
            shape=(len(instance_ids), len(self._label_ids)),
        )
        for found in self._judged_blocks(instances["text"].tolist(), asked):
            found["instance_id"] = instance_ids[found.pop("row").to_numpy()]
            found["label_id"] = self._label_ids[found.pop("column").to_numpy()]
            yield found[_JUDGED]

    def applies(self, instances: pd.DataFrame, pairs: pd.DataFrame) -> pd.Series:
        """Return how likely the attribute of each label applies to the text.

        Parameters
        ----------
        instances : pd.DataFrame
            ``instance_id, text``.
        pairs : pd.DataFrame
            ``instance_id, label_id``.

        Returns
        -------
        pd.Series of float64, with the index of ``pairs``
            See `telling_phrases.TellingPhrases`; NaN where titles know no phrase of the text.

        Raises
        ------
        NotFittedError
        """
        if not hasattr(self, "counts_"):
            raise NotFittedError("Verifier has learnt nothing yet: call fit before applies")
        asked = pd.Index(pairs["instance_id"].unique())
        texts = instances.set_index("instance_id")["text"].loc[asked]
        phrases = phrase_rows([find_words(text) for text in texts], self._positions)
        told = find_telling_phrases(
            self.counts_,
            phrases,
            asked.get_indexer(pairs["instance_id"]).astype(np.int64),
            self._label_ids.get_indexer(pairs["label_id"]).astype(np.int64),
            shrinkage=self.shrinkage,
        )
        return pd.Series(np.where(told.best >= 0, told.applies, np.nan), pairs.index)

    def _judged_blocks(self, texts: list[str], asked: csr_array) -> Iterator[pd.DataFrame]:
        if not self.n_training_pairs_:
            return
        suggesting = suggested_values(self.counts_, self.min_share)
        for first in range(0, len(texts), _BLOCK):
            words = [find_words(text) for text in texts[first : first + _BLOCK]]
            phrases = phrase_rows(words, self._positions)
            given = csr_array(asked[first : first + _BLOCK])
            suggested = find_candidates(suggesting, phrases)
            pairs = csr_array(suggested + given).tocoo()
            rows, columns = pairs.row.astype(np.int64), pairs.col.astype(np.int64)
            features, n_known = pair_features(
                self.counts_, phrases, rows, columns, shrinkage=self.shrinkage
            )
            known = n_known > 0
            if not known.any():
                continue
            rows, columns = rows[known], columns[known]
            given.sort_indices()
            block = self._tell(phrases, rows, columns)
            block["row"], block["column"] = first + rows, columns
            block["n_words"] = np.array([len(set(text)) for text in words])[rows]
            block["is_given"] = cells_of(given, rows, columns) > 0
            block["log_odds"] = self._log_odds(features[known])
            yield block

    def _tell(self, texts: csr_array, rows: Places, columns: Places) -> pd.DataFrame:
        """Return what speaks for and against each pair, for votes and for people."""
        telling = find_telling_phrases(self.counts_, texts, rows, columns, shrinkage=self.shrinkage)
        block = pd.DataFrame(
            {"lift": telling.lift, "n_telling": telling.n_telling, "applies": telling.applies}
        )
        for name, phrase in (("best", telling.best), ("worst", telling.worst)):
            block[name] = pd.Categorical.from_codes(phrase, self._phrases)
            block[f"{name}_with"] = self.counts_.with_phrase[phrase].astype(np.int64)
            carrying = cells_of(self.counts_.with_value, phrase, columns)
            block[f"{name}_carrying"] = carrying.astype(np.int64)
        return block

    def _log_odds(self, features: Floats) -> NDArray[np.float64]:
        odds: NDArray[np.float64] = self._weights.decision_function(
            self._products.transform(features)
        )
        # The last digits hang on the library that multiplies; they must not decide a level.
        return odds.round(6)


_JUDGED = [
    "instance_id",
    "label_id",
    "log_odds",
    "lift",
    "n_telling",
    "applies",
    *(f"{name}{part}" for name in ("best", "worst") for part in ("", "_with", "_carrying")),
    "n_words",
    "is_given",
]
