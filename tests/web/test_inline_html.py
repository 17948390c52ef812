"""Spans as HTML: escaped, marked in order, spaced as their language is."""

from __future__ import annotations

from typing import Any

from app.web.inline_html import inline_html, lang, own_attributes, page_lang


def span(text: str, *marks: dict[str, str], **own: str) -> dict[str, Any]:
    return {"text": text, "marks": list(marks), **own}


def shown(*spans: dict[str, Any], language: str = "en") -> str:
    return str(inline_html(spans, lambda url: url.replace("javascript:", "#"), language))


def test_marks_are_nested_in_their_order_and_unknown_ones_are_skipped() -> None:
    marks = ({"type": "strong"}, {"type": "blink"}, {"type": "emphasis"})
    assert shown(span("a", *marks), span("\nb")) == "<strong><em>a</em></strong><br>b"


def test_nothing_out_of_an_answer_is_markup() -> None:
    hostile = '"><script>&'
    safe = "&#34;&gt;&lt;script&gt;&amp;"
    link = {"type": "link", "href": hostile}
    told = shown(span(hostile, link, id=hostile, direction=hostile))
    assert told == (f'<span id="{safe}" dir="{safe}"><a href="{safe}" rel="noopener nofollow ugc">{safe}</a></span>')
    assert shown(span("x", {"type": "link", "href": "javascript:1"})).startswith('<a href="#1"')
    assert str(own_attributes({"id": hostile})) == f' id="{safe}"'
    assert str(lang({"language": hostile, "direction": "rtl"}, "en")) == f' lang="{safe}" dir="rtl"'


def test_french_is_spaced_but_code_is_left_alone() -> None:
    assert shown(span("« Oui ! »"), language="fr") == "«\u00a0Oui\u00a0!\u00a0»"
    assert shown(span("a ? b", {"type": "code"}), language="fr") == "<code>a ? b</code>"
    assert shown(span("« Oui ! »")) == "« Oui ! »"


def test_a_language_is_told_where_it_changes() -> None:
    arabic = {"language": "ar", "direction": "rtl"}
    assert (lang(arabic, "ar"), page_lang(arabic, "ar")) == ("", "")
    assert str(lang(arabic, "fr")) == ' lang="ar" dir="rtl"'
    assert str(page_lang(arabic, "fr")) == ' lang="fr" dir="ltr"'
