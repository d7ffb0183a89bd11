"""Every literal error as a row: what the native and what the compatible routes say (dashscope.md §4.2)."""

from __future__ import annotations

from dataclasses import dataclass

from .parameters import MESSAGES

_ALGO = "<400> InternalError.Algo.InvalidParameter: "
_ZH_HELP = "https://help.aliyun.com/zh/model-studio/error-code"
_EN_HELP = "https://www.alibabacloud.com/help/en/model-studio/error-code"


@dataclass(frozen=True, slots=True)
class Wire:
    """An error as one family of routes writes it; native errors have no type. `{name}` is filled in."""

    status: int
    code: str | None
    message: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Literal:
    """One row. `algorithm` errors carry an `id` on compatible routes; a missing side takes the other's words."""

    name: str
    native: Wire
    compat: Wire
    algorithm: bool = False


class Refusal(Exception):
    """The service says no: the name of a row and what fills the holes of its message."""

    def __init__(self, name: str, **holes: object) -> None:
        super().__init__(name)
        self.name = name
        self.holes: dict[str, object] = holes


def _row(  # noqa: PLR0917 - the columns of the table
    name: str,
    status: int,
    native: str,
    message: str,
    code: str | None = "",
    kind: str = "",
    text: str = "",
    compat_status: int = 0,
    *,
    algorithm: bool = False,
) -> Literal:
    """A row whose compatible side repeats the native one where it is not given ("" means as native)."""
    wire = Wire(compat_status or status, native if code == "" else code, text or message, kind or native)
    return Literal(name, Wire(status, native, message), wire, algorithm)


def _same(status: int, code: str, message: str, name: str = "") -> Literal:
    return _row(name or code, status, code, message)


def _algorithm(name: str, message: str) -> Literal:
    """A refusal of embeddings or rerank: CamelCase type and code on the compatible side too."""
    return _row(name, 400, "InvalidParameter", _ALGO + message, algorithm=True)


def _chat(name: str, message: str) -> Literal:
    """A refusal of the chat algorithm: the prefix stands on the compatible side only."""
    return _row(
        name,
        400,
        "InvalidParameter",
        message,
        "invalid_parameter_error",
        "invalid_request_error",
        _ALGO + message,
        algorithm=True,
    )


def _schema(name: str, message: str, code: str | None) -> Literal:
    """A refusal by the gateway's schema, before the model's own rules: no `id`."""
    return _row(name, 400, "InvalidParameter", message, code, "invalid_request_error")


_ASKED = "invalid_request_error"
_NO_KEY = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
    "(i.e. Authorization: Bearer YOUR_KEY). "
)

_GATEWAY = (
    _row("missing-key", 401, "InvalidApiKey", "No API-key provided.", None, _ASKED, _NO_KEY),
    _row("missing-key.invalid", 401, "InvalidApiKey", "Invalid API-key provided.", None, _ASKED, _NO_KEY),
    _row(
        "invalid-key",
        401,
        "InvalidApiKey",
        "Invalid API-key provided.",
        "invalid_api_key",
        _ASKED,
        f"Incorrect API key provided. For details, see: {_ZH_HELP}#apikey-error",
    ),
    _same(401, "NOT AUTHORIZED", "Access denied: workspace not authorized or endpoint misconfigured.", "NotAuthorized"),
    _same(403, "Workspace.AccessDenied", "Workspace access denied."),
    _same(403, "Endpoint.AccessDenied", "Workspace endpoint access denied."),
    _same(404, "WorkSpaceNotFound", "WorkSpace can not be found."),
    _row(
        "missing-model",
        400,
        "BadRequest.EmptyModel",
        'Required parameter "model" missing from request.',
        None,
        _ASKED,
        "you must provide a model parameter.",
    ),
    _row(
        "unknown-model",
        400,
        "InvalidParameter",
        "Model not exist.",
        "model_not_found",
        _ASKED,
        "The model `{model}` does not exist or you do not have access to it.",
        404,
    ),
    _row(
        "ModelNotFound",
        404,
        "ModelNotFound",
        "Model can not be found.",
        "model_not_found",
        _ASKED,
        "The model `{model}` does not exist or you do not have access to it.",
    ),
    _row(
        "wrong-api",
        400,
        "InvalidParameter",
        f"url error, please check url！[ For details, see: {_ZH_HELP}#error-url]",
        "model_not_supported",
        _ASKED,
        "Unsupported model `{model}` for OpenAI compatibility mode.",
        404,
    ),
    _row(
        "AccessDenied.Unpurchased",
        403,
        "AccessDenied.Unpurchased",
        "Access to model denied. Please make sure you are eligible for using the model.",
        "access_denied",
        "access_denied",
    ),
    _same(403, "Model.AccessDenied", "Model access denied."),
    _same(403, "AccessDenied", "current user api does not support {mode} calls."),
    _row(
        "malformed-json",
        400,
        "InvalidParameter",
        "Required body invalid, please check the request body format.",
        "invalid_parameter_error",
        _ASKED,
    ),
    _same(400, "BadRequest.EmptyInput", "Required input parameter missing from request."),
    _same(400, "BadRequest.IllegalInput", "The input parameter requires json format."),
    _same(400, "BadRequest.EmptyParameters", 'Required parameter "parameters" missing from request.'),
    _row("BadRequest.TooLarge", 400, "BadRequest.TooLarge", "Payload Too Large.", compat_status=413),
    _row(
        "wrong-method",
        400,
        "InvalidParameter",
        "Request method '{method}' is not supported.",
        "invalid_parameter_error",
        _ASKED,
    ),
    _same(404, "NotFound", "Not found!"),
    _schema("encoding-format", "'encoding_format' only support with [float, base64]", None),
    _schema("messages-too-short", "[] is too short - 'messages'", None),
    _schema("schema-minimum", "{value} is lesser than the minimum of {minimum} - '{field}'", "invalid_value"),
)

