import pytest

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


def test_a_bar_never_leaves_its_place():
    assert "width:100.0%" in markup.bar(1.7)


def test_a_signed_number_has_a_true_minus():
    assert markup.signed(-1.25) == "−1.2"
    assert markup.signed(0.5) == "+0.5"
    assert markup.signed(-0.04) == "0.0"
