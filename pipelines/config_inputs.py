"""What ``[inputs]`` of ``workbench.toml`` may say."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from workbench.errors import ConfigError
from workbench.signals.catalog_fields import FieldPattern
from workbench.signals.click_counts import DEFAULT_WEIGHTS
from workbench.signals.empty_words import EMPTY_WORDS
from workbench.tables.times import clock_changes

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(ge=1)]
Weight = Annotated[float, Field(gt=0)]
_MEMORY = re.compile(r"(\d+(?:\.\d+)?) ?[KMGT]i?B", re.IGNORECASE)
OneSign = Annotated[str, Field(min_length=1, max_length=1)]


class Section(BaseModel):
    """A table of the file: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ClicksInput(Section):
    """``[inputs.clicks]``: the search log."""

    path: str | None = None
    queries_path: str | None = None
    database: str | None = None
    table: str | None = None
    queries_table: str | None = None
    columns: dict[str, str] = {}
    query_columns: dict[str, str] = {}
    first_position: Literal[0, 1] = 1
    time_zone: str = "UTC"
    delimiter: OneSign | None = None
    hits_separator: OneSign = ","
    weights: Annotated[dict[str, Weight], Field(min_length=1)] = DEFAULT_WEIGHTS
    impressions: Annotated[list[str], Field(min_length=1)] = ["impression"]
    max_client_clicks_per_hour: Positive = 60
    not_counts: list[str] = []

    @model_validator(mode="after")
    def _one_place(self) -> ClicksInput:
        in_file = {"path": self.path, "queries_path": self.queries_path}
        in_database = {
            "database": self.database,
            "table": self.table,
            "queries_table": self.queries_table,
        }
        named = [key for key, value in (in_file | in_database).items() if value is not None]
        if self.path is None and (self.database is None or self.table is None):
            raise ValueError(f"give 'path', or 'database' and 'table'; found {named}")
        if set(named) & set(in_file) and set(named) & set(in_database):
            raise ValueError(f"the log is in a file or in a database, not in both; found {named}")
        return self

    @field_validator("weights", "impressions")
    @classmethod
    def _as_compared(cls, actions: Any) -> Any:
        """Return the actions in the form in which those of the log are compared."""
        if isinstance(actions, dict):
            return {name.strip().lower(): worth for name, worth in actions.items()}
        return [name.strip().lower() for name in actions]

    @model_validator(mode="after")
    def _either_shown_or_clicked(self) -> ClicksInput:
        both = sorted(set(self.weights) & set(self.impressions))
        if both:
            raise ValueError(f"{both} stand in 'weights' and in 'impressions'; keep one of them")
        return self

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, time_zone: str) -> str:
        try:
            clock_changes(time_zone)
        except ConfigError as error:
            raise ValueError(str(error).removeprefix("time_zone: ")) from error
        return time_zone


class CatalogInput(Section):
    """``[inputs.catalog]``: the items and which of their columns are attributes."""

    path: str
    form: Literal["wide", "long"] = "wide"
    attributes: dict[str, str] = {}
    patterns: list[str] = []
    without: list[str] = []
    category: str | None = None
    columns: dict[str, str] = {}
    separators: list[str] = ["/", ",", ";", "|"]
    units: dict[str, str | dict[str, str]] = {}
    exclusive: list[str] = []
    min_support: Positive = 1
    empty: list[str] = list(EMPTY_WORDS)
    keep: list[str] = []
    in_dictionary: list[str] = []
    repeats: Literal["error", "merge"] = "error"

    @field_validator("patterns")
    @classmethod
    def _one_star_each(cls, patterns: list[str]) -> list[str]:
        for text in patterns:
            try:
                FieldPattern(text)
            except ConfigError as error:
                raise ValueError(str(error).removeprefix("patterns: ")) from error
        return patterns

    @model_validator(mode="after")
    def _known_attributes(self) -> CatalogInput:
        if self.form == "long":
            if self.patterns:
                raise ValueError("['patterns'] are for form = \"wide\"; name 'attributes' instead")
            if self.without and self.attributes:
                raise ValueError("give 'attributes' or 'without', which leaves out some of all")
        if self.patterns or (self.form == "long" and not self.attributes):
            return self  # which attributes there are shows in the file
        if not self.attributes and self.category is None:
            raise ValueError("name at least one column in 'attributes', or a 'category'")
        named = {"exclusive": self.exclusive, "units": list(self.units)}
        for key, names in named.items():
            unknown = [name for name in names if name not in self.attributes]
            if unknown:
                known = ", ".join(self.attributes)
                raise ValueError(f"'{key}' names {unknown}, but the attributes are {known}")
        return self


