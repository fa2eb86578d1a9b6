from workbench.signals.phrases import find_words, number_phrases, phrase_rows, phrases_of


def test_scripts_without_spaces_are_cut_where_they_change():
    assert find_words("黒スニーカー") == ["黒", "スニーカー"]
    assert find_words("ｽﾆｰｶｰ 26.5 cm/白") == ["スニーカー", "26.5", "cm", "白"]


def test_words_and_neighbouring_pairs_are_phrases():
    assert phrases_of(["red", "rain", "boots"]) == [
        "red",
        "rain",
        "boots",
        "red rain",
        "rain boots",
    ]
    assert phrases_of([]) == []


def test_only_phrases_of_enough_texts_are_numbered():
    texts = [["red", "boots"], ["red", "boots", "red"], ["blue"]]
    assert number_phrases(texts, min_texts=2) == {"boots": 0, "red": 1, "red boots": 2}


def test_rows_hold_the_known_phrases_of_each_text_once():
    rows = phrase_rows([["red", "red"], ["blue"], []], {"red": 0, "red red": 1})
    assert rows.toarray().tolist() == [[1, 1], [0, 0], [0, 0]]
