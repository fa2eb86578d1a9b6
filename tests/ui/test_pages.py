import io
import re
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.drawing import html_of, open_page, press
from workbench.export import FORMATS
from workbench.review.decisions import Decision
from workbench.review.store import DecisionStore
from workbench.ui import export, overview, queue_data
from workbench.workspace import Workspace
from workbench.workspace.arrays import write_labels

APP = Path(__file__).parents[2] / "app.py"
PAGES = ["overview", "sources", "labels", "review", "compare", "try_it", "export"]
PAGES_OF_DOCUMENTS = ["overview", "labels", "review", "export"]
HOSTILE = "<img src=x onerror=alert(1)>"
STRANGE = "Brand: **bold** <img src=x>"


def asked_of(test: AppTest) -> list[str]:
    """Return the labels that the cards on their way to the browser ask about, in order."""
    assert not test.exception
    if "review_session" not in test.session_state:
        return []
    cards = test.session_state["review_session"].answer["cards"]
    return [q["label"] for card in cards for q in card["questions"] if q["open"]]


def record(workspace: Workspace, verdict: str) -> None:
    at = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    pair = ("ナイキ air force 白 26", "Brand: adidas")
    with DecisionStore(workspace.decisions_path) as store:
        store.record(Decision(str(UUID(int=1)), at, "mika", *pair, verdict))


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "empty", "")


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_workspace_says_what_to_run(page, empty):
    assert f"workbench {'compare' if page == 'compare' else 'run'} {empty.root}" in html_of(
        open_page(page, empty)
    )


@pytest.mark.parametrize("page", PAGES)
def test_every_page_draws_the_tiny_shop(page, shop):
    assert "tiny-shop" in html_of(open_page(page, shop))


@pytest.mark.parametrize("page", PAGES_OF_DOCUMENTS)
def test_documents_without_attributes_or_signals_are_drawn(page, papers):
    assert "v1" in html_of(open_page(page, papers))


def test_the_overview_counts_issues_and_tells_what_was_not_judged(shop):
    drawn = html_of(open_page("overview", shop))
    # 4 - (0.04 + 0.07 + 0.22 + 0.31) and 0.97 + 0.91 + 0.88 + 0.74
    assert "<b>4</b><span>given pairs worth a look, about 3 wrong</span>" in drawn
    assert "<b>4</b><span>other pairs worth a look, about 4 missing</span>" in drawn
    assert 'too few examples</td><td class="wb-number">2<' in drawn
    assert "no positions in the log" in drawn


def test_the_overview_shows_the_estimated_noise_with_its_bounds(shop):
    drawn = html_of(open_page("overview", shop))
    assert '>All pairs</td><td class="wb-number" role="cell" data-name="Given, judged">39<' in drawn
    assert "6 (3 to 12)" in drawn
    assert "<img src=x" not in drawn


def test_the_overview_says_how_many_decisions_the_newest_labels_lack(shop):
    assert "do not hold" not in html_of(open_page("overview", shop))
    record(shop, "absent")
    drawn = html_of(open_page("overview", shop))
    assert "Labels v1 do not hold 1 decided pair yet. Put them in with:" in drawn
    assert f"workbench apply {shop.root}" in drawn


@pytest.mark.parametrize(
    ("config", "is_counted"),
    [
        ("[inputs.labels]\n[inputs.reviewed]\n", False),
        ('[issues]\nauto_audit = { path = "a.csv" }\n', False),
        ("[inputs.reviewed]\n", True),
        ("[inputs.labels]\n[issues]\n", True),
    ],
)
def test_the_overview_does_not_count_decisions_that_a_file_may_overrule(config, is_counted, shop):
    record(shop, "absent")
    shop.config_path.write_text(shop.config_path.read_text() + config)
    drawn = html_of(open_page("overview", shop))
    assert ("do not hold 1 decided pair yet" in drawn) is is_counted
    told = f"whether v1 holds them all is told by: workbench status {shop.root}"
    assert (told in drawn) is not is_counted


def test_the_overview_leads_to_queues_without_a_mouse(shop):
    drawn = html_of(open_page("overview", shop))
    assert 'href="review?queue=wrong&amp;attribute=Brand&amp;source=clicks"' in drawn
    assert 'href="review?queue=missing&amp;attribute=Color"' in drawn


