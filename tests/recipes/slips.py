"""A recipe for each rule in which it fires, and recipes in which nothing is wrong."""

from __future__ import annotations

import json
from pathlib import Path

from pytest_polarsearch.blueprints import BLUEPRINTS, NO_KEY, Endpoint
from pytest_polarsearch.recipes.facts import TRUSTED

GUIDE = Path(__file__).parents[1] / "data" / "guide.zh.txt"
KEY = "sk-0123456789abcdef0123456789"


def connector(name="embedding", **changed):
    """A sound connector body, changed: an action's fields go there, parameters are added, others to the top."""
    body = BLUEPRINTS[name].connector(Endpoint("http", "m.example:80", NO_KEY))
    body["credential"] = {"api_key": "unused"}
    for field, value in changed.items():
        inner = field in ("url", "request_body", "headers", "pre_process_function", "post_process_function")
        place = body["actions"][0] if inner else body
        place[field] = {**body[field], **value} if field == "parameters" else value
    return json.dumps(body, indent=2)


def settings(*patterns):
    """A settings body with these trusted patterns."""
    return json.dumps({"persistent": {TRUSTED: patterns}}, indent=2)


def curl(body, path="_plugins/_ml/connectors/_create", method="POST"):
    """A curl as the guide writes it."""
    return f"curl -X{method} \"https://c/{path}\" \\\n-H 'Content-Type: application/json' \\\n-d '{body}'\n"


def predict(**parameters):
    """A curl that asks a model."""
    return curl(json.dumps({"parameters": parameters}, indent=1), "_plugins/_ml/models/m/_predict")


def heredoc(body, word="EOF"):
    """A curl whose body the shell fills in."""
    return f"curl -X POST https://c/_plugins/_ml/connectors/_create -d @- <<{word}\n{body}\n{word.strip(chr(39))}\n"


def slots_escaped(body):
    """A body for a heredoc in which the shell fills variables in."""
    return body.replace("\\", "\\\\").replace("${", "\\${")


