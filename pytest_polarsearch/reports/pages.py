"""Pages that people open: self-contained HTML in both languages, made by Jinja2, which escapes what a target said."""

from __future__ import annotations

from typing import Any

from ..words import LANGUAGES, WORDS

MISSING = "the HTML report needs Jinja2: pip install 'pytest-polarsearch[report]'"


def render(template: str, lang: str, **view: Any) -> str:
    """The whole page, first shown in `lang`. ImportError, with the command that helps, without Jinja2."""
    try:
        import jinja2
    except ImportError:
        raise ImportError(MISSING) from None
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    templates.filters["shown"] = shown
    templates.globals |= {"words": WORDS, "languages": LANGUAGES}
    return templates.get_template(template).render(view, lang=lang)


def shown(text: object) -> str:
    """Without what is not seen, or would change the order of what is."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in str(text))
