"""The page on which one asks the models."""

from pathlib import Path

import numpy as np
import pytest

from tests.ui.conftest import HOSTILE, given_labels, instances_table
from tests.ui.drawing import html_of, open_page
from workbench.features import TextFeatures
from workbench.model import OneVsRest
from workbench.ui.words import unknown_words
from workbench.workspace import Workspace
from workbench.workspace.arrays import write_matrix
from workbench.workspace.artefacts import publish

PAGE = "try_it"


@pytest.fixture
def asked(shop: Workspace) -> Workspace:
    """The tiny shop with two models of its labels."""
    texts = instances_table()["text"].tolist()
    vectoriser = TextFeatures(min_df=1).fit(texts)
    X = vectoriser.transform(texts)
    with shop.publish("features", "f1", {"created_at": "2026"}) as folder:
        write_matrix(folder, "X", X)
        vectoriser.save(folder / "vectoriser")
    about = {"label_version": "v1", "estimator": "one_vs_rest", "features": "f1"}
    for name in ("v1-one", "v1-two"):
        with publish(shop.model_folder(name), about | {"created_at": name}) as folder:
            OneVsRest(n_jobs=1).fit(X, given_labels().values.astype(np.float32)).save(
                folder / "model"
            )
    shop.make_current({"features": "f1", "model v1": "v1-one"})
    return shop


def test_an_empty_workspace_says_what_to_run(tmp_path):
    empty = Workspace.create(tmp_path / "empty", "")
    assert f"workbench run {empty.root}" in html_of(open_page(PAGE, empty))


def test_a_text_gets_labels_words_and_similar_instances(asked):
    drawn = html_of(open_page(PAGE, asked, try_text="adidas blue zzqq"))
    assert 'href="labels?label=Brand%3A+adidas"' in drawn
    assert "wb-for" in drawn
    assert "Unknown to v1-one: “zzqq”" in drawn
    assert 'href="review?queue=missing&amp;instance=adidas+blue+26&amp;decided=yes"' in drawn


def test_a_text_that_is_an_instance_opens_its_card(asked):
    drawn = html_of(open_page(PAGE, asked, try_text="Adidas BLUE 26"))
    assert "This text is an instance, with 4 given labels" in drawn
    assert "Open its review card" in drawn


def test_two_models_stand_side_by_side(asked):
    drawn = html_of(open_page(PAGE, asked, try_text="nike", try_beside="v1-two (not current)"))
    assert "Score, v1-one" in drawn
    assert "Score, v1-two" in drawn


def test_a_text_of_which_nothing_is_known_has_no_labels(asked):
    assert "Nothing of the text is known" in html_of(open_page(PAGE, asked, try_text="qqqq"))


def test_hostile_texts_are_shown_literally(asked):
    drawn = html_of(open_page(PAGE, asked, try_text=HOSTILE))
    assert "<img" not in drawn
    assert "&lt;img" in drawn


@pytest.mark.parametrize("name", ["weights.npy", "prints.npy"])
def test_a_damaged_model_is_told_calmly(name, asked):
    path = next(Path(asked.model_folder("v1-one") / "model").glob(f"*{name}"))
    path.write_bytes(bytes(path.stat().st_size))
    assert "does not match its checksum" in html_of(open_page(PAGE, asked, try_text="nike"))


def test_a_model_that_lacks_files_is_left_out(asked):
    next(Path(asked.model_folder("v1-two") / "model").glob("*.npy")).unlink()
    assert "damaged: v1-two" in html_of(open_page(PAGE, asked, try_text="nike"))


def test_words_without_letters_are_not_called_unknown():
    assert unknown_words("nike - zzz", ["nike"]) == ["zzz"]