EMBEDDINGS = "http://${parameters.endpoint}/compatible-mode/v1/embeddings"
MODEL = '{"model": "${parameters.model}"}'
SOUND = r"^http://m\.example:80/.*$"
TO_SETTINGS = "_cluster/settings"
#: Rule -> recipes in which it fires, alone.
WRONG = {
    "key-in-single-quotes": [
        curl(connector(credential={"api_key": "${YOUR_API_KEY}"})),
        curl(connector(credential={"api_key": "$YOUR_API_KEY"})),
        heredoc(connector(credential={"api_key": "${YOUR_API_KEY}"}), "'EOF'"),
        "curl 'https://${POLARSEARCH_HOST_PORT}/_plugins/_ml/stats'\n",
        "curl --user '${USER_PASSWORD}' https://c/_plugins/_ml/stats\n",
    ],
    "slot-eaten-by-shell": [
        heredoc(connector("prompt", request_body='{"model": "m${parameters.model}"}')).replace("${p", "\\${p", 2)
        .replace("${cr", "\\${cr").replace("m\\${p", "m${p"),
    ],
    "unfilled": [
        connector(credential={"api_key": "<your_api_key>"}),
        connector(credential={"api_key": "<your-api-key>"}),
        connector(credential={"api_key": "<您的密钥>"}),
        connector(credential={"api_key": "${YOUR_API_KEY}"}),
        connector(client_config={"read_timeout": "@"}).replace('"@"', "<seconds>"),
        "DELETE /_plugins/_ml/models/<model_id>\n",
        "DELETE /_plugins/_ml/models/${MODEL_ID}\n",
        "curl -XDELETE https://c/_plugins/_ml/connectors/<connector_id>\n",
        curl('{"connector_id": "<connector_id>"}', "_plugins/_ml/models/_register"),
    ],
    "not-json": [
        curl('{"persistent": {"a": 1,}}', TO_SETTINGS),
        "PUT _cluster/settings\n{\"persistent\": {'a': 1}}\n",
        "```json\n{\"actions\": [}\n```\n",
    ],
    "slot-without-parameter": [
        connector(url="http://${parameters.endpoint}/v1/${parameters.path}"),
        connector(headers={"Authorization": "Bearer ${credential.key}"}),
        connector(headers={"Authorization": "Bearer ${credentials.api_key}"}),
        connector(request_body=f'{MODEL[:-1]}, "input": ${{parameters.input}}, "v": "${{parameters.api_version}}"}}'),
        curl(connector(request_body=f'{MODEL[:-1]}, "input": ${{parameters.input}}, "d": ${{parameters.size}}}}'))
        + predict(input=["a"]),
    ],
    "parameter-without-slot": [connector(parameters={"dimensions": 512}), connector(parameters={"temperature": 0.5})],
    "quoted-slot-for-list": [
        connector(request_body='{"model": "${parameters.model}", "input": "${parameters.input}"}'),
        curl(connector(request_body=f'{MODEL[:-1]}, "i": "${{parameters.words}}"}}')) + predict(words=["a"]),
    ],
    "bare-slot-for-text": [connector(request_body='{"model": ${parameters.model}, "input": ${parameters.input}}')],
    "scheme-twice": [
        connector(parameters={"endpoint": "http://m.example"}), connector(parameters={"endpoint": "https://m.example"}),
        connector(url="http://http://${parameters.endpoint}/v1/embeddings"),
    ],
    "broken-pattern": [settings("^http://ep-***.x/.*$"), settings("*.example.com"), settings("^http://(a/.*$")],
    "bare-dots": [
        settings("^http://m.example/.*$"), settings("^https?://10.0.0.1:80/.*$"),
        settings("^https?:\\/\\/m.example\\/.*$"),
        settings("x").replace('[\n      "x"\n    ]', '"^http://m.example/.*$"'),
        settings("^http://.*.example\\.com/.*$"),
    ],
    "url-not-covered": [
        f"{curl(settings(SOUND), TO_SETTINGS)}\n{curl(connector(parameters={'endpoint': 'other:1'}))}",
        f"{curl(settings('^http://m[.]example:80$'), TO_SETTINGS)}\n{curl(connector())}",
    ],
    "scheme-mismatch": [
        f"{curl(settings(SOUND.replace('http', 'https')), TO_SETTINGS)}\n{curl(connector())}",
        connector(parameters={"endpoint": "m.example:443"}),
        connector(url=EMBEDDINGS.replace("http", "https")),
    ],
    "retired-model": [
        connector(parameters={"model": "text-embedding-v1"}), connector("rerank", parameters={"model": "gte-rerank"}),
        predict(model="gte-rerank", query="q", documents=[]),
        connector(request_body='{"model":"text-embedding-v2","x":"${parameters.model}","input":${parameters.input}}'),
    ],
    "top-n-dropped": [curl(connector("rerank")) + predict(query="q", documents=["a"], top_n=1)],
    "function-misfit": [
        connector(post_process_function="connector.post_process.cohere.rerank"),
        connector(post_process_function="connector.post_process.default.embedding"),
        connector("rerank", post_process_function="connector.post_process.cohere.rerank"),
        connector("chat", post_process_function="connector.post_process.openai.embedding"),
        connector(url="http://${parameters.endpoint}/api/v1/services/embeddings/text-embedding/text-embedding"),
    ],
    "unknown-function": [
        connector(post_process_function="connector.post_process.openai.embeding"),
        connector(pre_process_function="connector.preprocess.openai.embedding"),
        connector(post_process_function="openai.embedding"),
    ],
    "missing-credential": [
        connector(credential={}, headers={}),
        '{"name": "m", "connector": {"actions": [{"url": "http://a/b"}]}}', '{"actions": [{"url": "http://a/b"}]}'],
    "timeout-unit": [
        connector(client_config={"read_timeout": 30000}), connector(client_config={"connection_timeout": "5000"}),
    ],
    "stream-parameter": [predict(messages=[], stream=True), connector("chat", parameters={"stream": "false"})],
    "text-docs-route": [
        curl('{"text_docs": ["a"]}', "_plugins/_ml/models/m/_predict"),
        'POST /_plugins/_ml/models/m/_predict\n{"text_docs": ["a"]}\n',
    ],
    "secret": [
        connector(credential={"api_key": KEY}), f"{curl('{}', TO_SETTINGS)}\nexport YOUR_API_KEY={KEY}\n",
        'export USER_PASSWORD="polarsearch_user:Gr8tWall7"\n',
        "curl -u admin:Gr8tWall7 https://c/_plugins/_ml/stats\n",
        "curl https://admin:Gr8tWall7@c/_plugins/_ml/stats\n",
        connector(headers={"Authorization": "Bearer abcDEF0123456789xyz"}, credential={"api_key": "unused"}),
    ],
}  # fmt: skip
#: Recipes in which nothing is wrong.
RIGHT = {
    **{name: connector(name) for name in BLUEPRINTS},
    "covered": f"{curl(settings(SOUND), TO_SETTINGS)}\n{curl(connector())}",
    "no pattern is known yet": f"{curl(settings('^http://$NAME/.*'), TO_SETTINGS).replace(chr(39), chr(34))}",
    "from the environment": curl(connector(credential={"api_key": "@"})).replace("@", "'\"${YOUR_API_KEY}\"'"),
    "in a heredoc": heredoc(slots_escaped(connector(credential={"api_key": "@"}))).replace("@", "${YOUR_API_KEY}"),
    "default of a slot": connector(url=f"{EMBEDDINGS}?d=${{parameters.size:-1}}"),
    "a parameter in another's value": connector("prompt", parameters={"prompt": "Say ${parameters.who}", "who": "me"}),
    "seconds": connector(client_config={"read_timeout": 30, "connection_timeout": 999}),
    "top_n in its place": curl(
        connector("rerank.flat", request_body='{"d": ${parameters.documents}, "q": "${parameters.query}", '
                  '"n": ${parameters.top_n}, "m": "${parameters.model}"}')
    )
    + predict(query="q", documents=["a"], top_n=1),
    "the long route": curl('{"text_docs": ["a"]}', "_plugins/_ml/_predict/text_embedding/m"),
    "nobody's key": connector(credential={"api_key": f"sk-{'x' * 30}"}),
    "an update may leave out what is there": curl(
        '{"actions": [{"url": "${parameters.endpoint}", "request_body": "{}"}]}', "_plugins/_ml/connectors/c", "PUT"
    ),
    "tags in people's words": predict(prompt="<b>bold</b> and <br> and <your_word> in a sentence"),
    "a variable in people's words": predict(prompt="what is $PATH, and ${HOME}?"),
    "a pattern's own group": settings("^http://(?<name>m)\\.example/.*$"),
    "dots that are meant": settings("^https?://[^.]+\\.example\\.com(:\\d+)?/v1.0/.*$"),
    "a filter before the function": connector(
        "rerank", post_process_function="connector.post_process.cohere.rerank",
        parameters={"response_filter": "$.output.results"},
    ),
    "a script": connector(post_process_function="return params.data;"),
    "a model's tags": connector("prompt", request_body=f'{MODEL[:-1]}, "p": "<s>${{parameters.prompt}}</s>"}}'),
    "a text in a list": connector(request_body=f'{MODEL[:-1]}, "input": ["${{parameters.input}}"]}}'),
    "several bodies in one block": f"```json\n{connector()}\n\n{connector('rerank')}\n```\n",
    "an address in double quotes": 'curl --user "${USER_PASSWORD}" "https://${HOST}/_plugins/_ml/stats"\n',
    "an MCP connector": '{"protocol": "mcp_sse", "actions": []}',
    "a password of the environment": 'curl -u "$USER_PASSWORD" https://c/_plugins/_ml/stats\n',
    "a password to be filled in": "curl -u user:your_password https://c/_plugins/_ml/stats\n",
    "left out": curl('{"persistent": {…}}', TO_SETTINGS),
    "a body elsewhere": "curl -d @body.json https://c/_plugins/_ml/connectors/_create\n",
    "a text parameter that is a number": connector(
        parameters={"dimensions": "512"},
        request_body='{"model": "${parameters.model}", "input": ${parameters.input}, "d": ${parameters.dimensions}}',
    ),
}  # fmt: skip
