from pathlib import Path

import pytest

from workbench.errors import InputError
from workbench.ui.guidelines import (
    MAX_BYTES,
    guideline_html,
    guideline_of,
    guideline_path,
    render,
)


@pytest.fixture
def written(tmp_path: Path):
    def write(attribute: str, content: bytes) -> Path:
        path = guideline_path(tmp_path, attribute)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return tmp_path

    return write


def test_a_guideline_is_the_markdown_of_its_file(written):
    root = written("Brand", "The *maker*, ナイキ.".encode())
    assert guideline_of(root, "Brand") == "The *maker*, ナイキ."
    assert guideline_html(root, "Brand") == (
        '<div class="wb-guideline"><p>The <em>maker</em>, ナイキ.</p>\n</div>'
    )


def test_no_file_is_no_guideline(tmp_path):
    assert guideline_of(tmp_path, "Brand") is None
    assert guideline_of(tmp_path, None) is None
    assert guideline_html(tmp_path, "a" * 5000) == ""


def test_the_general_page_is_not_that_of_an_attribute_called_like_it(written, tmp_path):
    (tmp_path / "guidelines").mkdir()
    (tmp_path / "guidelines" / "index.md").write_text("for all", encoding="utf-8")
    root = written("index", b"for one")
    assert (guideline_of(root, None), guideline_of(root, "index")) == ("for all", "for one")


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("Brand/Model", "Brand%2FModel.md"),
        ("..", "%2E%2E.md"),
        ("../secret", "%2E.%2Fsecret.md"),
        ("50 %", "50 %25.md"),
        ("a\0b", "a%00b.md"),
        ("サイズ", "サイズ.md"),
    ],
)
def test_what_no_file_can_be_called_is_spelled_with_percent_signs(attribute, name, tmp_path):
    assert guideline_path(tmp_path, attribute) == tmp_path / "guidelines" / name


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=//evil.test/a.png>",
        "![a](https://evil.test/a.png)",
        "![a][b]\n\n[b]: https://evil.test/a.png",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](java&#10;script:alert(1))",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "[a](vbscript:a) <javascript:alert(1)>",
        '<iframe src="https://evil.test">',
        "<style>@import url(//evil.test)</style>",
        '[a](https://a.test "x\\" onmouseover=alert(1) ")',
    ],
)
def test_hostile_markdown_neither_runs_nor_fetches(hostile):
    drawn = render(hostile).casefold()
    for tag in ("<script", "<img", "<iframe", "<style", '" onmouseover='):
        assert tag not in drawn
    for scheme in ("javascript:", "vbscript:", "data:"):
        assert f'href="{scheme}' not in drawn


def test_links_tell_the_other_side_nothing_and_relative_ones_stay():
    drawn = render("[a](https://a.test/b) [c](labels?label=Brand%3A%20x) [d](#e:f)")
    assert drawn.count('rel="noopener noreferrer nofollow"') == 3
    assert 'href="labels?label=Brand%3A%20x"' in drawn


def test_headings_stay_below_those_of_the_page():
    assert render("# Brand\n\n###### Deep") == "<h3>Brand</h3>\n<h6>Deep</h6>\n"


def test_a_file_too_large_is_told(written):
    root = written("Brand", b"a" * (MAX_BYTES + 1))
    with pytest.raises(InputError, match="has 100,001 bytes; a guideline has at most 100,000"):
        guideline_of(root, "Brand")
    assert "at most 100,000" in guideline_html(root, "Brand")


def test_a_file_in_another_encoding_is_told(written):
    root = written("Brand", "Größe".encode("latin-1"))
    with pytest.raises(InputError, match=r"Brand\.md is no UTF-8 \(byte 3\): save it again"):
        guideline_of(root, "Brand")
