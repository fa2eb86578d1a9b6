"""The commented ``workbench.toml`` that ``workbench init`` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping

_HEAD = """\
# The configuration of this workspace. Paths are relative to this file.
# After a change, `workbench run` does again only what depends on it.

[workspace]
name = {name}

[inputs]
# What happens to rows that break their contract: "error" stops and shows them,
# "skip" leaves them out and counts them in the run report.
bad_rows = "error"
"""

_CLICKS = """
[inputs.clicks]
# The search log, in the columns of User Behavior Insights: user_query, object_id, action_name
# (impression, click, ...; without it every row is a click) and, better, query_id, session_id,
# client_id, device, timestamp, position. Or counts: user_query, object_id, clicks and, better,
# impressions. docs/logs.md has an example for each kind of log. A file, or a folder of Parquet
# files, one a day: a file that was counted is not read again.
{place}
# The searches, where events name them by query_id only: query_id, user_query and, for a log
# without impressions, query_response_hit_ids, the items shown. The same file or table if both
# are in it.
{searches}
# Other names in your files? Ours = theirs; a dotted name reaches into nested fields.
columns = {columns}
query_columns = {query_columns}
# The number of the first place in a list of results: 1, or 0.
first_position = {first_position}
# The zone of timestamps that say none.
time_zone = "UTC"
# What parts cells, if the suffix does not say it, and items in a list that is text.
{delimiter}
hits_separator = ","
# What one of an action is worth, in clicks; other actions are left out and counted. Of what a
# session does with an item for a query on a day, the weightiest counts, once.
weights = {{ click = 1, add_to_cart = 2, purchase = 3 }}
# Actions that show an item.
impressions = ["impression"]
# Clicks of one client beyond this number an hour are not counted: bots.
max_client_clicks_per_hour = 60
"""

_IN_FILE = """\
path = {path}
# Or a table of a database, by its Ibis URL; days that were counted are not read again:
# database = "duckdb://warehouse.duckdb"     ($NAME stands for an environment variable)
# table = "events"                           (queries_table, if searches have their own)"""

_IN_DATABASE = """\
# A table of a database, by its Ibis URL, in which $NAME stands for an environment variable, such
# as a password; days that were counted are not read again.
database = {database}
table = {table}"""

_CATALOG = """
[inputs.catalog]
# The items; docs/catalog.md has an example of each form. "wide": one row an item, one column an
# attribute; "long": one row a value (item_id, attribute, value).
path = {path}
form = {form}
columns = {columns}
# The label attributes: label = column; a dotted name reaches into nested fields.
attributes = {attributes}
# Further columns that are attributes, one star for the attribute's name: "attr_*", or
# "specs.*" for the fields of an object or a list of names and values; `without` leaves some out.
{patterns}
# without = ["attr_ean"]
# The column with the category path ("Shoes > Sneakers"); leave it out if there is none.
{category}
# A field may hold several values, parted by any of these.
separators = ["/", ",", ";", "|"]
# Attributes of which an item or a query has one value at most: naming another speaks against it.
exclusive = {exclusive}
# Units of plain numbers: 26, 26.0 and 26cm become 26.0cm. In some categories only:
# units = {{ Size = {{ Shoes = "cm" }} }}
units = {units}
# On how many items a value must be to become a label.
min_support = {min_support}
# Attributes whose cells are sentences of their own on most items, such as a description, make
# labels, but the dictionary does not look for their values, except for:
in_dictionary = []
# Rows of one item that differ, in the long form two titles: "error", or "merge", the item has the
# values of all and the last title in the alphabet.
repeats = "error"
"""

_TAXONOMY = """
[inputs.taxonomy]
# category_id, parent_id (empty for a root), name, further name_<locale> columns are aliases; or
# path ("Shoes > Sneakers"), if known with category_id; or lines "key : path" (.txt).
path = {path}
# Names in other languages by the same ids: locale = file (category_id, name; or such lines).
{translations}
# Which attribute applies to which category and below: category_id, attribute; or, in JSON lines,
# id and a list of attributes.
{attributes_path}
"""

_ALIASES = """
[inputs.aliases]
# Other spellings: attribute, value, alias and, if known, locale; or lines
# "key : value [Attribute]" (.txt) with the same in other languages: locale = file.
path = {path}
{translations}
"""

_VOTES = """
# Votes of your own rules, a classifier or a language model, as many tables as you like:
# instance_id or user_query; label_id, or attribute and value; and vote (1, -1, 0 abstains),
# level (0 against, 1 and more for) or score, cut into levels at `cuts`.
# [[inputs.votes]]
# path = "rules.csv"
# source = "rules"
# cuts = [0.5, 0.8, 0.95]
# against = 0.1
"""

_LABELS = """
[inputs.labels]
# Texts: instance_id, text and, if there is one, split (train or test).
texts = {texts}
text_columns = {text_columns}
# Labels: a long table instance_id, label_id, or a sparse matrix (.npz) whose rows are in the
# order of the texts, with a file of names in column order.
pairs = {pairs}
{label_names}
pair_columns = {pair_columns}
# What parts attribute and value in a label, such as "=" in "color=red"; "" if nothing does.
attribute_separator = {separator}
"""

