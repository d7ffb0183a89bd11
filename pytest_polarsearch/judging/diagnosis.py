"""Known causes: a sign in an engine's or service's words -> what happened and what to do, in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """One row: the sign (a regular expression over the words of refusal) and what it means to people. `asks` says
    that the run knows the request an administrator must send."""

    id: str
    sign: str
    en: str
    zh: str
    asks: bool = False

    def sentence(self, lang: str) -> str:
        """The row in `en` or `zh`."""
        return self.zh if lang == "zh" else self.en


CAUSES: tuple[Cause, ...] = (
    Cause(
        "untrusted", r"not matching the trusted connector endpoint regex|endpoints regex is not configured",
        "no pattern of plugins.ml_commons.trusted_connector_endpoints_regex covers the whole URL of the model service "
        "(scheme, host, port and path); the list must have one that does",
        "plugins.ml_commons.trusted_connector_endpoints_regex 中没有任何模式能匹配模型服务的完整 URL(协议、主机、端口和路径);需要加入一条",
        asks=True,
    ),
    Cause(
        "broken-pattern", r"pattern_syntax|Dangling meta character|Unclosed|Illegal repetition",
        "an entry of plugins.ml_commons.trusted_connector_endpoints_regex is no valid Java pattern, such as the guide's "
        "`ep-***`; replace the stars by the real endpoint name and escape the dots",
        "plugins.ml_commons.trusted_connector_endpoints_regex 中有一条不是合法的 Java 正则(例如指南里的 `ep-***`);请写真实终端节点名并转义点号",
        asks=True,
    ),
    Cause(
        "private-ip", r"has private ip address",
        "the model service has a private address and plugins.ml_commons.connector.private_ip_enabled is not true, or was "
        "not yet when the model was deployed: set it, then undeploy and deploy the model",
        "模型服务是私网地址,而 plugins.ml_commons.connector.private_ip_enabled 不为 true,或在部署模型时还不是:先设置,再卸载并重新部署模型",
        asks=True,
    ),
    Cause(
        "no-permission", r"no permissions for \[",
        "the account lacks the permission named in brackets: ask the administrator for a role that has it, such as the "
        "guide's admin account or the role ml_full_access",
        "账号缺少方括号中的权限:请管理员授予包含该权限的角色,例如指南中的管理员账号或角色 ml_full_access",
    ),
    Cause(
        "placeholder", r"Some parameter placeholder not filled",
        "the connector's request_body has ${parameters.NAME} in quotes and the predict call gave no such parameter",
        "连接器 request_body 中带引号的 ${parameters.NAME} 没有得到对应参数",
    ),
    Cause(
        "payload", r"Invalid payload",
        "after the parameters were put in, the request body is no JSON: a parameter is missing in an unquoted place, a "
        "list stands in quotes, or a text stands without them",
        "填入参数后请求体不是合法 JSON:未加引号处缺少参数、列表被加了引号,或文本没有加引号",
    ),
    Cause(
        "key", r"InvalidApiKey|invalid_api_key|Incorrect API key|No API-key|provide an API key",
        "the model service refused the key that the connector holds; inside single quotes the shell never fills in "
        "${YOUR_API_KEY}, so the literal text may have been stored: create the connector again with the key itself",
        "模型服务拒绝了连接器中的密钥;单引号内 shell 不会展开 ${YOUR_API_KEY},可能存入了字面文本:请用真实密钥重新创建连接器",
    ),
    Cause(
        "credential", r"Connector credential is null or empty",
        "the engine wants a credential even for a service without keys: give a dummy, such as {\"api_key\": \"unused\"}",
        "引擎要求必须有 credential,即使模型服务不需要密钥:可填占位值,例如 {\"api_key\": \"unused\"}",
    ),
    Cause(
        "throttled", r"Throttling|limit_requests|rate limit|HTTP 429",
        "the model service limits the rate of requests; engines up to 3.7 do not repeat a plain 429: send less at once",
        "模型服务限流;3.7 及以下引擎不会重试普通 429:请降低请求频率",
    ),
    Cause(
        "unreachable-service", r"Error communicating with remote model",
        "the cluster could not talk to the model service: check address, port, and the way out of the cluster's network",
        "集群无法与模型服务通信:请检查地址、端口以及集群的出站网络",
    ),
    Cause(
        "unknown-host", r"Name or service not known|unknown_host",
        "the cluster does not know the host name of the model service; parameters.endpoint takes host[:port] without http://",
        "集群无法解析模型服务的主机名;parameters.endpoint 只写 host[:port],不要带 http://",
    ),
    Cause(
        "disabled", r"Remote Inference is currently disabled",
        "remote models are switched off: plugins.ml_commons.remote_inference.enabled must be true",
        "远程模型被关闭:需将 plugins.ml_commons.remote_inference.enabled 设为 true",
    ),
    Cause(
        "batch", r"batch size is invalid",
        "more texts at once than the model takes (10 for text-embedding-v3 and v4): send fewer, or set the connector "
        "parameter input_docs_processed_step_size",
        "一次提交的文本数超过模型上限(text-embedding-v3/v4 为 10):请减少数量,或设置连接器参数 input_docs_processed_step_size",
    ),
)  # fmt: skip


def diagnose(texts: Iterable[str], lang: str, hints: Sequence[str] = ()) -> list[str]:
    """The known causes whose sign stands in one of the texts, most telling first; with the run's hints where one asks."""
    told = "\n".join(text for text in texts if text)
    found = [cause for cause in CAUSES if re.search(cause.sign, told)]
    asked = list(hints) if any(cause.asks for cause in found) else []
    return [cause.sentence(lang) for cause in found] + asked
