"""Which of the labels that share a spelling a text may mean."""

from __future__ import annotations

import pandas as pd

from workbench.report import Report
from workbench.signals.spellings import SHARED
from workbench.signals.verifier import Verifier

_PAIR = ["instance_id", "label_id"]
# Of this share of the highest probability that an attribute applies.
_MIN_SHARE = 0.5


def drop_what_does_not_apply(
    votes: pd.DataFrame, verifier: Verifier, instances: pd.DataFrame, *, report: Report
) -> pd.DataFrame:
    """Return the dictionary's votes without labels of attributes that hardly apply to the text.

    "black" is the colour of a product and that of a cable; in "black notebook" it is not that of a
    cable, for no item with "notebook" in its title has one. Of the labels that share a spelling
    those stay whose attribute applies at least half as likely as that of the likeliest.

    Parameters
    ----------
    votes : pd.DataFrame
        Vote table of the dictionary.
    verifier : Verifier
        Fitted.
    instances : pd.DataFrame
        ``instance_id, text``.
    report : Report
        Gets the number of votes that were left out.

    Notes
    -----
    Chosen on queries of one to three words of titles of electronics (3,000 items, 230 attributes;
    true is what all of 66,000 products with these words share): log loss .249 to .206, F .623 to
    .636. A quarter in place of a half gives .211 and .640, four fifths .204 and .637. On another
    such catalog (10,000 items, 600 attributes) log loss .1145 to .1123, F .626 to .637; a shop with
    few shared spellings stays as it is.
    """
    shared = votes.loc[votes["level"] == SHARED, [*_PAIR, "detail"]]
    # A text of which the titles know no word tells nothing of any attribute.
    applies = verifier.applies(instances, shared)
    likeliest = applies.groupby([shared["instance_id"], shared["detail"]]).transform("max")
    dropped = shared.index[applies < _MIN_SHARE * likeliest]
    report.count(
        "words of two or three labels: votes for those whose attribute hardly applies, left out",
        len(dropped),
        (votes["instance_id"] + " / " + votes["label_id"])[dropped[:5]].tolist(),
    )
    return votes.drop(index=dropped).reset_index(drop=True)
