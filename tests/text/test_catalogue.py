"""The files of messages are complete: in every language, for every code that the application uses."""

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_core._pydantic_core import list_all_errors

import app.main  # every room has defined its problems
from app.kit.errors import every_problem
from app.kit.faults import fault_of
from app.text import characters, messages, slugs
from app.text.characters import clean_line
from app.text.messages import LANGUAGES
from app.text.plurals import category, rules

APP = Path(app.main.__file__).parent
FILES = sorted(Path(messages.__file__).with_name("messages").glob("*.json"))
CATALOGUES: dict[str, dict[str, Any]] = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in FILES}
KEYS = [key for key in CATALOGUES["en"] if key != "plurals"]
NUMBERS = range(1001)


def forms(told: Any) -> dict[str, str]:
    """The words of a message by plural category; of a plain message: `other`."""
    return {"other": told} if isinstance(told, str) else {name: words for name, words in told.items() if name != "by"}


def placeholders(words: str) -> set[str]:
    return set(re.findall(r"\{(\w*)\}", words))


def categories(catalogue: dict[str, Any]) -> dict[str, list[int]]:
    """The categories that whole numbers take in a language, each with its numbers."""
    found: dict[str, list[int]] = {}
    for number in NUMBERS:
        found.setdefault(category(number, rules(catalogue["plurals"])), []).append(number)
    return found


def incomplete(catalogue: dict[str, Any]) -> Iterator[str]:
    """What a language lacks, or says otherwise than English does."""
    needed = categories(catalogue)
    for key in KEYS:
        if key not in catalogue:
            yield f"{key} is missing"
            continue
        told = catalogue[key]
        if not isinstance(told, str) and set(forms(told)) != set(needed) | {"other"}:
            yield f"{key} has {sorted(forms(told))}, the language needs {sorted(needed)}"
        values = placeholders(forms(CATALOGUES["en"][key])["other"])
        for name, words in forms(told).items():
            may_lack = {told["by"]} if not isinstance(told, str) and len(needed.get(name, [])) == 1 else set()
            if not values - may_lack <= placeholders(words) <= values:
                yield f"{key}, {name}: the values are not those of English"
    yield from (f"{key} is not in English" for key in set(catalogue) - {"plurals", *KEYS})


