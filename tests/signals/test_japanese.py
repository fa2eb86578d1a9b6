"""Queries as Japanese shoppers type them, against the values of a small shop."""

import os
import re
import unicodedata
from pathlib import Path

import pandas as pd
import pytest

from workbench.signals.dictionary import PART, SHORT, WHOLE, Dictionary
from workbench.signals.kana import kana_variants
from workbench.text import normalise

DATA = Path(os.environ.get("WORKBENCH_DATA", Path(__file__).parents[3] / "shared" / "data"))
NAMES = DATA / "shopify_taxonomy" / "ja_categories.txt"
SPELLINGS = {
    "Brand: adidas": ["adidas", "アディダス"],
    "Brand: Nike": ["Nike", "ナイキ"],
    "Brand: The North Face": ["The North Face", "ザ・ノース・フェイス"],
    "Brand: Zojirushi": ["Zojirushi", "象印"],
    "Color: Red": ["Red", "赤", "レッド", "赤い"],
    "Color: White": ["White", "白", "ホワイト", "しろ"],
    "Color: Black": ["Black", "黒", "ブラック"],
    "Color: Gold": ["Gold", "金", "ゴールド"],
    "Color: Brown": ["Brown", "茶", "茶色", "ブラウン"],
    "Color: Navy": ["Navy", "紺", "ネイビー"],
    "Color: Mint": ["Mint", "ミント"],
    "Material: Leather": ["Leather", "革", "皮革", "レザー"],
    "Material: Denim": ["Denim", "デニム"],
    "Style: Vintage": ["Vintage", "ヴィンテージ"],
    "Category: Sneakers": ["Sneakers", "スニーカー", "運動靴"],
    "Category: Shirts": ["Shirts", "シャツ"],
    "Category: T-Shirts": ["T-Shirts", "Tシャツ", "ティーシャツ"],
    "Category: Coats": ["Coats", "コート"],
    "Category: Bags": ["Bags", "かばん", "バッグ", "鞄"],
    "Category: Computers": ["Computers", "コンピューター"],
    "Category: Rain Boots": ["Rain Boots", "レイン ブーツ", "長靴"],
    "Gender: Men": ["Men", "メンズ", "男性用"],
    "Season: Summer": ["Summer", "夏", "夏物"],
    "Size: 26.0cm": ["26.0cm", "26センチ"],
    "Size: M": ["M", "Mサイズ"],
}
LABELS = pd.DataFrame(
    [(label, *label.split(": ", 1)) for label in SPELLINGS],
    columns=["label_id", "attribute", "value"],
).assign(path=None, parent_id=None)
ALIASES = pd.DataFrame(
    [(label, alias) for label, aliases in SPELLINGS.items() for alias in aliases],
    columns=["label_id", "alias"],
)


@pytest.fixture(scope="module")
def dictionary():
    return Dictionary(ALIASES, LABELS, units={"Size": "cm"})


def named(dictionary, query, at_least=WHOLE):
    found = dictionary.find(normalise(query))
    return {match.label_id.split(": ")[1] for match in found if match.level >= at_least}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("アディダス 白 スニーカー", {"adidas", "White", "Sneakers"}),
        ("ｱﾃﾞｨﾀﾞｽ ｽﾆｰｶｰ", {"adidas", "Sneakers"}),
        ("ａｄｉｄａｓ　２６ｃｍ", {"adidas", "26.0cm"}),
        ("あでぃだす すにーかー", {"adidas", "Sneakers"}),
        ("アディダスの黒いスニーカー", {"adidas", "Black", "Sneakers"}),
        ("ナイキ 26センチ メンズ", {"Nike", "26.0cm", "Men"}),
        ("ないき めんず", {"Nike", "Men"}),
        ("nikeの赤", {"Nike", "Red"}),
        ("NIKE赤い運動靴", {"Nike", "Red", "Sneakers"}),
        ("カバン 革", {"Bags", "Leather"}),
        ("シロ シャツ", {"White", "Shirts"}),
        ("コ－ト 紺", {"Coats", "Navy"}),
        ("コ−ト ネイビ—", {"Coats", "Navy"}),
        ("ﾚｻﾞｰ ﾊﾞｯｸﾞ ﾌﾞﾗｯｸ", {"Leather", "Bags", "Black"}),
        ("レザ バッグ", {"Bags"}),
        ("ネイビ コート", {"Navy", "Coats"}),
        ("コンピュータ", {"Computers"}),
        ("ビンテージ デニム", {"Vintage", "Denim"}),
        ("びんてーじ", {"Vintage"}),
        ("ザノースフェイス 黒", {"The North Face", "Black"}),
        ("ザ ノース フェイス", {"The North Face"}),
        ("レインブーツ 夏物", {"Rain Boots", "Summer"}),
        ("Ｔシャツ ホワイト", {"T-Shirts", "White"}),
        ("てぃーしゃつ", {"T-Shirts"}),
        ("象印 男性用", {"Zojirushi", "Men"}),
        ("Mサイズ 茶色 Tシャツ", {"M", "Brown", "T-Shirts"}),
        ("白/黒 スニーカー", {"White", "Black", "Sneakers"}),
        ("白、黒", {"White", "Black"}),
        ("「ゴールド」のバッグ", {"Gold", "Bags"}),
        ("スニーカー🎉赤", {"Sneakers", "Red"}),
        ("黒っぽい革のバッグ", {"Black", "Leather", "Bags"}),
        ("真っ赤 こげ茶", {"Red", "Brown"}),
    ],
)
def test_query_names_its_values(dictionary, query, expected):
    assert named(dictionary, query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "赤ちゃん",
        "赤外線",
        "金運",
        "お金",
        "お茶",
        "茶碗",
        "紅茶",
        "面白い",
        "おもしろい",
        "白菜",
        "黒板",
        "合成皮革",
        "革命",
        "真夏日",
        "コートジボワール",
        "ペパーミントティー",
        "めんずる",
        "スコート",
        "m-65",
        "26番",
    ],
)
def test_part_of_another_word_is_not_a_value(dictionary, query):
    assert named(dictionary, query, at_least=SHORT) == set()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("面白い", {"White"}),
        ("緑茶 紅茶", {"Brown"}),
        ("トレンチコート", {"Coats"}),
        ("本革", {"Leather"}),
        ("コードレスバッグ", {"Bags"}),
    ],
)
def test_part_of_a_longer_word_is_a_weak_vote(dictionary, query, expected):
    assert {
        m.label_id.split(": ")[1] for m in dictionary.find(query) if m.level == PART
    } == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("アディダススニーカー", {"adidas", "Sneakers"}),
        ("ミントコート", {"Mint", "Coats"}),
        ("ブラックレザーバッグ", {"Black", "Leather", "Bags"}),
    ],
)
def test_values_written_together_are_found_with_less_trust(dictionary, query, expected):
    assert named(dictionary, query) == set()
    assert named(dictionary, query, at_least=SHORT) == expected


