import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score

from workbench.signals.verifier import Verifier
from workbench.signals.verifier_votes import VerifierCuts, verifier_votes
from workbench.signals.votes import check_votes, no_votes

BRANDS = [f"brand{k}" for k in range(6)]
COLORS = ["red", "blue", "green"]


@pytest.fixture(scope="module")
def catalog():
    """Two lines a brand; titles name line and colour, and in half of the cases the brand."""
    rng = np.random.default_rng(0)
    rows, labels = [], []
    for i in range(300):
        brand, color = rng.integers(6), rng.integers(3)
        line = f"line{2 * brand + rng.integers(2)}"
        told = [BRANDS[brand]] if rng.random() < 0.5 else []
        words = [*told, line, COLORS[color], "shoe"]
        rows.append((f"i{i}", " ".join(words)))
        labels += [(f"i{i}", f"Brand: {BRANDS[brand]}"), (f"i{i}", f"Color: {COLORS[color]}")]
    items = pd.DataFrame(rows, columns=["item_id", "title"])
    item_labels = pd.DataFrame(labels, columns=["item_id", "label_id"])
    ids = sorted(set(item_labels["label_id"]))
    return (
        items,
        item_labels,
        pd.DataFrame({"label_id": ids, "attribute": [i.split(":")[0] for i in ids]}),
    )


@pytest.fixture(scope="module")
def verifier(catalog):
    return Verifier().fit(*catalog)


def instances(*texts):
    return pd.DataFrame({"instance_id": list(texts), "text": list(texts)})


def all_pairs(texts, labels):
    return texts[["instance_id"]].merge(labels[["label_id"]], how="cross")


def log_odds(verifier, text, labels):
    judged = verifier.judge(instances(text), all_pairs(instances(text), labels))
    return judged.set_index("label_id")["log_odds"]


def test_a_line_implies_its_brand(verifier, catalog):
    odds = log_odds(verifier, "line7 shoe", catalog[2])
    assert odds.idxmax() == "Brand: brand3"
    assert odds["Brand: brand3"] > 2
    assert odds.drop("Brand: brand3").max() < 0


def test_a_text_without_known_phrases_is_abstained_on(verifier, catalog):
    assert log_odds(verifier, "unheard of", catalog[2]).empty


def test_valid_values_rank_above_others_on_titles_it_has_not_seen(catalog):
    items, item_labels, labels = catalog
    seen = items["item_id"].isin([f"i{i}" for i in range(200)])
    learnt = item_labels[item_labels["item_id"].isin(items["item_id"][seen])]
    verifier = Verifier().fit(items[seen], learnt, labels)
    texts = items[~seen].rename(columns={"item_id": "instance_id", "title": "text"})
    judged = verifier.judge(texts, all_pairs(texts, labels))
    own = set(zip(item_labels["item_id"], item_labels["label_id"], strict=True))
    valid = [p in own for p in zip(judged["instance_id"], judged["label_id"], strict=True)]
    assert roc_auc_score(valid, judged["log_odds"]) > 0.99


def test_words_that_say_nothing_of_a_value_prove_none(catalog):
    items, item_labels, labels = catalog
    rng = np.random.default_rng(1)
    words = [f"w{i}" for i in range(100)]
    noise = items.assign(title=[" ".join(rng.choice(words, 3)) for _ in items.index])
    verifier = Verifier().fit(noise, item_labels, labels)
    judged = verifier.judge(instances(*words), all_pairs(instances(*words), labels))
    # One value in nine of a word's few items is common by chance; no value may look sure.
    assert (judged["log_odds"] > 2).mean() < 0.01


def test_the_same_seed_gives_the_same_log_odds(verifier, catalog):
    again = Verifier().fit(*catalog)
    assert log_odds(again, "line1 red", catalog[2]).equals(
        log_odds(verifier, "line1 red", catalog[2])
    )


def test_titles_without_words_teach_nothing(catalog):
    items, item_labels, labels = catalog
    silent = Verifier().fit(items.assign(title=""), item_labels, labels)
    assert silent.n_training_pairs_ == 0
    pairs = all_pairs(instances("red"), labels)
    assert verifier_votes(silent, instances("red"), pairs).empty


def test_votes_follow_the_cuts(verifier, catalog):
    texts = instances("line7 red", "line2")
    asked = all_pairs(texts, catalog[2])
    cuts = VerifierCuts(levels=(1.0, 3.0), against=-1.0)
    votes = verifier_votes(verifier, texts, asked, cuts=cuts)
    check_votes(votes)
    expected = np.select([votes["strength"] >= 3, votes["strength"] >= 1], [2, 1], 0)
    assert votes["level"].tolist() == expected.tolist()
    assert votes.loc[votes["level"] == 0, "strength"].max() < -1
    assert set(votes["level"]) == {0, 1, 2} - ({1} - set(votes["level"]))


