import ibis
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.given_votes import ScoreCuts, read_given_votes
from workbench.signals.label_names import LabelNames
from workbench.signals.rare_labels import RareLabels
from workbench.signals.votes import check_votes

LABELS = pd.DataFrame(
    {
        "label_id": ["Color: Blue", "Color: Red", "Material: Red", "Brand: Gold"],
        "attribute": ["Color", "Color", "Material", "Brand"],
        "value": ["Blue", "Red", "Red", "Gold"],
    }
)
ALIASES = pd.DataFrame(
    {
        "label_id": ["Color: Blue", "Color: Blue", "Color: Red"],
        "alias": ["青", "navy or red", "navy or red"],
    }
)
NAMES = LabelNames(LABELS, ALIASES)
MAUVE = {"label_id": ["Color: Mauve"], "attribute": ["Color"], "value": ["Mauve"], "n_items": [4]}
RARE = RareLabels(pd.DataFrame(MAUVE), min_support=5)


@pytest.fixture
def read(tmp_path):
    def read(*lines, report=None, **options):
        path = tmp_path / "votes.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        votes = read_given_votes(
            ibis.duckdb.connect(),
            path,
            source="rules",
            instance_ids=pd.Index(["blue bag", "red shoe"]),
            names=NAMES,
            report=Report() if report is None else report,
            **options,
        )
        check_votes(votes)
        return votes

    return read


def told(votes):
    columns = ["instance_id", "label_id", "level"]
    return [tuple(row) for row in votes[columns].itertuples(index=False)]


@pytest.mark.parametrize(
    ("words"), [("1", "-1", "0"), ("true", "false", "0"), ("Yes", "NO", "0"), ("1.0", "-1.0", "0")]
)
def test_votes_are_numbers_or_words(read, words):
    votes = read(
        "instance_id,label_id,vote",
        f"blue bag,Color: Blue,{words[0]}",
        f"blue bag,Color: Red,{words[1]}",
        f"red shoe,Color: Red,{words[2]}",
    )
    assert told(votes) == [("blue bag", "Color: Blue", 1), ("blue bag", "Color: Red", 0)]


def test_texts_and_values_are_found_in_any_spelling(read):
    votes = read(
        "user_query,attribute,value,level", "ＢＬＵＥ  Bag,color,青,3", "Red shoe,COLOR,RED,0"
    )
    assert told(votes) == [("blue bag", "Color: Blue", 3), ("red shoe", "Color: Red", 0)]


def test_a_label_id_may_be_spelt_as_attribute_and_alias(read):
    assert told(read("instance_id,label_id,vote", "blue bag,Color: 青,1"))[0][1] == "Color: Blue"


def test_scores_are_cut_into_levels(read):
    votes = read(
        "instance_id,label_id,score",
        "blue bag,Color: Blue,0.8",
        "blue bag,Color: Red,0.05",
        "red shoe,Color: Red,0.3",
        "red shoe,Color: Blue,",
        "red shoe,Material: Red,0.5",
        cuts=ScoreCuts((0.5, 0.8), against=0.1),
    )
    assert told(votes) == [
        ("blue bag", "Color: Blue", 2),
        ("blue bag", "Color: Red", 0),
        ("red shoe", "Material: Red", 1),
    ]
    assert votes["strength"].tolist() == pytest.approx([0.8, 0.05, 0.5])


def test_unknown_instances_and_labels_are_counted_with_examples(read):
    report = Report()
    read(
        "instance_id,label_id,vote",
        "blue bag,Color: Blue,1",
        "socks,Color: Blue,1",
        "blue bag,Color: Green,1",
        "blue bag,Color: navy or red,1",
        report=report,
    )
    lines = "\n".join(report.lines())
    assert "votes of 'rules' on unknown instances (left out): 1 (such as 'socks')" in lines
    assert "on labels that no item has (left out): 1 (such as 'Color: Green')" in lines
    assert "on names that several labels have (left out): 1 (such as 'Color: navy or red')" in lines


