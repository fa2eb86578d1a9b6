"""Labels that are well-formed, and strange all the same."""

import pytest

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.ingest import ingest
from pipelines.init import InitRequest, init_workspace
from pipelines.run_report import report_of
from pipelines.stages import Run

QUIET = Terminal(quiet=True)
ALIKE = "labels that differ from another only in case, white space or Unicode form (kept apart)"


@pytest.fixture
def workspace(tmp_path):
    def make(rows, n_texts=20):
        texts = "".join(f"q{i},text\n" for i in range(n_texts))
        (tmp_path / "t.csv").write_text("instance_id,text\n" + texts)
        (tmp_path / "l.csv").write_text("instance_id,label_id\n" + "\n".join(rows) + "\n")
        request = InitRequest(texts=tmp_path / "t.csv", labels=tmp_path / "l.csv")
        return init_workspace(tmp_path / "w", request, QUIET)

    return make


def ingested(workspace):
    with workspace.lock():
        run = Run(workspace, read_config(workspace.config_path), QUIET)
        return ingest(run)


@pytest.mark.parametrize("n_lost", [1, 2])
def test_labels_without_a_text_are_warned_of_at_every_run_from_5_percent_on(
    workspace, n_lost, capsys
):
    known = [f"q{i},red" for i in range(20)] + ["q0,red"]
    made = workspace(known + [f"x{i},red" for i in range(n_lost)])
    for _ in range(2):
        ingested(made)
        warned = "warning: 2 of 23 rows of ../l.csv (9%) are left out" in capsys.readouterr().err
        assert warned == (n_lost == 2)


def test_labels_that_differ_only_in_case_and_space_are_counted(workspace):
    rows = ["q0,Color: Rot", "q1, color: rot ", "q2,color:\uff32ot", "q3,Color: Blau", "q4,Size: 3"]
    lines = report_of(ingested(workspace(rows))).lines()
    assert [line for line in lines if line.startswith(ALIKE)] == [
        f"{ALIKE}: 3 (such as ' color: rot  / Color: Rot / color:\uff32ot')"
    ]


def test_labels_like_empty_cells_are_counted_with_how_many_carry_them(workspace):
    report = report_of(ingested(workspace(["q0,NaN", "q1,NaN", "q2,none", "q3,nano"])))
    what = "labels that read like an empty cell (kept as labels): 2"
    assert f"{what} (such as 'NaN on 2', 'none on 1')" in report.lines()
    assert report.counted(ALIKE) == 0
