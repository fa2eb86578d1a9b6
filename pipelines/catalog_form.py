"""Tell from a catalog's columns which of them are attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import ibis.expr.datatypes as dt

from pipelines.column_names import map_columns
from pipelines.input_files import ITEM_IDS, TITLES
from workbench.report import Report
from workbench.signals.catalog_fields import attribute_name
from workbench.signals.free_text import MIN_CELLS, is_free_text
from workbench.tables import RawTable, connect, open_table

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
_EXCLUSIVE = frozenset({"Brand", "Size", "Gender", "Model"})
_LONG = ("attribute", "value")
# So many columns with one start are a family, of which nobody wants to list the members.
_FAMILY = 20
# Values that one item carries are seldom worth a label where nobody chose the attributes.
_MIN_SUPPORT = 5


OFFER = "about the offer"
KEY = "another value on every row"
FREE_TEXT = "free text"
_ROWS_LOOKED_AT = 1000


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
    """

    settings: Mapping[str, object]
    columns: Sequence[str]
    left_out: Mapping[str, list[str]] = field(default_factory=dict)


def find_catalog_form(path: Path) -> CatalogForm:
    """Return the settings of ``[inputs.catalog]`` that fit a file, and what they leave out.

    A column that differs on every row, or holds free text, is no attribute: it is more likely
    the key or the title under a name that nobody knows.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    raw = open_table(connect(), path, report=Report())
    types = raw.cells.schema()
    columns = list(types)
    if set(_LONG).issubset(columns):
        return _long_form(raw, columns)
    plain = {name: _plain(name) for name in columns}
    own = _own_columns(columns, plain)
    category = next((n for c in _CATEGORY_COLUMNS for n in columns if plain[n] == c), None)
    nested = [name for name in columns if _is_nested(types[name])]
    families = list(_families([name for name in columns if name not in nested]))
    named = {"id", "title", *own.values(), category, *nested}
    others = [n for n in columns if n not in named and not n.startswith(tuple(families))]
    offer = [n for n in others if plain[n] in _NOT_ATTRIBUTES or plain[n] in _CATEGORY_COLUMNS]
    left_out = {OFFER: offer, **_no_values(raw, [n for n in others if n not in offer])}
    strange = {name for names in left_out.values() for name in names}
    attributes: dict[str, str] = {}
    for name in others:
        if name not in strange:
            told = attribute_name(plain[name])
            attributes[name if told in attributes else told] = name
    settings = _settings(
        columns=own,
        attributes=attributes,
        patterns=[*(f"{start}*" for start in families), *(f"{name}.*" for name in nested)],
        category=category,
        exclusive=[name for name in attributes if name in _EXCLUSIVE],
        units={"Size": "cm"} if "Size" in attributes else {},
    )
    return CatalogForm(settings, columns, left_out)


def _long_form(raw: RawTable, columns: Sequence[str]) -> CatalogForm:
    """Return the form of a table of values, whose title and category are attributes."""
    first = raw.cells.select("attribute").limit(_ROWS_LOOKED_AT).to_pyarrow()["attribute"]
    found = [str(name).strip() for name in dict.fromkeys(first.to_pylist()) if name is not None]
    names = map_columns(columns, {"item_id": (*ITEM_IDS, "id")})
    names |= map_columns(found, {"title": TITLES})
    category = next((name for name in _CATEGORY_COLUMNS if name in found), None)
    return CatalogForm(_settings(form="long", columns=names, category=category), found)


def _no_values(raw: RawTable, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the columns whose first rows are those of a key or of free text, by why."""
    found: dict[str, list[str]] = {KEY: [], FREE_TEXT: []}
    if not names:
        return found
    rows = raw.cells.select(*names).limit(_ROWS_LOOKED_AT).to_pyarrow()
    for name in names:
        cells = [str(cell) for cell in rows[name].to_pylist() if cell not in (None, "")]
        values = set(cells)
        if is_free_text(len(cells), values):
            found[FREE_TEXT].append(name)
        elif len(values) == len(cells) >= MIN_CELLS:
            found[KEY].append(name)
    return found


def _settings(**found: object) -> dict[str, object]:
    empty: dict[str, object] = {"form": "wide", "columns": {}, "attributes": {}, "patterns": []}
    settings = {**empty, "category": None, "exclusive": [], "units": {}, **found}
    is_open = bool(settings["patterns"]) or settings["form"] == "long"
    return {**settings, "min_support": _MIN_SUPPORT if is_open else 1}


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
    large = {head: names for head, names in members.items() if len(names) >= _FAMILY}
    n_inside = sum(map(len, large.values()))
    if start and not (large and len(large) <= 5 and n_inside >= 0.9 * len(columns)):
        yield start
        return
    for head, names in large.items():
        yield from _families(names, head)