def test_votes_on_rare_values_are_told_apart_from_those_on_unknown_ones(read):
    report = Report()
    rows = ["blue bag,Color: Blue,1", "blue bag,Color: mauve,1", "red shoe,Colour: Red,1"]
    read("instance_id,label_id,vote", *rows, rare=RARE, report=report)
    lines = "\n".join(report.lines())
    assert f"on values {RARE.why} (left out): 1 (such as 'Color: Mauve (4 items)')" in lines
    assert "(such as 'Colour: Red (did you mean the attribute Color?)')" in lines


def test_a_table_of_rare_values_alone_says_why_none_of_it_counts(read):
    with pytest.raises(InputError, match=r"Color: Mauve \(4 items\), on fewer .*min_support = 5"):
        read("instance_id,label_id,vote", "blue bag,Color: Mauve,1", rare=RARE)


def test_exact_id_goes_before_its_normal_form_which_several_may_share():
    ids = ["Size: m", "Size: M", "Size: Ｌ"]
    labels = pd.DataFrame({"label_id": ids, "attribute": "Size", "value": ["m", "M", "Ｌ"]})
    names = LabelNames(labels, pd.DataFrame({"label_id": [], "alias": []}, dtype="str"))
    assert [names.find(label_id) for label_id in ids] == ids
    assert [names.find_value("Size", value) for value in ("m", "M")] == ids[:2]
    assert (names.find("size: m"), names.find("size: l")) == (None, "Size: Ｌ")
    assert names.named("size: m") == {"Size: m", "Size: M"}


def test_of_several_votes_on_a_pair_the_strongest_is_kept(read):
    report = Report()
    votes = read(
        "instance_id,label_id,level,count,detail",
        "blue bag,Color: Blue,1,9,weak",
        "blue bag,Color: 青,4,2,strong",
        report=report,
    )
    assert votes[["level", "count", "detail"]].to_numpy().tolist() == [[4, 2, "strong"]]
    assert report.counted("votes of 'rules': further votes on a pair (the strongest is kept)") == 1


def test_of_several_scores_against_the_lowest_is_kept(read):
    rows = ["blue bag,Color: Blue,0.09", "blue bag,Color: Blue,0.01", "blue bag,Color: Blue,0.05"]
    votes = read("instance_id,label_id,score", *rows)
    assert votes["strength"].tolist() == pytest.approx([0.01])


def test_a_source_that_contradicts_itself_abstains(read):
    report = Report()
    votes = read(
        "instance_id,label_id,vote",
        "blue bag,Color: Blue,1",
        "blue bag,Color: Blue,-1",
        "red shoe,Color: Red,1",
        report=report,
    )
    assert told(votes) == [("red shoe", "Color: Red", 1)]
    assert report.counted("votes of 'rules': pairs with votes for and against (left out)") == 1


def test_zero_that_may_mean_no_is_noted(read):
    report = Report()
    read(
        "instance_id,label_id,vote",
        "blue bag,Color: Blue,1",
        "red shoe,Color: Blue,0",
        report=report,
    )
    assert "0 abstains and nothing is -1" in report.notes[0]


def test_other_words_than_votes_are_refused(read):
    message = r"votes.csv: 'vote' must be 1 or true .* found 2 other values: \['maybe', '0.7'\]"
    with pytest.raises(InputError, match=message):
        read("instance_id,label_id,vote", "blue bag,Color: Blue,maybe", "blue bag,Color: Red,0.7")


def test_a_negative_level_is_refused(read):
    with pytest.raises(InputError, match="0 speaks against the pair"):
        read("instance_id,label_id,level", "blue bag,Color: Blue,-1")


def test_a_table_about_nothing_known_is_refused(read):
    message = "none of its 1 rows .* the first is 'socks' with 'Color: Blue'"
    with pytest.raises(InputError, match=message):
        read("instance_id,label_id,vote", "socks,Color: Blue,1")


def test_a_table_without_a_vote_is_refused(read):
    with pytest.raises(InputError, match="level"):
        read("instance_id,label_id", "blue bag,Color: Blue")


def test_other_column_names_are_mapped(read):
    votes = read(
        "search,tag,p", "Blue bag,Color: Blue,0.99", columns=MAPPED, cuts=ScoreCuts((0.5,), None)
    )
    assert told(votes) == [("blue bag", "Color: Blue", 1)]


MAPPED = {"user_query": "search", "label_id": "tag", "score": "p"}
