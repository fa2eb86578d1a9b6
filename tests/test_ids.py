import pandas as pd
import pytest

from workbench.ids import in_lists, is_unique

IDS = {
    "ascending": ["a", "b", "c"],
    "in any order": ["c", "a", "b"],
    "twice, ascending": ["a", "b", "b", "c"],
    "twice, apart": ["b", "a", "c", "b"],
    "none": [],
    "one": ["a"],
    "null twice": ["a", None, None],
    "Japanese": ["服", "靴", "服"],
}


@pytest.mark.parametrize("kind", ["str", "object"])
@pytest.mark.parametrize("ids", IDS.values(), ids=IDS)
def test_ids_are_unique_as_pandas_says(ids, kind):
    index = pd.Index(ids, dtype=kind)
    assert is_unique(index) == index.is_unique


@pytest.mark.parametrize("texts", [["a", "b", "c"], pd.Index(["a", "b", "c"]), []])
def test_texts_in_lists_are_the_texts(texts):
    assert [text for part in in_lists(texts, 2) for text in part] == list(texts)