def test_the_languages_are_the_files() -> None:
    assert set(LANGUAGES) == set(CATALOGUES) >= {"ar", "en"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_message_in_every_form_with_the_same_values(language: str) -> None:
    assert list(incomplete(CATALOGUES[language])) == []


def test_arabic_needs_six_forms_and_english_two() -> None:
    assert set(categories(CATALOGUES["ar"])) == {"zero", "one", "two", "few", "many", "other"}
    assert set(categories(CATALOGUES["en"])) == {"one", "other"}


@pytest.mark.parametrize("name", ["zero", "one", "two", "few", "many"])
def test_a_plural_message_without_a_form_is_found(name: str) -> None:
    lacking = {key: words for key, words in CATALOGUES["ar"]["fault.too_many"].items() if key != name}
    assert len(list(incomplete({**CATALOGUES["ar"], "fault.too_many": lacking}))) == 1


def test_a_missing_message_and_a_number_left_out_are_found() -> None:
    lacking = {key: told for key, told in CATALOGUES["ar"].items() if key != "fault.required"}
    assert list(incomplete(lacking)) == ["fault.required is missing"]
    numberless = {**CATALOGUES["ar"]["fault.too_many"], "few": "بعض العناصر"}
    assert len(list(incomplete({**CATALOGUES["ar"], "fault.too_many": numberless}))) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_one_clean_line_in_its_own_script(language: str) -> None:
    for key in KEYS:
        for words in forms(CATALOGUES[language][key]).values():
            assert words == clean_line(words), key
            assert bool(re.search("[\u0621-\u064a]", words)) == (language == "ar"), key


def test_french_is_spaced_as_french_is() -> None:
    """A no-break space before `:`, `;`, `!`, `?` and inside guillemets; no straight apostrophe."""
    for key in KEYS:
        for words in forms(CATALOGUES["fr"][key]).values():
            prose = re.sub("`[^`]*`|Authorization: Bearer|[+]03:00", "", words)
            assert not re.search("[^\u00a0][:;!?»]|«[^\u00a0]|'", prose), key


# --- what the application says ------------------------------------------------------------------------------------


def test_every_problem_has_a_title_and_a_detail() -> None:
    assert set(KEYS) >= {f"problem.{kind.slug}.{part}" for kind in every_problem() for part in ("title", "detail")}


def strings(node: ast.AST) -> Iterator[str]:
    """The texts that an expression may be: those of both sides of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from strings(node.body)
        yield from strings(node.orelse)


def values(call: ast.Call) -> set[str] | None:
    """The names of the values that are handed on with a code; None where they are not written down."""
    name = name_of(call)
    if name != "Fault":
        named = {word.arg for word in call.keywords}
        return None if None in named else {str(word) for word in named}
    params = next((word.value for word in call.keywords if word.arg == "params"), ast.Dict([], []))
    return {str(ast.literal_eval(key)) for key in params.keys if key} if isinstance(params, ast.Dict) else None


def name_of(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def said() -> Iterator[tuple[str, set[str] | None]]:
    """The code of every fault that is written down in the application, with the names of its values."""
    trees = (ast.parse(path.read_text("utf-8")) for path in APP.rglob("*.py"))
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)
    for call in calls:
        if name_of(call) in {"custom", "Fault", "fault"}:
            yield from ((code, values(call)) for code in strings(call.args[0]))


def test_every_code_that_the_application_writes_down_has_its_message_and_its_values() -> None:
    found = list(said())
    assert len({code for code, _ in found}) > 25
    for code, names in found:
        assert f"fault.{code}" in KEYS
        needed = placeholders(forms(CATALOGUES["en"][f"fault.{code}"])["other"])
        assert names is None or needed <= names, f"{code} is said without {needed - names}"


def test_every_fault_of_names_and_slugs_has_its_message() -> None:
    bad_name = "\u202eaа٢2" + "\u0301" * 5
    codes = {*characters.name_faults(bad_name), *characters.name_faults("."), *slugs.slug_faults("\u202e" + "ط" * 81)}
    codes |= {*slugs.slug_faults("0" * 32), *slugs.slug_faults("ـ")} - {"blank"}  # `blank` is told as `required`
    assert codes == {
        "invisible_characters", "mixed_scripts", "mixed_digits", "too_many_marks", "no_letters", "too_long",
        "uuid_shaped",
    }  # fmt: skip
    assert {f"fault.{code}" for code in codes} <= set(KEYS)


@pytest.mark.parametrize("error", list_all_errors(), ids=lambda error: str(error["type"]))
def test_every_error_of_pydantic_is_told_with_all_its_values(error: Any) -> None:
    code, params = fault_of({"type": error["type"], "ctx": error.get("example_context") or {}, "input": ""})
    assert f"fault.{code}" in KEYS
    assert placeholders(forms(CATALOGUES["en"][f"fault.{code}"])["other"]) <= {*params, "actual"}


# --- a further language -------------------------------------------------------------------------------------------

SPANISH = {
    "plurals": {"one": "n = 1", "many": "e = 0 and i != 0 and i % 1000000 = 0 and v = 0 or e != 0..5"},
    "state.draft": "Borrador",
    "fault.too_many": {"by": "max", "one": "A lo sumo un elemento.", "other": "A lo sumo {max} elementos."},
}
ASKED = """
import json
from app.text.messages import LANGUAGES, message, negotiate
print(json.dumps([
    LANGUAGES, negotiate("es-MX, ar;q=0.5", "ar"), message("state.draft", "es-MX"), message("state.published", "es"),
    [message("fault.too_many", "es", {"max": number}) for number in (0, 1, 2, 1000000)],
]))
"""


def test_a_further_language_is_one_file(tmp_path: Path) -> None:
    shutil.copytree(APP / "text", tmp_path / "app" / "text", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "app" / "__init__.py").touch()
    (tmp_path / "app" / "text" / "messages" / "es.json").write_text(json.dumps(SPANISH), encoding="utf-8")
    answer = subprocess.run([sys.executable, "-c", ASKED], cwd=tmp_path, capture_output=True, check=True)
    assert json.loads(answer.stdout) == [
        ["ar", "en", "es", "fr"],
        "es",
        "Borrador",
        "Published",
        [
            "A lo sumo un elemento." if number == 1 else f"A lo sumo \u2068{number}\u2069 elementos."
            for number in (0, 1, 2, 10**6)
        ],
    ]
