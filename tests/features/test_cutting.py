"""The compiled cutting, against a slow twin: regular expression, CountVectorizer and Counter."""

import re
from collections import Counter

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from workbench.features import TextFeatures, cutting, tables, vocabulary
from workbench.text import normalise

# What normalisation joins, splits, reorders or turns into spaces; every kind of character.
ODD = (
    "aB ǰΐé\u0308\u0301\u0345\u3099ばｶﾞカーㇰ青々〇、・.'/"
    "\xb4\xa0\u3000\x1c\x85\n\t\u200b\u2028\x01ß𠀀𠮷😀1０"
)
texts_of_any_script = st.lists(
    st.text(ODD, max_size=30) | st.text(max_size=15) | st.text(st.characters(), max_size=15),
    min_size=1,
    max_size=12,
)
any_lengths = st.none() | st.sampled_from([(1, 1), (1, 2), (2, 2), (2, 4), (3, 3), (6, 7)])


def terms_of(word, text, word_ngrams, char_ngrams):
    text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    terms = []
    for kind, lengths in (("word", word_ngrams), ("char_wb", char_ngrams)):
        if lengths is not None:
            cut = CountVectorizer(
                lowercase=False, analyzer=kind, ngram_range=lengths, token_pattern=word
            ).build_analyzer()
            terms += [(kind == "char_wb", term) for term in cut(normalise(text))]
    return Counter(terms)


def slow_twin(word, fitted_on, texts, word_ngrams, char_ngrams, min_df, sublinear_tf):
    """Return the features' names and X of the texts."""
    text_counts = Counter(
        t for text in fitted_on for t in terms_of(word, text, word_ngrams, char_ngrams)
    )
    terms = sorted(term for term, n in text_counts.items() if n >= min_df)
    X = np.zeros((len(texts), len(terms)))
    for row, text in zip(X, texts, strict=True):
        counts = terms_of(word, text, word_ngrams, char_ngrams)
        for i, term in enumerate(terms):
            tf = counts[term]
            tf = 1 + np.log(tf) if tf and sublinear_tf else tf
            row[i] = tf * (np.log((1 + len(fitted_on)) / (1 + text_counts[term])) + 1)
    is_gram = np.array([gram for gram, _ in terms], bool)
    for part in (is_gram, ~is_gram, slice(None)):
        X[:, part] /= np.linalg.norm(X[:, part], axis=1, keepdims=True).clip(1e-9)
    return [f"'{term}'" if gram else term for gram, term in terms], X


@settings(deadline=None, max_examples=300)
@given(texts_of_any_script, texts_of_any_script, any_lengths, any_lengths, st.booleans())
@example(["ΐ a\n\u0301b", "は\u3099 \xb4x"], ["\ud800a", "a\ud800 \ud800a"], (1, 2), (1, 3), True)
def test_features_are_those_of_the_slow_twin(
    expression, fitted_on, others, words, grams, sublinear
):
    word = expression.word
    if words is None and grams is None:
        words = (1, 2)
    parameters = {"word_ngrams": words, "char_ngrams": grams, "sublinear_tf": sublinear}
    fitted_on = [*fitted_on, "a bc"]
    for min_df in (1, 2):
        features = TextFeatures(min_df=min_df, **parameters)
        names, X = slow_twin(word, fitted_on, fitted_on, words, grams, min_df, sublinear)
        if not names:
            continue
        np.testing.assert_allclose(features.fit_transform(fitted_on).toarray(), X, atol=1e-6)
        assert features.feature_names_.tolist() == names
        _, X = slow_twin(word, fitted_on, others, words, grams, min_df, sublinear)
        np.testing.assert_allclose(features.transform(others).toarray(), X, atol=1e-6)


@settings(deadline=None)
@given(texts_of_any_script)
def test_the_order_of_texts_does_not_matter(texts):
    texts = [*texts, "a"]
    one, other = TextFeatures(min_df=1), TextFeatures(min_df=1)
    X, Z = one.fit_transform(texts), other.fit_transform(texts[::-1])
    assert one.feature_names_.tolist() == other.feature_names_.tolist()
    np.testing.assert_array_equal(X.toarray(), Z.toarray()[::-1])


def test_every_script_of_a_long_list_agrees_with_the_slow_twin(expression):
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list(ODD), rng.integers(1, 6))) for _ in range(60)]
    texts = [" ".join(rng.choice(words, rng.integers(0, 9))) for _ in range(400)]
    features = TextFeatures()
    X = features.fit_transform(texts)
    names, expected = slow_twin(expression.word, texts, texts, (1, 2), (3, 3), 2, False)
    assert features.feature_names_.tolist() == names
    np.testing.assert_allclose(X.toarray(), expected, atol=1e-6)


def test_a_long_text_counts_every_repetition():
    text = " ".join(["bag red"] * 30_000)
    features = TextFeatures(word_ngrams=(1, 1), vocabulary=["bag", "red", "'bag'"])
    X = features.fit_transform([text, "bag red red"])
    np.testing.assert_allclose(X.toarray()[0], np.sqrt([1 / 4, 1 / 4, 1 / 2]), rtol=1e-6)


def test_blocks_change_nothing(monkeypatch):
    texts = [f"blue shoe {i % 7} {i % 5}cm 青い靴" for i in range(50)]
    whole, parts = TextFeatures(), TextFeatures()
    X = whole.fit_transform(texts)
    monkeypatch.setattr(tables, "_CHARACTERS_AT_ONCE", 30)
    monkeypatch.setattr(cutting, "_CHARACTERS_AT_ONCE", 4)
    monkeypatch.setattr(vocabulary, "_ROWS_AT_ONCE", 3)
    assert abs(parts.fit_transform(texts) - X).max() == 0
    assert parts.feature_names_.tolist() == whole.feature_names_.tolist()
    assert abs(parts.transform(texts) - X).max() == 0
