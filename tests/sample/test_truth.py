import numpy as np
import pytest

from pipelines.sample.assumptions import Assumptions
from pipelines.sample.lines import make_lines
from pipelines.sample.truth import Implications
from pipelines.sample.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def lines():
    return make_lines(Vocabulary(), Assumptions(), np.random.default_rng(0))


@pytest.fixture(scope="module")
def implications(lines):
    return Implications(Vocabulary(), lines)


def test_a_category_implies_its_ancestors_and_what_all_its_items_are(implications):
    assert implications.close(["Category: Shoes > Boots > Rain Boots"]) == {
        "Category: Shoes > Boots > Rain Boots",
        "Category: Shoes > Boots",
        "Category: Shoes",
        "Feature: Waterproof",
    }


def test_a_size_in_centimetres_implies_shoes(implications):
    assert implications.close(["Size: 26.0cm"]) == {"Size: 26.0cm", "Category: Shoes"}


def test_a_line_implies_its_brand_and_category(implications, lines):
    for line in lines:
        assert implications.close([line.term.label_id]) >= {
            line.brand.term.label_id,
            line.category.label_id,
        }


def test_closing_twice_is_the_same_as_once(implications, lines):
    once = implications.close([lines[0].term.label_id, "Color: Blue"])
    assert implications.close(once) == once
