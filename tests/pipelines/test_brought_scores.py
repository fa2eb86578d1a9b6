"""Scores in a workspace: worked out by leaving one out, or brought along in a table."""

import numpy as np
import pandas as pd
import pytest

from pipelines.benchmark import benchmark_detection
from pipelines.config import check_config
from pipelines.console import Terminal
from pipelines.noise import noise_line
from pipelines.run import run_pipeline
from pipelines.run_report import report_of
from workbench.errors import AxisMismatchError, ConfigError, InputError
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)
LOST = "rows left out, of {} that the workspace does not have: {} (such as '{}')"


def set_method(folder, method, *lines):
    path = folder / "workbench.toml"
    text = path.read_text()
    before, section, after = text.partition("[scores]\n")
    assert 'method = "leave_one_out"' in after
    chosen = "\n".join([f'method = "{method}"', *lines])
    path.write_text(before + section + after.replace('method = "leave_one_out"', chosen, 1))


def table_of(scores):
    """Return scores as the table that a user would bring."""
    rows = scores.rows_of_pairs()
    return pd.DataFrame(
        {
            "instance_id": scores.instance_ids.take(rows),
            "label_id": scores.label_ids.take(scores.values.indices),
            "score": scores.values.data,
        }
    )


def bring(workspace, table, sums=None):
    """Write the tables beside the configuration and name them in it."""
    table.to_parquet(workspace / "mine.parquet")
    lines = ['path = "mine.parquet"']
    if sums is not None:
        sums.to_csv(workspace / "sums.csv", index=False)
        lines.append('sums_path = "sums.csv"')
    set_method(workspace, "brought", *lines)


def skip_bad_rows(workspace):
    path = workspace / "workbench.toml"
    path.write_text(path.read_text().replace('bad_rows = "error"', 'bad_rows = "skip"'))


@pytest.fixture
def known(workspace):
    """The scores that the workspace has by leaving one out."""
    return Workspace(workspace).artefact("score").scores()


def test_folds_take_the_place_of_leaving_one_out(workspace, known):
    set_method(workspace, "k_fold")
    run = run_pipeline(workspace, terminal=QUIET, show=0)
    assert [entry["stage"] for entry in run.costs.entries if entry["done"]] == ["score", "flag"]
    scored = Workspace(workspace).artefact("score")
    given = Workspace(workspace).latest_labels().labels()
    assert scored.array("column_sums").shape == (len(given.label_ids),)
    assert not np.array_equal(scored.scores().values.data, known.values.data)
    assert len(Workspace(workspace).artefact("flag").table("issues")) > 0


def test_brought_scores_are_the_scores(workspace, known):
    bring(workspace, table_of(known))
    run_pipeline(workspace, terminal=QUIET, show=0)
    scored = Workspace(workspace).artefact("score")
    np.testing.assert_array_equal(scored.scores().values.toarray(), known.values.toarray())
    np.testing.assert_allclose(scored.array("column_sums"), known.values.sum(axis=0), rtol=1e-5)
    assert len(Workspace(workspace).artefact("flag").table("issues")) > 0


def test_column_sums_may_be_brought_too(workspace, known):
    sums = known.values.sum(axis=0) + 1
    bring(
        workspace, table_of(known), pd.DataFrame({"label_id": known.label_ids, "column_sum": sums})
    )
    run_pipeline(workspace, terminal=QUIET, show=0)
    found = Workspace(workspace).artefact("score").array("column_sums")
    np.testing.assert_allclose(found, sums, rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"score": np.nan}, InputError, "'score'"),
        ({"score": 1.5}, InputError, "'score'"),
        ({"score": -0.1}, InputError, "'score'"),
        ({"score": np.inf}, InputError, "'score'"),
        ({"instance_id": "nobody"}, AxisMismatchError, "1 instance ids are not those of the work"),
        ({"label_id": "Color: none"}, AxisMismatchError, "1 label ids are not those of the work"),
    ],
)
def test_wrong_scores_are_refused(workspace, known, change, error, message):
    table = table_of(known)
    for name, value in change.items():
        table.loc[0, name] = value
    bring(workspace, table)
    with pytest.raises(error, match=message):
        run_pipeline(workspace, terminal=QUIET, show=0)


def test_a_pair_that_is_scored_twice_is_refused(workspace, known):
    table = table_of(known)
    bring(workspace, pd.concat([table, table.head(2).assign(score=0.5)]))
    with pytest.raises(
        InputError, match=r"'instance_id' \+ 'label_id' must be unique, found 2 val"
    ):
        run_pipeline(workspace, terminal=QUIET, show=0)


def test_rows_that_are_skipped_are_counted_in_the_report(workspace, known):
    table = table_of(known).astype({"score": float})
    table.loc[[0, 3], "score"] = [1.5, -1]
    bring(workspace, table)
    skip_bad_rows(workspace)
    run_pipeline(workspace, terminal=QUIET, show=0)
    scored = Workspace(workspace).artefact("score")
    assert scored.scores().n_judged == known.n_judged - 2
    assert any("2" in line for line in report_of(scored).lines())


def test_rows_of_unknown_ids_are_left_out_and_counted_where_bad_rows_are_skipped(workspace, known):
    table = table_of(known)
    no_instance = table.head(2).assign(instance_id="nobody")
    neither = table.head(1).assign(instance_id="nobody", label_id="Size: none")
    no_label = table.head(1).assign(label_id="Color: none")
    bring(workspace, pd.concat([no_instance, neither, no_label, table]))
    skip_bad_rows(workspace)
    run_pipeline(workspace, terminal=QUIET, show=0)
    scored = Workspace(workspace).artefact("score")
    np.testing.assert_array_equal(scored.scores().values.toarray(), known.values.toarray())
    lines = report_of(scored).lines()
    assert "mine.parquet: " + LOST.format("instances", 3, "nobody") in lines
    assert "mine.parquet: " + LOST.format("labels", 1, "Color: none") in lines


