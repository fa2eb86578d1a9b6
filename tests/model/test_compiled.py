"""How the kernels are compiled, and on what machines they work: each test has its own process."""

import platform

import numpy as np
import pytest

PREDICT = """
np.save(sys.argv[2], found.predict(X, k=5).toarray())
"""
TRAIN = """
found = model.fit(X, Y)
"""
SAVE = """
found.save(sys.argv[3])
"""
LOAD = """
found = ClusteredOVR.load(sys.argv[3])
"""
EVERY_CALL = """
def read_only(matrix):
    copy = matrix.copy()
    for name in ("data", "indices", "indptr"):
        getattr(copy, name).flags.writeable = False
    return copy
wide = csr_array((X.data, X.indices.astype(np.int64), X.indptr.astype(np.int64)), shape=X.shape)
for x, y in ((X, Y), (read_only(X), read_only(Y)), (wide, Y.astype(np.float32))):
    model.fit(x, y, sample_weight=np.linspace(0.5, 1, 240)).predict(x)
    model.predict(x[[0]])
    model.score_pairs(x, [0, 1], [2, 3])
model.fit(X, Y, warm_start=True).save(sys.argv[2])
loaded = ClusteredOVR.load(sys.argv[2])
loaded.predict(X)
loaded.predict(X[[0]])
model.fit(X, Y, reuse=loaded)
model.fit(X[:200], Y[:200], reuse=loaded, warm_start=True)
model.fit(X, Y, reuse=model, warm_start=True)
many = csr_array((Y.data, Y.indices * 50, Y.indptr), shape=(240, 2000))
model.fit(X, many).predict(X)
out_of_fold(ClusteredOVR(n_trees=2, branching=4, leaf_size=5, n_jobs=2), X, Y)
leave_one_out(ClusteredOVR(n_trees=2, branching=4, leaf_size=5, n_jobs=2), X, Y, also=Y)
leave_one_out(OneVsRest(n_jobs=1), X, Y)
import workbench.model as package
from numba.core.dispatcher import Dispatcher
kernels = {}
for name, module in sys.modules.items():
    if name.startswith("workbench.model"):
        found = vars(module).items()
        kernels |= {k.py_func.__qualname__: k for _, k in found if isinstance(k, Dispatcher)}
# Of sixteen lanes and of one.
of_both = {"margins_of_row", "full_step", "visit_rows", "add_up", "solve_further"}
assert len(kernels) > 20
compiled = {name: k.signatures for name, k in kernels.items() if len(k.signatures) > 1}
assert {name: len(found) for name, found in compiled.items()} == dict.fromkeys(of_both, 2), compiled
"""


@pytest.mark.slow
def test_no_kernel_is_compiled_twice(run_in_world, tmp_path):
    # From a cache only the kernels that Python calls are loaded, not those that they call.
    cache = str(tmp_path / "cache")
    run_in_world(EVERY_CALL, tmp_path / "model", NUMBA_CACHE_DIR=cache)


@pytest.fixture(scope="module")
def native(run_in_world, tmp_path_factory):
    """The model that the processor at hand trains, and what it predicts."""
    folder = tmp_path_factory.mktemp("native")
    run_in_world(TRAIN + SAVE + PREDICT, folder / "native.npy", folder / "model")
    return folder


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() != "x86_64", reason="names instructions of x86")
@pytest.mark.parametrize(
    ("cpu", "features", "missing", "made"),
    [
        ("x86-64-v3", "+avx,+avx2,+fma,-avx512f", "", TRAIN),  # no AVX-512
        ("x86-64-v2", "+sse4.2", "AVX2 and FMA", TRAIN),
        ("generic", "", "AVX2 and FMA", LOAD),  # compiling the training takes longest
    ],
    ids=["without AVX-512", "without AVX2", "generic"],
)
def test_older_processors_predict_the_same(
    run_in_world, native, tmp_path, cpu, features, missing, made
):
    older = tmp_path / "older.npy"
    result = run_in_world(
        made + PREDICT,
        older,
        native / "model",
        NUMBA_CPU_NAME=cpu,
        NUMBA_CPU_FEATURES=features,
        NUMBA_CACHE_DIR=str(tmp_path / "cache"),
    )
    np.testing.assert_allclose(np.load(older), np.load(native / "native.npy"), atol=0.02)
    assert result.stderr.count("kernels are compiled without") == (1 if missing else 0)
    assert missing in result.stderr


INTERRUPTED = """
import os, signal, threading
import numpy as np
from scipy.sparse import csr_array, random_array
from workbench.model import OneVsRest
X = csr_array(random_array((4000, 500), density=0.01, rng=0, dtype=np.float32))
Y = csr_array(random_array((4000, 100), density=0.05, rng=1, format="csr") > 0)
OneVsRest(n_jobs=1, max_passes=1).fit(X, Y)
# A shell starts what runs in the background deaf to it.
signal.signal(signal.SIGINT, signal.default_int_handler)
threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    while True:
        OneVsRest(n_jobs=1, C=4, tolerance=0, max_passes=500).fit(X, Y)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interruption_in_a_kernel_reaches_the_caller(run_python):
    """Numba makes a named tuple by Python code: a signal that falls into it ends the process."""
    assert run_python(INTERRUPTED).stdout == "interrupted\n"
