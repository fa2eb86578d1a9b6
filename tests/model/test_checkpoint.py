"""Training that is interrupted goes on from the blocks that are finished."""

import fcntl
import logging
import shutil
import signal

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


KILLED_AT_THE_SIXTH_BLOCK = """
import os, signal
import workbench.model.finished as finished, workbench.model.training as training
finished._SECONDS_BETWEEN_FILES = -1.0
real, calls = training.train_block, []
def train(*arguments):
    calls.append(1)
    if len(calls) == 6:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments)
training.train_block = train
model.fit(X, Y, checkpoint=sys.argv[2])
"""


def test_a_killed_training_leaves_whole_files(world, run_in_world, tmp_path):
    """A process that is killed between blocks, as by the system when memory runs out."""
    run_in_world(KILLED_AT_THE_SIXTH_BLOCK, tmp_path, returncode=-signal.SIGKILL)
    assert len(list(tmp_path.glob("blocks-*.npz"))) == 5
    resumed = ClusteredOVR(**TREE).fit(*world, checkpoint=tmp_path)
    same_predictions(resumed, ClusteredOVR(**TREE).fit(*world), world[0])


def test_what_a_killed_process_left_half_written_is_removed(tmp_path):
    left, written = (f".{digit * 32}.partial" for digit in "ab")
    (tmp_path / left).write_bytes(b"half")
    (tmp_path / ".mine.csv.partial").write_bytes(b"of another program")
    with (tmp_path / written).open("xb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # as the process that writes it holds it
        FinishedWork(folder=tmp_path)
        kept = {path.name for path in tmp_path.iterdir()}
    assert kept == {written, ".mine.csv.partial"}


def test_a_folder_that_is_gone_does_not_end_the_training(
    world, tmp_path, write_at_once, monkeypatch, caplog
):
    real, calls = training_module.train_block, []

    def train(*arguments):
        calls.append(1)
        if len(calls) == 4:
            shutil.rmtree(tmp_path / "kept")
            (tmp_path / "kept").write_text("")
        return real(*arguments)

    monkeypatch.setattr(training_module, "train_block", train)
    model = ClusteredOVR(**TREE).fit(*world, checkpoint=tmp_path / "kept")
    assert caplog.text.count("cannot be written to") == 1
    assert "training goes on without keeping finished blocks" in caplog.text
    same_predictions(model, ClusteredOVR(**TREE).fit(*world), world[0])


WITHOUT_ROOM = """
import resource
import workbench.model.finished as finished
finished._SECONDS_BETWEEN_FILES = -1.0
model.fit(X, Y, checkpoint=sys.argv[2] + "/warm").predict(X)  # kernels are in their cache now
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
print(model.fit(X, Y, checkpoint=sys.argv[2] + "/kept").predict(X).nnz)
"""


@pytest.mark.parametrize(("room", "n_files"), [(200, 0), (2500, 1)], ids=["tree", "blocks"])
def test_a_full_disk_does_not_end_the_training(world, run_in_world, tmp_path, room, n_files):
    result = run_in_world(WITHOUT_ROOM, tmp_path, room)
    assert int(result.stdout) == ClusteredOVR(**TREE).fit(*world).predict(world[0]).nnz
    assert result.stderr.count("cannot be written to: [Errno 27] File too large") == 1
    assert "MB are free there" in result.stderr
    assert [path.name[:5] for path in (tmp_path / "kept").iterdir()] == ["tree-"] * n_files


def test_every_damaged_byte_is_left_aside_or_harmless(world, tmp_path, write_at_once):
    ClusteredOVR(**TREE).fit(*world, checkpoint=tmp_path / "whole")
    path = next((tmp_path / "whole").glob("blocks-*.npz"))
    intact, prints = path.read_bytes(), np.load(path)["prints"].tolist()
    whole = FinishedWork(folder=tmp_path / "whole")
    (tmp_path / "damaged").mkdir()
    for position in range(0, len(intact), 3):
        damaged = bytearray(intact)
        damaged[position] ^= 1 << position % 8
        (tmp_path / "damaged" / "blocks-one.npz").write_bytes(damaged)
        found = FinishedWork(folder=tmp_path / "damaged")
        for fingerprint in prints:
            block = found.find(fingerprint)
            same = zip(block or (), whole.find(fingerprint), strict=False)
            assert all(np.array_equal(part, known) for part, known in same)


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
