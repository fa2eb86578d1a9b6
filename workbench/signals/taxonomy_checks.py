"""What can be wrong with a tree of categories, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.text import normalise

SEPARATOR = " > "


def path_key(path: str) -> str:
    """Return the form of a path in which spellings are compared."""
    return SEPARATOR.join(part.strip() for part in normalise(path).split(">"))


def find_orphans(parents: Mapping[str, str | None]) -> list[str]:
    """Return a complaint if a parent is not among the categories."""
    lost = [
        (child, parent) for child, parent in parents.items() if parent and parent not in parents
    ]
    if not lost:
        return []
    shown = ", ".join(f"{child!r} names {parent!r}" for child, parent in lost[:5])
    return [
        f"every parent_id must be a category_id, found {len(lost):,} that are not ({shown}); "
        "add the parent or leave parent_id empty for a root"
    ]


def find_circles(parents: Mapping[str, str | None]) -> list[str]:
    """Return a complaint, which shows them, if categories are their own ancestors."""
    circles: list[list[str]] = []
    done: set[str] = set()
    for start in parents:
        walk: dict[str, None] = {}
        here: str | None = start
        while here is not None and here in parents and here not in done and here not in walk:
            walk[here] = None
            here = parents[here]
        if here in walk:
            steps = list(walk)
            circles.append([*steps[steps.index(str(here)) :], str(here)])
        done.update(walk)
    if not circles:
        return []
    shown = ", ".join(" → ".join(circle) for circle in circles[:5])
    return [
        f"categories must not be their own ancestors, found {len(circles):,} "
        f"{'circle' if len(circles) == 1 else 'circles'} (child → parent: {shown}); "
        "correct one parent_id of each"
    ]


def find_names_with_separator(names: Iterable[str]) -> list[str]:
    """Return a complaint if a name holds what parts the levels of a path."""
    bad = [name for name in names if ">" in name]
    if not bad:
        return []
    shown = ", ".join(map(repr, bad[:5]))
    return [f"names must not contain '>', which parts the levels of a path, found {shown}"]


def find_twins(paths: Mapping[str, str]) -> list[str]:
    """Return a complaint if two categories have the same path but for case and width."""
    by_path: dict[str, list[str]] = {}
    for category_id, path in paths.items():
        by_path.setdefault(path_key(path), []).append(category_id)
    twins = [ids for ids in by_path.values() if len(ids) > 1]
    if not twins:
        return []
    shown = ", ".join(f"{paths[ids[0]]!r} is {' and '.join(map(repr, ids))}" for ids in twins[:5])
    return [
        f"categories under one parent must differ in name, found {len(twins):,} that do not "
        f"({shown}); rename or merge them"
    ]
