"""What ``workbench.toml`` may say, checked once when it is read."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from pipelines.config_inputs import (
    OWN_SOURCES,
    InputsSection,
    Positive,
    ReviewedInput,
    Section,
    Share,
)
from workbench.errors import ConfigError
from workbench.review.team import TeamSettings
from workbench.settings import check_settings
from workbench.workspace.decisions import check_decisions


class WorkspaceSection(Section):
    """``[workspace]``: what the workspace is called, and where its decisions lie."""

    name: str = "workspace"
    decisions: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _known_database(self) -> WorkspaceSection:
        if self.decisions is not None:
            try:
                check_decisions(self.decisions)
            except ConfigError as error:
                raise ValueError(str(error)) from error
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
    groups: dict[str, str] = Field(default_factory=dict)
    weights: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(
        default_factory=dict
    )
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

    method: Literal["leave_one_out", "k_fold", "brought"] = "leave_one_out"
    n_folds: Annotated[int, Field(ge=2)] = 5
    top_k: Positive = 20
    path: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    sums_path: str | None = None

    @field_validator("method", mode="before")
    @classmethod
    def _no_longer_auto(cls, method: Any) -> Any:
        if method == "auto":
            raise ValueError(
                'is gone, "leave_one_out" took its place; write that, or "k_fold", which it was up '
                "to a million given pairs"
            )
        return method

    @model_validator(mode="after")
    def _path_of_brought_scores(self) -> ScoresSection:
        if self.method == "brought" and self.path is None:
            raise ValueError(
                "method = \"brought\" needs 'path', a table instance_id, label_id, score"
            )
        if self.method != "brought" and (self.path or self.sums_path):
            raise ValueError(
                f"'path' and 'sums_path' are for method = \"brought\", not {self.method!r}"
            )
        return self


class IssuesSection(Section):
    """``[issues]``: what is flagged."""

    below_quality: Annotated[float, Field(gt=0, le=1)] = 0.75
    max_issues: Positive = 100_000
    tail_weight: Share = 0.5
    exclusive: list[str] = Field(default_factory=list)
    exclusive_lift: Share = 0.1
    duplicate_similarity: Share = 0.95
    min_pattern: Annotated[int, Field(ge=2)] = 5
    pattern_lift: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 3.0
    false_cost: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    decisions: bool = True
    auto_precision: Annotated[float, Field(gt=0.5, lt=1)] | None = None
    auto_audit: ReviewedInput | None = None


class ApplySection(Section):
    """``[apply]``: how decisions become the next label version."""

    closure: Literal["auto", "ancestors", "off"] = "auto"


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
    apply: ApplySection = ApplySection()
    compare: CompareSection = CompareSection()
    team: TeamSettings = TeamSettings()

    @model_validator(mode="after")
    def _known_sources(self) -> Config:
        known = (*OWN_SOURCES, *(votes.source for votes in self.inputs.votes))
        named = {key: getattr(self.label, key) or () for key in ("sources", "groups", "weights")}
        complaints = [
            f"'{key}' names {', '.join(map(repr, unknown))}"
            for key, names in named.items()
            if (unknown := [name for name in names if name not in known])
        ]
        if complaints:
            raise ValueError(
                f"[label] {' and '.join(complaints)}, but the sources are {', '.join(known)}"
            )
        return self

    @property
    def closes_decisions(self) -> bool:
        """Whether what follows by the taxonomy from decisions is applied with them."""
        from_signals = self.inputs.labels is None
        return self.apply.closure == "ancestors" or (self.apply.closure == "auto" and from_signals)

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
    return check_settings(Config, content, origin)
