import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.features import TextFeatures, numbering, weighing
from workbench.features.tables import StringTable, codes_of


@settings(deadline=None)
@given(st.lists(st.text("abü青 \n😀", max_size=8)))
def test_tokens_are_numbered_by_when_they_came_first(lines):
    table = StringTable()
    ends, ids = table.number_tokens(lines)
    strings = table.strings()
    assert strings == list(dict.fromkeys(token for line in lines for token in line.split()))
    assert [strings[i] for i in ids] == [token for line in lines for token in line.split()]
    assert ends.tolist() == np.cumsum([len(line.split()) for line in lines]).tolist()


def test_a_table_grows_as_it_is_filled():
    table = StringTable()
    for i in range(0, 3000, 100):
        table.number_tokens([f"{j} {j // 2}" for j in range(i, i + 100)])
    assert sorted(map(int, table.strings())) == list(range(3000))


def test_two_strings_of_one_hash_are_told_apart():
    table, other = StringTable(), StringTable()
    table.number_tokens(["ab"])
    other.number_tokens(["cd"])
    table.reserve(1, 2)
    other.reserve(1, 2)
    table.table.hashes[0] = other.table.hashes[0]
    table.table.slots[:] = other.table.slots
    _, ids = table.number_tokens(["cd"])
    assert ids.tolist() == [1]
    assert table.strings() == ["ab", "cd"]


def test_a_line_feed_inside_a_line_is_a_space():
    assert codes_of(["a\nb", ""]).tolist() == [97, 32, 98, 10, 10]


def test_half_a_surrogate_pair_is_the_replacement_character():
    assert codes_of(["a", "\ud83db😀"]).tolist() == [97, 10, 0xFFFD, 98, 0x1F600, 10]


def test_every_kernel_is_compiled_once(tmp_path, texts):
    features = TextFeatures(word_ngrams=(1, 3), char_ngrams=(2, 4)).fit(texts)
    features.save(tmp_path / "features.parquet")
    TextFeatures.load(tmp_path / "features.parquet").transform(texts[:1])
    TextFeatures(vocabulary=["red", "'red'"], sublinear_tf=True).fit_transform(np.array(texts))
    TextFeatures(char_ngrams=None).fit_transform(texts)
    kernels = [f for m in (numbering, weighing) for f in vars(m).values() if hasattr(f, "py_func")]
    assert len(kernels) > 10
    assert {f.__name__: len(f.signatures) for f in kernels if len(f.signatures) > 1} == {}


@pytest.mark.slow  # compiles every kernel
def test_without_a_cache_folder_features_work_and_the_log_says_so_once(run_python):
    code = """
from workbench.features import TextFeatures
print(TextFeatures(min_df=1, char_ngrams=None).fit_transform(["a", "b"]).shape)
TextFeatures(min_df=1).fit(["a"])
"""
    locator = {"NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator", "NUMBA_CACHE_DIR": ""}
    result = run_python(code, **locator)
    assert result.stdout == "(2, 2)\n"
    assert result.stderr.count("NUMBA_CACHE_DIR") == 1
