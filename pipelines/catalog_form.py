"""Tell from a catalog's columns which of them are attributes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import ibis.expr.datatypes as dt

from pipelines.catalog_values import (
    FREE_TEXT,
    FirstValues,
    values_of_columns,
    values_of_long_table,
    values_of_patterns,
)
from pipelines.column_names import map_columns
from pipelines.input_files import ITEM_IDS, TITLES
from workbench.report import Report
from workbench.signals.catalog_fields import CatalogFields, FieldPattern, attribute_name
from workbench.signals.item_codes import ALL_DIFFER, NEARLY_ALL_DIFFER, NUMBERS
from workbench.tables import RawTable, connect, open_table
from workbench.tables.scanning import reading

# Columns of a product feed that describe the offer, not what the item is.
_NOT_ATTRIBUTES = frozenset(
    "id item_id title name description short_description link mobile_link image_link "
    "additional_image_link lifestyle_image_link virtual_model_link canonical_link ads_redirect "
    "price sale_price sale_price_effective_date cost_of_goods_sold auto_pricing_min_price "
    "maximum_retail_price unit_pricing_measure unit_pricing_base_measure installment "
    "subscription_cost loyalty_program loyalty_points promotion_id gtin mpn ean upc isbn sku "
    "identifier_exists availability availability_date expiration_date quantity store_code "
    "pickup_method pickup_sla condition adult multipack is_bundle item_group_id product_detail "
    "product_highlight custom_label_0 custom_label_1 custom_label_2 custom_label_3 "
    "custom_label_4 external_seller_id excluded_destination included_destination "
    "shopping_ads_excluded_country pause shipping shipping_label shipping_weight shipping_length "
    "shipping_width shipping_height ships_from_country return_policy_label transit_time_label "
    "min_handling_time max_handling_time tax tax_category url cost created_at updated_at "
    "date_released".split()
) | {*ITEM_IDS, *TITLES}
_CATEGORY_COLUMNS = ("product_type", "google_product_category", "category", "category_path")
# Inside an object these may say what an item is: {"maker": {"name": "Nike"}, "quantity": 6}.
_MAY_BE_INSIDE = frozenset(
    "id item_id title name description short_description product_detail product_highlight "
    "condition adult multipack is_bundle quantity shipping_weight shipping_length shipping_width "
    "shipping_height".split()
) | {*ITEM_IDS, *TITLES} - {"sku"}
_NOT_ATTRIBUTES_INSIDE = _NOT_ATTRIBUTES - _MAY_BE_INSIDE
_EXCLUSIVE = frozenset({"brand", "size", "gender", "model"})
_LONG = ("attribute", "value")
# So many columns with one start are a family, of which nobody wants to list the members; nor does
# anyone look at so many attributes one by one.
_MANY = 20
# Values that few items carry are seldom worth a label where nobody chose the attributes.
_MIN_SUPPORT = 5

OFFER = "about the offer"
KEY = "another value on every row"
# The reasons by which a column may be the key under another name.
LIKE_KEYS = (KEY, NEARLY_ALL_DIFFER, NUMBERS)


@dataclass(frozen=True)
class CatalogForm:
    """How a catalog is written.

    Parameters
    ----------
    settings : mapping
        Of ``[inputs.catalog]``, without its path.
    columns : sequence of str
        All columns of the file; of a long table the attributes in its first rows.
    left_out : mapping of str to list of str
        Why to the columns that are no attributes.
    judged : mapping of str to list of str
        Why to the attributes that the run will leave out by their values, if all rows are like
        the first: those of patterns and of a long table.
    n_attributes : int
        How many attributes of the first rows make labels.
    """

    settings: Mapping[str, object]
    columns: Sequence[str]
    left_out: Mapping[str, list[str]] = field(default_factory=dict)
    judged: Mapping[str, list[str]] = field(default_factory=dict)
    n_attributes: int = 0


def find_catalog_form(path: Path) -> CatalogForm:
    """Return the settings of ``[inputs.catalog]`` that fit a file, and what they leave out.

    A column that differs on every row, or holds free text, is no attribute: it is more likely
    the key or the title under a name that nobody knows. Nor is one of codes, dates, links or long
    numbers. The same attributes get the same settings, whatever the form of the file.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    raw = open_table(connect(), path, report=Report())
    columns = list(raw.cells.schema())
    with reading(raw.connection, raw.file):
        return (_long_form if set(_LONG).issubset(columns) else _wide_form)(raw, columns)