_REVIEWED = """
# Pairs that people settled: instance_id, label_id, verdict (present, absent, unsure) and, for a
# random sample, audit (true) and weight. Draw one with: workbench audit
# [inputs.reviewed]
# path = "audit.csv"
"""

_TRUTH = """
[inputs.truth]
# Known correct labels (instance_id, label_id). Used only to measure, never to train or to flag.
path = {path}
"""

_TAIL = """
[split]
# Instances kept apart to measure models on, chosen by a hash of their id.
test_share = 0.2
seed = 0

[label]
# How the votes of the sources become labels: "dawid_skene" learns how far each source can be
# trusted ("dawid_skene_reviewed" in reports where it learnt from reviewed pairs too); "majority"
# adds up weights; "stacked" is a regression on reviewed pairs; "auto" is "dawid_skene" unless
# another is better beyond chance on an audit sample ([inputs.reviewed], `workbench audit`).
method = "auto"
# A pair is given when its posterior reaches this.
threshold = 0.5
# Whether what was decided in the review app counts as reviewed: what is certain for the votes.
decisions = false
# Sources that copy each other count once when they share a group: source = group.
# groups = { my_rules = "text" }
# What a vote adds to the log-odds under "majority", 1 if not named: source = weight.
# weights = { dictionary = 2.0 }
# The sources that vote; all if left out.
# sources = ["click", "dictionary", "taxonomy", "neighbours", "verifier"]

[features]
# Tf-idf of words and of character n-grams within words (these carry Japanese).
word_ngrams = [1, 2]
char_ngrams = [3, 3]
min_df = 2

[model]
# "clustered_ovr", or "one_vs_rest", the simple baseline.
estimator = "clustered_ovr"
branching = 16
leaf_size = 100
n_trees = 1
C = 1.0
beam = 10
weight_threshold = 0.1
seed = 0

[scores]
# Every pair is scored as by a model that did not see it: "k_fold" trains n_folds models,
# "leave_one_out" one, and works out what each row taught it; "brought" takes scores of yours.
method = "k_fold"
n_folds = 5
top_k = 20
# path = "scores.parquet"     # brought: instance_id, label_id, score, out of sample, in [0, 1]
# sums_path = "sums.csv"      # label_id, column_sum over all instances, if there are more scores

[issues]
# At most so many issues of each kind.
max_issues = 100000

[compare]
k = [1, 3, 5]
n_bootstrap = 1000
"""


def config_text(
    name: str,
    *,
    clicks: Mapping[str, str] | None = None,
    click_form: Mapping[str, object] | None = None,
    catalog: Mapping[str, object] | None = None,
    taxonomy: Mapping[str, str | None] | None = None,
    aliases: str | None = None,
    translations: Mapping[str, Mapping[str, str]] | None = None,
    labels: Mapping[str, object] | None = None,
    truth: str | None = None,
) -> str:
    """Return a commented configuration with these inputs; every value is written as TOML."""
    parts = [_HEAD.format(name=_toml(name))]
    others = translations or {}
    if clicks is not None:
        form = {"columns": {}, "query_columns": {}, "first_position": 1, **(click_form or {})}
        parts.append(
            _CLICKS.format(
                place=_place(clicks),
                searches=_searches(clicks),
                delimiter=_optional("delimiter", form.get("delimiter")),
                **{key: _toml(form[key]) for key in ("columns", "query_columns", "first_position")},
            )
        )
    if catalog is not None:
        catalog = {"form": "wide", "patterns": [], "min_support": 1, **catalog}
        category = catalog.get("category")
        line = "# category = ..." if category is None else f"category = {_toml(category)}"
        filled = {key: _toml(value) for key, value in catalog.items()}
        patterns = _optional("patterns", catalog["patterns"] or None)
        parts.append(_CATALOG.format(**(filled | {"category": line, "patterns": patterns})))
    if taxonomy is not None:
        parts.append(
            _TAXONOMY.format(
                path=_toml(taxonomy["path"]),
                translations=_optional("translations", others.get("taxonomy")),
                attributes_path=_optional("attributes_path", taxonomy["attributes_path"]),
            )
        )
    if aliases is not None:
        named = _optional("translations", others.get("aliases"))
        parts.append(_ALIASES.format(path=_toml(aliases), translations=named))
    if clicks is not None:
        parts.append(_VOTES)
    if labels is not None:
        filled = {key: _toml(value) for key, value in labels.items()}
        names = _optional("label_names", labels["label_names"])
        parts.append(_LABELS.format(**(filled | {"label_names": names})))
    if clicks is not None:
        parts.append(_REVIEWED)
    if truth is not None:
        parts.append(_TRUTH.format(path=_toml(truth)))
    return "".join([*parts, _TAIL])


def _place(clicks: Mapping[str, str]) -> str:
    form = _IN_DATABASE if "database" in clicks else _IN_FILE
    return form.format(**{key: _toml(value) for key, value in clicks.items()})


def _searches(clicks: Mapping[str, str]) -> str:
    key = "queries_table" if "database" in clicks else "queries_path"
    return _optional(key, clicks.get(key))


def _optional(key: str, value: object) -> str:
    return f"# {key} = ..." if value in (None, {}) else f"{key} = {_toml(value)}"


def _toml(value: object) -> str:
    """Return a value as TOML; JSON strings and arrays are TOML too."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_toml(str(key))} = {_toml(item)}" for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    return json.dumps(value, ensure_ascii=False)