class TaxonomyInput(Section):
    """``[inputs.taxonomy]``: the tree of categories and which attributes apply where."""

    path: str
    columns: dict[str, str] = {}
    translations: dict[str, str] = {}
    attributes_path: str | None = None
    attributes_columns: dict[str, str] = {}


class AliasesInput(Section):
    """``[inputs.aliases]``: other spellings of values."""

    path: str
    columns: dict[str, str] = {}
    translations: dict[str, str] = {}


class LabelsInput(Section):
    """``[inputs.labels]``: texts and labels that exist already, instead of signals."""

    texts: str
    pairs: str
    label_names: str | None = None
    text_columns: dict[str, str] = {}
    pair_columns: dict[str, str] = {}
    attribute_separator: str = ""
    category: str | None = None


# The sources that the workbench casts votes of itself, in their order.
OWN_SOURCES = ("click", "dictionary", "taxonomy", "neighbours", "verifier")


class VotesInput(Section):
    """``[[inputs.votes]]``: votes of the user's own rules, a classifier or a language model."""

    path: str
    source: Annotated[str, Field(min_length=1)]
    columns: dict[str, str] = {}
    cuts: Annotated[list[float], Field(min_length=1, max_length=127)] = [0.5, 0.8, 0.95]
    against: float | None = 0.1

    @model_validator(mode="after")
    def _own_name_and_order(self) -> VotesInput:
        if self.source in OWN_SOURCES:
            raise ValueError(f"'source' = '{self.source}' is one of ours; choose another name")
        if sorted(set(self.cuts)) != self.cuts:
            raise ValueError(f"'cuts' = {self.cuts} must ascend")
        if self.against is not None and self.against > self.cuts[0]:
            raise ValueError(
                f"'against' = {self.against} must not lie above the first of 'cuts', {self.cuts[0]}"
            )
        return self


class TruthInput(Section):
    """``[inputs.truth]``: known correct labels, for benchmarks only."""

    path: str
    columns: dict[str, str] = {}


class ReviewedInput(Section):
    """``[inputs.reviewed]``: pairs that people settled, some of them drawn at random."""

    path: str
    columns: dict[str, str] = {}


class InputsSection(Section):
    """``[inputs]``: where the data lies, relative to the configuration file."""

    bad_rows: Literal["error", "skip"] = "error"
    memory_limit: str | None = None
    clicks: ClicksInput | None = None
    catalog: CatalogInput | None = None
    taxonomy: TaxonomyInput | None = None
    aliases: AliasesInput | None = None
    labels: LabelsInput | None = None
    reviewed: ReviewedInput | None = None
    votes: list[VotesInput] = []
    truth: TruthInput | None = None

    @field_validator("memory_limit")
    @classmethod
    def _some_memory(cls, limit: str | None) -> str | None:
        if limit is None:
            return None
        found = _MEMORY.fullmatch(limit.strip())
        if found is None or float(found[1]) == 0:
            raise ValueError(
                'must be a number above 0 with its unit (KB, MB, GB, TB, KiB, ...), such as "4GB"'
            )
        return limit.strip()

    @model_validator(mode="after")
    def _one_way_in(self) -> InputsSection:
        if self.labels is None and self.clicks is None:
            raise ValueError("give [inputs.clicks] with [inputs.catalog], or [inputs.labels]")
        if self.labels is not None and self.clicks is not None:
            raise ValueError("give either [inputs.labels] or [inputs.clicks], not both")
        if self.labels is not None:
            self._check_beside_labels()
        if self.clicks is not None and self.catalog is None:
            raise ValueError("[inputs.clicks] needs [inputs.catalog] to know what an item is")
        if self.votes and self.clicks is None:
            raise ValueError("[[inputs.votes]] join other signals; they need [inputs.clicks]")
        names = [votes.source for votes in self.votes]
        if len(set(names)) < len(names):
            raise ValueError(f"[[inputs.votes]]: each needs a 'source' of its own, found {names}")
        return self

    def _check_beside_labels(self) -> None:
        """Raise if a section would be ignored: what looks for labels that are given already."""
        others = {"catalog": self.catalog, "aliases": self.aliases}
        named = [f"[inputs.{name}]" for name, section in others.items() if section is not None]
        if named:
            raise ValueError(
                f"{' and '.join(named)}: nothing is looked for where labels are given by "
                "[inputs.labels]; leave the section out"
            )
        if self.taxonomy is not None and self.taxonomy.translations:
            raise ValueError(
                "[inputs.taxonomy] 'translations' are names to look for in texts; with "
                "[inputs.labels] nothing is looked for: leave them out"
            )
