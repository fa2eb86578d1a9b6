"""The review card in a real browser: quick keys, reloads, a killed server, two people at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from tests.ui.browsing import (
    MARKS,
    Server,
    log,
    open_review,
    serving,
    wait_for_question,
    wait_until_drawn,
    wait_until_saved,
)
from tests.ui.crowd import write_crowd
from workbench.review.leases import claim, release
from workbench.review.store import DecisionStore

pytestmark = MARKS
VERDICTS = {"p": "present", "a": "absent", "s": "unsure"}
# What was on the screen when a key came down, and when the next question had been painted.
WATCH = """
window.seen = []; window.painted = [];
document.addEventListener("keydown", (event) => {
  const shown = () => [document.querySelector(".wb-text")?.innerText,
                       document.querySelector(".wb-question")?.innerText];
  const before = shown(), start = performance.now();
  window.seen.push([event.key, ...before]);
  const look = () => requestAnimationFrame(() => {
    if (shown().join() !== before.join()) window.painted.push(performance.now() - start);
    else if (performance.now() - start < 1000) look();
  });
  look();
}, true);
"""
# Two frames after a key, the question it turned to can be decided; the third comes after that.
PAINTED_AND_PAUSED = """(pause) => {
  const frame = () => new Promise(requestAnimationFrame);
  const paused = new Promise((done) => setTimeout(done, pause));
  return Promise.all([paused, frame().then(frame).then(frame)]).then(() => null);
}"""


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Server]:
    workspace = write_crowd(tmp_path / "crowd", n_instances=400, n_labels=50, per_instance=2)
    with serving(workspace, tmp_path) as server:
        yield server


def press(page, keys, pause: int = 60) -> None:
    """Press keys so quickly, or as the browser paints where it is slower: no verdict is blind."""
    for key in keys:
        page.keyboard.press(key)
        page.evaluate(PAINTED_AND_PAUSED, pause)


def decided(server: Server) -> list[tuple[str, str, str]]:
    events = log(server.workspace)
    return list(events[["instance_id", "label_id", "verdict"]].itertuples(index=False, name=None))


def label_in(question: str) -> str:
    return "Brand: value" + question.rpartition("Brand: value")[2].removesuffix("?")


def test_fifty_quick_verdicts_are_saved_in_order_each_on_the_card_that_was_on_the_screen(
    page, crowd
):
    page.add_init_script(WATCH)
    open_review(page, crowd)
    page.wait_for_timeout(2000)
    keys = list(itertools.islice(itertools.cycle("paas"), 50))
    press(page, keys)
    wait_until_saved(page)
    seen = page.evaluate("window.seen")
    expected = [(text, label_in(question), VERDICTS[key]) for key, text, question in seen]
    assert len(seen) == 50
    assert decided(crowd) == expected
    assert len({pair[:2] for pair in expected}) == 50


def test_a_key_that_is_held_down_decides_once(page, crowd):
    open_review(page, crowd)
    for _ in range(20):  # as a keyboard repeats: down again and again, and never up
        page.keyboard.down("a")
        page.wait_for_timeout(40)
    page.keyboard.up("a")
    wait_until_saved(page)
    assert len(decided(crowd)) == 1


def test_keys_typed_into_the_comment_decide_nothing(page, crowd):
    open_review(page, crowd)
    page.keyboard.press("c")
    page.keyboard.type("papas")
    page.get_by_role("button", name="Absent").click()
    wait_until_saved(page)
    assert log(crowd.workspace)["note"].tolist() == ["papas"]


def test_a_comment_stays_while_the_card_is_drawn_anew(page, crowd):
    open_review(page, crowd)
    page.keyboard.press("c")
    page.keyboard.type("sold out")
    press(page, ["Escape", "h", "a"])
    wait_until_saved(page)
    assert log(crowd.workspace)["note"].tolist() == ["sold out"]


def test_undo_takes_back_the_last_verdict_and_asks_again(page, crowd):
    open_review(page, crowd)
    first = page.locator(".wb-question").inner_text()
    press(page, "a")
    wait_for_question(page, "Brand: value 000013")
    press(page, "u")
    wait_for_question(page, first)
    wait_until_saved(page)
    events = log(crowd.workspace)
    assert events["undoes"].tolist()[1] == events["event_uid"].tolist()[0]
    press(page, "p")
    wait_until_saved(page)
    assert log(crowd.workspace)["verdict"].tolist() == ["absent", "absent", "present"]


def test_a_reload_in_the_middle_loses_and_doubles_nothing(page, crowd):
    open_review(page, crowd)
    page.wait_for_timeout(1500)
    press(page, "p" * 12, pause=0)
    page.reload()
    page.locator(".wb-question").wait_for()
    wait_until_saved(page)
    page.wait_for_timeout(1500)
    press(page, "a" * 5)
    wait_until_saved(page)
    found = decided(crowd)
    assert [pair[2] for pair in found] == ["present"] * 12 + ["absent"] * 5
    assert len({pair[:2] for pair in found}) == 17


def test_a_server_that_is_killed_and_started_again_gets_every_verdict_once(page, crowd):
    open_review(page, crowd)
    page.wait_for_timeout(1500)
    press(page, "p" * 8)
    crowd.kill()
    press(page, "a" * 10)
    assert "unsaved" in page.locator(".wb-saving-line").inner_text()
    crowd.start()
    wait_until_saved(page)
    press(page, "s" * 4)
    wait_until_saved(page)
    found = decided(crowd)
    assert [pair[2] for pair in found] == ["present"] * 8 + ["absent"] * 10 + ["unsure"] * 4
    assert len({pair[:2] for pair in found}) == 22


def test_what_one_has_not_saved_is_never_saved_under_another_name(page, crowd):
    open_review(page, crowd, reviewer="mika b")
    crowd.kill()
    press(page, "a")
    page.goto("about:blank")
    crowd.start()
    open_review(page, crowd, reviewer="mika")
    assert decided(crowd) == []
    page.goto("about:blank")
    open_review(page, crowd, reviewer="mika b")
    wait_until_saved(page)
    assert log(crowd.workspace)["reviewer"].tolist() == ["mika b"]


def test_two_people_at_once_never_get_the_same_card(browser, crowd):
    cards: dict[str, set[str]] = {"mika": set(), "ken": set()}
    contexts = {name: browser.new_context() for name in cards}
    pages = {name: context.new_page() for name, context in contexts.items()}
    for name, page in pages.items():
        open_review(page, crowd, reviewer=name)
    for _ in range(40):
        for name, page in pages.items():
            cards[name].add(page.locator(".wb-text").inner_text())
            press(page, "a", pause=70)
    for context in contexts.values():
        context.close()
    assert all(len(of_one) >= 20 for of_one in cards.values())
    assert not cards["mika"] & cards["ken"]


def test_two_tabs_of_one_person_never_ask_the_same(browser, crowd):
    context = browser.new_context()
    tabs = [context.new_page(), context.new_page()]
    for tab in tabs:
        open_review(tab, crowd)
        tab.wait_for_timeout(1500)
    for key in "papapapapapa":
        for tab in tabs:
            tab.bring_to_front()  # one at the back draws nothing, so nothing can be decided there
            tab.wait_for_timeout(150)
            press(tab, key, pause=90)
    for tab in tabs:
        tab.bring_to_front()
        wait_until_saved(tab)
    found = decided(crowd)
    assert len(found) == len({pair[:2] for pair in found}) == 24
    context.close()


def test_another_value_is_found_among_all_labels_and_chosen_by_keys(page, crowd):
    open_review(page, crowd)
    question = page.locator(".wb-question").inner_text()
    page.keyboard.press("v")
    page.keyboard.type("000049")
    page.locator("#wb-found li", has_text="value 000049").wait_for()
    page.keyboard.press("Enter")
    page.locator(".wb-chip.wb-done", has_text="value 000049").wait_for()
    wait_until_saved(page)
    assert decided(crowd) == [("query 0000000", "Brand: value 000049", "present")]
    assert page.locator(".wb-question").inner_text() == question


def test_what_is_no_pair_of_the_queue_does_not_count_as_decided(page, crowd):
    open_review(page, crowd)
    told = page.locator(".wb-pace")
    before = told.inner_text()
    assert before.startswith("0 of ")
    page.keyboard.press("v")
    page.keyboard.type("000049")
    page.locator("#wb-found li", has_text="value 000049").wait_for()
    page.keyboard.press("Enter")
    page.locator(".wb-chip.wb-done", has_text="value 000049").wait_for()
    wait_until_saved(page)
    assert told.inner_text() == before.replace("0 verdicts", "1 verdict")
    press(page, "paa")
    assert told.inner_text().startswith("3 of ")
    press(page, "u")
    assert told.inner_text().startswith("2 of ")


def test_of_a_few_quick_verdicts_no_pace_is_told(page, crowd):
    open_review(page, crowd)
    page.wait_for_timeout(1500)
    press(page, "paas" * 5)
    wait_until_saved(page)
    assert "an hour" not in page.locator(".wb-pace").inner_text()


def test_what_another_has_on_the_screen_comes_by_itself_when_it_is_free(page, patterned):
    held = [f"query {n:07}" for n in range(58)]
    with DecisionStore(patterned.workspace.decisions_path) as store:
        with store.database.writing() as connection:
            claim(connection, held, "ken", now=datetime.now(UTC))
        open_review(page, patterned)
        press(page, "pp", pause=500)
        told = page.locator(".wb-notice", has_text="Nothing to judge just now")
        told.get_by_text("58 pairs are on somebody else's screen").wait_for()
        with store.database.writing() as connection:
            release(connection, held, "ken")
    page.locator(".wb-question").wait_for()


def test_the_next_card_is_there_within_fifty_milliseconds_on_a_million_issues(page, tmp_path):
    size = {"n_instances": 400_000, "n_labels": 20_000, "per_instance": 3}
    workspace = write_crowd(tmp_path / "crowd", **size)
    with serving(workspace, tmp_path) as server:
        page.add_init_script(WATCH)
        page.set_default_timeout(120_000)
        open_review(page, server)
        page.wait_for_timeout(4000)
        press(page, "pa" * 60, pause=100)
        wait_until_saved(page)
        painted = page.evaluate("window.painted")
        assert len(decided(server)) == len(painted) == 120
    assert np.percentile(painted, 95) < 50


@pytest.fixture
def patterned(tmp_path: Path) -> Iterator[Server]:
    """A crowd in which every pair belongs to one pattern."""
    size = {"n_instances": 60, "n_labels": 5, "per_instance": 1}
    workspace = write_crowd(tmp_path / "crowd", **size, pattern_id="p1")
    with serving(workspace, tmp_path) as server:
        yield server


def test_a_pattern_is_decided_by_its_sample_and_taken_back_in_one_go(page, patterned):
    page.goto(f"{patterned.url}/patterns?pattern=p1&reviewer=mika")
    page.get_by_role("button", name="Judge the sample").click()
    page.locator(".wb-question").wait_for()
    page.wait_for_timeout(500)
    press(page, "a" * 20, pause=90)
    wait_until_saved(page)
    page.locator(".wb-notice", has_text="The sample is judged").wait_for()
    assert len(decided(patterned)) == 20
    page.keyboard.press("b")
    page.get_by_role("button", name="Decide 40 pairs: absent").click()
    page.get_by_text("Decided 40 pairs").wait_for()
    batch = log(patterned.workspace)["batch_id"]
    assert batch.notna().sum() == 40
    assert batch.nunique() == 1
    assert len({pair[:2] for pair in decided(patterned)}) == 60
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Took back 40 pairs").wait_for()
    with DecisionStore(patterned.workspace.decisions_path) as store:
        assert len(store.current()) == 20


def test_keys_judge_after_a_click_on_a_switch_or_a_queue(page, crowd):
    open_review(page, crowd)
    page.get_by_text("Blind: hide all opinions").click()
    page.wait_for_url("**blind=yes*")
    wait_until_drawn(page)
    page.wait_for_timeout(500)
    press(page, "a")
    page.locator(".stRadio label", has_text="Likely wrong").click()
    before = page.locator(".wb-text").inner_text()
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(200)
    assert page.locator(".wb-text").inner_text() != before
    wait_until_saved(page)
    assert len(decided(crowd)) == 1


def test_undo_outlives_a_reload(page, crowd):
    open_review(page, crowd)
    page.wait_for_timeout(1500)
    first = page.locator(".wb-question").inner_text()
    press(page, "a")
    wait_until_saved(page)
    page.reload()
    page.locator(".wb-saved").wait_for()
    page.wait_for_timeout(1000)
    assert page.locator(".wb-question").inner_text() != first
    press(page, "u")
    wait_for_question(page, first)
    wait_until_saved(page)
    events = log(crowd.workspace)
    assert events["undoes"].tolist()[1] == events["event_uid"].tolist()[0]


def test_back_returns_to_the_card_that_was_left(page, crowd):
    open_review(page, crowd)
    page.wait_for_timeout(2500)
    for _ in range(12):
        page.keyboard.press("ArrowDown")
        page.wait_for_timeout(80)
    left = page.locator(".wb-question").inner_text()
    page.get_by_test_id("stTopNavLink").filter(has_text="Labels").click()
    page.get_by_label("Search").wait_for()
    page.go_back()
    wait_for_question(page, left)


def test_without_the_server_the_card_says_so_and_streamlit_does_not_lie_over_it(page, crowd):
    open_review(page, crowd)
    page.wait_for_timeout(1500)
    crowd.kill()
    press(page, "a")
    page.locator(".wb-late", has_text="1 unsaved, the server does not answer").wait_for()
    page.wait_for_timeout(4000)
    assert page.get_by_test_id("stDialog").count() == 0
    page.keyboard.press("c")
    page.keyboard.type("still here")
    assert page.locator(".wb-ask .wb-note").input_value() == "still here"


def test_a_clicked_verdict_keeps_no_focus(page, crowd):
    open_review(page, crowd)
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Unsure").click()
    press(page, "a")
    assert page.evaluate("document.activeElement.tagName") == "BODY"
