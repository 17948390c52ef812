"""No test fails by chance: a random id may hold a short word, and then every page that shows the id has it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
# Five hexadecimal digits stand in one of five ids once in 6,000 runs, three once in 25; three letters in one of three
# tokens once in 2,000.
RANDOM = re.compile(r"[0-9a-f-]{1,5}|[\w-]{1,3}", re.ASCII)


def _searched(tree: ast.AST) -> Iterator[ast.Compare]:
    """Every `"literal" not in text`; headers and lists of words are asked for one of their members."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.NotIn)):
            continue
        within = node.comparators[0]
        members = isinstance(within, ast.Attribute) and within.attr == "headers"
        words = isinstance(within, ast.Call) and isinstance(within.func, ast.Attribute) and within.func.attr == "split"
        if not (members or words):
            yield node


def _by_chance(source: str) -> list[str]:
    found = []
    for compared in _searched(ast.parse(source)):
        word = compared.left.value if isinstance(compared.left, ast.Constant) else None
        if isinstance(word, str | bytes) and RANDOM.fullmatch(word.decode() if isinstance(word, bytes) else word):
            found.append(f"line {compared.lineno}: {ast.unparse(compared)}")
    return found


def test_no_test_looks_for_a_word_that_a_random_id_may_have() -> None:
    found = {str(path.relative_to(TESTS)): _by_chance(path.read_text("utf-8")) for path in TESTS.rglob("*.py")}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_such_words_are_found() -> None:
    assert len(_by_chance('assert "bad" not in page\nassert b"x-1" not in page\nassert "c0ffe" not in page')) == 3
    assert (
        _by_chance('assert "subject" not in page\nassert "im" not in answer.headers\nassert "-o" not in x.split()')
        == []
    )
