"""What stages cost."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.costs import Costs, can_forget_peak

_MB = 200

forgets = pytest.mark.skipif(
    not can_forget_peak(), reason="this system cannot start the peak of memory anew"
)


def _hold(mb: int) -> int:
    return int(np.ones(mb * 1024 * 1024 // 8).sum())


@forgets
def test_peak_of_a_part_is_a_peak_of_its_stage():
    costs = Costs()
    with costs.measured("label"):
        with costs.part("votes"):
            _hold(_MB)
        with costs.part("posterior"):
            pass
    label = costs.entries[0]
    votes, posterior = label["parts"]
    assert label["peak_mb"] == votes["peak_mb"] > posterior["peak_mb"] + _MB // 2


@forgets
def test_what_a_stage_held_before_its_part_is_its_peak():
    costs = Costs()
    with costs.measured("label"):
        _hold(_MB)
        with costs.part("votes"):
            pass
    label = costs.entries[0]
    assert label["peak_mb"] > label["parts"][0]["peak_mb"] + _MB // 2


@forgets
def test_peak_of_a_stage_forgets_the_stage_before():
    costs = Costs()
    with costs.measured("ingest"):
        _hold(_MB)
    with costs.measured("label"):
        pass
    assert costs.entries[1]["peak_mb"] < costs.entries[0]["peak_mb"] - _MB // 2


def test_a_stage_that_fails_leaves_no_entry():
    costs = Costs()
    with pytest.raises(ValueError, match="no"), costs.measured("ingest"), costs.part("catalog"):
        raise ValueError("no")
    with costs.measured("label"):
        pass
    assert [(entry["stage"], entry["parts"]) for entry in costs.entries] == [("label", [])]


def test_time_of_a_stage_covers_its_parts():
    costs = Costs()
    with costs.measured("label"), costs.part("votes"):
        _hold(20)
    label = costs.entries[0]
    assert label["cpu_seconds"] >= label["parts"][0]["cpu_seconds"] > 0
    assert label["seconds"] >= label["parts"][0]["seconds"] > 0
