import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

from workbench.errors import InputError
from workbench.features import TextFeatures


def names_in(features, text):
    row = features.transform([text])
    return set(features.feature_names_[row.indices])


@pytest.mark.parametrize("sublinear", [False, True])
def test_words_agree_with_scikit_learn(sublinear, texts):
    features = TextFeatures(char_ngrams=None, min_df=1, sublinear_tf=sublinear).fit(texts)
    twin = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=sublinear, preprocessor=lambda t: t.casefold()
    )
    half_width = [text.replace("ｎｉｋｅ", "nike") for text in texts]
    np.testing.assert_allclose(
        features.transform(texts).toarray(), twin.fit_transform(half_width).toarray(), rtol=1e-5
    )
    assert features.feature_names_.tolist() == twin.get_feature_names_out().tolist()


@pytest.mark.parametrize("lengths", [(1, 1), (2, 4), (3, 3)])
def test_character_ngrams_agree_with_scikit_learn(lengths, texts):
    features = TextFeatures(word_ngrams=None, char_ngrams=lengths, min_df=2).fit(texts[:4])
    twin = TfidfVectorizer(analyzer="char_wb", ngram_range=lengths, min_df=2)
    np.testing.assert_allclose(
        features.transform(texts[:4]).toarray(), twin.fit_transform(texts[:4]).toarray(), rtol=1e-5
    )
    assert [name[1:-1] for name in features.feature_names_] == twin.get_feature_names_out().tolist()


@settings(deadline=None)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=8))
def test_any_text_gives_rows_of_length_one_or_nothing(texts):
    X = TextFeatures(min_df=1).fit([*texts, "a"]).transform(texts)
    lengths = np.sqrt(np.asarray(X.multiply(X).sum(axis=1)))
    assert X.dtype == np.float32
    assert X.has_canonical_format
    assert np.all(np.isclose(lengths, 1, atol=1e-5) | (lengths == 0))
    assert [bool(text.strip()) for text in texts] == (lengths > 0).tolist()


def test_words_and_ngrams_weigh_the_same(texts):
    features = TextFeatures(min_df=1).fit(texts)
    row = features.transform(["adidas blue shoes"])
    is_gram = np.array([name.startswith("'") for name in features.feature_names_[row.indices]])
    assert (row.data[is_gram] ** 2).sum() == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("26.0cm, (802.11 b/g)!", ["26.0cm", "802.11", "b/g"]),
        ("アディダス青い靴26cm", ["26cm", "い", "アディダス", "青", "靴"]),
        ("ナイキ・エア　ﾌﾞﾙｰ", ["エア", "ナイキ", "ブルー"]),
        ("синяя обувь", ["обувь", "синяя"]),
        ("हिन्दी, जूते।", ["जूते", "हिन्दी"]),
    ],
)
def test_words_of_many_scripts(text, words):
    features = TextFeatures(word_ngrams=(1, 1), char_ngrams=None, min_df=1).fit([text])
    assert features.feature_names_.tolist() == words


def test_spellings_of_a_text_share_their_features(texts):
    features = TextFeatures(min_df=1).fit(texts)
    one, other = features.transform(["ＡＤＩＤＡＳ  Shoes", "adidas shoes"]).toarray()
    np.testing.assert_array_equal(one, other)


def test_a_misspelt_word_keeps_its_ngrams(texts):
    features = TextFeatures(min_df=1).fit(texts)
    assert names_in(features, "addidas") == {"'did'", "'ida'", "'das'", "'as '", "' ad'"}


def test_unseen_and_empty_texts_give_empty_rows(texts):
    X = TextFeatures(min_df=1).fit(texts).transform(["", "  ", "zzz", "q"])
    assert X.shape[0] == 4
    assert X.nnz == 0


def test_features_of_few_texts_are_left_out(texts):
    features = TextFeatures(word_ngrams=(1, 1), char_ngrams=None, min_df=2).fit(texts)
    assert features.feature_names_.tolist() == ["adidas", "bag", "blue", "red", "shoes"]


def test_the_features_of_most_texts_are_kept(texts):
    features = TextFeatures(word_ngrams=(1, 1), char_ngrams=None, max_features=3).fit(texts)
    assert features.feature_names_.tolist() == ["adidas", "bag", "blue"]


def test_the_order_of_texts_does_not_matter(texts):
    one, other = TextFeatures().fit(texts), TextFeatures().fit(texts[::-1])
    assert one.feature_names_.tolist() == other.feature_names_.tolist()
    np.testing.assert_array_equal(one.idf_, other.idf_)


