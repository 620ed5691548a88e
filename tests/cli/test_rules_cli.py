"""`dateline rules`: exit codes, sentences and JSON as the contract has them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.cli.rules import rules
from services.core.errors import InvalidInputError

RULES = """
places: {KZ: {en: [Kazakh*1, Astana]}}
labels:
  - id: region/central-asia
    name: Central Asia
    places: [KZ]
    tests: [{title: Kazakh steppe, primary: region/central-asia}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rules, list(arguments))


@pytest.mark.parametrize("command", ["check", "test", "explain", "evaluate"])
def test_help_has_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Example: dateline rules" in result.output


def test_check_accepts_good_rules(folder: Path) -> None:
    result = run("check", str(folder))
    assert (result.exit_code, result.output) == (0, "Accepted, 0 warnings.\n")


def test_check_refuses_with_place_and_exit_code(folder: Path) -> None:
    (folder / "rules.yaml").write_text("labels:\n  - {id: topic/a, colour: red}\n", encoding="utf-8")
    result = run("check", str(folder))
    assert result.exit_code == 1
    assert "rules.yaml:2:19: error: topic/a has no key 'colour'" in result.output
    told = json.loads(run("check", str(folder), "--json").output)
    assert (told["accepted"], told["findings"][0]["line"]) == (False, 2)


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("# Zürich\r\nlabels:\n  # ü and ".encode() + "Köln\n".encode("latin-1"), "rules.yaml:3:12: error: "),
        (RULES.encode("utf-16"), "rules.yaml:1:1: error: "),
    ],
)
def test_check_says_where_a_file_is_not_utf8(folder: Path, written: bytes, place: str) -> None:
    (folder / "rules.yaml").write_bytes(written)
    result = run("check", str(folder))
    assert isinstance(result.exception, InvalidInputError)
    assert str(result.exception).startswith(place + "This is not UTF-8 text (byte 0x")


def test_check_of_a_path_that_is_not_there_is_wrong_use() -> None:
    assert run("check", "nowhere").exit_code == 2


def test_test_fails_with_expected_and_given(folder: Path) -> None:
    assert run("test", str(folder)).output == "1 test, 0 failed.\n"
    wrong = RULES.replace("{title: Kazakh steppe", "{title: Empty steppe")
    (folder / "rules.yaml").write_text(wrong, encoding="utf-8")
    result = run("test", str(folder))
    assert result.exit_code == 1
    assert "Expected region/central-asia first, got none." in result.output
    assert json.loads(run("test", str(folder), "--json").output)["failed"] == 1


def test_explain_json_has_the_shape_of_the_contract(folder: Path) -> None:
    title = "The Kazakh steppe"
    told = json.loads(run("explain", "--title", title, "--rules", str(folder), "--json").output)
    assert told["region"] == "central-asia"
    (reason,) = told["places"][0]["why"]
    assert title[reason["start"] : reason["end"]] == "Kazakh"
    assert reason["rule"] == "rules.yaml:2:20"


def test_explain_in_words_and_without_a_text(folder: Path) -> None:
    output = run("explain", "--title", "The Kazakh steppe", "--rules", str(folder)).output
    assert "region central-asia: 3" in output
    assert "'Kazakh' in the title: Kazakh*1 [KZ] (rules.yaml:2:20)" in output
    assert run("explain").exit_code == 2


def test_explain_names_the_language_that_was_meant(folder: Path) -> None:
    refused = run("explain", "--title", "新疆", "--lang", "cn", "--rules", str(folder))
    assert refused.exit_code == 2
    assert "there is no language 'cn'. Did you mean zh?" in refused.output
    assert run("explain", "--title", "x", "--lang", "zh_TW", "--rules", str(folder)).exit_code == 0


def test_evaluate_prints_the_figures_of_the_contract(folder: Path) -> None:
    rows = folder / "rows.jsonl"
    rows.write_text('{"title": "Kazakh steppe", "regions": ["central-asia"]}\n\n', encoding="utf-8")
    told = json.loads(run("evaluate", str(rows), "--rules", str(folder / "rules.yaml"), "--json").output)
    assert told["rows"] == 1
    assert set(told["sets"]["regions"]) == {"micro", "macro", "by", "primary_accuracy"}
    assert told["sets"]["regions"]["micro"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    table = run("evaluate", str(rows), "--rules", str(folder / "rules.yaml")).output
    assert "central-asia" in table


@pytest.mark.parametrize(
    ("line", "words"), [("not json", "not JSON"), ("[]", "object"), ("{}", "title or a body")]
)
def test_evaluate_names_the_line_that_is_wrong(folder: Path, line: str, words: str) -> None:
    rows = folder / "rows.jsonl"
    rows.write_text('{"title": "x"}\n' + line + "\n", encoding="utf-8")
    result = run("evaluate", str(rows), "--rules", str(folder / "rules.yaml"))
    assert isinstance(result.exception, InvalidInputError)
    assert "rows.jsonl:2" in str(result.exception)
    assert words in str(result.exception)


def test_starter_rulebook_is_the_default() -> None:
    result = run("explain", "--title", "Tokayev visits Tashkent", "--json")
    assert json.loads(result.output)["region"] == "central-asia"
