"""The commented ``[inputs.catalog]`` of the configuration that ``workbench init`` writes."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.toml_values import optional, toml
from workbench.signals.empty_words import EMPTY_WORDS

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
# In the long form it names attributes.
{without}
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
# What a cell says that has no value, whatever its case. What the alias table knows is a value.
empty = {empty}
# Codes, dates, links and long numbers make no labels where `patterns` or the long form find them;
# the run report names these attributes. Those that are to make labels all the same, as in labels:
keep = []
# Attributes whose cells are sentences of their own on most items, such as a description, make
# labels, but the dictionary does not look for their values, except for:
in_dictionary = []
# Rows of one item that differ, in the long form two titles: "error", or "merge", the item has the
# values of all and the last title in the alphabet.
repeats = "error"
"""


def catalog_section(found: Mapping[str, object]) -> str:
    """Return the section with what was found of the catalog, commented."""
    settings = {"form": "wide", "patterns": [], "min_support": 1, **found, "empty": EMPTY_WORDS}
    without = settings.get("without")
    lines = {
        "patterns": optional("patterns", settings["patterns"] or None),
        "without": f"without = {toml(without)}" if without else '# without = ["attr_ean"]',
        "category": optional("category", settings.get("category")),
    }
    return _CATALOG.format(**({key: toml(value) for key, value in settings.items()} | lines))
