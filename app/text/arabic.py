"""Light stemmer for Arabic: stems, and other readings of a word.

Removes the article with its prefixes, then suffixes until none is left. Single letters (و ف ب ل) are prefixes of some
words and part of others, and only the context tells. So a word of a text gets the reading without them as one more
key, and a word of a query never loses them.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.text.patterns import pattern

_LETTERS = pattern("[ء-غف-ي]+")
_ARTICLES = ("وبال", "فبال", "وكال", "ولل", "فلل", "وال", "فال", "بال", "كال", "لل", "ال")
_LEAST_AFTER = {"ال": 2}  # minimum letters after the article; 3 after the others
# Suffixes, each with the minimum length of the stem that is left.
_ENDINGS = (
    ("هما", 4), ("هم", 4), ("هن", 4), ("ها", 3), ("ات", 3), ("ون", 4), ("ين", 4), ("ان", 4), ("اء", 4), ("ه", 3),
    ("ا", 3),
)  # fmt: skip
_LEAST_PEELED = 3
_NO_ARTICLE = {"الله", "اللهم"}


def is_arabic(form: str) -> bool:
    """Return whether a folded word has only the 28 Arabic letters and hamza."""
    return _LETTERS.fullmatch(form) is not None


def stem(letters: str, form: str) -> str:
    """Return the stem of a word: `letters` as written (ألمانيا has no article), `form` folded."""
    return _without_endings(form[len(_article(letters)) :])


def nisba_stem(stem: str) -> str:
    """Return the stem without the ي of a nisba adjective: سوري gives سور, as سوريا does."""
    return _without_endings(stem[:-1]) if stem.endswith("ي") and len(stem) > 3 else stem


def readings(letters: str, form: str, whole: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield other readings of a word: without و or ف, then without ب or ل; للبنان as لبنان.

    Each reading is a pair of letters and folded form, the parameters of `stem`. `whole`: stems of words whose first
    letter is one of these, but no prefix.
    """
    article = _article(letters)
    if article.endswith("لل"):
        yield letters[len(article) - 1 :], form[len(article) - 1 :]
    if article:
        return
    for prefixes in ("وف", "بل"):
        if form[:1] in prefixes and len(form) > _LEAST_PEELED and not begins_by_itself(form, whole):
            letters, form = letters[1:], form[1:]
            yield letters, form


def begins_by_itself(form: str, whole: frozenset[str]) -> bool:
    """Return whether the first letter of a word is part of it and no prefix, by the stems of `whole`."""
    ending = _without_endings(form)
    return not whole.isdisjoint({ending, nisba_stem(ending)})


def _article(letters: str) -> str:
    letters = letters.replace("ٱ", "ا")
    if letters in _NO_ARTICLE:
        return ""
    for article in _ARTICLES:
        if letters.startswith(article) and len(letters) - len(article) >= _LEAST_AFTER.get(article, 3):
            return article
    return ""


def _without_endings(form: str) -> str:
    before = ""
    while before != form:
        before = form
        for ending, least in _ENDINGS:
            if form.endswith(ending) and len(form) - len(ending) >= least:
                form = form[: -len(ending)]
                if ending == "ها" and form.endswith("ت") and len(form) > 3:
                    form = form[:-1]
                break
    return form
