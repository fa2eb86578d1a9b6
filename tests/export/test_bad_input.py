"""What an export refuses, and what it leaves behind when it cannot go on."""

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.export import write_export
from workbench.export.folder import publishing
from workbench.matrices import LabelMatrix

EXPORT = """
import resource, signal, sys
from pathlib import Path
import numpy as np, pandas as pd
from scipy.sparse import csr_array
from workbench.export import write_export
from workbench.matrices import LabelMatrix

out, format_name, limit, wait = sys.argv[1:]
ids = pd.Index([str(i) for i in range(4000)])
labels = LabelMatrix(csr_array(np.eye(4000, dtype=bool)), ids, pd.Index("label " + ids))
noise = np.random.default_rng(0).integers(0, 2**62, len(ids))
frame = pd.DataFrame({"instance_id": ids, "text": noise.astype(str), "split": "train"})
if int(limit):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))

def progress(done, total):
    if wait == "wait":
        print("writing", flush=True)
        sys.stdin.read()

X = csr_array(np.random.default_rng(0).random((4000, 5), np.float32))
write_export(Path(out), labels, frame, formats=[format_name], features=X, progress=progress)
"""


def start_export(out, format_name="parquet", limit=0, wait=""):
    command = [sys.executable, "-c", EXPORT, str(out), format_name, str(limit), wait]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(command, text=True, **pipes)  # noqa: S603


@pytest.mark.parametrize("format_name", ["parquet", "csv", "npz"])
def test_a_full_disk_leaves_nothing(tmp_path, format_name):
    process = start_export(tmp_path / "v1", format_name, limit=4096)
    _, told = process.communicate()
    assert f"[Errno {errno.EFBIG}]" in told or "rror writing bytes to file" in told
    assert list(tmp_path.iterdir()) == []


def test_a_killed_export_leaves_nothing_at_the_target_and_the_next_one_cleans(
    tmp_path, labels, instances
):
    process = start_export(tmp_path / "v1", wait="wait")
    assert process.stdout.readline() == "writing\n"
    process.kill()
    process.communicate()
    assert [path.suffix for path in tmp_path.iterdir()] == [".partial"]
    write_export(tmp_path / "v1", labels, instances)
    assert [path.name for path in tmp_path.iterdir()] == ["v1"]


def test_an_export_that_runs_is_not_cleaned(tmp_path, labels, instances):
    process = start_export(tmp_path / "v1", wait="wait")
    assert process.stdout.readline() == "writing\n"
    write_export(tmp_path / "v1", labels, instances)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == ["", ".partial"]
    _, told = process.communicate("go on")
    assert "exists; choose another name" in told
    assert [path.name for path in tmp_path.iterdir()] == ["v1"]


def test_the_leftover_of_another_name_stays(tmp_path, labels, instances):
    other = tmp_path / f".v2.{'0' * 32}.partial"
    other.mkdir()
    write_export(tmp_path / "v1", labels, instances)
    assert other.exists()


def test_an_export_that_a_kill_left_aside_comes_back(tmp_path, labels, instances):
    write_export(tmp_path / "v1", labels, instances, label_version="old")
    (tmp_path / f".v1.{'0' * 32}.partial").mkdir()
    (tmp_path / "v1").rename(tmp_path / f".v1.{'0' * 32}.old")
    with pytest.raises(InputError, match="v1 exists"):
        write_export(tmp_path / "v1", labels, instances)
    assert '"old"' in (tmp_path / "v1/manifest.json").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["v1"]


def test_what_was_being_removed_does_not_come_back(tmp_path):
    (tmp_path / f".v1.{'0' * 32}.old").mkdir()
    with publishing(tmp_path / "v1", overwrite=False):
        assert not (tmp_path / "v1").exists()


def test_a_place_below_a_file_is_refused(tmp_path, labels, instances):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        write_export(tmp_path / "file" / "v1", labels, instances)


@pytest.fixture
def read_only():
    """A folder that this process may not write to, which the superuser becomes somebody for."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o555)
    user = os.geteuid()
    if not user:
        os.seteuid(65534)
    yield folder
    os.seteuid(user)
    folder.rmdir()


def test_a_read_only_folder_is_refused(read_only, labels, instances):
    with pytest.raises(PermissionError, match=rf"{read_only}/v1"):
        write_export(read_only / "v1", labels, instances)


def test_half_a_surrogate_pair_in_a_label_is_refused(tmp_path, labels, instances):
    ids = pd.Index(["fine", "half \ud83d", "a", "b"], dtype=object)
    broken = LabelMatrix(labels.values, labels.instance_ids, ids)
    with pytest.raises(InputError, match=r"half a surrogate .* 1 label ids: 'half \\ud83d'"):
        write_export(tmp_path / "v1", broken, instances)
    assert list(tmp_path.iterdir()) == []


def test_half_a_surrogate_pair_in_a_text_is_refused(tmp_path, labels, instances):
    python = pd.StringDtype("python", na_value=float("nan"))
    texts = pd.array(["\udc00", *instances["text"][1:]], dtype=python)
    with pytest.raises(InputError, match=r"1 texts: '\\udc00'"):
        write_export(tmp_path / "v1", labels, instances.assign(text=texts))


def test_line_breaks_in_names_are_refused_for_npz_too(tmp_path, labels, instances, features):
    broken = LabelMatrix(labels.values, labels.instance_ids, pd.Index(["a\nb", "c", "d", "e"]))
    with pytest.raises(InputError, match=r"1 label ids hold a line break.* npz"):
        write_export(tmp_path / "v1", broken, instances, formats=["npz"], features=features)


def test_values_that_are_not_finite_are_refused(tmp_path, labels, instances, features):
    features.data[0] = float("nan")
    with pytest.raises(InputError, match=r"1 values are not finite as float32"):
        write_export(tmp_path / "v1", labels, instances, formats=["npz"], features=features)
    assert list(tmp_path.iterdir()) == []
