import numpy as np
import pytest
from scipy.sparse import csr_array

from workbench.signals.telling_phrases import find_telling_phrases
from workbench.signals.value_evidence import count_values

# Six items, three phrases; labels 0 and 1 are of one attribute, label 2 of another.
PHRASES = csr_array(
    np.array([[1, 1, 0], [1, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 1], [0, 0, 0]], np.float32)
)
CARRIED = csr_array(
    np.array([[1, 0, 1], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1]], np.float32)
)


def tell(text, label, shrinkage=1.0):
    counts = count_values(PHRASES, CARRIED, np.array([0, 0, 1]))
    rows, columns = np.array([0]), np.array([label])
    texts = csr_array(np.array([text], np.float32))
    return find_telling_phrases(counts, texts, rows, columns, shrinkage=shrinkage)


def test_lift_is_the_shrunk_gain_over_the_share_among_all_items():
    # Phrase 0 is on 3 items, of which 2 carry label 0; so do 2 of all 6.
    share = (2 + 2 / 6) / (3 + 1)
    assert tell([1, 0, 0], 0).lift[0] == pytest.approx((share - 2 / 6) / (1 - 2 / 6))


def test_the_best_and_the_worst_phrase_are_named():
    told = tell([1, 1, 1], 0)
    assert (told.best[0], told.worst[0]) == (1, 2)
    assert told.lift[0] == tell([0, 1, 0], 0).lift[0]


def test_phrases_from_the_least_lift_on_are_counted():
    assert tell([1, 1, 0], 0).n_telling[0] == 2
    assert tell([1, 0, 1], 0).n_telling[0] == 1


def test_a_phrase_of_items_without_the_attribute_says_that_it_does_not_apply():
    usual = 4 / 6

    def odds(n_having, n_with):
        share = (n_having + usual) / (n_with + 1)
        return share / (1 - share)

    # Phrase 0 is on 3 items with the attribute, phrase 2 on one with it and one without.
    both = odds(3, 3) * odds(1, 2) / (usual / (1 - usual))
    assert tell([1, 0, 1], 0).applies[0] == pytest.approx(both / (1 + both))
    for text, alone in (([1, 0, 0], odds(3, 3)), ([0, 0, 1], odds(1, 2))):
        assert tell(text, 0).applies[0] == pytest.approx(alone / (1 + alone))


def test_a_text_without_known_phrases_tells_nothing():
    told = tell([0, 0, 0], 0)
    assert (told.lift[0], told.n_telling[0], told.best[0], told.worst[0]) == (0, 0, -1, -1)
    assert told.applies[0] == pytest.approx(4 / 6)
