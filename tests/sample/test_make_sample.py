import hashlib
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from pipelines.make_sample import main, write_sample
from pipelines.sample.assumptions import Assumptions
from pipelines.sample.facts import measure
from workbench.text import normalise

SAMPLE = Path(__file__).parents[2] / "sample_data"
SMALL = replace(
    Assumptions(),
    n_lines=30,
    n_items=600,
    n_queries=150,
    n_draws=400,
    n_searches=400,
    min_support=0,
    n_clients=40,
    n_bots=2,
    n_blank_searches=2,
    n_discontinued_events=5,
)


@pytest.fixture(scope="module")
def small_shop(tmp_path_factory):
    """A folder with the files of a small shop, seed 3."""
    folder = tmp_path_factory.mktemp("small_shop")
    write_sample(folder, seed=3, assumptions=SMALL)
    return folder


@pytest.fixture(scope="module")
def events():
    return pd.read_parquet(SAMPLE / "events.parquet")


@pytest.fixture(scope="module")
def people(events):
    """The events of clients who do not click on everything they are shown."""
    return events[~events["client_id"].isin(_bots(events))]


@pytest.fixture(scope="module")
def truth():
    return pd.read_parquet(SAMPLE / "truth.parquet")


@pytest.fixture(scope="module")
def items():
    return _read_csv("items")


@pytest.fixture(scope="module")
def paths():
    """The path of every category by its id."""
    paths = {}
    for row in _read_csv("taxonomy").itertuples():
        above = f"{paths[row.parent_id]} > " if row.parent_id else ""
        paths[row.category_id] = above + row.name
    return paths


def _read_csv(name):
    return pd.read_csv(SAMPLE / f"{name}.csv", dtype="str", keep_default_na=False)


def _bots(events):
    counts = events.pivot_table(
        index="client_id", columns="action_name", aggfunc="size", fill_value=0
    )
    return counts.index[(counts["click"] >= counts["impression"]) & (counts["impression"] > 100)]


def _fingerprints(folder, suffix):
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.suffix == suffix
    }


def _same_writer(path, other):
    return pq.read_metadata(path).created_by == pq.read_metadata(other).created_by


@pytest.mark.slow
def test_the_committed_files_can_be_rebuilt(tmp_path):
    shop = write_sample(tmp_path, seed=7)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in SAMPLE.iterdir()}
    for suffix in (".csv", ".md"):
        assert _fingerprints(tmp_path, suffix) == _fingerprints(SAMPLE, suffix)
    for path in tmp_path.glob("*.parquet"):
        # Parquet names its writer's version, which may also change how it packs the same rows.
        assert pq.read_table(path).equals(pq.read_table(SAMPLE / path.name))
        if _same_writer(path, SAMPLE / path.name):
            assert path.read_bytes() == (SAMPLE / path.name).read_bytes()
    facts = measure(shop)
    assert 0.05 < facts.two_sources.wrong_share < 0.25
    assert 0.15 < facts.two_sources.missing_share < 0.35


def test_the_same_seed_gives_the_same_bytes(small_shop, tmp_path):
    write_sample(tmp_path, seed=3, assumptions=SMALL)
    again = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(again) == 8
    assert again == {path.name: path.read_bytes() for path in small_shop.iterdir()}


def test_another_seed_gives_another_shop(small_shop, tmp_path):
    write_sample(tmp_path, seed=4, assumptions=SMALL)
    for name in ("items.csv", "events.parquet", "truth.parquet"):
        assert (tmp_path / name).read_bytes() != (small_shop / name).read_bytes()


def test_the_command_line_explains_itself(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    assert "--seed" in capsys.readouterr().out


def test_the_files_are_small():
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) < 6_000_000


def test_item_ids_are_unique(items):
    assert items["id"].is_unique
    assert len(items) == 3000


def test_categories_form_three_levels(paths):
    depths = pd.Series([path.count(" > ") + 1 for path in paths.values()])
    assert len(paths) >= 70
    assert sorted(depths.unique()) == [1, 2, 3]
    assert (depths == 1).sum() in (6, 7, 8)