@pytest.mark.parametrize(("name", "arguments"), [("transform", [["a"]]), ("save", ["a.parquet"])])
def test_using_features_before_fitting_is_refused(name, arguments):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(TextFeatures(), name)(*arguments)


def test_missing_texts_are_counted():
    with pytest.raises(InputError, match=r"found 2 others at positions \[1, 2\]"):
        TextFeatures().fit(["a", None, float("nan")])


@pytest.mark.parametrize(
    "kind",
    [
        np.array,
        lambda texts: np.array(texts, object),
        lambda texts: pd.Series(texts, index=range(5, 0, -1)),
        lambda texts: pd.Series(texts, dtype=object),
        tuple,
    ],
)
def test_texts_may_come_as_array_or_series(kind, texts):
    expected = TextFeatures().fit_transform(texts)
    assert abs(TextFeatures().fit_transform(kind(texts)) - expected).max() == 0


def test_a_series_with_a_missing_text_is_refused():
    with pytest.raises(InputError, match=r"found 1 others at positions \[1\]"):
        TextFeatures().fit(pd.Series(["a", None], dtype="str"))


def test_fitting_and_transforming_at_once_is_the_same(texts):
    one, other = TextFeatures(min_df=1), TextFeatures(min_df=1)
    assert abs(one.fit_transform(texts) - other.fit(texts).transform(texts)).max() == 0
    assert one.feature_names_.tolist() == other.feature_names_.tolist()


def test_copies_and_pickles_transform_alike(texts):
    features = TextFeatures().fit(texts)
    X = features.transform(texts)
    unpickled = pickle.loads(pickle.dumps(features))  # noqa: S301
    for other in (unpickled, clone(features).fit(texts)):
        assert abs(other.transform(texts) - X).max() == 0


def test_indices_are_small(texts):
    X = TextFeatures().fit_transform(texts)
    assert X.indices.dtype == X.indptr.dtype == np.int32


@pytest.mark.parametrize(
    "kind", [lambda texts: pd.DataFrame({"text": texts}), lambda texts: {"text": texts}, set]
)
def test_a_table_of_texts_is_refused(kind, texts):
    with pytest.raises(TypeError, match=r"must be a sequence of strings, found .*pass one column"):
        TextFeatures().fit(kind(texts))


def test_text_features_are_a_step_of_a_pipeline(texts):
    pipeline = make_pipeline(TextFeatures(min_df=1), MaxAbsScaler())
    assert pipeline.fit_transform(texts, [0] * len(texts)).shape[0] == len(texts)
    assert len(pipeline.get_feature_names_out()) == len(pipeline[0].feature_names_)


@pytest.mark.parametrize("name", ["fit", "fit_transform", "transform"])
def test_one_string_is_refused(name, texts):
    features = TextFeatures().fit(texts)
    with pytest.raises(TypeError, match="a sequence of strings, found one string"):
        getattr(features, name)("adidas blue")


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.uint64])
def test_numbers_of_numpy_are_as_good_as_plain_ones(kind, texts):
    words, grams = (1, 2), (3, 127)
    expected = TextFeatures(word_ngrams=words, char_ngrams=grams).fit_transform(texts)
    features = TextFeatures(
        word_ngrams=tuple(map(kind, words)), char_ngrams=tuple(map(kind, grams)), min_df=kind(2)
    )
    assert abs(features.fit_transform(texts) - expected).max() == 0


def test_no_features_left_says_what_to_do():
    with pytest.raises(InputError, match="in 2 or more of 2 texts; lower min_df"):
        TextFeatures().fit(["abc", "xyz"])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"word_ngrams": (2, 1)}, "word_ngrams must be"),
        ({"char_ngrams": (0, 2)}, "char_ngrams must be"),
        ({"word_ngrams": None, "char_ngrams": None}, "both None"),
        ({"word_ngrams": 3}, "word_ngrams must be"),
        ({"word_ngrams": (1, 2, 3)}, "word_ngrams must be"),
        ({"char_ngrams": (1.5, 2)}, "char_ngrams must be"),
        ({"min_df": 0}, "min_df must be a whole number, 1 or more"),
        ({"min_df": None}, "min_df must be a whole number, 1 or more"),
        ({"max_features": 0}, "max_features must be 1 or more"),
        ({"sublinear_tf": "no"}, "sublinear_tf must be True or False, found 'no'"),
    ],
)
def test_parameters_outside_their_range_are_refused(parameters, message, texts):
    with pytest.raises(ValueError, match=message):
        TextFeatures(**parameters).fit(texts)
