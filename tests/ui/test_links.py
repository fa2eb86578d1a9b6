from urllib.parse import parse_qs, urlsplit

import pandas as pd

from workbench.ui.health_links import branch_links, issue_links, noise_links
from workbench.ui.links import address, link

HOSTILE = '"><img src=x onerror=alert(1)>&a=b#c'


def test_an_address_says_what_it_was_given():
    split = urlsplit(address("review", queue="wrong", label=HOSTILE))
    assert split.path == "review"
    assert parse_qs(split.query) == {"queue": ["wrong"], "label": [HOSTILE]}


def test_a_link_is_no_markup_of_its_own():
    drawn = link(HOSTILE, "review", told=HOSTILE, label=HOSTILE)
    assert "<img" not in drawn
    assert drawn.count("<") == 2


def test_every_cell_of_the_noise_is_a_link():
    noise = pd.DataFrame(
        {"source": ["click", "rules"], "attribute": ["Brand", HOSTILE], "share": [0.25, 0.5]}
    )
    drawn = noise_links(noise)
    assert 'href="review?queue=wrong&amp;attribute=Brand&amp;source=click"' in drawn
    assert drawn.count("<a ") == 2
    assert "<img" not in drawn


def test_an_attribute_without_missing_pairs_has_no_link_to_them():
    drawn = issue_links(pd.DataFrame({"attribute": ["Brand"], "kind": ["wrong"], "n": [3]}))
    assert 'href="review?queue=wrong&amp;attribute=Brand"' in drawn
    assert drawn.count("<a ") == 1


def test_a_branch_leads_to_its_queue():
    row = {"branch": ["Shoes"], "label_id": ["Category: Shoes"], "share": [0.1]}
    drawn = branch_links(pd.DataFrame(row | {"low": [0.05], "high": [0.2]}))
    assert 'href="review?queue=wrong&amp;branch=Category%3A+Shoes"' in drawn
    assert "10.0% (5.0% to 20.0%)" in drawn
