from pipelines.sample.weak_rule import AliasMatcher, compare_with_truth, label_by_clicks


def _matcher(*aliases):
    return AliasMatcher(
        [{"attribute": "Color", "value": value, "alias": alias} for value, alias in aliases]
    )


def test_the_longest_of_nested_aliases_counts():
    matcher = _matcher(("Blue", "blue"), ("Light Blue", "light blue"))
    assert matcher.find("light blue shoes") == {"Color: Light Blue"}


def test_an_alias_does_not_cut_a_latin_word():
    assert _matcher(("Red", "red"), ("Red", "赤")).find("tired") == set()


def test_a_japanese_alias_stands_anywhere():
    assert _matcher(("Red", "赤")).find("赤スニーカー") == {"Color: Red"}


def test_pseudo_clicks_keep_a_single_click_from_counting():
    clicks = {"q": {"Color: Red": 1}}
    assert label_by_clicks(clicks, {"q": 1}, share=0.5) == {"q": {"Color: Red"}}
    assert label_by_clicks(clicks, {"q": 1}, share=0.5, n_pseudo_clicks=2) == {"q": set()}


def test_wrong_and_missing_are_shares_of_given_and_true_pairs():
    outcome = compare_with_truth({"q": {"a", "b"}}, {"q": frozenset("acde")})
    assert (outcome.n_given, outcome.wrong_share, outcome.missing_share) == (2, 1 / 2, 3 / 4)
