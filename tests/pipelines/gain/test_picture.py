"""The picture of the gain curves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.gain.measuring import CLEAN, MEASURES, NOISY
from pipelines.gain.picture import draw_gain
from pipelines.gain.ways import OURS, RANDOM


def _points(seeds: int) -> pd.DataFrame:
    rows = []
    for seed in range(seeds):
        for way, share, value in (
            (NOISY, 0.0, 0.5),
            (CLEAN, np.nan, 0.7),
            (OURS, 0.1, 0.6 + seed / 100),
            (OURS, 0.5, 0.65),
            (RANDOM, 0.1, 0.51),
            (RANDOM, 0.5, 0.6),
        ):
            rows.append({"way": way, "share": share, "seed": seed})
            rows[-1] |= dict.fromkeys(MEASURES, value)
    return pd.DataFrame(rows)


def test_every_measure_part_and_way_is_named(tmp_path: Path):
    draw_gain([("bibtex", _points(2)), ("a shop", _points(1))], tmp_path / "gain.svg")
    drawn = (tmp_path / "gain.svg").read_text(encoding="utf-8")
    for named in ("P@1", "P@3", "P@5", "bibtex", "a shop", OURS, RANDOM, NOISY, CLEAN):
        assert named in drawn


def test_the_picture_says_over_how_many_seeds_its_points_are_means(tmp_path: Path):
    for seeds, told in ((3, "mean of 3 seeds"), (1, "1 seed")):
        draw_gain([("bibtex", _points(seeds))], tmp_path / "gain.svg")
        assert told in (tmp_path / "gain.svg").read_text(encoding="utf-8")


def test_ways_that_were_not_measured_are_not_named(tmp_path: Path):
    draw_gain([("bibtex", _points(1))], tmp_path / "gain.svg")
    assert "pattern" not in (tmp_path / "gain.svg").read_text(encoding="utf-8")


def test_the_same_points_make_the_same_file(tmp_path: Path):
    for name in ("first.svg", "second.svg"):
        draw_gain([("bibtex", _points(2))], tmp_path / name)
    assert (tmp_path / "first.svg").read_bytes() == (tmp_path / "second.svg").read_bytes()
