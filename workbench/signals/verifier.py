"""A model that judges whether a value is valid for a text, learnt from the titles of items."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError

from workbench.blocks import each_block
from workbench.signals.phrases import find_words, number_phrases, phrase_rows
from workbench.signals.quadratic import QuadraticRegression
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

# Which pairs are meant, from their log-odds and whether they were asked for.
Choice = Callable[[Floats, NDArray[np.bool_]], NDArray[np.bool_]]

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
        self._regression = QuadraticRegression().fit(features[known], valid[known], weight[known])

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

    def judge_blocks(
        self, instances: pd.DataFrame, pairs: pd.DataFrame, *, worth_telling: Choice | None = None
    ) -> Iterator[pd.DataFrame]:
        """Yield what `judge` returns in parts of some thousand texts: most of it is rarely kept.

        Parameters
        ----------
        instances, pairs : pd.DataFrame
            See `judge`.
        worth_telling : callable, optional
            From ``log_odds`` and ``is_given`` of pairs the mask of those to return; by default
            all.
        """
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
        if not self.n_training_pairs_:
            return
        texts, suggesting = (
            instances["text"].tolist(),
            suggested_values(self.counts_, self.min_share),
        )

        def judged(first: int) -> pd.DataFrame:
            block = slice(first, first + _BLOCK)
            found = self._judge_block(
                texts[block], csr_array(asked[block]), suggesting, worth_telling
            )
            found["instance_id"] = instance_ids[first + found.pop("row").to_numpy()]
            found["label_id"] = self._label_ids[found.pop("column").to_numpy()]
            return found[_JUDGED]

        for found in each_block(judged, range(0, len(texts), _BLOCK)):
            if len(found):
                yield found

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

    def _judge_block(
        self,
        texts: list[str],
        asked: csr_array,
        suggesting: csr_array,
        worth_telling: Choice | None,
    ) -> pd.DataFrame:
        words = [find_words(text) for text in texts]
        phrases = phrase_rows(words, self._positions)
        pairs = csr_array(find_candidates(suggesting, phrases) + asked).tocoo()
        rows, columns = pairs.row.astype(np.int64), pairs.col.astype(np.int64)
        features, n_known = pair_features(
            self.counts_, phrases, rows, columns, shrinkage=self.shrinkage
        )
        asked.sort_indices()
        is_given = cells_of(asked, rows, columns) > 0
        # The last digits hang on the library that multiplies; they must not decide a level.
        log_odds = self._regression.log_odds(features).round(6)
        kept = n_known > 0
        if worth_telling is not None:
            kept &= worth_telling(log_odds, is_given)
        rows, columns = rows[kept], columns[kept]
        block = self._tell(phrases, rows, columns)
        block["row"], block["column"] = rows, columns
        block["n_words"] = np.array([len(set(text)) for text in words], np.int64)[rows]
        block["is_given"], block["log_odds"] = is_given[kept], log_odds[kept]
        return block

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
