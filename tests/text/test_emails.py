import pytest

from app.text.emails import checked_email, email_key


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("salma@EXAMPLE.com", "salma@example.com"),
        ("Salma.Al-Khatib+news@example.com", "Salma.Al-Khatib+news@example.com"),
        ("علي@مثال.إختبار", "علي@مثال.إختبار"),
        ("ali@xn--mgbh0fb.xn--kgbechtv", "ali@مثال.إختبار"),
        ("info@магазин.com", "info@магазин.com"),
        ("info@東京タワー.com", "info@東京タワー.com"),
        ("a@b\u00fccher.example.com", "a@b\u00fccher.example.com"),
    ],
)
def test_an_address_has_one_normal_form(written: str, normal: str) -> None:
    assert checked_email(written) == normal
    assert checked_email(normal) == normal


@pytest.mark.parametrize(
    "text",
    [
        "", "ali", "ali@", "@example.com", "ali@example", "a b@example.com", "ali@exa mple.com",
        "ali\u200b@example.com", "a\u202eli@example.com", "a\u200cli@example.com", "ali@exampـle.com",
        "ali@مثالa.com",
        "ali@\u0435xample.com",  # a Cyrillic е
        "ali@xn--xample-2of.com",  # the same, as DNS writes it
        "ali@shop.g\u03bfogle.com",  # a Greek ο
        "ali@shop-\u043c\u0430\u0433.com",
    ],
)  # fmt: skip
def test_what_is_no_address_or_pretends_to_be_another_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"e-mail|scripts"):
        checked_email(text)


@pytest.mark.parametrize("other", ["ALI@example.com", "Ａｌｉ@example.com", "ali@EXAMPLE.com"])
def test_case_and_width_make_no_other_address(other: str) -> None:
    assert email_key(checked_email(other)) == email_key("ali@example.com") == "ali@example.com"


def test_what_reads_differently_is_another_address() -> None:
    others = ["ali@example.com", "al.i@example.com", "ali@example.org", "\u0430li@example.com", "ali+x@example.com"]
    others += ["a@stra\u00dfe.example.com", "a@strasse.example.com"]  # two domains (RFC 5894 section 7.2)
    assert len({email_key(checked_email(address)) for address in others}) == len(others)