@pytest.mark.parametrize("query", ["赤ちゃん", "おもしろい", "ミントティー", "金運", "革命"])
def test_beginning_of_a_longer_word_is_no_vote(dictionary, query):
    assert dictionary.find(query) == []


def test_longest_spelling_is_meant(dictionary):
    assert named(dictionary, "ティーシャツ") == {"T-Shirts"}
    assert named(dictionary, "赤い") == {"Red"}


def test_evidence_shows_the_words_of_the_query(dictionary):
    found = dictionary.find(normalise("ｺ－ﾄ ないき レインブーツ"))
    assert [match.text for match in found] == ["コ-ト", "ないき", "レインブーツ"]


def half_width(text):
    signs = {unicodedata.normalize("NFKC", chr(c)): chr(c) for c in range(0xFF66, 0xFFA0)}
    apart = unicodedata.normalize("NFD", text)
    return "".join(signs.get(sign, sign) for sign in apart)


def shifted(text, first, last, by):
    return "".join(chr(ord(c) + by) if first <= ord(c) <= last else c for c in text)


FORMS = {
    "half width": half_width,
    "full width": lambda text: shifted(text, 0x21, 0x7E, 0xFEE0),
    "hiragana": lambda text: shifted(text, 0x30A1, 0x30F6, -0x60),
    "katakana": lambda text: shifted(text, 0x3041, 0x3096, 0x60),
    "dash": lambda text: text.replace("ー", "－"),
}


@pytest.fixture(scope="module")
def names():
    lines = NAMES.read_text(encoding="utf-8").splitlines()
    last = {normalise(line.rsplit(" > ", 1)[-1].rsplit(" : ", 1)[-1]) for line in lines[2:]}
    return sorted(name for name in last if re.search("[\u3041-\u30ff\u4e00-\u9fff]", name))


@pytest.fixture(scope="module")
def names_found(names):
    aliases = pd.DataFrame({"label_id": names, "alias": names})
    labels = aliases.assign(attribute="Category", value=names, path=names, parent_id=None)
    return Dictionary(aliases, labels)


@pytest.mark.skipif(not NAMES.exists(), reason="needs shopify_taxonomy of the shared data")
@pytest.mark.parametrize("form", FORMS)
def test_ten_thousand_category_names_are_found_in_other_kana_and_widths(names, names_found, form):
    missed = [
        name
        for name in names
        if name not in {m.label_id for m in names_found.find(normalise(FORMS[form](name)))}
    ]
    assert len(names) > 10_000
    assert missed == []


@pytest.mark.skipif(not NAMES.exists(), reason="needs shopify_taxonomy of the shared data")
def test_names_are_found_without_their_middle_dots(names, names_found):
    dotted = [name for name in names if "・" in name]
    found = [
        name in {m.label_id for m in names_found.find(normalise(name.replace("・", "")))}
        for name in dotted
    ]
    assert len(dotted) > 1000
    assert sum(found) > 0.99 * len(found)


def test_variants_never_include_the_spelling_itself():
    for aliases in SPELLINGS.values():
        for alias in map(normalise, aliases):
            assert alias not in kana_variants(alias)
