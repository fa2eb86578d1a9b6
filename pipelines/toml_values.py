"""Values and settings as TOML."""

from __future__ import annotations

import json
from collections.abc import Mapping


def optional(key: str, value: object) -> str:
    """Return a line that sets a key, or, without a value, a comment that it could be set."""
    return f"# {key} = ..." if value in (None, {}) else f"{key} = {toml(value)}"


def toml(value: object) -> str:
    """Return a value as TOML; JSON strings and arrays are TOML too."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{toml(str(key))} = {toml(item)}" for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    return json.dumps(value, ensure_ascii=False)
