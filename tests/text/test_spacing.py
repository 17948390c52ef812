import pytest

from app.text.spacing import no_break


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Séisme : « un miracle » !", "Séisme\u00a0: «\u00a0un miracle\u00a0»\u00a0!"),
        ("Vraiment ? Oui ; et 3 000 fois", "Vraiment\u00a0? Oui\u00a0; et 3\u00a0000 fois"),
        ("de 2,4 % à 1 200 000 €", "de 2,4\u00a0% à 1\u00a0200\u00a0000\u00a0€"),
        ("à 5 h 12, en 2026", "à 5 h 12, en 2026"),
        ("https://example.org/?q=a:b", "https://example.org/?q=a:b"),
    ],
)
def test_french_breaks_no_line_before_its_punctuation(written: str, shown: str) -> None:
    assert no_break(written, "fr-CA") == shown
    assert no_break(written, "en") == no_break(written, "ar") == no_break(written, "fro") == written
