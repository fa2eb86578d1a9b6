"""The commented ``workbench.toml`` that ``workbench init`` writes."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.template_catalog import catalog_section
from pipelines.toml_values import optional, toml

_HEAD = """\
# The configuration of this workspace. Paths are relative to this file.
# After a change, `workbench run` does again only what depends on it.

[workspace]
name = {name}
# Where decisions lie: a file, or PostgreSQL by URL, in which $NAME stands for an environment
# variable; docs/decisions.md tells more. decisions.sqlite beside this file if left out.
# decisions = "postgresql://mika:$DECISIONS_PASSWORD@host/shop"

[inputs]
# What happens to rows that break their contract: "error" stops and shows them,
# "skip" leaves them out and counts them in the run report.
bad_rows = "error"
# Most memory that DuckDB takes while it reads the inputs; four fifths of the machine's if left out.
# memory_limit = "4GB"
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
# Columns that look like counts of clicks and are none: no run warns of them.
not_counts = []
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
# The attribute whose values are the categories of [inputs.taxonomy], if it is not "Category".
{category}
"""

_TREE_OF_LABELS = """
# The tree of the labels that are categories, which name them by key, path or unique name:
# category_id, parent_id, name; or path ("Shoes > Boots"). Without one, labels that are such paths
# make the tree. Beside it, which attribute applies where: category_id, attribute.
# [inputs.taxonomy]
# path = "tree.csv"
# attributes_path = "category_attributes.csv"
"""

_REVIEWED = """
# Pairs that people settled: instance_id, label_id, verdict (present, absent, unsure) and, for a
# random sample, audit (true) and weight. Draw one with: workbench audit (--more adds to it). It
# corrects the estimated noise.
# [inputs.reviewed]
# path = "audit.csv"
"""

_TRUTH = """
[inputs.truth]
# Known correct labels (instance_id, label_id). Used only to measure, never to train or to flag.
# Of signals instance_id is the query in normal form: lower case, one space, "ß" as "ss", by
# workbench.text.normalise.
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
# Every pair is scored as by a model that did not see it: "leave_one_out" trains one and works out
# what each row taught it; "k_fold" trains n_folds; "brought" takes scores of yours.
method = "leave_one_out"
n_folds = 5
top_k = 20
# path = "scores.parquet"     # brought: instance_id, label_id, score, out of sample, in [0, 1]
# sums_path = "sums.csv"      # label_id, column_sum over all instances, if there are more scores

[issues]
# A pair is an issue if its label quality, the probability that its state is right, is below this.
below_quality = 0.75
# At most so many issues of each kind.
max_issues = 100000
# How much rare labels count in the order that improves the model: 0 not at all, 1 as much as in
# propensity-scored precision.
tail_weight = 0.5
# Attributes of which an instance has one value, beside those of [inputs.catalog] exclusive.
exclusive = []
# Others are taken for such if two of their values stand together at most so often, against
# chance; 0: none.
exclusive_lift = 0.1
# Cosine from which instances are near-duplicates and should carry the same labels.
duplicate_similarity = 0.95
# Issues of one label with one cause (a word, an item, a branch, a source, a swap) form a pattern
# from so many on, if they are so much denser than among the label's other pairs. Patterns are
# ordered by gain: a false issue costs so many real ones.
min_pattern = 5
pattern_lift = 3.0
false_cost = 1.0
# Reviewed pairs, 50 of a kind or more, correct the ranking when `workbench run` runs again.
decisions = true
# `workbench apply` also makes corrections that nobody reviewed, where reviewed ones of the same
# kind, attribute and quality, no more suspicious, were right in at least this share, with 95 %
# confidence; marked, and taken back by --undo-automatic.
# auto_precision = 0.98
# Verdicts on a random sample of them, drawn with: workbench audit --automatic 100
# A further sample takes the rows of this file over: name the new one instead.
# auto_audit = { path = "automatic.csv" }

[apply]
# What follows from decisions by the taxonomy: "ancestors" lets a pair that people call present
# bring the labels above it, and one that they call absent take those below it away, unless
# somebody said otherwise of them; "off"; "auto" is "ancestors" where labels come from signals.
closure = "auto"

[compare]
k = [1, 3, 5]
n_bootstrap = 1000

[team]
# How reviewers sign in: "name" is typed by whoever comes, "header" is set by a proxy in front of
# the app, "oidc" asks a provider ([auth] of .streamlit/secrets.toml); "auto" is "oidc" where that
# is set up, else "name". docs/team.md has an example of each.
sign_in = "auto"
# header = "X-Forwarded-Email"     # in which the proxy hands on who signed in
# claim = "email"                  # what the provider calls the name
# Who may review (anybody, if nobody is named), settle what others disagree about, and set gold
# pairs and see who judges how well. Where no adjudicator or admin is named, everybody is one.
# annotators = ["mika@example.com", "ken@example.com"]
# adjudicators = ["lead@example.com"]
# admins = ["lead@example.com"]
# Share of the pairs that a second reviewer judges too, blind; agreement is measured on them.
overlap = 0.0
# Share of the cards that are pairs with a known verdict, if there are any.
gold_share = 0.05
# How many pairs of a batch, decided in one go, a second reviewer looks through.
audit_size = 20
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
    parts = [_HEAD.format(name=toml(name))]
    others = translations or {}
    if clicks is not None:
        form = {"columns": {}, "query_columns": {}, "first_position": 1, **(click_form or {})}
        parts.append(
            _CLICKS.format(
                place=_place(clicks),
                searches=_searches(clicks),
                delimiter=optional("delimiter", form.get("delimiter")),
                **{key: toml(form[key]) for key in ("columns", "query_columns", "first_position")},
            )
        )
    if catalog is not None:
        parts.append(catalog_section(catalog))
    if taxonomy is not None:
        parts.append(
            _TAXONOMY.format(
                path=toml(taxonomy["path"]),
                translations=optional("translations", others.get("taxonomy")),
                attributes_path=optional("attributes_path", taxonomy["attributes_path"]),
            )
        )
    if aliases is not None:
        named = optional("translations", others.get("aliases"))
        parts.append(_ALIASES.format(path=toml(aliases), translations=named))
    if clicks is not None:
        parts.append(_VOTES)
    if labels is not None:
        filled = {key: toml(value) for key, value in labels.items()}
        filled |= {key: optional(key, labels.get(key)) for key in ("label_names", "category")}
        parts.append(_LABELS.format(**filled))
        if taxonomy is None:
            parts.append(_TREE_OF_LABELS)
    parts.append(_REVIEWED)
    if truth is not None:
        parts.append(_TRUTH.format(path=toml(truth)))
    return "".join([*parts, _TAIL])


def _place(clicks: Mapping[str, str]) -> str:
    form = _IN_DATABASE if "database" in clicks else _IN_FILE
    return form.format(**{key: toml(value) for key, value in clicks.items()})


def _searches(clicks: Mapping[str, str]) -> str:
    key = "queries_table" if "database" in clicks else "queries_path"
    return optional(key, clicks.get(key))
