"""Files that users write: whatever is wrong with one is told in one sentence, with file, line and the closest word."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pytest_polarsearch.judging.deviations import read_ledger
from pytest_polarsearch.profiles.reading import read_profile
from pytest_polarsearch.recording.tolerances import read_tolerances
from pytest_polarsearch.userfile import UserFileError

READERS = {
    "a ledger of deviations": lambda path, lang: read_ledger(path, date(2026, 6, 1), lang),
    "a vendor's profile": read_profile,
    "a file of tolerances": read_tolerances,
}


def refusal(what: str, path: Path, lang: str = "en") -> str:
    """The sentence with which a file is refused, its folder left out."""
    with pytest.raises(UserFileError) as told:
        READERS[what](path, lang)
    return str(told.value).replace(f"{path.parent}/", "")


#: What the file is made of -> the sentence, up to the words of Python's reader of TOML.
BYTES = {
    "no UTF-8": (b"version = 1\n# \xff\n", "our.toml:2: byte 0xff is no UTF-8; save the file as UTF-8"),
    "UTF-16": ("version = 1".encode("utf-16"), "our.toml:1: byte 0xff is no UTF-8; save the file as UTF-8"),
    "a value left out": (b"version = 1\nx =\n", "our.toml:2 is no TOML: "),
    "a quote left open": (b'version = 1\nx = "a\n', "our.toml:2 is no TOML: "),
    "a key twice": (b"version = 1\nversion = 1\n", "our.toml:2 is no TOML: "),
    "a date that is none": (b"version = 1\nx = 2027-13-45\n", "our.toml:2 is no TOML: "),
    "a date of another country": (b"version = 1\nx = 31.12.2026\n", "our.toml:2 is no TOML: "),
    "nothing": (b"", "our.toml:1: there is no version; begin with a line `version = 1`"),
    "no version": (b"\n# ours\n", "our.toml:1: there is no version; begin with a line `version = 1`"),
    "a misspelt version": (b"# ours\nverison = 1\n",
        "our.toml:2: 'verison' is unknown (did you mean version?); it takes version"),
    "another version": (b"# ours\nversion = 2\n", "our.toml:2: version is 2; this kit reads `version = 1`"),
    "a version in quotes": (b'version = "1"\n', "our.toml:1: version is '1'; this kit reads `version = 1`"),
    "a version that is a flag": (b"version = true\n", "our.toml:1: version is True; this kit reads `version = 1`"),
}  # fmt: skip


@pytest.mark.parametrize("what", READERS)
@pytest.mark.parametrize("case", BYTES)
def test_a_file_that_is_none_is_told_with_its_line(tmp_path, case, what):
    """Encoding, TOML and version are the same for all kinds of files."""
    content, sentence = BYTES[case]
    (tmp_path / "our.toml").write_bytes(content)
    told = refusal(what, tmp_path / "our.toml")
    assert told.startswith(sentence)
    assert told == sentence or sentence.endswith("is no TOML: ")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in refusal(what, tmp_path / "our.toml", "zh"))


@pytest.mark.parametrize("what", READERS)
def test_a_file_that_is_not_there_is_told_with_the_nearest_name(tmp_path, what):
    """Also where its folder is not there either."""
    (tmp_path / "ours.toml").touch()
    near = refusal(what, tmp_path / "our.toml")
    assert near == f"our.toml is not there (did you mean ours.toml?); it should be {what}"
    assert refusal(what, tmp_path / "no" / "our.toml") == f"our.toml is not there; it should be {what}"


@pytest.mark.parametrize("what", READERS)
def test_a_folder_is_no_file(tmp_path, what):
    """It is named as what it is."""
    assert refusal(what, tmp_path) == f"{tmp_path.name} is a folder; it should be {what}"


@pytest.mark.parametrize("what", READERS)
def test_a_file_of_somebody_else_is_told(tmp_path, monkeypatch, what):
    """What the system says, and what the file should be."""

    def denied(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    told = refusal(what, tmp_path / "our.toml")
    assert told == f"our.toml cannot be read (Permission denied); it should be {what}"


@pytest.mark.parametrize(
    ("what", "rest"),
    [("a ledger of deviations", ""), ("a vendor's profile", 'title = "x"\n'), ("a file of tolerances", "")],
)
def test_a_mark_of_byte_order_is_no_mistake(tmp_path, what, rest):
    """Editors of Windows put one at the beginning."""
    (tmp_path / "our.toml").write_text(f"version = 1\n{rest}", encoding="utf-8-sig")
    assert READERS[what](tmp_path / "our.toml", "en")


HEAD = "version = 1\n"
ENTRY = HEAD + '\n[[deviation]]\nid = "chat.tools"\nkind = "expected-skip"\nreason = "why"\n'
PROFILE = HEAD + 'title = "Ours"\n'
#: Reader, what follows the version, the sentence.
FIELDS = {
    "no tables": ("a ledger of deviations", HEAD + "# ours\ndeviation = 3\n",
        "our.toml:3: an entry begins with a line [[deviation]], in double brackets"),
    "single brackets": ("a ledger of deviations", HEAD + "\n[deviation]\n",
        "our.toml:3: an entry begins with a line [[deviation]], in double brackets"),
    "a misspelt table": ("a ledger of deviations", HEAD + "\n[[deviatoin]]\n",
        "our.toml:3: 'deviatoin' is unknown (did you mean deviation?); it takes version, deviation"),
    "a version of an engine": ("a ledger of deviations", ENTRY + 'engine = "3.3.2"\n',
        "our.toml:7: engine is '3.3.2'; it takes a line of engines in quotes, such as \"3.3\""),
    "a misspelt code": ("a ledger of deviations", ENTRY + 'code = "capability:chta"\n',
        "our.toml:7: code is 'capability:chta'; it takes the code of a reason in quotes, such as "
        '"capability:settings" (did you mean capability:chat?)'),
    "a link that is a number": ("a ledger of deviations", ENTRY + "link = 7\n",
        "our.toml:7: link is 7; it takes an address in quotes"),
    "a table that is a list": ("a vendor's profile", PROFILE + "[[chat]]\n",
        "our.toml:3: chat is [{}]; it is a table that begins with a line [chat]"),
    "a flag that is a word": ("a vendor's profile", PROFILE + 'key = "no"\n',
        "our.toml:3: key is 'no'; it takes true or false, without quotes"),
    "a misspelt tolerance": ("a file of tolerances", HEAD + "cosin = 1\n",
        "our.toml:2: 'cosin' is unknown (did you mean cosine?); it takes version, cosine, rank, ignore"),
    "a tolerance out of range": ("a file of tolerances", HEAD + "\nrank = 7\n",
        "our.toml:3: rank is 7; it takes a number from -1 to 1"),
    "a tolerance that is a flag": ("a file of tolerances", HEAD + "cosine = true\n",
        "our.toml:2: cosine is True; it takes a number from -1 to 1"),
    "ids that are a text": ("a file of tolerances", HEAD + 'ignore = "a"\n',
        "our.toml:2: ignore is 'a'; it takes a list of requirement ids, * for any part"),
    "a misspelt id": ("a file of tolerances", HEAD + 'ignore = ["chat.*", "chat.tool"]\n',
        "our.toml:2: ignore is 'chat.tool'; it takes a list of requirement ids, * for any part "
        "(did you mean chat.tools?)"),
}  # fmt: skip


@pytest.mark.parametrize("case", FIELDS)
def test_a_wrong_field_is_told_with_its_line(tmp_path, case):
    """The line is the field's own, and the sentence says what it takes."""
    what, text, sentence = FIELDS[case]
    (tmp_path / "our.toml").write_text(text, encoding="utf-8")
    assert refusal(what, tmp_path / "our.toml") == sentence
