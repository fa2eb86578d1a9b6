"""The whole run on few and odd data: no null, no warning, every given pair judged or counted."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipelines.audit import draw_audit_sample
from pipelines.console import Terminal
from pipelines.init import InitRequest, init_workspace
from pipelines.run import run_pipeline
from pipelines.run_report import report_of
from workbench.errors import MissingArtefactError
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)
WORDS = ["red", "blue", "green", "shoe", "bag", "hat", "nike", "puma"]
RNG = np.random.default_rng(0)
TEXTS = [" ".join(RNG.choice(WORDS, 3, replace=False)) for _ in range(40)]
CARRIED = [(f"q{i}", word) for i, text in enumerate(TEXTS) for word in text.split()]
THING = [(f"q{i}", "thing") for i in range(40)]
LABELS = {
    "a label on all": (TEXTS, CARRIED + THING),
    "only one label, on all": (TEXTS, THING),
    "each label once": (TEXTS, [(f"q{i}", f"own {i}") for i in range(40)]),
    "a single given pair": (TEXTS, CARRIED[:1]),
    "half of the texts without labels": (TEXTS, CARRIED[: len(CARRIED) // 2]),
    "all texts alike": (["red shoe"] * 40, CARRIED),
    "texts without words": (["!!"] * 40, CARRIED),
    "some texts empty": ([text if i % 3 else "" for i, text in enumerate(TEXTS)], CARRIED),
    "as many texts as folds": (TEXTS[:5], CARRIED[:15]),
}
COLORS, BRANDS = ["Red", "Blue", "Green"], ["Nike", "Puma"]
ITEMS = [(f"i{k}", f"shoe {k}", COLORS[k % 3], BRANDS[k % 2]) for k in range(12)]
QUERIES = list(dict.fromkeys(TEXTS))
LOG = [(query, f"i{k % 12}", 5) for k, query in enumerate(QUERIES)]
CLICKS = {
    "one item that all queries led to": ([(query, "i0", 9) for query in QUERIES], ITEMS),
    "a catalog of one item": ([(query, "i0", 9) for query in QUERIES], ITEMS[:1]),
    "half of the items without values": (
        LOG,
        [(*item[:2], "", "") for item in ITEMS[:6]] + ITEMS[6:],
    ),
    "texts that say nothing": ([(f"!{i}", f"i{i % 12}", 3) for i in range(40)], ITEMS),
    "as many queries as folds": (LOG[:5], ITEMS),
}


def start_with_labels(folder: Path, texts: Iterable[str], pairs: Iterable[tuple]) -> Path:
    ids = [f"q{i}" for i, _ in enumerate(texts)]
    pd.DataFrame({"instance_id": ids, "text": texts}).to_csv(folder / "texts.csv", index=False)
    pd.DataFrame(pairs, columns=["instance_id", "label_id"]).to_csv(
        folder / "labels.csv", index=False
    )
    request = InitRequest(texts=folder / "texts.csv", labels=folder / "labels.csv")
    init_workspace(folder / "w", request, QUIET)
    return folder / "w"


def start_with_clicks(folder: Path, log: Iterable[tuple], items: Iterable[tuple]) -> Path:
    pd.DataFrame(log, columns=["user_query", "object_id", "clicks"]).to_csv(
        folder / "log.csv", index=False
    )
    pd.DataFrame(items, columns=["id", "title", "color", "brand"]).to_csv(
        folder / "items.csv", index=False
    )
    request = InitRequest(clicks=folder / "log.csv", catalog=folder / "items.csv")
    init_workspace(folder / "w", request, QUIET)
    return folder / "w"


def set_scores(folder: Path, *lines: str) -> None:
    """Write lines under [scores], in place of the method."""
    path = folder / "workbench.toml"
    before, after = path.read_text().split("\n[scores]\n")
    method = 'method = "leave_one_out"\n'
    assert method in after
    after = after.replace(method, "\n".join([*lines, ""]))
    path.write_text(f"{before}\n[scores]\n{after}")


def check_run(folder: Path) -> pd.DataFrame:
    """Run the workspace and return its issues, checked with the tables beside them."""
    run_pipeline(folder, terminal=QUIET, show=0)
    workspace = Workspace(folder)
    given, flagged = workspace.latest_labels().labels(), workspace.artefact("flag")
    issues, noise = flagged.table("issues"), flagged.table("noise")
    sure = ["label_quality", "rank", "gain_rank", "reason"]
    assert issues[sure].notna().all(axis=None)
    assert issues["label_quality"].between(0, 1).all()
    assert not issues.duplicated(["instance_id", "label_id"]).any()
    assert (issues.groupby("kind").cumcount() + 1 == issues["rank"]).all()
    assert noise.notna().all(axis=None)
    whole = noise[noise["scope"] == "all"].iloc[0]
    assert whole["n_given"] == given.n_given == whole["n_judged"] + whole["n_unjudged"]
    assert flagged.table("unjudged")["n_pairs"].sum() == whole["n_unjudged"]
    return issues


@pytest.mark.parametrize("odd", LABELS.values(), ids=LABELS)
def test_odd_labels_run_to_the_end(odd, tmp_path):
    check_run(start_with_labels(tmp_path, *odd))


def test_a_label_on_every_instance_is_noted(tmp_path):
    folder = start_with_labels(tmp_path, *LABELS["a label on all"])
    run_pipeline(folder, terminal=QUIET, show=0)
    lines = report_of(Workspace(folder).artefact("label")).lines()
    (told,) = (line for line in lines if line.startswith("labels given to every instance"))
    assert told.endswith(": 1 (such as 'thing')")


@pytest.mark.parametrize("odd", CLICKS.values(), ids=CLICKS)
def test_odd_clicks_run_to_the_end(odd, tmp_path):
    check_run(start_with_clicks(tmp_path, *odd))


def test_odd_labels_run_to_the_end_with_folds(tmp_path):
    folder = start_with_labels(tmp_path, *LABELS["as many texts as folds"])
    set_scores(folder, 'method = "k_fold"')
    check_run(folder)


@pytest.mark.parametrize("n_texts", [2, 3, 4])
def test_two_texts_are_enough_to_leave_one_out(n_texts, tmp_path):
    check_run(start_with_labels(tmp_path, TEXTS[:n_texts], CARRIED[: 3 * n_texts]))


@pytest.mark.parametrize("score", [0.0, 0.5, 1.0])
def test_brought_scores_that_are_all_equal_run_to_the_end(score, tmp_path):
    folder = start_with_labels(tmp_path, TEXTS, CARRIED)
    pairs = pd.MultiIndex.from_product([[f"q{i}" for i in range(40)], WORDS])
    table = pd.DataFrame(list(pairs), columns=["instance_id", "label_id"]).assign(score=score)
    table.to_csv(folder / "mine.csv", index=False)
    set_scores(folder, 'method = "brought"', 'path = "mine.csv"')
    issues = check_run(folder)
    assert (issues["score"] == score).all()
    assert set(Workspace(folder).artefact("score").scores().values.data) == {np.float32(score)}


def test_a_sample_of_too_few_texts_is_not_promised_by_another_run(tmp_path):
    folder = start_with_labels(tmp_path, TEXTS[:1], CARRIED[:3])
    run_pipeline(folder, terminal=QUIET, show=0)
    wanted = {"draw": 9, "out": tmp_path / "a.csv", "seed": 0, "overwrite": False}
    with pytest.raises(MissingArtefactError, match=r"labels but no model, .*; give more, then:"):
        draw_audit_sample(folder, **wanted, terminal=QUIET)


@pytest.mark.parametrize(
    ("method", "n_texts", "needed"), [("leave_one_out", 1, 2), ("k_fold", 1, 5), ("k_fold", 4, 5)]
)
def test_too_few_texts_make_labels_and_no_model(method, n_texts, needed, tmp_path, capsys):
    folder = start_with_labels(tmp_path, TEXTS[:n_texts], CARRIED[: 3 * n_texts])
    set_scores(folder, f'method = "{method}"')
    run_pipeline(folder, terminal=QUIET, show=0)
    assert Workspace(folder).latest_labels().labels().n_given == 3 * n_texts
    assert not Workspace(folder).has("flag")
    said = f"too few: a model, its scores and the issues need at least {needed}, one "
    assert said in capsys.readouterr().err
