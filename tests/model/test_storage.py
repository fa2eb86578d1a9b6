import json
import mmap

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from workbench.errors import DamagedArtefactError, MissingArtefactError
from workbench.model import ClusteredOVR, OneVsRest


@pytest.fixture(params=[1, 2], ids=["one tree", "two trees"])
def model(request, world):
    parameters = {"branching": 4, "leaf_size": 5, "n_trees": request.param, "n_jobs": 1}
    return ClusteredOVR(**parameters).fit(*world)


def edit_manifest(folder, **changes):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def is_mapped(array):
    while isinstance(array, np.ndarray):
        array = array.base
    return isinstance(array, mmap.mmap)


def test_a_loaded_model_is_mapped_and_predicts_the_same(model, world, tmp_path):
    model.save(tmp_path / "new" / "model")
    loaded = ClusteredOVR.load(tmp_path / "new" / "model")
    assert is_mapped(loaded.trees_[0].levels[0].weights)
    X, _ = world
    one, other = model.predict(X), loaded.predict(X)
    np.testing.assert_array_equal(one.toarray(), other.toarray())
    assert loaded.get_params() == model.get_params()
    assert loaded.explain(X[[0]], 3) == model.explain(X[[0]], 3)


def test_a_model_is_stored_with_the_parameters_that_made_it(world, tmp_path):
    fitted = ClusteredOVR(branching=4, leaf_size=5, n_jobs=1).fit(*world)
    made_with = fitted.get_params()
    fitted.set_params(leaf_size=9, n_trees=5, C=2, random_state=1, beam=3).save(tmp_path)
    loaded = ClusteredOVR.load(tmp_path)
    assert loaded.get_params() == made_with | {"beam": 3}
    assert len(loaded.trees_) == loaded.n_trees == 1


def test_one_vs_rest_is_stored_alike(world, tmp_path):
    model = OneVsRest(C=np.float64(2), n_jobs=1).fit(*world)
    model.save(tmp_path)
    found = OneVsRest.load(tmp_path).predict(world[0])
    np.testing.assert_array_equal(found.toarray(), model.predict(world[0]).toarray())


def test_a_damaged_file_is_named(model, tmp_path):
    model.save(tmp_path)
    path = tmp_path / "tree0_level0_bias.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedArtefactError, match=r"level0_bias.npy .* train the model again"):
        ClusteredOVR.load(tmp_path)


def test_a_missing_file_is_named(model, tmp_path):
    model.save(tmp_path)
    (tmp_path / "tree0_label_order.npy").unlink()
    with pytest.raises(DamagedArtefactError, match=r"label_order.npy is missing"):
        ClusteredOVR.load(tmp_path)


def test_a_newer_format_is_refused(model, tmp_path):
    model.save(tmp_path)
    edit_manifest(tmp_path, format_version=99)
    with pytest.raises(DamagedArtefactError, match=r"format version 99, .* update the program"):
        ClusteredOVR.load(tmp_path)


def test_an_older_format_is_refused(model, tmp_path):
    model.save(tmp_path)
    edit_manifest(tmp_path, format_version=1)
    with pytest.raises(DamagedArtefactError, match=r"format version 1, .* train the model again"):
        ClusteredOVR.load(tmp_path)


def test_another_kind_of_model_is_refused(model, tmp_path):
    model.save(tmp_path)
    with pytest.raises(DamagedArtefactError, match="holds a ClusteredOVR, not a OneVsRest"):
        OneVsRest.load(tmp_path)


def test_a_manifest_that_is_cut_off_is_refused(model, tmp_path):
    model.save(tmp_path)
    (tmp_path / "manifest.json").write_text('{"format_version": ')
    with pytest.raises(DamagedArtefactError, match="cannot be read"):
        ClusteredOVR.load(tmp_path)


def test_a_manifest_without_an_entry_is_refused(model, tmp_path):
    model.save(tmp_path)
    path = tmp_path / "manifest.json"
    kept = json.loads(path.read_text())
    del kept["sha256"], kept["entropy"]
    path.write_text(json.dumps(kept))
    with pytest.raises(DamagedArtefactError, match=r"lacks entropy, sha256; train"):
        ClusteredOVR.load(tmp_path)


def test_a_folder_without_a_model_says_so(tmp_path):
    with pytest.raises(MissingArtefactError, match="holds no model"):
        ClusteredOVR.load(tmp_path)


def test_a_model_is_never_overwritten(model, tmp_path):
    model.save(tmp_path)
    with pytest.raises(FileExistsError, match="is not empty"):
        model.save(tmp_path)


def test_an_unfitted_model_cannot_be_saved(tmp_path):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        ClusteredOVR().save(tmp_path)
