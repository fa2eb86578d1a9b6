"""A folder that ``datasets.load_dataset`` of Hugging Face reads."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import pyarrow as pa

from workbench.export.parquet_writer import write_parquet_tables
from workbench.export.tables import label_table
from workbench.export.training_set import Done, TrainingSet

_MEANINGS = {
    "instance_id": "the key of the instance",
    "text": "raw text, unchanged",
    "split": "`train` or `test`",
    "weight": "searches behind the instance",
    "labels": "given labels, in the order of the label axis; may be empty",
    "confidences": "how sure the source of each label is, in [0, 1], in the order of `labels`",
    "origins": "who said so of each label, in the order of `labels`",
}
_BY_COUNT = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**6, "100K<n<1M"))


def write_huggingface(folder: Path, training_set: TrainingSet, done: Done) -> dict[str, int]:
    """Write huggingface/: the card README.md, a Parquet file a split, and one of the labels.

    A split without instances has no file: datasets reads none without rows.
    """
    data = folder / "huggingface" / "data"
    data.mkdir(parents=True)
    n_rows = {}
    for split, size in training_set.split_sizes().items():
        write_parquet_tables(data / f"{split}.parquet", training_set.tables(split), done)
        n_rows[f"huggingface/data/{split}.parquet"] = size
    labels = label_table(training_set)
    if len(labels):
        write_parquet_tables(data / "labels.parquet", [labels], lambda _: None)
        n_rows["huggingface/data/labels.parquet"] = len(labels)
    card = _card(training_set, labels)
    (folder / "huggingface" / "README.md").write_text(card, encoding="utf-8")
    return n_rows | {"huggingface/README.md": card.count("\n")}


def _card(training_set: TrainingSet, labels: pa.Table) -> str:
    sizes = training_set.split_sizes()
    rows = next(training_set.tables()).schema
    configs = [_config("default", sizes, default=True)] if sizes else []
    infos = [_features("default", rows)] if sizes else []
    if len(labels):
        configs.append(_config("labels", ["labels"]))
        infos.append(_features("labels", labels.schema))
    lines = [
        "---",
        "task_categories:",
        "- text-classification",
        "size_categories:",
        f"- {_size_category(sum(sizes.values()))}",
        *(["configs:", *chain(*configs)] if configs else []),
        *(["dataset_info:", *chain(*infos)] if infos else []),
        "---",
        "",
        "# Multi-label training set",
        "",
        *(f"* {split}: {size:,} instances" for split, size in sizes.items()),
        f"* {len(training_set.labels.label_ids):,} labels, {training_set.labels.n_given:,} given "
        "pairs",
        "",
        "| column | meaning |",
        "|---|---|",
        *(f"| `{name}` | {_MEANINGS[name]} |" for name in rows.names),
        "",
        "The configuration `labels` holds the label axis: `load_dataset(folder, "
        '"labels")["labels"]`.',
    ]
    return "\n".join(lines) + "\n"


def _config(name: str, splits: Iterable[str], *, default: bool = False) -> list[str]:
    lines = [f"- config_name: {name}", *(["  default: true"] if default else []), "  data_files:"]
    for split in splits:
        lines += [f"  - split: {split}", f"    path: data/{split}.parquet"]
    return lines


def _features(config: str, schema: pa.Schema) -> list[str]:
    lines = [f"- config_name: {config}", "  features:"]
    for field in schema:
        is_list = pa.types.is_list(field.type)
        kind = field.type.value_type if is_list else field.type
        name = {"float": "float32"}.get(str(kind), str(kind))
        lines += [f"  - name: {field.name}", f"    {'list' if is_list else 'dtype'}: {name}"]
    return lines


def _size_category(n_instances: int) -> str:
    return next((name for limit, name in _BY_COUNT if n_instances < limit), "n>1M")
