import numpy as np

from pipelines.sample.assumptions import Assumptions
from pipelines.sample.shoppers import Clicker


def _rates(*, fickle, wish=0.5):
    clicker = Clicker(Assumptions(), np.random.default_rng(0))
    pages = [clicker.clicked(np.full(6, wish), fickle=fickle) for _ in range(8000)]
    return np.mean(pages, axis=0)


def test_equally_wanted_items_are_clicked_less_further_down():
    assert (np.diff(_rates(fickle=False)) < 0).all()


def test_fickle_clients_do_not_care_what_they_click():
    assert np.array_equal(_rates(fickle=True, wish=0.0), _rates(fickle=True, wish=1.0))
