import pytest

from workbench.signals.yes_or_no import read_yes_or_no


@pytest.mark.parametrize(
    "texts",
    [
        ["Y", "N"],
        ["yes", "No"],
        ["TRUE", "Y", "false"],
        ["Ja", "nein"],
        ["はい", "いいえ"],
        ["あり", "無し"],
        ["1", "0"],
    ],
)
def test_both_words_of_a_pair_are_read(texts):
    said = read_yes_or_no("Waterproof", texts)
    assert set(said) == set(texts)
    assert (said[texts[0]], said[texts[-1]]) == (True, False)


def test_one_word_is_enough_but_not_one_number():
    assert read_yes_or_no("Waterproof", ["Y"]) == {"Y": True}
    assert read_yes_or_no("Retail only", ["N"]) == {"N": False}
    assert read_yes_or_no("Doors", ["1"]) is None


@pytest.mark.parametrize("texts", [["S", "M", "N"], ["Y", "N", "some"], ["はい", "No"], []])
def test_other_values_beside_them_make_an_attribute_of_values(texts):
    assert read_yes_or_no("Size", texts) is None


def test_quantities_are_no_answers():
    assert read_yes_or_no("Number of doors", ["0", "1"]) is None
