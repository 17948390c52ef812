import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.characters import graphemes
from app.text.locales import locale_of
from app.text.reading import excerpt, reading_minutes, reading_time, words
from tests.growth import assert_linear

STORY = (
    "بيروت (رويترز) - قالت الهيئة العامّة إنّ «الأمن يُحبط محاولة تهريب كبيرة» في المدينة. "
    "وأضافت أنّ النتائج ستُعلن غدًا؛ ثم انتهى المؤتمر.\n\nفقرة ثانية."
)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("... — ـــ \u064b 👍", 0),
        ("سَارَة ذَهَبَتْ إلى الهيئــة.", 4),
        ("it's 19.5 percent, ok... no", 5),
        ("١٩٫٥ و٢٠٬٠٠٠", 2),
        ("one.Two", 2),
        ("می\u200cخواهم بروم", 2),
        ("停火协议 abc", 5),
        ("สวัสดี", 4),
        ("한국어 뉴스", 2),
        ("नमस्ते दुनिया", 2),
    ],
)
def test_words_are_counted_in_every_script(text: str, count: int) -> None:
    assert words(text) == count


@pytest.mark.parametrize(
    ("count", "language", "minutes"),
    [
        (0, "ar", 0),
        (1, "ar", 1),
        (150, "ar", 1),
        (151, "ar-SY", 2),
        (238, "en", 1),
        (239, "EN-gb", 2),
        (196, "fr", 2),
        (200, "xx", 1),
        (201, "", 2),
    ],
)
def test_reading_takes_as_long_as_the_language_does(count: int, language: str, minutes: int) -> None:
    assert reading_minutes("كلمة " * count, language) == minutes


@pytest.mark.parametrize(
    ("minutes", "tag", "phrase"),
    [
        (1, "ar", "قراءة دقيقة واحدة"),
        (2, "ar-SY", "قراءة دقيقتين"),
        (3, "ar", "قراءة 3 دقائق"),
        (10, "ar", "قراءة 10 دقائق"),
        (11, "ar", "قراءة 11 دقيقة"),
        (100, "ar", "قراءة 100 دقيقة"),
        (103, "ar", "قراءة 103 دقائق"),
        (5, "ar-EG-u-nu-arab", "قراءة ٥ دقائق"),
        (2, "fa", "2 دقیقه مطالعه"),
        (2, "ur", "2 منٹ کا مطالعہ"),
        (2, "ckb", "2 خولەک خوێندنەوە"),
        (1, "ku", "xwendina deqîqeyekê"),
        (2, "ku", "xwendina 2 deqîqeyan"),
        (2, "tr", "2 dakikalık okuma"),
        (1, "fr", "1 minute de lecture"),
        (2, "fr", "2 minutes de lecture"),
        (1, "en-GB", "1-minute read"),
        (2, "de", "2-minute read"),
        (0, "ar", None),
    ],
)
def test_the_reading_time_is_said_with_the_right_form_of_the_noun(minutes: int, tag: str, phrase: str | None) -> None:
    assert reading_time(minutes, locale_of(tag)) == phrase


def test_a_short_paragraph_is_its_own_excerpt() -> None:
    assert excerpt("  جملة\nقصيرة  هنا \n\nأخرى", 100) == "جملة قصيرة هنا"


def test_an_excerpt_ends_with_a_sentence_when_that_fills_most_of_the_room() -> None:
    assert excerpt(STORY, 75) == "قالت الهيئة العامّة إنّ «الأمن يُحبط محاولة تهريب كبيرة» في المدينة."
    assert excerpt("停火协议已经达成。双方同意继续谈判。后天", 19) == "停火协议已经达成。双方同意继续谈判。"


def test_an_excerpt_ends_between_words_otherwise() -> None:
    assert excerpt(STORY, 20) == "قالت الهيئة العامّة…"
    assert excerpt("قال الوزير، ثم مضى في طريقه", 16) == "قال الوزير، ثم…"
    assert excerpt("قال الوزير، ثم مضى في طريقه", 14) == "قال الوزير…"


def test_an_excerpt_closes_its_guillemets() -> None:
    assert excerpt(STORY, 40) == "قالت الهيئة العامّة إنّ «الأمن يُحبط…»"


def test_a_number_does_not_end_a_sentence() -> None:
    assert excerpt("ارتفع المؤشّر بنسبة 19.5 في المئة اليوم", 26) == "ارتفع المؤشّر بنسبة 19.5…"


def test_a_letter_keeps_its_marks_when_a_word_is_cut() -> None:
    assert excerpt("مُسْتَقْبَلُنَا", 4) == "مُسْتَ…"


def test_a_paragraph_that_is_only_a_dateline_stays() -> None:
    assert excerpt("بيروت (رويترز) - ", 50) == "بيروت (رويترز) -"


@given(st.text(st.sampled_from("اب.؟ «»،\u064b👍\u200d\n(-")), st.integers(0, 40))
def test_an_excerpt_never_exceeds_its_limit(text: str, limit: int) -> None:
    assert graphemes(excerpt(text, limit)) <= limit


@pytest.mark.parametrize("unit", ["a", " ", "(", "a.", "\n \n", "«", "\u0300", "\U0001f1e6", ". ", "'", "ـ"])
def test_a_hostile_text_takes_no_longer_than_its_length(unit: str) -> None:
    assert_linear(lambda size: words("a" + unit * (size // len(unit))), 100_000)
    assert_linear(lambda size: excerpt("a" + unit * (size // len(unit)), 200), 100_000)
