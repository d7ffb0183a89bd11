"""The text of a judgement, in English or Chinese: what must hold, what was found, the exchange, how to repeat it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from ..requirements.registry import Requirement
from .deviations import Ledger
from .diagnosis import roots, told
from .evidence import Shell, describe, needed, printable, script
from .redaction import Redactor
from .verdicts import MEANINGS, Judgement, Verdict

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "source": "source",
        "looked-at": "looked at",
        "expected": "expected",
        "actual": "actual",
        "cause": "cause",
        "root": "first cause, of {count} broken requirement(s): {sentence}",
        "exchange": "exchange",
        "repeat": "to repeat it",
        "dead": "the built-in emulator ended with the run: start one with `pytest-polarsearch serve`, trust its model "
        "service as the guide does, and put its address in place of {url}",
        "mock": "the model service {netloc} was the run's own mock: `pytest-polarsearch serve --only dashscope "
        "--dashscope-port {port}` stands in for it, and the cluster must trust it",
        "title": "PolarSearch conformance",
        "judged": "judged {judged} of {all} requirements",
        "not-judged": "not judged",
        "provisional": "provisional: of a later set, shown and not scored",
        "no-further": "this target is judged no further",
        "notes": "what this target does",
        "deviations": "deviations declared: {all}; as declared in this run: {met}; without a word from this run: {unmet}",
        "ledger": "the ledger of deviations is not true",
        "unknown": "{where}: there is no requirement {id!r}{more}",
        "expired": "{where}: the entry for {id} expired on {more}: mend the target, or look at it anew",
        "duplicate": "{where}: {id} is already declared at {more}",
        "kept": "left on the cluster, as --polarsearch-keep says",
        "left": "LEFT BEHIND on the cluster",
        "sweep": "`pytest-polarsearch sweep` removes what runs left behind",
        "cut": "the recording is not whole",
        "unrecorded": "not judged, because the recording does not hold it",
        "moved": "judged otherwise than in the run",
        "then": "{id} was {then}, and is {now}",
        "compared": "{first} | {second}: {checks} checks and {pairs} requests that both hold",
        "nothing-shared": "the two recordings have no request in common: record the same requirements on both targets",
        "verdict": "verdicts differ",
        "status": "statuses differ",
        "error-type": "types of errors differ",
        "error-shape": "shapes of errors differ",
        "dimension": "numbers of vectors, or their lengths, differ",
        "cosine": "vectors of the same texts are less alike than declared (found | least)",
        "rank": "documents are ranked otherwise than declared (rank correlation | least)",
    },
    "zh": {
        "source": "依据",
        "looked-at": "检查对象",
        "expected": "预期",
        "actual": "实际",
        "cause": "原因",
        "root": "首要原因(涉及 {count} 条未满足的要求):{sentence}",
        "exchange": "请求与响应",
        "repeat": "复现命令",
        "dead": "内置模拟器随本次运行结束:请用 `pytest-polarsearch serve` 启动一个,按指南信任其模型服务,并用其地址替换 {url}",
        "mock": "模型服务 {netloc} 是本次运行自带的模拟服务:可用 `pytest-polarsearch serve --only dashscope --dashscope-port {port}` "
        "代替,且集群必须信任它",
        "title": "PolarSearch 一致性",
        "judged": "共 {all} 条要求,已判定 {judged} 条",
        "not-judged": "未判定",
        "provisional": "暂定:属于更新的要求集,仅展示、不计分",
        "no-further": "不再继续判定该目标",
        "notes": "该目标的行为",
        "deviations": "已声明偏差 {all} 条;本次运行与声明相符 {met} 条;本次运行未涉及 {unmet} 条",
        "ledger": "偏差清单与事实不符",
        "unknown": "{where}:不存在要求 {id!r}{more}",
        "expired": "{where}:{id} 的条目已于 {more} 到期:请修复目标,或重新评估",
        "duplicate": "{where}:{id} 已在 {more} 声明",
        "kept": "按 --polarsearch-keep 保留在集群上",
        "left": "遗留在集群上的资源",
        "sweep": "用 `pytest-polarsearch sweep` 可清理遗留资源",
        "cut": "录制文件不完整",
        "unrecorded": "录制中没有,未判定",
        "moved": "与运行时的判定不同",
        "then": "{id} 当时为 {then},现为 {now}",
        "compared": "{first} | {second}:两者共有 {checks} 个检查、{pairs} 个请求",
        "nothing-shared": "两份录制没有相同的请求:请在两个目标上录制相同的要求",
        "verdict": "判定不同",
        "status": "状态码不同",
        "error-type": "错误类型不同",
        "error-shape": "错误结构不同",
        "dimension": "向量的数量或维数不同",
        "cosine": "相同文本的向量相似度低于声明值(实际 | 最低)",
        "rank": "文档排序与声明不符(等级相关 | 最低)",
    },
}


class Writer:
    """Writes judgements for one run: its language, its secrets, its way to the cluster."""

    def __init__(
        self,
        lang: str,
        redact: Redactor,
        shell: Shell,
        *,
        ephemeral: bool,
        mock: str = "",
        hints: Sequence[str] = (),
    ) -> None:
        self._words, self._lang = WORDS[lang], lang
        self._redact, self._shell, self._ephemeral = redact, shell, ephemeral
        self._mock, self._hints = mock, hints

    def failure(self, requirement: Requirement, judged: Judgement) -> str:
        """Everything a reader needs of a requirement that did not hold; many lines, without secrets."""
        word = self._words
        lines = [f"{requirement.id} ({requirement.level}, {judged.verdict.value}): {requirement.sentence(self._lang)}"]
        lines.append(f"{word['source']}: {requirement.provenance}: {requirement.source}")
        ledger = (Verdict.UNEXPECTED_PASS, Verdict.EXPIRED, Verdict.STALE)
        if judged.verdict in ledger:
            lines.append(f"{word['ledger']}: {printable(self._redact(judged.why))}")
        facts = (
            ("looked-at", judged.looked_at),
            ("expected", judged.expected),
            ("actual", judged.actual or judged.why),
        )
        lines += [f"{word[key]}: {printable(self._redact(value))}" for key, value in facts if value]
        lines += [f"{word['cause']}: {self._redact(cause)}" for cause in told(judged.causes, self._lang, self._hints)]
        for exchange in judged.exchanges:
            lines += [f"{word['exchange']}:", *_indented(describe(exchange, self._redact))]
        return "\n".join([*lines, *self._repeat(judged)])

    def _repeat(self, judged: Judgement) -> list[str]:
        requests = needed(judged.story, judged.own, judged.exchanges)
        if not requests or judged.verdict is Verdict.HARNESS_ERROR:
            return []
        text = script(requests, self._shell, self._redact)
        gone = [self._words["dead"].format(url=self._shell.url)] if self._ephemeral else []
        if self._mock and self._mock in text:
            gone.append(self._words["mock"].format(netloc=self._mock, port=self._mock.rpartition(":")[2]))
        return [f"{self._words['repeat']}:", *(f"# {one}" for one in gone), text]


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def summary(rows: Sequence[dict[str, object]], total: int, lang: str, line: Callable[[str], None]) -> None:
    """First causes, counts a level, what was judged, what was not and why; one call of `line` a line."""
    red = [row["causes"] for row in rows if MEANINGS[Verdict(str(row["verdict"]))].fails]
    for cause, count in roots(red).items():  # type: ignore[arg-type]
        line(WORDS[lang]["root"].format(count=count, sentence=told([cause], lang)[0]))
    for level in dict.fromkeys(str(row["level"]) for row in sorted(rows, key=lambda row: _rank(str(row["level"])))):
        counts: dict[str, int] = {}
        for row in rows:
            if row["level"] == level:
                counts[str(row["verdict"])] = counts.get(str(row["verdict"]), 0) + 1
        line(f"{level:<7}" + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    judged = sum(_judged(row) for row in rows)
    line(WORDS[lang]["judged"].format(judged=judged, all=total))
    for was, ids in _provisional(rows).items():
        line(f"{WORDS[lang]['provisional']} ({len(ids)} {was}): {', '.join(ids)}")
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if not _judged(row) and row["verdict"] != Verdict.PROVISIONAL.value:
            reasons.setdefault(f"{row['verdict']}: {row['why']}", []).append(str(row["id"]))
    for reason, ids in reasons.items():
        line(f"{WORDS[lang]['not-judged']} ({len(ids)}): {reason}")


def _provisional(rows: Sequence[dict[str, object]]) -> dict[str, list[str]]:
    """Ids that are shown only, by the verdict that they would have had."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if row["verdict"] == Verdict.PROVISIONAL.value:
            found.setdefault(str(row["code"]).partition(":")[2], []).append(str(row["id"]))
    return found


def _rank(level: str) -> int:
    return ("MUST", "SHOULD", "MAY", "INFO").index(level)


def _judged(row: dict[str, object]) -> bool:
    return MEANINGS[Verdict(str(row["verdict"]))].judged


def declared(ledger: Ledger, rows: Sequence[dict[str, object]], lang: str, line: Callable[[str], None]) -> None:
    """How many deviations are declared, and how this run stands to them; no line for an empty ledger."""
    if ledger.entries:
        ran = {row["id"] for row in rows}
        met = sum(row["verdict"] == Verdict.DEVIATION.value for row in rows)
        unmet = sum(entry.id not in ran for entry in ledger.entries)
        line(WORDS[lang]["deviations"].format(all=len(ledger.entries), met=met, unmet=unmet))


def untrue(ledger: Ledger, known: Collection[str], lang: str) -> list[str]:
    """A sentence for each entry that is wrong whatever ran."""
    words = WORDS[lang]
    return [
        words[word].format(where=entry.where, id=entry.id, more=more) for word, more, entry in ledger.problems(known)
    ]
