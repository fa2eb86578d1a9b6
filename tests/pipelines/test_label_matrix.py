"""Labels that come as a sparse matrix."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, save_npz

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.ingest import ingest
from pipelines.init import InitRequest, init_workspace
from pipelines.run_report import report_of
from pipelines.stages import Run
from workbench.errors import InputError

QUIET = Terminal(quiet=True)


def ingested(folder, matrix, bad_rows="error"):
    n, m = matrix.shape
    ids = [f"q{i}" for i in range(n)]
    pd.DataFrame({"instance_id": ids, "text": "t"}).to_csv(folder / "t.csv", index=False)
    (folder / "names.txt").write_text("".join(f"l{j}\n" for j in range(m)))
    save_npz(folder / "Y.npz", csr_array(matrix))
    request = InitRequest(
        texts=folder / "t.csv", labels=folder / "Y.npz", label_names=folder / "names.txt"
    )
    workspace = init_workspace(folder / "w", request, QUIET)
    text = workspace.config_path.read_text()
    workspace.config_path.write_text(text.replace('= "error"', f'= "{bad_rows}"'))
    with workspace.lock():
        return ingest(Run(workspace, read_config(workspace.config_path), QUIET))


def test_values_below_zero_are_refused_with_their_number_and_place(tmp_path):
    says = r"Y.npz: .* found 20 below 0 and 0 NaN or infinite \(row 0, column 0: -1.0, row 1"
    with pytest.raises(InputError, match=says):
        ingested(tmp_path, -np.eye(30, 20))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_refused(value, tmp_path):
    with pytest.raises(InputError, match="found 0 below 0 and 3 NaN or infinite"):
        ingested(tmp_path, np.diag([value] * 3))


def test_bad_values_that_are_skipped_are_counted(tmp_path):
    found = ingested(tmp_path, np.array([[1, -1], [0, 1], [np.nan, 0]]), bad_rows="skip")
    assert len(found.table("given_pairs")) == 2
    assert report_of(found).counted("../Y.npz: values below 0, NaN or infinite (left out)") == 2


def test_values_above_zero_are_given_and_those_that_are_not_one_are_counted(tmp_path):
    found = ingested(tmp_path, np.array([[0.3, 0], [1, 2]]))
    assert len(found.table("given_pairs")) == 3
    what = "../Y.npz: values above 0 that are not 1 (given like those that are)"
    assert report_of(found).counted(what) == 2


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint64, np.float32])
def test_ones_of_any_type_are_given(dtype, tmp_path):
    found = ingested(tmp_path, np.eye(4, 3, dtype=dtype))
    assert found.table("given_pairs")["label_id"].tolist() == ["l0", "l1", "l2"]
