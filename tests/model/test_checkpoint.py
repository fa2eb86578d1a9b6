"""Training that is interrupted goes on from the blocks that are finished."""

import logging
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

import workbench.model.finished as finished_module
import workbench.model.training as training_module
from workbench.errors import InputError
from workbench.model import ClusteredOVR
from workbench.model.finished import FinishedWork

TREE = {"branching": 4, "leaf_size": 5, "n_jobs": 1}


@pytest.fixture
def count_trained(monkeypatch):
    """The number of blocks trained; it can be told to stop after some, as Ctrl-C would."""
    real = training_module.train_block
    state = {"trained": 0, "stop_after": None}

    def train(*arguments):
        if state["trained"] == state["stop_after"]:
            raise KeyboardInterrupt("by hand")
        state["trained"] += 1
        return real(*arguments)

    monkeypatch.setattr(training_module, "train_block", train)
    return state


@pytest.fixture
def write_at_once(monkeypatch):
    monkeypatch.setattr(finished_module, "_SECONDS_BETWEEN_FILES", -1.0)


def interrupted(count_trained, world, folder, after):
    count_trained["stop_after"] = after
    with pytest.raises(KeyboardInterrupt, match="by hand"):
        ClusteredOVR(**TREE).fit(*world, checkpoint=folder)
    count_trained.update(trained=0, stop_after=None)


def same_predictions(one, other, X):
    np.testing.assert_array_equal(one.predict(X).toarray(), other.predict(X).toarray())


def test_an_interrupted_training_goes_on(world, count_trained, tmp_path):
    whole = ClusteredOVR(**TREE).fit(*world)
    n_blocks = count_trained["trained"]
    count_trained["trained"] = 0
    interrupted(count_trained, world, tmp_path, after=4)
    resumed = ClusteredOVR(**TREE).fit(*world, checkpoint=tmp_path)
    assert count_trained["trained"] == n_blocks - 4
    same_predictions(resumed, whole, world[0])


def test_the_tree_is_not_built_again(world, count_trained, tmp_path, monkeypatch):
    interrupted(count_trained, world, tmp_path, after=1)

    def refuse(*arguments, **settings):
        raise AssertionError("built again")

    monkeypatch.setattr("workbench.model.clustered_ovr.build_label_tree", refuse)
    ClusteredOVR(**TREE).fit(*world, checkpoint=tmp_path)


def test_other_data_trains_anew(world, count_trained, tmp_path, write_at_once):
    X, Y = world
    ClusteredOVR(**TREE).fit(X, Y, checkpoint=tmp_path)
    n_blocks = count_trained["trained"]
    count_trained["trained"] = 0
    ClusteredOVR(**TREE).fit(X * np.float32(0.9), Y, checkpoint=tmp_path)
    assert count_trained["trained"] == n_blocks


def test_a_damaged_file_is_left_aside_and_said(
    world, count_trained, tmp_path, caplog, write_at_once
):
    ClusteredOVR(**TREE).fit(*world, checkpoint=tmp_path)
    n_blocks = count_trained["trained"]
    for path in tmp_path.glob("*.npz"):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    count_trained["trained"] = 0
    with caplog.at_level(logging.WARNING):
        ClusteredOVR(**TREE).fit(*world, checkpoint=tmp_path)
    assert count_trained["trained"] == n_blocks
    assert "damaged and left aside" in caplog.text


def test_work_is_written_while_training_goes_on(world, write_at_once, tmp_path):
    ClusteredOVR(**TREE).fit(*world, checkpoint=tmp_path)
    assert len(list(tmp_path.glob("blocks-*.npz"))) > 5


def test_a_killed_training_leaves_whole_files(world, world_file, tmp_path):
    """A process that is killed between blocks, as by the system when memory runs out."""
    code = """
import os, signal, sys
import numpy as np
from scipy.sparse import csr_array
import workbench.model.finished as finished, workbench.model.training as training
from workbench.errors import InputError
from workbench.model import ClusteredOVR
from workbench.model.finished import FinishedWork
finished._SECONDS_BETWEEN_FILES = -1.0
real, calls = training.train_block, []
def train(*arguments):
    calls.append(1)
    if len(calls) == 6:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments)
training.train_block = train
parts = np.load(sys.argv[1])
X, Y = (csr_array(tuple(parts[n + p] for p in ("data", "indices", "indptr"))) for n in "XY")
ClusteredOVR(branching=4, leaf_size=5, n_jobs=1).fit(X, Y, checkpoint=sys.argv[2])
"""
    X, Y = world
    command = [sys.executable, "-c", code, str(world_file), str(tmp_path / "kept")]
    result = subprocess.run(command, env=os.environ, capture_output=True, text=True)  # noqa: S603
    assert result.returncode == -signal.SIGKILL, result.stderr
    assert len(list((tmp_path / "kept").glob("blocks-*.npz"))) == 5
    resumed = ClusteredOVR(**TREE).fit(X, Y, checkpoint=tmp_path / "kept")
    same_predictions(resumed, ClusteredOVR(**TREE).fit(X, Y), X)


def test_every_damaged_byte_is_left_aside_or_harmless(world, tmp_path, write_at_once):
    ClusteredOVR(**TREE).fit(*world, checkpoint=tmp_path / "whole")
    intact = next((tmp_path / "whole").glob("blocks-*.npz")).read_bytes()
    (tmp_path / "damaged").mkdir()
    for position in range(0, len(intact), 3):
        damaged = bytearray(intact)
        damaged[position] ^= 1 << position % 8
        (tmp_path / "damaged" / "blocks-one.npz").write_bytes(damaged)
        FinishedWork(folder=tmp_path / "damaged")


def test_a_checkpoint_is_a_folder(world, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"checkpoint .*file: the folder cannot be made"):
        ClusteredOVR(**TREE).fit(*world, checkpoint=tmp_path / "file")


def test_what_cannot_be_written_does_not_hide_the_interruption(
    world, count_trained, tmp_path, monkeypatch, caplog
):
    def disk_full(*arguments, **arrays):
        raise OSError("No space left on device")

    monkeypatch.setattr(FinishedWork, "add_tree", lambda *arguments: None)
    monkeypatch.setattr(finished_module.np, "savez", disk_full)
    interrupted(count_trained, world, tmp_path, after=2)
    assert "No space left on device" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_needs_a_seed(world, tmp_path):
    with pytest.raises(ValueError, match="needs a random_state"):
        ClusteredOVR(random_state=None).fit(*world, checkpoint=tmp_path)