def test_attributes_apply_to_known_categories(paths):
    applies = _read_csv("category_attributes")
    assert set(applies["category_id"]) <= set(paths)
    assert not applies.duplicated().any()


def test_suppliers_leave_some_cells_empty(items):
    for column in ("brand", "color"):
        assert 0.03 < (items[column] == "").mean() < 0.16


def test_few_items_have_a_wrong_cell_and_each_is_named(items):
    errors = _read_csv("catalog_errors")
    assert 0.01 <= errors["item_id"].nunique() / len(items) <= 0.02
    assert set(errors["item_id"]) <= set(items["id"])
    assert (errors["typed"] != errors["correct"]).all()


def test_every_true_label_is_a_known_value_or_category(truth, paths):
    aliases = _read_csv("aliases")
    known = set(aliases["attribute"] + ": " + aliases["value"])
    categories = {f"Category: {path}" for path in paths.values()}
    assert set(truth["label_id"]) <= known | categories


def test_every_brand_and_model_that_is_meant_is_typed_for_some_item(truth, items):
    for attribute in ("Brand", "Model"):
        typed = {f"{attribute}: {name}".casefold() for name in items[attribute.lower()]}
        meant = truth["label_id"][truth["label_id"].str.startswith(f"{attribute}: ")]
        assert set(meant.str.casefold()) <= typed


def test_queries_mean_more_than_600_labels(truth):
    assert truth["label_id"].nunique() >= 600


def test_a_tenth_of_the_labels_holds_most_of_the_pairs(truth):
    support = truth["label_id"].value_counts()
    assert support.head(len(support) // 10).sum() > 0.5 * len(truth)


def test_every_query_has_truth_and_nothing_else_has(truth, events):
    queries = {normalise(text) for text in events["user_query"].unique()} - {""}
    assert set(truth["instance_id"]) == queries
    assert not truth.duplicated().any()


def test_a_true_category_comes_with_its_ancestors(truth):
    deep = truth[truth["label_id"].str.contains(" > ", regex=False)]
    parents = zip(deep["instance_id"], deep["label_id"].str.rsplit(" > ", n=1).str[0], strict=True)
    assert set(parents) <= set(truth.itertuples(index=False, name=None))


def test_a_query_is_about_few_things(truth):
    per_query = truth.groupby("instance_id").size()
    assert 3 < per_query.mean() < 6
    assert per_query.max() <= 15


def test_click_rates_fall_with_the_position(people):
    counts = people.groupby(["action_name", "position"]).size()
    rates = (counts["click"] / counts["impression"]).loc[1:5]
    assert rates.is_monotonic_decreasing
    assert rates[1] > 2 * rates[5]


def test_about_three_in_a_hundred_searches_are_made_by_bots(events):
    searches = events.drop_duplicates("query_id")
    assert 0.02 < searches["client_id"].isin(_bots(events)).mean() < 0.04


def test_a_click_comes_after_its_search(events):
    shown = events[events["action_name"] == "impression"].groupby("query_id")["timestamp"].max()
    others = events[events["action_name"] != "impression"]
    assert (others["timestamp"].to_numpy() > shown.loc[others["query_id"]].to_numpy()).all()


def test_a_session_belongs_to_one_client_and_one_device(events):
    per_session = events.groupby("session_id")[["client_id", "device"]].nunique()
    assert (per_session == 1).all(axis=None)


def test_events_are_in_order_of_time(events):
    assert events["timestamp"].is_monotonic_increasing
    assert str(events["timestamp"].dt.tz) == "UTC"


def test_some_events_are_about_items_that_are_gone(events, items):
    assert (~events["object_id"].isin(items["id"])).sum() == 60


def test_some_searches_have_no_text(events):
    blank = events[events["user_query"].str.strip() == ""]
    assert blank["query_id"].nunique() == 24


def test_the_most_frequent_query_is_searched_hundreds_of_times(events):
    searches = events.drop_duplicates("query_id")["user_query"].map(normalise).value_counts()
    assert searches.iloc[0] > 300
    assert 0.3 < (searches == 1).mean() < 0.6
