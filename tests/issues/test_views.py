from __future__ import annotations

import numpy as np

from workbench.issues.literal import LiteralMatcher
from workbench.issues.neighbours import nearest_neighbours
from workbench.issues.views import PairViews
from workbench.matrices import LabelMatrix, PairScores


def test_views_that_have_no_data_are_left_out(given: LabelMatrix, scores: PairScores) -> None:
    views = PairViews(given, scores, np.full(5, 3.0))
    assert views.names == ("score", "cooccurrence", "companions", "instance", "prior")
    assert views.is_evidence == (True, True, True, False, False)
    assert views.of(views.judged).shape == (10, 5)


def test_last_candidate_is_the_lowest_pair_unless_it_is_told(
    given: LabelMatrix, scores: PairScores
) -> None:
    told = np.full(6, 0.5, np.float32)
    found = [PairViews(given, scores, np.full(5, 3.0), lowest=of).lowest for of in (None, told)]
    np.testing.assert_allclose(found[0], [np.inf] * 4 + [0.7, 0.0], rtol=1e-6)
    assert found[1] is told


def test_the_regression_on_other_labels_can_be_left_out(given, scores) -> None:
    views = PairViews(given, scores, np.full(5, 3.0), with_companions=False)
    assert views.names == ("score", "cooccurrence", "instance", "prior")
    assert views.of(views.judged).shape == (10, 4)


def test_more_evidence_is_higher_in_every_view(shop) -> None:
    views = PairViews(
        shop.noisy.given,
        shop.scores,
        shop.column_sums,
        neighbours=nearest_neighbours(shop.features),
        attributes=np.repeat([0, -1, 1], [6, 12, 8]),
        matcher=LiteralMatcher(shop.texts, shop.labels["value"].tolist()),
    )
    judged = views.judged
    is_true = shop.truth.values.toarray()[judged.rows, judged.columns]
    table = views.of(judged)[:, np.array(views.is_evidence)]
    assert (table[is_true].mean(axis=0) > table[~is_true].mean(axis=0)).all()


def test_neighbour_view_is_the_log_odds_of_their_share(shop) -> None:
    neighbours = nearest_neighbours(shop.features, n_neighbours=4)
    views = PairViews(shop.noisy.given, shop.scores, shop.column_sums, neighbours=neighbours)
    first = views.judged.take(np.array([0]))
    others = neighbours.indices[: neighbours.indptr[1]]
    carry = shop.noisy.given.values.toarray()[others, first.columns[0]].sum()
    expected = np.log((carry + 0.5) / (len(others) - carry + 0.5))
    np.testing.assert_allclose(
        views.of(first)[0, views.names.index("neighbours")], expected, rtol=1e-6
    )