def test_sums_of_unknown_labels_are_left_out_and_counted_like_their_scores(workspace, known):
    strange = table_of(known).head(1).assign(label_id="Color: none")
    sums = pd.DataFrame({"label_id": known.label_ids, "column_sum": known.values.sum(axis=0) + 1})
    sums.loc[len(sums)] = ["Color: none", 1.0]
    bring(workspace, pd.concat([strange, table_of(known)]), sums)
    skip_bad_rows(workspace)
    run_pipeline(workspace, terminal=QUIET, show=0)
    scored = Workspace(workspace).artefact("score")
    np.testing.assert_array_equal(scored.scores().values.toarray(), known.values.toarray())
    lines = report_of(scored).lines()
    assert "mine.parquet: " + LOST.format("labels", 1, "Color: none") in lines
    assert "sums.csv: " + LOST.format("labels", 1, "Color: none") in lines


def test_sums_are_refused_beside_scores_of_instances_that_are_left_out(workspace, known):
    table = table_of(known)
    others = table.assign(instance_id=table["instance_id"] + " of another shop")
    # Over all that was scored: twice what the workspace's instances add up to.
    sums = pd.DataFrame({"label_id": known.label_ids, "column_sum": 2 * known.values.sum(axis=0)})
    bring(workspace, pd.concat([table, others]), sums)
    skip_bad_rows(workspace)
    n = table["instance_id"].nunique()
    message = rf"sums.csv: expected sums over .* scores {n:,} others in {len(table):,} rows, such"
    with pytest.raises(InputError, match=message):
        run_pipeline(workspace, terminal=QUIET, show=0)


def test_scores_of_no_given_pair_are_refused(workspace, known):
    given = Workspace(workspace).latest_labels().labels().to_frame()
    table = table_of(known).merge(given, on=["instance_id", "label_id"], how="left", indicator=True)
    bring(workspace, table[table["_merge"] == "left_only"][["instance_id", "label_id", "score"]])
    with pytest.raises(InputError, match=r"none of the .* given pairs has a score"):
        run_pipeline(workspace, terminal=QUIET, show=0)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda sums: sums.iloc[1:], AxisMismatchError, "1 labels have no column sum"),
        (lambda sums: sums.assign(column_sum=0), InputError, "below what their scores add up to"),
        (lambda sums: sums.assign(column_sum=np.nan), InputError, "'column_sum'"),
        (
            lambda sums: sums.assign(column_sum=1e6),
            InputError,
            "sums.csv: sums: expected numbers from 0",
        ),
        (lambda sums: pd.concat([sums, sums.head(1)]), InputError, "'label_id' must be unique"),
        (
            lambda sums: sums.replace(sums["label_id"][0], "nobody"),
            AxisMismatchError,
            "1 label ids are not those of the workspace",
        ),
    ],
)
def test_wrong_column_sums_are_refused(workspace, known, change, error, message):
    sums = pd.DataFrame({"label_id": known.label_ids, "column_sum": known.values.sum(axis=0)})
    bring(workspace, table_of(known), change(sums))
    with pytest.raises(error, match=message):
        run_pipeline(workspace, terminal=QUIET, show=0)


def test_a_benchmark_refuses_scores_that_know_nothing_of_its_noise(workspace, known):
    bring(workspace, table_of(known))
    with pytest.raises(ConfigError, match="scores that are brought know nothing of it"):
        benchmark_detection(workspace, noise=0.1, n_seeds=1, terminal=QUIET)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"method": "brought"}, "needs 'path'"),
        ({"path": "mine.csv"}, "are for method"),
        ({"method": "jackknife"}, "'scores.method' = 'jackknife'"),
    ],
)
def test_a_section_that_does_not_fit_together_is_refused(section, message):
    content = {"inputs": {"labels": {"texts": "t.csv", "pairs": "p.csv"}}, "scores": section}
    with pytest.raises(ConfigError, match=message):
        check_config(content, "workbench.toml")


def test_doubts_about_brought_scores_are_warned_of_and_kept(workspace, known, capsys):
    table = table_of(known).sort_values("label_id")
    table["instance_id"] = table["instance_id"].sample(frac=1, random_state=0).to_numpy()
    bring(workspace, table.drop_duplicates(["instance_id", "label_id"]))
    run_pipeline(workspace, terminal=QUIET, show=0)
    told = capsys.readouterr().err
    notes = report_of(Workspace(workspace).artefact("score")).notes
    assert "warning: given pairs score no higher in mine.parquet" in told.replace("\n", " ")
    assert any("given pairs have no score in mine.parquet" in note for note in notes)
    run_pipeline(workspace, terminal=QUIET, show=0)
    assert capsys.readouterr().err == told


def test_missing_pairs_are_not_estimated_where_none_but_given_pairs_have_a_score(workspace, known):
    given = Workspace(workspace).latest_labels().labels().to_frame()[["instance_id", "label_id"]]
    bring(workspace, table_of(known).merge(given))
    run_pipeline(workspace, terminal=QUIET, show=0)
    assert "missing pairs not estimated" in noise_line(Workspace(workspace))
