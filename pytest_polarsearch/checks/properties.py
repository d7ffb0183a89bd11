"""What must hold whatever is asked: claims of random examples, shrunk to the smallest that breaks one."""

from __future__ import annotations

from typing import Any

from .context import Context
from .contract import check, said
from .drawing import Each, Made, Pick, Some, for_all

Json = Any

#: Characters that get lost on some way: of JSON, templates, shells, logs, code pages, and normal forms of Unicode.
CHARACTERS = (
    "a", "B", "7", " ", '"', "'", "\\", "/", "\n", "\t", "\r", "\b", "\x00", "\x1f", "\x7f", "\x85", "$", "{", "}", "[",
    "]", "<", ">", "&", "=", "%", "`", "é", "e\u0301", "ß", "İ", "中", "机", "。", "“", "\u3000", "か\u3099", "한", "Ж",
    "ש", "ع", "ก", "\u200b", "\u200d", "\u202e", "\u2028", "\u2029", "\ufeff", "\ufffd", "\uffff", "😀", "👍",
    "👩\u200d👧", "🇨🇳", "𠮷", "𝒳", "\U0010ffff", "^", "|", "~", "\\u0041", "&lt;", "%20", "\\n",
)  # fmt: skip
#: Steps by which characters are taken out of their order, so that others come to stand side by side.
STRIDES = (1, 5, 7, 11, 13, 17, 19, 23)


def _text(drawn: Json) -> str:
    """A text of the drawn characters. It begins with a letter: what is JSON by itself the engine does not escape."""
    characters, stride = drawn
    return "t" + "".join(sorted(characters, key=lambda one: CHARACTERS.index(one) * stride % len(CHARACTERS)))


@check(
    "properties.any-text-survives",
    killed_by=[
        "mlcommons.quotes-lost",
        "mlcommons.backslashes-lost",
        "mlcommons.newlines-lost",
        "mlcommons.slashes-lost",
        "mlcommons.markup-lost",
        "mlcommons.cjk-lost",
        "mlcommons.emoji-lost",
        "mlcommons.text-normalised",
    ],
    uses=["observed.prompt"],
)
def any_text_survives(ctx: Context) -> None:
    def survives(text: str) -> None:
        with ctx.watching("chat") as seen:
            ctx.ok(ctx.predict("observed.prompt", prompt=text))
        ctx.equal(seen.one.json["messages"][0]["content"], text, said("substitution.prompt"))

    for_all(ctx, Made(Each((Some(CHARACTERS), Pick(STRIDES))), _text), survives, first=[_text((CHARACTERS, 1))])
