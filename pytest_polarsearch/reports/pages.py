"""Pages that people open: self-contained HTML in both languages, made by Jinja2, which escapes what a target said."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from ..words import LANGUAGES, WORDS

MISSING = "the HTML report needs Jinja2: pip install 'pytest-polarsearch[report]'"


def render(template: str, lang: str, **view: Any) -> str:
    """A page, or a part of one, first shown in `lang`. ImportError, with the command that helps, without Jinja2."""
    try:
        templates = _templates()
    except ImportError:
        raise ImportError(MISSING) from None
    return str(templates.get_template(template).render(view, lang=lang))


@cache
def _templates() -> Any:
    import jinja2

    templates = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    templates.filters |= {"shown": shown, "laid_out": laid_out}
    templates.globals |= {"words": WORDS, "languages": LANGUAGES}
    return templates


def shown(text: object) -> str:
    """Without what is not seen, or would change the order of what is."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in str(text))


#: What JSON is made of: texts, marks, space, and everything else.
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\],:]|\s+|[^\s"{}\[\],:]+|"')
#: A list without lists or objects in it.
FLAT = re.compile(r'\[(?:"(?:\\.|[^"\\])*"|[^\[\]{}"])*\]')


def laid_out(text: str) -> str:
    """JSON with its objects on lines of their own, letter by letter what it was but for space; other text as it is."""
    if text.lstrip()[:1] not in ("{", "["):
        return text
    lines, depth, place = [""], 0, 0
    while place < len(text):
        found = FLAT.match(text, place) or TOKEN.match(text, place)
        if found is None:
            return text
        token = found[0]
        place += len(token)
        if token in ("}", "]"):
            depth -= 1
            lines.append("  " * depth)
        lines[-1] += token if token.strip() else ""
        lines[-1] += " " if token == ":" else ""
        depth += token in ("{", "[")
        if token in ("{", "[", ","):
            lines.append("  " * depth)
    return "\n".join(line.rstrip() for line in lines if line.strip())