def test_the_overview_says_when_it_counted_on_a_part_of_the_votes(shop, monkeypatch):
    monkeypatch.setattr(overview, "MAX_VOTES", 5)
    monkeypatch.setattr(overview, "FEWEST_PAIRS", 1)
    drawn = html_of(open_page("overview", shop))
    assert "Counted on 5 of 14 votes, spread over all" in drawn


@pytest.mark.parametrize("page", ["overview", "sources", "labels", "compare", "export"])
def test_a_page_has_one_heading_of_the_first_rank_and_none_is_skipped(page, shop):
    drawn = html_of(open_page(page, shop))
    ranks = [int(rank) for rank in re.findall(r"<h([1-6])", drawn)]
    assert ranks[0] == 1
    assert ranks.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(ranks))


def test_a_reviewer_is_asked_for_a_name_once(shop):
    test = open_page("review", shop, reviewer="")
    test.text_input(key="who_name").input(" mika  k ")
    press(test, "Start")
    assert len(asked_of(test)) == 4
    assert "mika k" in html_of(test)


def test_filters_narrow_the_queue(shop):
    test = open_page("review", shop)
    assert asked_of(test) == ["Brand: adidas", "Color: Blue", "Color: White", STRANGE]
    test.selectbox(key="review_attribute").select("Color").run()
    assert asked_of(test) == ["Color: Blue", "Color: White"]
    test.radio(key="review_queue").set_value("missing").run()
    assert asked_of(test) == ["Color: Blue", "Color: White"]
    assert test.query_params["queue"] in ("missing", ["missing"])


def test_filters_are_read_from_the_address(shop):
    test = open_page("review", shop, queue="missing", attribute="Brand")
    assert asked_of(test) == ["Brand: Nike"]
    test = open_page("review", shop, band="90-100", text="nike", queue="wrong")
    assert asked_of(test) == []


@pytest.mark.parametrize(
    ("filters", "labels"),
    [
        ({"source": "taxonomy"}, ["Brand: adidas"]),
        ({"branch": "Category: Clothing"}, ["Color: White"]),
        ({"branch": "Category: Food"}, []),
        ({"band": "90-100"}, ["Brand: adidas", "Color: Blue"]),
        ({"support": "0-5"}, ["Brand: adidas", "Color: Blue", "Color: White", "STRANGE"]),
        ({"support": "6-50"}, []),
        ({"label": "Color: White", "split": "train"}, ["Color: White"]),
    ],
)
def test_every_filter_can_be_linked_to(filters, labels, shop):
    wanted = [STRANGE if label == "STRANGE" else label for label in labels]
    assert asked_of(open_page("review", shop, queue="wrong", **filters)) == wanted


def test_the_queue_of_most_worth_asks_for_both_kinds(shop):
    test = open_page("review", shop, queue="gain")
    issues = shop.artefact("flag").table("issues").sort_values("gain_rank")
    assert asked_of(test)[0] == issues["label_id"].iloc[0]
    assert len(asked_of(test)) == len(issues)


def test_a_filter_that_matches_nothing_says_so_and_can_be_cleared(shop):
    test = open_page("review", shop)
    test.text_input(key="review_text").input("zzzz").run()
    assert "None of the 4 pairs of this queue matches it." in html_of(test)
    press(test, "Clear the filter")
    assert test.text_input(key="review_text").value == ""
    assert len(asked_of(test)) == 4


def test_what_a_link_asks_for_in_vain_is_told_and_nothing_else_is_asked(shop):
    test = open_page("review", shop, queue="wrong", attribute="Bramd", band="12")
    drawn = html_of(test)
    assert "Attribute “Bramd”, Suspicion “12”: nothing is flagged for it." in drawn
    assert asked_of(test) == []
    press(test, "Go on without")
    assert len(asked_of(test)) == 4


def test_only_an_adjudicator_sees_the_conflicts(shop):
    assert "Conflicts" in open_page("review", shop).radio(key="review_queue").options
    shop.config_path.write_text(shop.config_path.read_text() + '[team]\nadjudicators = ["lead"]\n')
    assert "Conflicts" not in open_page("review", shop).radio(key="review_queue").options


def test_the_comparison_says_which_labels_were_used(shop):
    drawn = html_of(open_page("compare", shop))
    assert "labels v1 with decisions applied" in drawn
    assert "P@1" in drawn
    assert "58.5 to 61.5" in drawn
    assert "Head, torso and tail carry a third of the training pairs each" in drawn


