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


@pytest.mark.parametrize(
    ("texts", "says"), [(["Yes", "y"], True), (["no"], False), (["sí"], True), (["有"], True)]
)
def test_one_word_is_enough(texts, says):
    assert read_yes_or_no("Waterproof", texts) == dict.fromkeys(texts, says)


@pytest.mark.parametrize("text", ["Y", "N", "j", "Si", "1", "0"])
def test_one_letter_or_number_alone_is_a_value(text):
    assert read_yes_or_no("Connector", [text]) is None


def test_short_words_are_read_where_both_sides_are_there():
    assert read_yes_or_no("Impermeable", ["Si", "No"]) == {"Si": True, "No": False}
    assert read_yes_or_no("Wasserdicht", ["J", "N"]) == {"J": True, "N": False}


@pytest.mark.parametrize("texts", [["S", "M", "N"], ["Y", "N", "some"], ["はい", "No"], []])
def test_other_values_beside_them_make_an_attribute_of_values(texts):
    assert read_yes_or_no("Size", texts) is None


@pytest.mark.parametrize(
    "attribute",
    ["Number of doors", "Number_of_doors", "Anzahl-Türen", "Doors (number)", "doorsCount"],
)
def test_quantities_are_no_answers(attribute):
    assert read_yes_or_no(attribute, ["0", "1"]) is None
