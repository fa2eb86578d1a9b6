from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.label_model.outcomes import find_joint_outcomes
from workbench.label_model.patterns import VotePatterns


def patterns_of(said: dict[str, dict[str, int]]) -> VotePatterns:
    """Patterns of the levels that each source gives the instances it votes on, for one label."""
    rows = [
        (instance, "sale", source, level)
        for source, levels in said.items()
        for instance, level in levels.items()
    ]
    votes = pd.DataFrame(rows, columns=["instance_id", "label_id", "source", "level"])
    return VotePatterns.from_votes(votes, pd.DataFrame({"label_id": ["sale"], "attribute": [""]}))


def test_rare_outcomes_count_as_the_nearest_that_is_kept():
    many = {f"q{i:02}": 2 for i in range(9)}
    said = {
        "clicks": many | {f"p{i}": 0 for i in range(5)} | {"x": 3},
        "buys": many | {"y": 0},
    }
    patterns = patterns_of(said)
    (outcomes,) = find_joint_outcomes(patterns, {"clicks": "shop", "buys": "shop"}, 3)
    kept = outcomes.names(patterns.sources)
    assert kept == ["buys abstains, clicks abstains", "buys 2, clicks 2", "buys abstains, clicks 0"]
    said_of_x = outcomes.encode(np.array([[-1, 3], [0, -1], [3, 2]], np.int8))
    assert said_of_x.tolist() == [0, 0, 1]


def test_outcomes_speak_for_at_the_top_and_against_when_all_votes_do():
    said = {
        "a": {"p": 0, "q": 0, "r": 2, "s": 1},
        "b": {"p": 1, "q": 0},
    }
    patterns = patterns_of(said)
    (group,) = find_joint_outcomes(patterns, {"a": "g", "b": "g"}, 9)
    assert dict(zip(group.names(patterns.sources), group.directions().tolist(), strict=True)) == {
        "a abstains, b abstains": 0,
        "a 0, b 1": 0,
        "a 0, b 0": -1,
        "a 1, b abstains": 0,
        "a 2, b abstains": 1,
    }


def test_silence_of_a_finder_may_speak_for_a_pair_only_where_its_votes_never_do():
    patterns = patterns_of({"both": {"p": 0, "q": 1}, "forbids": {"p": 0, "r": 0}})
    both, forbids = find_joint_outcomes(patterns, {}, 9)
    assert both.directions(is_finder=False).tolist() == [0, -1, 1]
    assert both.directions(is_finder=True).tolist() == [-1, -1, 1]
    assert forbids.directions(is_finder=True).tolist() == [0, -1]


def test_levels_have_an_order_within_one_source_only():
    said = {"a": {"p": 2, "q": 2, "r": 1, "s": 0}, "b": {"t": 1}}
    patterns = patterns_of(said)
    alone = find_joint_outcomes(patterns, {}, 9)[0]
    assert alone.levels[alone.ladder(), 0].tolist() == [0, 1, 2]
    (together,) = find_joint_outcomes(patterns, {"a": "g", "b": "g"}, 9)
    assert together.ladder().tolist() == []
