"""What the team agreed on: a page of Markdown for each attribute, as HTML that fetches nothing."""

from __future__ import annotations

import errno
import re
from collections.abc import Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from workbench.errors import InputError
from workbench.ui import markup

FOLDER = "guidelines"
GENERAL = "index"
MAX_BYTES = 100_000
# What some file system does not allow in a name, and the sign that spells it.
_NOT_IN_A_NAME = re.compile(r'[\x00-\x1f\x7f%/\\:*?"<>|]|^\.|[. ]$')
_SCHEME = re.compile(r"[^/?#]*?:")


def guideline_path(workspace_root: Path, attribute: str) -> Path:
    r"""Return where the guideline of an attribute lies or would lie.

    What cannot be in the name of a file is spelled as in an address: ``%`` and two hexadecimal
    digits. So is the first letter of an attribute that is called like the general page.

    Examples
    --------
    >>> guideline_path(Path("shop"), "Brand/Model").as_posix()
    'shop/guidelines/Brand%2FModel.md'
    """
    if attribute == GENERAL:
        name = f"%{ord(attribute[0]):02X}{attribute[1:]}"
    else:
        name = _NOT_IN_A_NAME.sub(lambda found: f"%{ord(found[0]):02X}", attribute)
    return workspace_root / FOLDER / f"{name}.md"


def guideline_of(workspace_root: Path, attribute: str | None) -> str | None:
    """Return the guideline of an attribute as Markdown, None if the team wrote none.

    Parameters
    ----------
    workspace_root : Path
    attribute : str or None
        None stands for the general guideline.

    Raises
    ------
    InputError
        If the file is too large or no UTF-8.
    """
    if attribute is None:
        path = workspace_root / FOLDER / f"{GENERAL}.md"
    else:
        path = guideline_path(workspace_root, attribute)
    try:
        if not path.is_file():
            return None
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(
                f"{path} has {size:,} bytes; a guideline has at most {MAX_BYTES:,}: shorten it"
            )
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is no UTF-8 (byte {error.start + 1}): save it again in that encoding"
        ) from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return None
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


def guideline_html(workspace_root: Path, attribute: str | None) -> str:
    """Return the guideline of an attribute as HTML; empty if there is none.

    Why a file cannot be read stands in its place.
    """
    try:
        text = guideline_of(workspace_root, attribute)
    except InputError as error:
        return markup.soft(str(error))
    if not text or not text.strip():
        return ""
    return f'<div class="wb-guideline">{render(text)}</div>'


def render(markdown: str) -> str:
    """Return Markdown as HTML: without HTML of its own, without pictures, links only to the web."""
    return str(_RENDERER.render(markdown))


def _make_renderer() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    made.validateLink = _leads_to_the_web  # type: ignore[assignment]
    made.add_render_rule("link_open", _open_link)
    made.add_render_rule("heading_open", _deeper)
    made.add_render_rule("heading_close", _deeper)
    return made


def _leads_to_the_web(address: str) -> bool:
    """Say whether an address is relative or one of the web."""
    scheme = _SCHEME.match(address)
    return scheme is None or scheme[0].casefold() in ("http:", "https:")


def _open_link(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    tokens[at].attrSet("rel", "noopener noreferrer nofollow")
    tokens[at].attrSet("target", "_blank")
    return self.renderToken(tokens, at, options, env)


def _deeper(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    """Write a heading two levels down: the page around it has the first two."""
    tokens[at].tag = f"h{min(int(tokens[at].tag[1:]) + 2, 6)}"
    return self.renderToken(tokens, at, options, env)


_RENDERER = _make_renderer()
