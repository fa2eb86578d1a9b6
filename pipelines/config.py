"""What ``workbench.toml`` may say, checked once when it is read."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from workbench.errors import ConfigError
from workbench.signals.catalog_fields import FieldPattern
from workbench.signals.click_counts import DEFAULT_WEIGHTS
from workbench.tables.times import clock_changes

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(ge=1)]
Weight = Annotated[float, Field(gt=0)]
OneSign = Annotated[str, Field(min_length=1, max_length=1)]


class Section(BaseModel):
    """A table of the file: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class WorkspaceSection(Section):
    """``[workspace]``: what the workspace is called."""

    name: str = "workspace"


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
            ignored = [key for key in ("patterns", "without") if getattr(self, key)]
            if ignored:
                raise ValueError(f"{ignored} are for form = \"wide\"; name 'attributes' instead")
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
    clicks: ClicksInput | None = None
    catalog: CatalogInput | None = None
    taxonomy: TaxonomyInput | None = None
    aliases: AliasesInput | None = None
    labels: LabelsInput | None = None
    reviewed: ReviewedInput | None = None
    votes: list[VotesInput] = []
    truth: TruthInput | None = None

    @model_validator(mode="after")
    def _one_way_in(self) -> InputsSection:
        if self.labels is None and self.clicks is None:
            raise ValueError("give [inputs.clicks] with [inputs.catalog], or [inputs.labels]")
        if self.labels is not None and self.clicks is not None:
            raise ValueError("give either [inputs.labels] or [inputs.clicks], not both")
        if self.clicks is not None and self.catalog is None:
            raise ValueError("[inputs.clicks] needs [inputs.catalog] to know what an item is")
        if self.reviewed is not None and self.labels is not None:
            raise ValueError(
                "[inputs.reviewed] is about votes; with [inputs.labels] review in the app"
            )
        if self.votes and self.clicks is None:
            raise ValueError("[[inputs.votes]] join other signals; they need [inputs.clicks]")
        names = [votes.source for votes in self.votes]
        if len(set(names)) < len(names):
            raise ValueError(f"[[inputs.votes]]: each needs a 'source' of its own, found {names}")
        return self


class SplitSection(Section):
    """``[split]``: which instances are kept apart to measure models on."""

    test_share: Share = 0.2
    seed: int = 0


class LabelSection(Section):
    """``[label]``: how votes become given labels."""

    method: Literal["auto", "dawid_skene", "majority", "stacked"] = "auto"
    threshold: Share = 0.5
    decisions: bool = False
    groups: dict[str, str] = {}
    weights: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = {}
    sources: list[str] | None = None


class FeaturesSection(Section):
    """``[features]``: how text becomes a sparse vector."""

    word_ngrams: tuple[int, int] | None = (1, 2)
    char_ngrams: tuple[int, int] | None = (3, 3)
    min_df: Positive = 2
    max_features: Positive | None = None

    @model_validator(mode="after")
    def _ranges(self) -> FeaturesSection:
        for key in ("word_ngrams", "char_ngrams"):
            found = getattr(self, key)
            if found is not None and not 1 <= found[0] <= found[1]:
                raise ValueError(f"'{key}' = {list(found)}: shortest and longest, such as [1, 2]")
        return self


class ModelSection(Section):
    """``[model]``: the classifier."""

    estimator: Literal["clustered_ovr", "one_vs_rest"] = "clustered_ovr"
    branching: Annotated[int, Field(ge=2)] = 16
    leaf_size: Positive = 100
    n_trees: Positive = 1
    C: Annotated[float, Field(gt=0)] = 1.0
    beam: Positive = 10
    weight_threshold: Annotated[float, Field(ge=0)] = 0.1
    n_jobs: Positive | None = None
    seed: int = 0


class ScoresSection(Section):
    """``[scores]``: out-of-sample scores."""

    n_folds: Annotated[int, Field(ge=2)] = 5
    top_k: Positive = 20


class IssuesSection(Section):
    """``[issues]``: what is flagged."""

    max_issues: Positive = 100_000


class CompareSection(Section):
    """``[compare]``: how models are measured."""

    k: Annotated[tuple[Positive, ...], Field(min_length=1)] = (1, 3, 5)
    n_bootstrap: Positive = 1000


class Config(Section):
    """The whole configuration."""

    workspace: WorkspaceSection = WorkspaceSection()
    inputs: InputsSection
    split: SplitSection = SplitSection()
    label: LabelSection = LabelSection()
    features: FeaturesSection = FeaturesSection()
    model: ModelSection = ModelSection()
    scores: ScoresSection = ScoresSection()
    issues: IssuesSection = IssuesSection()
    compare: CompareSection = CompareSection()

    @model_validator(mode="after")
    def _known_sources(self) -> Config:
        known = (*OWN_SOURCES, *(votes.source for votes in self.inputs.votes))
        unknown = [name for name in self.label.sources or () if name not in known]
        if unknown:
            raise ValueError(
                f"[label] 'sources' names {unknown}, but the sources are {', '.join(known)}"
            )
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources that vote: those named in ``[label]``, else all."""
        known = (*OWN_SOURCES, *(votes.source for votes in self.inputs.votes))
        wanted = known if self.label.sources is None else self.label.sources
        return tuple(name for name in known if name in wanted)


def read_config(path: Path) -> Config:
    """Return the checked configuration of a ``workbench.toml``.

    Raises
    ------
    ConfigError
        One message for all that is wrong: unknown keys with those that exist, values that do
        not fit with what was expected.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path} is missing; make it with: workbench init FOLDER") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    return check_config(content, str(path))


def check_config(content: dict[str, Any], origin: str) -> Config:
    """Return the configuration that ``content`` describes; see :func:`read_config`."""
    try:
        return Config.model_validate(content)
    except ValidationError as error:
        complaints = [_complaint(entry) for entry in error.errors()]  # type: ignore[arg-type]
        raise ConfigError(f"{origin}: " + "; ".join(complaints)) from error


def _complaint(entry: dict[str, Any]) -> str:
    location = tuple(str(part) for part in entry["loc"])
    where = ".".join(location)
    if entry["type"] == "extra_forbidden":
        return _unknown_key(location)
    if entry["type"] == "missing":
        return f"'{where}' is missing"
    message = entry["msg"].removeprefix("Value error, ")
    if not where or isinstance(entry["input"], dict):
        return f"[{where}]: {message}" if where else message
    return f"'{where}' = {entry['input']!r}: {message[0].lower()}{message[1:]}"


def _unknown_key(location: tuple[str, ...]) -> str:
    section = _section_at(location[:-1])
    known = sorted(section.model_fields)
    close = difflib.get_close_matches(location[-1], known, n=1)
    place = f"[{'.'.join(location[:-1])}]" if location[:-1] else "the file"
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"unknown key '{location[-1]}' in {place}: {hint}known keys are {', '.join(known)}"


def _section_at(location: tuple[str, ...]) -> type[Section]:
    section: type[Section] = Config
    for name in location:
        if name.isdigit():  # a place in a list of sections, such as [[inputs.votes]]
            continue
        annotation = section.model_fields[name].annotation
        candidates = (annotation, *get_args(annotation))
        section = next(c for c in candidates if isinstance(c, type) and issubclass(c, Section))
    return section
