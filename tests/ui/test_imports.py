"""What a visitor waits for when the app was started just now."""

from pathlib import Path

import workbench.ui

FOLDER = Path(workbench.ui.__file__).parent
DEAR = {"cleanlab", "scipy.optimize", "scipy.stats", "sklearn"}


def test_no_page_loads_what_only_training_needs(run_python):
    pages = ", ".join(sorted(path.stem for path in FOLDER.glob("[a-z]*.py")))
    run_python(
        f"import sys\nfrom workbench.ui import {pages}\nassert not {DEAR} & set(sys.modules)"
    )


def test_a_reviewer_does_not_wait_for_other_pages(run_python):
    dear = {"altair", "ibis", *DEAR}
    run_python(f"import sys, workbench.ui.review\nassert not {dear} & set(sys.modules)")
