import os
import subprocess
import sys
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from workbench.errors import DamagedArtefactError
from workbench.workspace import arrays
from workbench.workspace.artefacts import fingerprint_of, open_artefact, publish, replace_file


@pytest.fixture
def artefact(tmp_path):
    with publish(tmp_path / "one", {"fingerprint": "f"}) as folder:
        arrays.write_table(folder, "t", pd.DataFrame({"a": ["x", "y"], "n": [1, 2]}))
        arrays.write_array(folder, "numbers", np.arange(3))
    return open_artefact(tmp_path / "one")


def test_a_published_table_comes_back(artefact):
    assert artefact.table("t", where=[("n", ">", 1)])["a"].tolist() == ["y"]


def test_nothing_is_published_when_writing_fails(tmp_path):
    with pytest.raises(FileNotFoundError, match="half"), publish(tmp_path / "one", {}) as folder:
        (folder / "part").write_text((folder / "half").read_text())
    assert list(tmp_path.iterdir()) == []


def test_who_publishes_second_leaves_the_first_in_place(artefact, tmp_path):
    with publish(tmp_path / "one", {"fingerprint": "other"}):
        pass
    assert open_artefact(tmp_path / "one").fingerprint == "f"
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_a_shortened_file_is_named(artefact):
    (artefact.folder / "numbers.npy").write_bytes(b"")
    with pytest.raises(DamagedArtefactError, match=r"numbers\.npy has 0 bytes"):
        open_artefact(artefact.folder)


def test_a_changed_byte_is_found_by_the_checksum(artefact):
    path = artefact.folder / "numbers.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedArtefactError, match=r"1 of 2 files .* \['numbers\.npy'\]"):
        open_artefact(artefact.folder).check()


def test_a_sparse_matrix_comes_back_mapped_and_read_only(tmp_path):
    matrix = csr_array(np.array([[0, 1.5], [0, 0]], np.float32))
    arrays.write_matrix(tmp_path, "X", matrix)
    found = arrays.read_matrix(tmp_path, "X")
    assert not found.data.flags.writeable
    assert (found != matrix).nnz == 0


def test_an_empty_sparse_matrix_comes_back(tmp_path):
    arrays.write_matrix(tmp_path, "X", csr_array((3, 4), dtype=np.float32))
    assert arrays.read_matrix(tmp_path, "X").shape == (3, 4)


def test_labels_come_back_with_their_axes(given, tmp_path):
    arrays.write_labels(tmp_path, given)
    found = arrays.read_labels(tmp_path)
    assert (found.values != given.values).nnz == 0
    assert found.instance_ids.equals(given.instance_ids)


def test_scores_keep_their_explicit_zeros(scores, tmp_path):
    arrays.write_scores(tmp_path, scores)
    assert arrays.read_scores(tmp_path).n_judged == 10


def test_a_fingerprint_does_not_depend_on_the_order_of_keys():
    assert fingerprint_of({"a": 1, "b": 2}) == fingerprint_of({"b": 2, "a": 1})


def test_a_writer_that_is_killed_leaves_the_last_good_state(artefact, tmp_path):
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from workbench.workspace.artefacts import publish\n"
        "with publish(Path(sys.argv[1]) / 'two', {}) as folder:\n"
        "    (folder / 'part').write_text('x'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script, str(tmp_path)], env=os.environ, check=False
    )
    assert done.returncode == -9
    assert not (tmp_path / "two").exists()
    open_artefact(tmp_path / "one").check()


@pytest.mark.parametrize("content", ["[1]", "{}", '{"files": ["a.csv"]}', '{"files": {"a": 1}}'])
def test_the_manifest_of_something_else_is_named_with_its_folder(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(
        DamagedArtefactError, match=r"does not belong in .*; move the folder .* away"
    ):
        open_artefact(tmp_path)


def test_a_folder_without_a_manifest_is_moved_away(tmp_path):
    with pytest.raises(
        DamagedArtefactError, match=r"has no manifest\.json; move the folder .* away"
    ):
        open_artefact(tmp_path)


def test_a_file_that_could_not_be_written_leaves_no_draft(tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.workspace.artefacts._sync", Mock(side_effect=OSError("full")))
    with pytest.raises(OSError, match="full"):
        replace_file(tmp_path / "r.html", "<p>")
    assert list(tmp_path.iterdir()) == []
