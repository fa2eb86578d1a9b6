"""A tiny shop, written into a workspace as the pipeline would write it."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st

from tests.ui.browsing import CHROMIUM, FLAGS
from workbench.label_model import make_source_tables
from workbench.matrices import LabelMatrix, PairScores
from workbench.workspace import Workspace
from workbench.workspace.arrays import (
    write_array,
    write_json,
    write_labels,
    write_scores,
    write_table,
)
from workbench.workspace.artefacts import publish

HOSTILE = "<img src=x onerror=alert(1)> ![](http://evil.test/a.png) **bold** :material/home:"

QUERIES = {
    "ナイキ air force 白 26": 41,
    "adidas blue 26": 130,
    "アディダス スタンスミス 白": 77,
    "black running shoes": 64,
    "nike t-shirt": 58,
    "青 スニーカー": 33,
    "緑茶 ティーバッグ": 21,
    "white sneaker 26cm": 19,
    "プーマ 黒 tシャツ": 12,
    "rain boots": 9,
    HOSTILE: 3,
}
LABELS = {
    "Category: Shoes": None,
    "Category: Shoes > Sneakers": "Category: Shoes",
    "Category: Shoes > Boots": "Category: Shoes",
    "Category: Clothing": None,
    "Category: Clothing > T-shirts": "Category: Clothing",
    "Category: Food": None,
    "Category: Food > Tea": "Category: Food",
    "Brand: adidas": None,
    "Brand: Nike": None,
    "Brand: PUMA": None,
    "Color: White": None,
    "Color: Blue": None,
    "Color: Black": None,
    "Size: 26.0cm": None,
    "Brand: **bold** <img src=x>": None,
}
SNEAKERS = ["Category: Shoes", "Category: Shoes > Sneakers"]
SHIRTS = ["Category: Clothing", "Category: Clothing > T-shirts"]
GIVEN = {
    "ナイキ air force 白 26": [*SNEAKERS, "Brand: adidas", "Color: White", "Size: 26.0cm"],
    "adidas blue 26": [*SNEAKERS, "Brand: adidas", "Color: Blue"],
    "アディダス スタンスミス 白": [*SNEAKERS, "Brand: adidas", "Color: Blue"],
    "black running shoes": [*SNEAKERS, "Color: Black"],
    "nike t-shirt": [*SHIRTS, "Brand: Nike", "Color: White"],
    "青 スニーカー": SNEAKERS,
    "緑茶 ティーバッグ": ["Category: Food", "Category: Food > Tea"],
    "white sneaker 26cm": [*SNEAKERS, "Color: White"],
    "プーマ 黒 tシャツ": [*SHIRTS, "Brand: PUMA", "Color: Black"],
    "rain boots": ["Category: Shoes", "Category: Shoes > Boots"],
    HOSTILE: ["Brand: **bold** <img src=x>"],
}
# instance, label, kind, score
ISSUES = [
    ("ナイキ air force 白 26", "Brand: adidas", "wrong", 0.04),
    ("アディダス スタンスミス 白", "Color: Blue", "wrong", 0.07),
    ("nike t-shirt", "Color: White", "wrong", 0.22),
    (HOSTILE, "Brand: **bold** <img src=x>", "wrong", 0.31),
    ("ナイキ air force 白 26", "Brand: Nike", "missing", 0.97),
    ("青 スニーカー", "Color: Blue", "missing", 0.91),
    ("アディダス スタンスミス 白", "Color: White", "missing", 0.88),
    ("adidas blue 26", "Size: 26.0cm", "missing", 0.74),
]
ITEMS = {
    "A1": ("Nike Air Force 1 '07 White 26cm", ["Brand: Nike", "Color: White", "Size: 26.0cm"]),
    "A2": ("<img src=x> Air Force 1 Low White 26.5cm", ["Brand: Nike", "Color: White"]),
    "A3": ("adidas Stan Smith White 26cm", ["Brand: adidas", "Color: White", "Size: 26.0cm"]),
    "A4": ("adidas Samba OG Blue", ["Brand: adidas", "Color: Blue"]),
    "A5": ("<b>伊右衛門</b> 緑茶 ティーバッグ 20袋", ["Category: Food > Tea"]),
}
# query, item, clicks
CLICKS = [
    ("ナイキ air force 白 26", "A1", 28),
    ("ナイキ air force 白 26", "A2", 11),
    ("ナイキ air force 白 26", "A3", 2),
    ("adidas blue 26", "A4", 61),
    ("adidas blue 26", "A3", 20),
    ("アディダス スタンスミス 白", "A3", 44),
    ("緑茶 ティーバッグ", "A5", 12),
]
# query, label, source, level, detail
VOTES = [
    ("ナイキ air force 白 26", "Brand: adidas", "clicks", 1, None),
    ("ナイキ air force 白 26", "Brand: adidas", "dictionary", 0, None),
    ("ナイキ air force 白 26", "Brand: adidas", "taxonomy", 1, None),
    ("ナイキ air force 白 26", "Brand: Nike", "clicks", 3, None),
    ("ナイキ air force 白 26", "Brand: Nike", "dictionary", 1, "ナイキ"),
    ("ナイキ air force 白 26", "Color: White", "dictionary", 1, "白"),
    ("アディダス スタンスミス 白", "Color: Blue", "clicks", 1, None),
    ("アディダス スタンスミス 白", "Color: White", "dictionary", 1, "白"),
    ("adidas blue 26", "Brand: adidas", "clicks", 3, None),
    ("adidas blue 26", "Color: Blue", "clicks", 2, None),
    ("nike t-shirt", "Color: White", "clicks", 1, None),
    ("nike t-shirt", "Brand: Nike", "dictionary", 1, "nike"),
    ("緑茶 ティーバッグ", "Category: Food > Tea", "clicks", 3, None),
    ("緑茶 ティーバッグ", "Category: Food > Tea", "taxonomy", 1, None),
]
EVIDENCE = {"clicks": (-0.4, 1.1), "dictionary": (-2.9, 3.1), "taxonomy": (-1.0, 0.3)}
ACCURACY = {"clicks": 0.88, "dictionary": 0.97, "taxonomy": 0.71}


def instances_table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "instance_id": [query.casefold() for query in QUERIES],
            "text": list(QUERIES),
            "split": ["test" if n % 4 == 3 else "train" for n in range(len(QUERIES))],
            "weight": list(QUERIES.values()),
        }
    )


def labels_table() -> pd.DataFrame:
    rows = []
    for label, parent in LABELS.items():
        attribute, value = label.split(": ", 1)
        path = value if attribute == "Category" else None
        rows.append((label, attribute, value.split(" > ")[-1], path, parent))
    return pd.DataFrame(rows, columns=["label_id", "attribute", "value", "path", "parent_id"])


def issues_table() -> pd.DataFrame:
    rows = []
    for kind in ("wrong", "missing"):
        flagged = [issue for issue in ISSUES if issue[2] == kind]
        for rank, (query, label, _, score) in enumerate(flagged, 1):
            verb = "mean" if kind == "wrong" else "leave out"
            reason = f"Two of three sources say that this query does not {verb} {label}."
            given = kind == "wrong"
            rows.append((query.casefold(), label, kind, given, score, rank, reason))
    columns = ["instance_id", "label_id", "kind", "given", "score", "rank", "reason"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["label_quality"] = frame["score"].where(frame["given"], 1 - frame["score"])
    frame["gain_rank"] = frame["label_quality"].rank(method="first").astype("int64")
    return frame.assign(threshold=0.5, pattern_id=None).astype(
        {"score": "float32", "threshold": "float32", "label_quality": "float32"}
    )


def votes_table() -> pd.DataFrame:
    columns = ["instance_id", "label_id", "source", "level", "detail"]
    frame = pd.DataFrame(VOTES, columns=columns).assign(strength=np.float32(0.5), count=4)
    frame["instance_id"] = frame["instance_id"].str.casefold()
    return frame.astype({"level": "int8", "detail": "str"})


def posterior_table() -> pd.DataFrame:
    rows = []
    for (instance_id, label_id), votes in votes_table().groupby(["instance_id", "label_id"]):
        levels = dict(zip(votes["source"], votes["level"], strict=True))
        shares = {f"evidence_{s}": EVIDENCE[s][min(level, 1)] for s, level in levels.items()}
        posterior = 1 / (1 + math.exp(-sum(shares.values())))
        ups, downs = int((votes["level"] > 0).sum()), int((votes["level"] == 0).sum())
        found = {"instance_id": instance_id, "label_id": label_id, "posterior": posterior}
        rows.append(found | {"prior": 0.0, "votes_for": ups, "votes_against": downs} | shares)
    return pd.DataFrame(rows).fillna(dict.fromkeys(map("evidence_{}".format, EVIDENCE), 0.0))


def source_tables(votes: pd.DataFrame) -> dict[str, pd.DataFrame]:
    tables = make_source_tables(
        votes, posterior_table(), labels_table(), n_instances=len(QUERIES)
    ).by_name()
    sources = tables["sources"]
    return tables | {"sources": sources.assign(accuracy=sources["source"].map(ACCURACY))}


def label_tables(votes: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {"votes": votes, "posterior": posterior_table(), **source_tables(votes)}


def clicks_table() -> pd.DataFrame:
    frame = pd.DataFrame(CLICKS, columns=["instance_id", "item_id", "clicks"])
    frame["instance_id"] = frame["instance_id"].str.casefold()
    return frame.assign(
        impressions=100,
        weight=1.0 * frame["clicks"],
        expected_clicks=9.0,
        score=1.2,
        sessions=frame["clicks"],
    )


def given_labels() -> LabelMatrix:
    pairs = [(query.casefold(), label) for query, found in GIVEN.items() for label in found]
    instances, labels = map(list, zip(*pairs, strict=True))
    return LabelMatrix.from_pairs(
        instances,
        labels,
        instance_ids=pd.Index(instances_table()["instance_id"]),
        label_ids=pd.Index(list(LABELS)),
    )


def out_of_sample_scores(given: LabelMatrix) -> PairScores:
    scored = given.values.astype(np.float32) * np.float32(0.9)
    scored = scored.tolil()
    for query, label, _, score in ISSUES:
        row = given.instance_ids.get_loc(query.casefold())
        scored[row, given.label_ids.get_loc(label)] = score
    values = scored.tocsr().astype(np.float32)
    values.sort_indices()
    return PairScores(values, given.instance_ids, given.label_ids)


def noise_estimates() -> pd.DataFrame:
    whole = ("all", "all", 39, 6.4, 3.1, 12.0, 2.2, 1.0, 5.0)
    columns = [
        "scope", "name", "n_judged",
        "estimated_wrong", "wrong_low", "wrong_high",
        "estimated_missing", "missing_low", "missing_high",
    ]  # fmt: skip
    return pd.DataFrame([whole, ("attribute", HOSTILE, *whole[2:])], columns=columns)


def publish_stage(
    workspace: Workspace, stage: str, tables: dict[str, pd.DataFrame], fingerprint: str = ""
) -> None:
    fingerprint = fingerprint or f"{stage}-one"
    about = {"label_version": "v1", "created_at": "2026-01-04T09:00:00+00:00"}
    with workspace.publish(stage, fingerprint, about) as folder:
        for name, frame in tables.items():
            write_table(folder, name, frame)
        if stage in ("ingest", "label"):
            write_json(folder, "report", {"counts": {}, "notes": ["no positions in the log"]})
        if stage == "score":
            given = given_labels()
            write_scores(folder, out_of_sample_scores(given))
            write_array(folder, "column_sums", np.ones(len(given.label_ids)))
        if stage == "flag":
            counts = {"n_given": 41, "n_given_judged": 39, "n_candidates": 28}
            write_json(folder, "coverage", counts)
            columns = ["label_id", "support", "n_pairs", "reason"]
            unjudged = pd.DataFrame([("Brand: PUMA", 1, 2, "too few examples")], columns=columns)
            write_table(folder, "unjudged", unjudged)
            write_table(folder, "noise", noise_estimates())
    workspace.make_current({stage: fingerprint})


def publish_comparison(workspace: Workspace) -> None:
    segments, models = ("all", "head", "tail"), ("before", "after")
    rows = [("precision", k, s, m) for k in (1, 3, 5) for s in segments for m in models]
    metrics = pd.DataFrame(rows, columns=["metric", "k", "segment", "model"])
    metrics["value"] = 0.7 - 0.1 * metrics["k"] + 0.02 * (metrics["model"] == "after")
    metrics["low"], metrics["high"] = metrics["value"] - 0.015, metrics["value"] + 0.015
    after = metrics[metrics["model"] == "after"]
    differences = after.drop(columns="value").assign(
        baseline="before", difference=0.02, low=0.004, high=0.034, better_share=0.98
    )
    about = {
        "fingerprint": "c1",
        "models": {"before": "before-1", "after": "after-1"},
        "test_labels": "the 3 test instances, labels v1 with decisions applied",
        "n_test": 3,
        "created_at": "2026-01-05T10:00:00+00:00",
    }
    with publish(workspace.comparison_folder("v1-v2"), about) as folder:
        write_table(folder, "metrics", metrics)
        write_table(folder, "differences", differences)


def write_shop(root: Path) -> Workspace:
    """Write the whole tiny workspace."""
    workspace = Workspace.create(root, '[workspace]\nname = "tiny-shop"\n')
    items = pd.DataFrame(
        {"item_id": list(ITEMS), "title": [title for title, _ in ITEMS.values()]}, dtype="str"
    )
    carried = [(item, label) for item, (_, labels) in ITEMS.items() for label in labels]
    publish_stage(
        workspace,
        "ingest",
        {
            "instances": instances_table(),
            "labels": labels_table(),
            "items": items,
            "item_labels": pd.DataFrame(carried, columns=["item_id", "label_id"], dtype="str"),
            "aliases": pd.DataFrame({"label_id": [], "alias": [], "locale": []}, dtype="str"),
            "applicability": pd.DataFrame({"attribute": [], "category_id": []}, dtype="str"),
            "clicks": clicks_table(),
        },
    )
    publish_stage(workspace, "label", label_tables(votes_table()))
    given = given_labels()
    about = {
        "made_by": "label model",
        "created_at": "2026-01-04T09:00:00+00:00",
        "n_given": given.n_given,
    }
    with workspace.publish_labels(None, "v1", about) as (_, folder):
        write_labels(folder, given)
    publish_stage(workspace, "score", {})
    publish_stage(workspace, "flag", {"issues": issues_table()})
    publish_comparison(workspace)
    return workspace


PAPER = (
    "Extreme multi-label learning annotates a data point with its most relevant subset of labels "
    "from an extremely large label set. We show that missing labels bias the ranking of a model "
    "against rare labels, and that propensity scored losses mend much of it."
)


def write_papers(root: Path) -> Workspace:
    """Write a workspace made from labels that exist: documents, no attributes, no signals."""
    workspace = Workspace.create(root, "")
    instances = pd.DataFrame(
        {
            "instance_id": ["p1", "p2"],
            "text": [PAPER, "A short note on hashing"],
            "split": ["train", "test"],
            "weight": [1, 1],
        }
    )
    label_ids = ["learning theory", "ranking", "databases"]
    labels = pd.DataFrame({"label_id": label_ids, "value": label_ids})
    labels = labels.assign(attribute=None, path=None, parent_id=None)
    empty = {name: pd.DataFrame(frame.head(0)) for name, frame in signal_tables().items()}
    given = LabelMatrix.from_pairs(
        ["p1", "p1", "p2"],
        ["learning theory", "databases", "databases"],
        instance_ids=pd.Index(["p1", "p2"]),
        label_ids=pd.Index(label_ids),
    )
    publish_stage(
        workspace, "ingest", {"instances": instances, "labels": labels, "clicks": empty["clicks"]}
    )
    publish_stage(workspace, "label", {name: empty[name] for name in ("votes", "posterior")})
    about = {"made_by": "import", "created_at": "2026-01-04T09:00:00+00:00", "n_given": 3}
    with workspace.publish_labels(None, "p1", about) as (_, folder):
        write_labels(folder, given)
    issues = issues_table().head(2)
    issues["instance_id"], issues["label_id"] = ["p1", "p2"], ["databases", "databases"]
    publish_stage(workspace, "flag", {"issues": issues.assign(reason="The model gives it 0.07.")})
    return workspace


def signal_tables() -> dict[str, pd.DataFrame]:
    return {"clicks": clicks_table(), "votes": votes_table(), "posterior": posterior_table()}


@pytest.fixture(scope="module")
def browser() -> Iterator:
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser) -> Iterator:
    """A page of a browser that knows nothing of other tests."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    yield opened
    context.close()


