import re
import sys

from workbench.features.characters import KATAKANA, MARK, OTHER, SINGLE, SPACE, kinds_of_characters

CLASSES = {
    SINGLE: (
        "[\u3005-\u3007\u3041-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd]"
    ),
    KATAKANA: "[\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff]",
    SPACE: r"\s",
    MARK: (
        "[!-/:-@\\[-`{-~\xa1-\xbf\u060c\u061b\u061f\u0964\u0965"
        "\u200b\u2010-\u206f\u3001-\u3020\u30fb]"
    ),
    OTHER: "(?s:.)",
}


def test_every_character_is_of_the_kind_that_the_regular_expression_says():
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    expected = [OTHER] * len(every)
    for kind in (OTHER, MARK, SINGLE, KATAKANA, SPACE):
        for match in re.finditer(CLASSES[kind], every):
            expected[match.start()] = kind
    assert kinds_of_characters().tolist() == expected


def test_space_is_what_split_splits_at():
    spaces = [c for c in map(chr, range(sys.maxunicode + 1)) if not c.split()]
    assert [chr(i) for i in (kinds_of_characters() == SPACE).nonzero()[0]] == spaces
