"""JUnit XML, as Jenkins, GitLab and others read it: a requirement is a test case, named by its id."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from ..words import WORDS
from .reading import Judged, Report

#: What XML 1.0 cannot hold, even escaped.
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: What pytest shows -> the element, if any, that says so.
ELEMENTS = {"failed": "failure", "error": "error", "skipped": "skipped", "xfailed": "skipped", "provisional": "skipped"}


def junit(report: Report, lang: str) -> str:
    """The whole file. A run that was cut has one more case, an error."""
    cases = [_case(one, lang) for one in report.judgements] + ([_cut(lang)] if report.cut else [])
    suite = ET.Element(
        "testsuite", _counts(cases) | {"name": "polarsearch", "timestamp": report.header["started"][:19]}
    )
    suite.set("hostname", _legal(report.header["cluster"]["url"]))
    suite.set("time", f"{sum(float(case.get('time', 0)) for case in cases):.3f}")
    suite.extend(cases)
    root = ET.Element("testsuites", {"name": "polarsearch"})
    root.append(suite)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(one: Judged, lang: str) -> ET.Element:
    case = ET.Element(
        "testcase", classname=f"polarsearch.{one.subject}", name=one.id, time=f"{one['seconds'] or 0:.3f}"
    )
    element = ELEMENTS.get(one.meaning.outcome)
    if element:
        said = one.told("why", lang) or one.sentence(lang)
        shown = ET.SubElement(
            case, element, message=_legal(said), type=f"{one.verdict.value}:{one['code']}".rstrip(":")
        )
        if element != "skipped":
            shown.text = _legal(_story(one, lang))
    elif one.meaning.outcome == "warned":
        ET.SubElement(case, "system-out").text = _legal(_story(one, lang))
    return case


def _story(one: Judged, lang: str) -> str:
    words = WORDS[lang]
    lines = [
        f"{one.level} {one.verdict.value}: {one.sentence(lang)}",
        *(f"{words[key]}: {said}" for key, said in one.facts(lang)),
    ]
    return "\n".join([*lines, *([f"{words['repeat']}:", one["script"]] if one["script"] else [])])


def _cut(lang: str) -> ET.Element:
    case = ET.Element("testcase", classname="polarsearch", name="end", time="0")
    ET.SubElement(case, "error", message=WORDS[lang]["stream-cut"], type="cut")
    return case


def _counts(cases: list[ET.Element]) -> dict[str, str]:
    elements = [child.tag for case in cases for child in case]
    counted = (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    return {"tests": str(len(cases)), **{name: str(elements.count(element)) for name, element in counted}}


def _legal(text: str) -> str:
    return ILLEGAL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