def test_the_export_says_whether_decisions_wait_and_what_comes_next(shop):
    assert "No decision waits: v1 holds them all." in html_of(open_page("export", shop))
    assert "<b>Next:</b> Train a model on them" in html_of(open_page("export", shop))
    record(shop, "absent")
    drawn = html_of(open_page("export", shop))
    assert "Labels v1 do not hold 1 decided pair yet" in drawn
    assert "<b>Next:</b> Make the next version from the decisions" in drawn


def test_the_export_page_says_no_more_of_exports_than_it_knows(shop):
    drawn = html_of(open_page("export", shop))
    assert "what --out wrote elsewhere is not seen" in drawn
    (shop.exports_folder / "v1").mkdir(parents=True)
    assert "v1 is exported." in html_of(open_page("export", shop))


def test_the_command_that_compares_names_both_versions(shop):
    parent = shop.latest_labels()
    about = {"made_by": "decisions", "n_given": parent.labels().n_given}
    with shop.publish_labels(parent, "second", about) as (_, folder):
        write_labels(folder, parent.labels())
    command = f"workbench compare {shop.quoted} v1 v2<"
    assert command in html_of(open_page("export", shop)).replace("</code>", "<")


def test_versions_and_exports_are_listed(shop):
    (shop.exports_folder / "one").mkdir(parents=True)
    (shop.exports_folder / "one" / "labels.csv").write_text("a\n", encoding="utf-8")
    drawn = html_of(open_page("export", shop))
    assert "<b>v1</b>" in drawn
    assert "one/labels.csv" in drawn


def test_every_format_has_its_command(shop):
    drawn = html_of(open_page("export", shop))
    assert all(f"--format {name}" in drawn for name in FORMATS)


def test_a_version_is_made_for_a_download(shop):
    version, ingested = shop.latest_labels(), shop.artefact("ingest")
    made = pd.read_csv(io.BytesIO(export.made_file(version, ingested, "sheet")))
    assert len(made) == len(version.labels().instance_ids)
    page = open_page("export", shop)
    assert [box.label for box in page.selectbox][:2] == ["Version", "Format"]


def test_a_large_version_is_not_made_in_the_browser(shop, monkeypatch):
    monkeypatch.setattr(export, "MAX_MADE", 3)
    assert not open_page("export", shop).selectbox


def test_a_damaged_artefact_is_told_in_plain_words(shop):
    for path in shop.root.glob("artefacts/flag/*/issues.parquet"):
        path.write_bytes(path.read_bytes()[:-1])
    test = AppTest.from_file(str(APP), default_timeout=30)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["app.py", str(shop.root)])
        drawn = html_of(test.run())
    assert "issues.parquet has" in drawn


@pytest.mark.parametrize(
    ("arguments", "environment", "told"),
    [
        (["SHOP"], "", "tiny-shop"),
        ([], "SHOP", "tiny-shop"),
        ([], "", "Which workspace?"),
        (["/nowhere"], "", "is not a workspace"),
    ],
)
def test_the_app_opens_the_workspace_it_is_started_with(
    arguments, environment, told, shop, monkeypatch
):
    named = [argument.replace("SHOP", str(shop.root)) for argument in arguments]
    monkeypatch.setattr("sys.argv", ["app.py", *named])
    monkeypatch.setenv("WORKBENCH_WORKSPACE", environment.replace("SHOP", str(shop.root)))
    assert told in html_of(AppTest.from_file(str(APP), default_timeout=30).run())


def test_a_pattern_narrows_the_queue_to_its_issues(patterned):
    test = open_page("review", patterned, queue="missing", pattern="p1")
    assert len(asked_of(test)) == 1
    assert "Swap: 1 here, about 74 % of them errors." in html_of(test)


def test_a_pattern_beyond_those_that_are_offered_narrows_it_too(patterned, monkeypatch):
    monkeypatch.setattr(queue_data, "MAX_PATTERNS", 0)
    assert len(asked_of(open_page("review", patterned, queue="missing", pattern="p1"))) == 1


def test_a_filter_that_nothing_is_known_of_is_named_as_it_is_written(shop):
    test = open_page("review", shop, attribute="Shoes & Socks")
    assert "Attribute “Shoes &amp; Socks”: nothing is flagged for it." in html_of(test)


def test_without_patterns_there_is_no_such_filter(shop):
    keys = [box.key for box in open_page("review", shop).selectbox]
    assert "review_label" in keys
    assert "review_pattern" not in keys
