"""Which step of the guide a request belongs to: method and path -> the name of the operation."""

from __future__ import annotations

import re

from ..words import WORDS

ML = "/_plugins/_ml"
OTHER = "other"
ID = r"[\w-]+"
#: Method, path (a whole regular expression), operation. The first row that fits names it.
OPERATIONS: tuple[tuple[str, str, str], ...] = (
    ("PUT", r"/_cluster/settings.*", "trust"),
    ("GET", r"/_cluster/settings.*", "read settings"),
    ("POST", rf"{ML}/connectors/_create.*", "create connector"),
    ("PUT", rf"{ML}/connectors/{ID}", "update connector"),
    ("GET", rf"{ML}/connectors/{ID}", "read connector"),
    ("DELETE", rf"{ML}/connectors/{ID}", "delete connector"),
    ("POST", rf"{ML}/models/_register.*", "register model"),
    ("POST", rf"{ML}/models/{ID}/_deploy", "deploy"),
    ("POST", rf"{ML}/models/{ID}/_undeploy|{ML}/models/_undeploy", "undeploy"),
    ("POST", rf"{ML}/models/{ID}/_predict|{ML}/_predict/{ID}/{ID}", "predict"),
    ("PUT", rf"{ML}/models/{ID}", "update model"),
    ("GET", rf"{ML}/models/{ID}", "read model"),
    ("DELETE", rf"{ML}/models/{ID}", "delete model"),
    ("GET", rf"{ML}/tasks/{ID}", "read task"),
    ("DELETE", rf"{ML}/tasks/{ID}", "delete task"),
    ("(GET|DELETE|POST|PUT)", rf"{ML}/model_groups/.*", "model group"),
    ("(GET|POST)", rf"{ML}/{ID}/_search.*", "search"),
    ("(GET|POST|PUT)", r"https?://.*", "ask the model service"),
)


def operation(method: str, path: str) -> str:
    """The operation's name; `other` where no row fits."""
    return next(
        (name for verb, where, name in OPERATIONS if re.fullmatch(verb, method) and re.fullmatch(where, path)), OTHER
    )


def in_words(operation: str, lang: str) -> str:
    """An operation's name as people read it."""
    return WORDS[lang][f"operations.{operation.replace(' ', '-')}"]