@pytest.fixture(scope="session")
def shop_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shop") / "workspace"
    write_shop(root)
    return root


@pytest.fixture
def shop(shop_template: Path, tmp_path: Path) -> Workspace:
    """A fresh copy of the tiny shop; nothing cached of another one."""
    root = tmp_path / "shop"
    shutil.copytree(shop_template, root)
    st.cache_data.clear()
    st.cache_resource.clear()
    return Workspace(root)


@pytest.fixture
def relabelled(shop: Workspace) -> Callable[..., Workspace]:
    """The tiny shop after a second run: with other tables of the label stage, or without some."""

    def change(**tables: pd.DataFrame | None) -> Workspace:
        changed = label_tables(votes_table()) | tables
        kept = {name: frame for name, frame in changed.items() if frame is not None}
        publish_stage(shop, "label", kept, "label-two")
        return shop

    return change


@pytest.fixture
def patterned(shop: Workspace) -> Workspace:
    """The tiny shop with a swap, of one wrong and one missing label."""
    issues = issues_table()
    ends = issues.index.isin([0, len(issues) - 1])
    issues["pattern_id"] = pd.Series(None, index=issues.index, dtype="str").mask(ends, "p1")
    about = {"pattern_id": ["p1"], "kind": ["wrong"], "description": ["Swap"], "n_issues": [2]}
    publish_stage(
        shop, "flag", {"issues": issues, "patterns": pd.DataFrame(about)}, "with-patterns"
    )
    return shop


@pytest.fixture
def papers(tmp_path: Path) -> Workspace:
    """A fresh workspace of two documents."""
    st.cache_data.clear()
    st.cache_resource.clear()
    return write_papers(tmp_path / "papers")
