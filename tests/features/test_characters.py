import re
import sys

from workbench.features.characters import KATAKANA, MARK, OTHER, SINGLE, SPACE, kinds_of_characters


def test_every_character_is_of_the_kind_that_the_regular_expression_says(expression):
    classes = {
        MARK: f"[{expression.mark}]",
        SINGLE: f"[{expression.single}]",
        KATAKANA: f"[{expression.katakana}]",
        SPACE: r"\s",
    }
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    expected = [OTHER] * len(every)
    for kind, characters in classes.items():
        for match in re.finditer(characters, every):
            expected[match.start()] = kind
    assert kinds_of_characters().tolist() == expected


def test_space_is_what_split_splits_at():
    spaces = [c for c in map(chr, range(sys.maxunicode + 1)) if not c.split()]
    assert [chr(i) for i in (kinds_of_characters() == SPACE).nonzero()[0]] == spaces