def _wide_form(raw: RawTable, columns: Sequence[str]) -> CatalogForm:
    types = raw.cells.schema()
    plain = {name: _plain(name) for name in columns}
    own = _own_columns(columns, plain)
    category = next((n for c in _CATEGORY_COLUMNS for n in columns if plain[n] == c), None)
    nested = [name for name in columns if _is_nested(types[name])]
    families = list(_families([name for name in columns if name not in nested]))
    named = {"id", "title", *own.values(), category, *nested}
    others = [n for n in columns if n not in named and not n.startswith(tuple(families))]
    offer = [n for n in others if plain[n] in _NOT_ATTRIBUTES or plain[n] in _CATEGORY_COLUMNS]
    values = values_of_columns(raw, [n for n in others if n not in offer])
    why = values.why_left_out(values.by_name)
    strange = {*offer, *(name for names in why.values() for name in names)}
    attributes: dict[str, str] = {}
    for name in others:
        if name not in strange:
            told = attribute_name(plain[name])
            attributes[name if told in attributes else told] = name
    patterns = [*(f"{start}*" for start in families), *(f"{name}.*" for name in nested)]
    taken = tuple(map(FieldPattern, patterns))
    fields = CatalogFields(attributes, taken, (), ("id", "title", *own.values(), category or ""))
    inner = values_of_patterns(raw, fields, columns, nested)
    without = [theirs for name, theirs in inner.fields.items() if _is_of_offer(name)]
    judged = _judged(inner, [n for n, theirs in inner.fields.items() if theirs not in without])
    dropped = {*without, *(inner.fields[name] for names in judged.values() for name in names)}
    by_name = {name: values.by_name[column] for name, column in attributes.items()}
    by_name |= {n: v for n, v in inner.by_name.items() if inner.fields[n] not in dropped}
    settings = _settings(
        FirstValues(by_name),
        columns=own,
        attributes=attributes,
        patterns=patterns,
        without=without,
        category=category,
    )
    left_out = {OFFER: [*offer, *without], **_with_keys(why)}
    return CatalogForm(settings, columns, left_out, judged, len(by_name))


def _long_form(raw: RawTable, columns: Sequence[str]) -> CatalogForm:
    """Return the form of a table of values, whose title and category are attributes."""
    values = values_of_long_table(raw)
    found = list(values.by_name)
    names = map_columns(columns, {"item_id": (*ITEM_IDS, "id")})
    names |= map_columns(found, {"title": TITLES})
    category = next((n for c in _CATEGORY_COLUMNS for n in found if _plain(n) == c), None)
    own = {names.get("title", "title"), category}
    without = [name for name in found if name not in own and _is_of_offer(name)]
    judged = _judged(values, [n for n in found if n not in own and n not in without])
    dropped = {*own, *without, *(name for names in judged.values() for name in names)}
    by_name = {name: counts for name, counts in values.by_name.items() if name not in dropped}
    settings = _settings(
        FirstValues(by_name), form="long", columns=names, category=category, without=without
    )
    left_out = {OFFER: without}
    return CatalogForm(settings, found, left_out, judged, len(by_name))


def _is_of_offer(attribute: str) -> bool:
    return _plain(attribute) in _NOT_ATTRIBUTES_INSIDE


def _judged(values: FirstValues, names: Iterable[str]) -> dict[str, list[str]]:
    """Return the attributes that a run leaves out; those of free text it takes."""
    why = values.why_left_out(names)
    return {reason: found for reason, found in _with_keys(why).items() if reason != FREE_TEXT}


def _with_keys(why: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {KEY if reason == ALL_DIFFER else reason: names for reason, names in why.items()}


def _settings(values: FirstValues, **found: object) -> dict[str, object]:
    """Return the settings with those that the attributes decide."""
    empty: dict[str, object] = {"form": "wide", "columns": {}, "attributes": {}, "patterns": []}
    names = list(values.by_name)
    sizes = [name for name in names if name.casefold() == "size" and values.in_centimetres(name)]
    return {
        **empty,
        "exclusive": [name for name in names if name.casefold() in _EXCLUSIVE],
        "units": dict.fromkeys(sizes, "cm"),
        "min_support": _MIN_SUPPORT if len(names) >= _MANY else 1,
        **found,
    }


def _plain(name: str) -> str:
    """Return a column name of a feed as its documentation spells it."""
    return name.strip().removeprefix("g:").replace(" ", "_").lower()


def _own_columns(columns: Sequence[str], plain: Mapping[str, str]) -> dict[str, str]:
    wanted = {"id": ("id", *ITEM_IDS), "title": ("title", *TITLES)}
    found = {}
    for ours, names in wanted.items():
        theirs = next((n for known in names for n in columns if plain[n] == known), None)
        if theirs is not None and theirs != ours:
            found[ours] = theirs
    return found


def _is_nested(kind: dt.DataType) -> bool:
    """Whether a column is an object of attributes, or a list of names with values."""
    if isinstance(kind, dt.Array):
        return isinstance(kind.value_type, dt.Struct) and len(kind.value_type.names) > 1
    is_value = isinstance(kind, dt.Struct) and "value" in kind.names
    return kind.is_map() or (isinstance(kind, dt.Struct) and not is_value)


def _families(columns: Sequence[str], start: str = "") -> Iterator[str]:
    """Yield the starts, up to a "_" or ".", that many columns share; of nested ones the longest.

    A start whose members split into few families (``attr_`` into ``attr_t_``, ``attr_n_``) is
    none itself.
    """
    members: dict[str, list[str]] = {}
    for name in columns:
        ends = [i for i in map(name[len(start) :].find, "_.") if i >= 0]
        if ends:
            members.setdefault(name[: len(start) + min(ends) + 1], []).append(name)
    large = {head: names for head, names in members.items() if len(names) >= _MANY}
    n_inside = sum(map(len, large.values()))
    if start and not (large and len(large) <= 5 and n_inside >= 0.9 * len(columns)):
        yield start
        return
    for head, names in large.items():
        yield from _families(names, head)
