import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.features import TextFeatures


def test_given_features_come_in_the_given_order(texts):
    names = ["'bag'", "red", "green", "blue bag"]
    features = TextFeatures(vocabulary=names).fit(texts)
    assert features.feature_names_.tolist() == names
    assert (features.transform(["red", "blue bag"]).toarray() > 0).tolist() == [
        [False, True, False, False],
        [True, False, False, True],
    ]


def test_an_absent_term_has_the_weight_of_no_texts(texts):
    features = TextFeatures(vocabulary=["green", "red"]).fit(texts)
    np.testing.assert_allclose(features.idf_, [np.log(6 / 1) + 1, np.log(6 / 3) + 1], rtol=1e-6)


def test_the_limits_on_texts_do_not_apply_to_given_features(texts):
    features = TextFeatures(vocabulary=["green", "red"], min_df=9, max_features=1).fit(texts)
    assert features.feature_names_.tolist() == ["green", "red"]


def test_given_features_need_no_texts():
    assert TextFeatures(vocabulary=["red"]).fit([]).idf_.tolist() == [1.0]


def test_a_sequence_may_be_given_without_its_parts():
    features = TextFeatures(word_ngrams=(1, 3), vocabulary=["red blue bag", "blue bag"])
    X = features.fit_transform(["red blue bag", "a blue bag", "red blue", "blue"])
    assert (X.toarray() > 0).tolist() == [[True, True], [False, True], [False] * 2, [False] * 2]


@settings(deadline=None)
@given(
    st.lists(st.text(max_size=20) | st.text("aΐ\u0308\u0301ǰé は\u3099カー青'.", max_size=20)),
    st.sampled_from([(1, 2), (2, 3), None]),
    st.sampled_from([(1, 4), (3, 3), (5, 6)]),
)
def test_learned_features_can_be_given_in_any_order(texts, word_ngrams, char_ngrams):
    lengths = {"word_ngrams": word_ngrams, "char_ngrams": char_ngrams}
    features = TextFeatures(min_df=1, **lengths)
    X = features.fit_transform([*texts, "a"])
    names = features.feature_names_[::-1]
    again = TextFeatures(vocabulary=names, **lengths)
    np.testing.assert_allclose(
        again.fit_transform([*texts, "a"]).toarray(), X.toarray()[:, ::-1], atol=1e-6
    )
    assert again.feature_names_.tolist() == names.tolist()


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "Blue", "ｂlue", "blue  bag", " blue", "blue,", "(blue", "a b c", "青い", "\n"),
        *("'ab'", "'abcd'", "'a b'", "'Abc'", "'  a'", "'   '", "'a\n '", "''", "'"),
        *("\ud83d", "'a\udce9 '"),
    ],
)
def test_a_term_that_no_text_can_have_is_refused(name, texts):
    with pytest.raises(ValueError, match="no text can have 1 of the terms"):
        TextFeatures(vocabulary=["red", name]).fit(texts)


@pytest.mark.parametrize(
    "name", ["26.0cm", "b/g", "アディダス", "青 い", "'ab '", "' a '", "'a.b'"]
)
def test_terms_of_every_script_can_be_given(name):
    text = name.strip("'").strip()
    assert TextFeatures(vocabulary=[name]).fit_transform([text, "zz"]).toarray().tolist() == [
        [1.0],
        [0.0],
    ]


def test_what_is_shorter_than_an_ngram_can_be_given():
    features = TextFeatures(char_ngrams=(5, 6), vocabulary=["' ab '"])
    assert features.fit_transform(["ab", "abc"]).toarray().tolist() == [[1.0], [0.0]]


def test_terms_of_a_kind_that_is_off_are_refused(texts):
    with pytest.raises(ValueError, match=r"terms \('red'\).*word_ngrams=None"):
        TextFeatures(word_ngrams=None, vocabulary=["red", "'red'"]).fit(texts)


def test_repeated_terms_are_named(texts):
    with pytest.raises(ValueError, match=r"1 terms are there more than once \('red'\)"):
        TextFeatures(vocabulary=["red", "blue", "red"]).fit(texts)


@pytest.mark.parametrize(
    ("vocabulary", "error", "message"),
    [
        ("red", TypeError, "found one string"),
        ([], ValueError, "vocabulary is empty"),
        (["red", 3, None], ValueError, "found 2 others: 3, None"),
    ],
)
def test_what_is_no_list_of_terms_is_refused(vocabulary, error, message, texts):
    with pytest.raises(error, match=message):
        TextFeatures(vocabulary=vocabulary).fit(texts)
