import ibis
import pandas as pd
import pytest

from workbench.report import Report
from workbench.signals.spellings import PART, WHOLE
from workbench.signals.taxonomy import taxonomy_from_paths
from workbench.signals.taxonomy_votes import no_applicability, read_applicability, taxonomy_votes
from workbench.signals.votes import check_votes, concat_votes, make_votes, no_votes

BOOTS, SHOES, RAIN = "Category: Shoes > Boots", "Category: Shoes", "Category: Shoes > Boots > Rain"
BAGS, COTTON = "Category: Bags", "Material: Cotton"


@pytest.fixture
def taxonomy():
    return taxonomy_from_paths(["Shoes > Boots > Rain", "Shoes > Sandals", "Bags"])


@pytest.fixture
def labels(taxonomy):
    categories = taxonomy.categories["label_id"]
    return pd.DataFrame(
        {
            "label_id": [*categories, COTTON],
            "attribute": ["Category"] * len(categories) + ["Material"],
        }
    ).astype("str")


def votes_on(source, **levels_of):
    parts = [
        make_votes([query] * len(found), list(found), source=source, level=list(found.values()))
        for query, found in levels_of.items()
    ]
    return concat_votes(parts)


def applies(attribute, category):
    return pd.DataFrame({"attribute": [attribute], "category_id": [category]}).astype("str")


def levels(votes):
    return dict(zip(votes["label_id"], votes["level"], strict=True))


def test_ancestors_of_a_named_category_are_left_alone(taxonomy, labels):
    named = votes_on("dictionary", q={RAIN: WHOLE})
    clicked = votes_on("click", q={SHOES: 1, BOOTS: 1, BAGS: 1})
    both = concat_votes([named, clicked])
    votes = taxonomy_votes(both, taxonomy, labels, no_applicability())
    check_votes(votes)
    assert levels(votes) == {BAGS: 0}
    assert votes["detail"].tolist() == ["Shoes > Boots > Rain"]


def test_without_a_found_category_the_taxonomy_abstains(taxonomy, labels):
    weak = votes_on("click", q={BOOTS: 3, BAGS: 1, COTTON: 4})
    partial = votes_on("dictionary", q={BOOTS: PART})
    votes = taxonomy_votes(concat_votes([weak, partial]), taxonomy, labels, no_applicability())
    assert votes.empty


def test_strong_clicks_find_a_category(taxonomy, labels):
    clicked = votes_on("click", q={BOOTS: 4, BAGS: 1})
    assert levels(taxonomy_votes(clicked, taxonomy, labels, no_applicability())) == {BAGS: 0}


def test_candidates_of_other_branches_are_spoken_against(taxonomy, labels):
    named = votes_on("dictionary", q={BOOTS: WHOLE})
    clicked = votes_on("click", q={BAGS: 2, RAIN: 1, "Category: Shoes > Sandals": 1})
    both = concat_votes([named, clicked])
    votes = taxonomy_votes(both, taxonomy, labels, no_applicability())
    assert levels(votes) == {BAGS: 0, "Category: Shoes > Sandals": 0}


@pytest.mark.parametrize(
    ("category", "expected"),
    [(BAGS, {COTTON: 0}), (SHOES, {}), (RAIN, {})],
)
def test_attribute_must_apply_above_or_below_a_found_category(taxonomy, labels, category, expected):
    votes = concat_votes(
        [votes_on("dictionary", q={BOOTS: WHOLE}), votes_on("click", q={COTTON: 2})]
    )
    found = taxonomy_votes(votes, taxonomy, labels, applies("Material", category))
    assert levels(found) == expected


def test_attribute_that_is_not_listed_applies_everywhere(taxonomy, labels):
    votes = concat_votes(
        [votes_on("dictionary", q={BOOTS: WHOLE}), votes_on("click", q={COTTON: 2})]
    )
    found = taxonomy_votes(votes, taxonomy, labels, applies("Size", BAGS))
    assert found.empty


def test_queries_do_not_speak_for_each_other(taxonomy, labels):
    votes = concat_votes(
        [
            votes_on("dictionary", one={BOOTS: WHOLE}),
            votes_on("click", other={BAGS: 2}, one={BAGS: 1}),
        ]
    )
    found = taxonomy_votes(votes, taxonomy, labels, no_applicability())
    assert found["instance_id"].tolist() == ["one"]


def test_no_votes_give_no_votes(taxonomy, labels):
    assert taxonomy_votes(no_votes(), taxonomy, labels, no_applicability()).empty


def test_applicability_of_unknown_categories_is_counted(taxonomy, tmp_path):
    path = tmp_path / "attributes.csv"
    path.write_text("category_id,attribute\nShoes,Size\nHats,Size\n", encoding="utf-8")
    report = Report()
    frame = read_applicability(
        ibis.duckdb.connect(), path, taxonomy, attributes=["Size", "Color"], report=report
    )
    assert frame.to_numpy().tolist() == [["Size", SHOES]]
    assert report.counted("attributes.csv: categories not in the taxonomy") == 1