_SIZE = "Value error, dimension for embedding {generation} is invalid, its value should be in {allowed}"

_ALGORITHM = (
    _algorithm(
        "batch-size", "Value error, batch size is invalid, it should not be larger than {limit}.: input.contents"
    ),
    _algorithm("contents-type", "Value error, contents is neither str nor list of str.: input.contents"),
    _algorithm("dimension", _SIZE),
    _algorithm("dimension.path", _SIZE + ": parameters.dimension"),
    _algorithm("input-length", "Range of input length should be [1, {limit}]"),
    _algorithm(
        "text-type",
        "Value error, text_type is invalid, its value should be in ['document', 'query'].: parameters.text_type",
    ),
    _algorithm(
        "output-type",
        "Value error, output_type is invalid, its value should be in ['dense', 'sparse', 'dense&sparse']."
        ": parameters.output_type",
    ),
    _algorithm("instruct-type", "Value error, instruct should be a str.: parameters.instruct"),
    _algorithm(
        "documents-size",
        "Value error, batch size of documents is invalid, it should not be empty or larger than {limit}."
        ": input.documents",
    ),
    _algorithm("documents-type", "Value error, documents is not list of str.: input.documents"),
    _algorithm(
        "document-length",
        "Value error, document index:{index} is invalid, it should not be larger than 300000: input.documents",
    ),
    _algorithm("query-empty", "Value error, query is invalid, it should be a non-empty str.: input.query"),
    _algorithm("top-n", "Value error, top_n is invalid, it should be an integer not less than 1.: parameters.top_n"),
    _algorithm("request-tokens", "Range of input length should be [1, {limit}]: input.documents"),
)

_ACCOUNT = (
    _row(
        "Arrearage",
        400,
        "Arrearage",
        "Access denied, please make sure your account is in good standing. "
        f"For details, see: {_ZH_HELP}#overdue-payment",
        algorithm=True,
    ),
    _row(
        "AllocationQuota.FreeTierOnly",
        403,
        "AllocationQuota.FreeTierOnly",
        "The free tier of the model has been exhausted. If you wish to continue access the model on a paid basis, "
        'please disable the "use free tier only" mode in the management console.',
        algorithm=True,
    ),
    *(
        _row(
            name,
            400,
            "DataInspectionFailed",
            f"{subject} data may contain inappropriate content.",
            "data_inspection_failed",
            "data_inspection_failed",
            algorithm=True,
        )
        for name, subject in (
            ("DataInspectionFailed", "Input"),
            ("DataInspectionFailed.output", "Output"),
            ("DataInspectionFailed.both", "Input or output"),
        )
    ),
)

