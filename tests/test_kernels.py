"""What all compiled kernels promise."""


def test_without_a_cache_folder_kernels_work_and_the_log_says_so_once(run_python):
    code = """
import numpy as np
from workbench.kernels import warn_of_limits
from workbench.model.collecting import keep_best
warn_of_limits()
warn_of_limits()
print(keep_best(np.array([0, 2]), np.float32([1, 2]), 1)[1])
"""
    locator = "UserProvidedCacheLocator"  # and NUMBA_CACHE_DIR provides no folder
    result = run_python(code, NUMBA_CACHE_LOCATOR_CLASSES=locator, NUMBA_CACHE_DIR="")
    assert result.stdout.split() == ["[1]"]
    assert result.stderr.count("NUMBA_CACHE_DIR") == 1


def test_importing_the_package_does_not_import_the_compiler(run_python):
    run_python("import workbench, sys; assert 'numba' not in sys.modules")


def test_a_kernel_is_compiled_anew_when_one_that_it_calls_changes(run_python, tmp_path):
    inner = tmp_path / "inner.py"
    kernel = "from workbench.kernels import kernel\n@kernel\ndef {}(): return {}\n"
    (tmp_path / "outer.py").write_text(
        "from inner import one\n" + kernel.format("two", "2 * one()")
    )

    def result():
        code = (
            f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import outer; print(outer.two())"
        )
        return run_python(code, NUMBA_CACHE_DIR=str(tmp_path / "cache")).stdout.strip()

    inner.write_text(kernel.format("one", "1"))
    assert result() == "2"
    assert list((tmp_path / "cache").rglob("*two*.nbc"))
    inner.write_text(kernel.format("one", "10"))
    assert result() == "20"
