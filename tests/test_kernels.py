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