def test_it_speaks_for_new_pairs_only_from_the_higher_level_and_never_against_them(verifier):
    texts = instances("line7 red")
    none = no_votes()[["instance_id", "label_id"]]
    votes = verifier_votes(verifier, texts, none, cuts=VerifierCuts(new_level=2))
    assert "Brand: brand3" in votes["label_id"].tolist()
    assert votes["level"].min() >= 2


def test_a_value_that_all_items_with_its_attribute_carry_is_not_voted_for(catalog):
    items, item_labels, labels = catalog
    printed = pd.DataFrame({"item_id": ["i0", "i1", "i2"], "label_id": "Manual: True"})
    labels = pd.concat(
        [labels, pd.DataFrame({"label_id": ["Manual: True"], "attribute": "Manual"})]
    )
    verifier = Verifier().fit(items, pd.concat([item_labels, printed]), labels)
    texts = instances(items["title"][0])
    asked = all_pairs(texts, labels)

    def voted_for(min_lift):
        cuts = VerifierCuts(levels=(-9.0,), against=-99.0, min_lift=min_lift, min_applies=0)
        votes = verifier_votes(verifier, texts, asked, cuts=cuts)
        return set(votes.loc[votes["level"] > 0, "label_id"])

    assert voted_for(-1.0) - voted_for(0.5) >= {"Manual: True"}
    assert "Brand: brand5" in voted_for(0.5)


@pytest.fixture(scope="module")
def boxes():
    """Processors that come in a box, boxes to store things in, of a brand by line."""
    processors = [(f"p{i}", f"quad core{i % 3} processor box") for i in range(12)]
    stores = [(f"s{i}", f"leitz line{i % 4} storage") for i in range(20)]
    items = pd.DataFrame(processors + stores, columns=["item_id", "title"])
    carried = [(i, "Box: yes") for i, _ in processors] + [(i, "Brand: Leitz") for i, _ in stores]
    labels = pd.DataFrame({"label_id": ["Box: no", "Box: yes", "Brand: HP", "Brand: Leitz"]})
    labels["attribute"] = labels["label_id"].str.split(":").str[0]
    # Another value of each attribute, without which there would be nothing to learn.
    others = pd.DataFrame({"item_id": ["o1", "o2", "o3", "o4"], "title": ["fan tower"] * 4})
    carried += [("o1", "Box: no"), ("o2", "Box: no"), ("o3", "Brand: HP"), ("o4", "Brand: HP")]
    item_labels = pd.DataFrame(carried, columns=["item_id", "label_id"])
    return Verifier().fit(pd.concat([items, others]), item_labels, labels)


def voted_for(verifier, text, given=(), **cuts):
    asked = pd.DataFrame({"instance_id": text, "label_id": list(given)}, dtype="str")
    cuts = VerifierCuts(levels=(-9.0,), new_level=1, against=-99.0, **cuts)
    votes = verifier_votes(verifier, instances(text), asked, cuts=cuts)
    return votes[votes["level"] > 0].set_index("label_id")


def test_a_label_whose_attribute_does_not_apply_to_the_text_is_not_voted_for(boxes):
    assert "Box: yes" in voted_for(boxes, "processor box", ["Box: yes"]).index
    assert "Box: yes" in voted_for(boxes, "storage box", ["Box: yes"], min_applies=0).index
    assert "Box: yes" not in voted_for(boxes, "storage box", ["Box: yes"]).index


def test_one_phrase_among_other_words_proposes_nothing_new(boxes):
    assert "Brand: Leitz" in voted_for(boxes, "leitz").index
    assert "Brand: Leitz" in voted_for(boxes, "leitz storage").index
    assert "Brand: Leitz" not in voted_for(boxes, "leitz for the office").index
    assert "Brand: Leitz" in voted_for(boxes, "leitz for the office", ["Brand: Leitz"]).index


def test_a_phrase_of_few_items_proposes_nothing_new(boxes):
    low = {"min_lift": 0.1, "min_applies": 0}
    assert "Brand: HP" in voted_for(boxes, "tower", new_items=2, **low).index
    assert "Brand: HP" not in voted_for(boxes, "tower", new_items=3, **low).index


def test_a_vote_names_the_phrase_and_counts_its_items(boxes):
    vote = voted_for(boxes, "line1 storage").loc["Brand: Leitz"]
    assert vote["count"] == 20
    assert vote["detail"] == "20 of 20 items with “storage” in the title"
    asked = pd.DataFrame({"instance_id": ["leitz"], "label_id": ["Brand: HP"]})
    against = verifier_votes(boxes, instances("leitz"), asked).set_index("label_id")
    assert against.loc["Brand: HP", "level"] == 0
    assert against.loc["Brand: HP", "detail"] == "0 of 20 items with “leitz” in the title"


def test_judging_before_fitting_is_an_error():
    with pytest.raises(NotFittedError, match="call fit before judge"):
        Verifier().judge(instances("red"), no_votes()[["instance_id", "label_id"]])


def test_bad_parameters_are_refused(catalog):
    with pytest.raises(ValueError, match=r"shrinkage must be above 0.*got 0"):
        Verifier(shrinkage=0).fit(*catalog)