_THROTTLED = (
    _row(
        "Throttling",
        429,
        "Throttling",
        "Requests throttling triggered.",
        "limit_requests",
        "limit_requests",
        "You exceeded your current requests list.",
    ),
    _row(
        "Throttling.RateQuota",
        429,
        "Throttling.RateQuota",
        "Requests rate limit exceeded, please try again later.",
        "limit_requests",
        "limit_requests",
        f"You have exceeded your current request limit. For details, see: {_ZH_HELP}#rate-limit",
    ),
    _row(
        "Throttling.AllocationQuota",
        429,
        "Throttling.AllocationQuota",
        "Allocated quota exceeded, please increase your quota limit.",
        "insufficient_quota",
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details. "
        f"For details, see: {_ZH_HELP}#token-limit",
    ),
    _row(
        "Throttling.BurstRate",
        429,
        "Throttling.BurstRate",
        "Request rate increased too quickly. To ensure system stability, please adjust your client logic to scale "
        "requests more smoothly over time.",
        "limit_burst_rate",
        "limit_burst_rate",
    ),
    _same(429, "Throttling.ServiceOverloaded", "Too many requests. The service is overloaded, please try again later."),
    _same(429, "Throttling.ResourceExhausted", "Resources are exhausted, please try again later."),
    _same(429, "Throttling.Concurrency", "Requests concurrency limit exceeded, please try again later."),
    _same(429, "CommodityNotPurchased", "Commodity has not purchased yet."),
    _same(429, "PrepaidBillOverdue", "The prepaid bill is overdue."),
    _same(429, "PostpaidBillOverdue", "The postpaid bill is overdue."),
    _same(429, "BudgetLimitExceeded", "The budget limit is exceeded."),
)

_OCCURRED = "An internal error has occured, please try again later or contact service support."  # sic

_INTERNAL = (
    _row("InternalError", 500, "InternalError", _OCCURRED, "internal_error", "internal_error"),
    _row(
        "SystemError",
        500,
        "SystemError",
        "An system error has occured, please try again later.",
        "internal_error",
        "internal_error",
        _OCCURRED,
    ),
    _row(
        "InternalError.Algo", 500, "InternalError.Algo", "inference internal error.", "internal_error", "internal_error"
    ),
    _same(
        500,
        "InternalError.Timeout",
        "An internal timeout error has occured during execution, please try again later or contact service support.",
    ),
    _same(500, "ModelServiceFailed", "Failed to request model service."),
    _same(500, "RequestTimeOut", "Request timed out, please try again later."),
    _same(503, "ModelUnavailable", "Model is unavailable, please try again later."),
    _same(
        503,
        "ModelServingError",
        "Too many requests. Your requests are being throttled due to system capacity limits. Please try again later.",
    ),
    _same(503, "ServiceUnavailable", "Service is unavailable, please try again later."),
    _same(504, "GatewayTimeout", "The gateway timed out, please try again later."),
    _same(404, "Model.NotExist", "Model not exist."),
)

_CHAT = tuple(_chat(name, message) for name, message in MESSAGES.items())

#: Every literal error by its name, in the order of the documentation page.
LITERALS: dict[str, Literal] = {
    row.name: row for row in (*_GATEWAY, *_ALGORITHM, *_CHAT, *_ACCOUNT, *_THROTTLED, *_INTERNAL)
}


class _Holes(dict[str, object]):
    """Fills what a fault leaves open with the hole's own name."""

    def __missing__(self, key: str) -> object:
        return f"<{key}>"


def wire(refusal: Refusal, *, native: bool, abroad: bool = False) -> Wire:
    """What one family of routes says to a refusal, with the message filled in; `abroad`, with the international links.

    Unknown names raise KeyError.
    """
    row = LITERALS[refusal.name]
    side = row.native if native else row.compat
    message = side.message.format_map(_Holes(refusal.holes)) if "{" in side.message else side.message
    return Wire(side.status, side.code, message.replace(_ZH_HELP, _EN_HELP) if abroad else message, side.type)


def literal_table_markdown() -> str:
    """The table of every literal error, for the documentation: one row a name."""
    lines = ["| name | native | compatible | `id` |", "| --- | --- | --- | --- |"]
    for row in LITERALS.values():
        native, compat = row.native, row.compat
        lines.append(
            f"| `{row.name}` | {native.status} · `{native.code}` · {_cell(native.message)} "
            f"| {compat.status} · `{compat.type}` / `{compat.code or 'null'}` · {_cell(compat.message)} "
            f"| {'yes' if row.algorithm else 'no'} |"
        )
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
