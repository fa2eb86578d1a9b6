import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.ui import markup

HOSTILE = "<img src=x onerror=\"alert(1)\"> <script>x</script> & 'quoted'"


@pytest.mark.parametrize(
    "draw",
    [
        markup.escape,
        markup.caption,
        markup.title,
        markup.soft,
        lambda text: markup.notice(text, text, text),
        lambda text: markup.highlighted(text, ["img", "src=x"]),
        lambda text: markup.figures([(text, text)]),
        lambda text: markup.table([text], []),
    ],
)
def test_hostile_text_opens_no_tag(draw):
    drawn = draw(HOSTILE)
    assert "<img" not in drawn
    assert "<script" not in drawn
    assert '"alert' not in drawn


def test_markdown_signs_are_escaped_for_widget_labels():
    assert markup.literal("![](http://x) **b** :material/home:") == (
        r"\!\[\]\(http\:\/\/x\) \*\*b\*\* \:material\/home\:"
    )


def test_a_match_is_marked_in_the_spelling_of_the_text():
    assert markup.highlighted("ﾅｲｷ　AIR", ["ナイキ air"]) == "<mark>ﾅｲｷ　AIR</mark>"


def test_runs_of_spaces_match_one_space():
    assert markup.highlighted("air  force", ["air force"]) == "<mark>air  force</mark>"


def test_a_phrase_that_is_not_there_marks_nothing():
    assert markup.highlighted("adidas", ["nike", ""]) == "adidas"


@given(st.text(max_size=30), st.lists(st.text(max_size=4), max_size=3))
def test_marks_only_add_tags(text, phrases):
    drawn = markup.highlighted(text, phrases)
    assert drawn.replace("<mark>", "").replace("</mark>", "") == markup.escape(text)
    assert drawn.count("<mark>") == drawn.count("</mark>")


def test_a_bar_never_leaves_its_place():
    assert "width:100.0%" in markup.bar(1.7)
    assert "width:50.0%" in markup.two_sided_bar(-99.0, 4.0)
    assert "wb-against" in markup.two_sided_bar(-99.0, 4.0)


def test_a_signed_number_has_a_true_minus():
    assert markup.signed(-1.25) == "−1.2"
    assert markup.signed(0.5) == "+0.5"
    assert markup.signed(-0.04) == "0.0"
