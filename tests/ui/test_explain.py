import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from workbench.features import TextFeatures
from workbench.matrices import LabelMatrix
from workbench.model import ClusteredOVR
from workbench.ui.data import TrainedModel, read_model
from workbench.ui.explain import explain_pair
from workbench.ui.snapshot import take_snapshot
from workbench.ui.words import words_of
from workbench.workspace import Workspace
from workbench.workspace.arrays import write_matrix
from workbench.workspace.artefacts import publish


class Adds:
    """A model that lets every feature of a row add its index."""

    def explain(self, x: csr_array, label_index: int, top: int = 10) -> list[tuple[int, float]]:
        assert label_index == 0
        return [(int(feature), float(feature)) for feature in x.indices[:top]]


def test_a_word_counts_where_it_stands():
    assert words_of("nike air", [("nike", 2.0), ("air", -1.0)]) == [("nike", 2.0), ("air", -1.0)]


def test_an_n_gram_counts_for_the_word_that_holds_it():
    assert words_of("nike air", [("' ni'", 1.0), ("'ir '", -2.0)]) == [("air", -2.0), ("nike", 1.0)]


def test_two_words_share_what_they_say_together():
    assert words_of("blue shoe", [("blue shoe", 1.0)]) == [("blue", 0.5), ("shoe", 0.5)]


def test_japanese_is_cut_where_the_script_changes():
    found = words_of("ﾅｲｷ白スニーカー26", [("ナイキ", 2.0), ("白", -1.0), ("'カー2'", 0.75)])
    assert found == [("ナイキ", 2.0), ("白", -1.0), ("スニーカー", 0.5), ("26", 0.25)]


def test_a_text_without_known_features_has_no_words():
    assert words_of("", [("nike", 1.0)]) == []
    assert words_of("adidas", [("nike", 1.0)]) == []


@given(
    st.text("ab c白カ", max_size=12),
    st.lists(st.tuples(st.text("ab白カ", min_size=1, max_size=2), st.floats(0.5, 2))),
)
def test_nothing_is_added_or_lost(text, contributions):
    found = words_of(text, contributions)
    known = sum(value for name, value in contributions if name in "".join(text.split()))
    assert sum(value for _, value in found) <= known + 1e-9


@pytest.mark.parametrize(("row", "label"), [(5, "red"), (-1, "red"), (0, "unknown")])
def test_what_the_model_does_not_know_has_no_words(row, label):
    trained = TrainedModel(
        Adds(), csr_array(np.ones((1, 2), np.float32)), np.array(["a", "b"]), pd.Index(["red"])
    )
    assert explain_pair(trained, row, label, "a b") == []
    assert explain_pair(None, 0, "red", "a b") == []


def test_the_row_of_the_instance_is_explained():
    features = csr_array(np.float32([[1, 0], [0, 1]]))
    trained = TrainedModel(Adds(), features, np.array(["a", "b"]), pd.Index(["red"]))
    assert explain_pair(trained, 1, "red", "a b") == [("b", 1.0)]


@pytest.mark.slow
def test_a_stored_model_is_found_and_explains_its_labels(shop: Workspace):
    snapshot = take_snapshot(shop.root)
    texts = snapshot.table("ingest", "instances")["text"].tolist()
    vectoriser = TextFeatures(char_ngrams=(2, 3), min_df=1).fit(texts)
    labels: LabelMatrix = shop.label_version("v1").labels()
    with shop.publish("features", "f", {}) as folder:
        write_matrix(folder, "X", vectoriser.transform(texts))
        vectoriser.save(folder / "vectoriser")
    features = shop.find_artefact("features", "f")
    model = ClusteredOVR(n_jobs=1).fit(features.matrix("X"), labels.values.astype(np.float32))
    about = {"label_version": "v1", "estimator": "clustered_ovr", "features": "f"}
    with publish(shop.model_folder("v1-f"), about | {"fingerprint": "m"}) as folder:
        model.save(folder / "model")
    shop.make_current({"model v1": "v1-f"})
    snapshot = take_snapshot(shop.root)
    assert snapshot.model_id == "v1-f"
    trained = read_model(snapshot, snapshot.key)
    (word, value), *_ = explain_pair(trained, 1, "Brand: adidas", texts[1])
    assert (word, value > 0) == ("adidas", True)
