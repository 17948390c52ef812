"""Subjects of articles: checked by shape, public, filters of lists, search and the change log; content warnings."""

from __future__ import annotations

from typing import Any

import pytest

from app.articles.subjects import asked_key, concept_uri, subject_key
from tests.newsroom import Newsroom
from tests.sync.mirror import Mirror

pytestmark = pytest.mark.anyio

ECONOMY = {"scheme": "medtop", "code": "04000000", "name": "اقتصاد وأعمال ومال"}
SCIENCE = {"scheme": "medtop", "code": "13000000", "name": "علوم وتكنولوجيا"}
LOCAL = {"scheme": "local", "code": "الليرة", "name": "الليرة"}
OURS = {"scheme": "https://news.example/topics/", "code": "أسعار", "name": "أسعار"}
IPTC = "http://cv.iptc.org/newscodes/mediatopic/"


async def found(newsroom: Newsroom, subject: str, url: str = "/v1/articles?") -> list[str]:
    answer = await newsroom.get(url, params={"subject": subject, **({"q": "خبر"} if "search" in url else {})})
    return [one.get("headline") or one["article"]["headline"] for one in answer.json()["data"]]


async def test_subjects_are_in_the_single_article_and_not_in_lists(newsroom: Newsroom) -> None:
    article = await newsroom.published(subjects=[ECONOMY, OURS])
    shown = (await newsroom.get(f"/v1/articles/{article['id']}")).json()
    assert shown["subjects"] == article["subjects"] == [ECONOMY, OURS]
    assert list(shown["subjects"][0]) == ["scheme", "code", "name"]
    assert "subjects" not in (await newsroom.get("/v1/articles")).json()["data"][0]
    some = (await newsroom.get(f"/v1/articles/{article['id']}?fields=subjects.code")).json()
    assert some == {"id": article["id"], "subjects": [{"code": "04000000"}, {"code": "أسعار"}]}


async def test_a_content_warning_is_in_lists_because_readers_are_warned_before_they_open_it(
    newsroom: Newsroom,
) -> None:
    article = await newsroom.published(content_warning="  مشاهد عنف  ")
    for url in ("/v1/articles", "/v1/search?q=خبر", "/v1/changes"):
        (one,) = [
            row.get("article") or row.get("object") or row
            for row in (await newsroom.get(url)).json()["data"]
            if row.get("resource", "article") == "article"
        ]
        assert one["content_warning"] == "مشاهد عنف", url
    changed = await newsroom.change(article, content_warning="")
    assert changed["content_warning"] is None


async def test_lists_search_and_desk_are_narrowed_by_subject(newsroom: Newsroom) -> None:
    await newsroom.published("خبر الاقتصاد", subjects=[ECONOMY, LOCAL])
    await newsroom.published("خبر العلم", subjects=[SCIENCE, OURS])
    await newsroom.published("خبر بلا موضوع")
    for name in ("medtop:04000000", "MEDTOP:٠٤٠٠٠٠٠٠", "04000000", "٠٤٠٠٠٠٠٠", f"{IPTC}04000000", "local:الليرة"):
        assert await found(newsroom, name) == ["خبر الاقتصاد"], name
    https = IPTC.replace("http:", "https:") + "13000000"
    for name in (
        "medtop:13000000",
        https,
        "https://news.example/topics/أسعار",
        "HTTPS://news.example/topics/%D8%A3%D8%B3%D8%B9%D8%A7%D8%B1",
    ):
        assert await found(newsroom, name) == ["خبر العلم"], name
    assert await found(newsroom, "04000000,13000000") == ["خبر العلم", "خبر الاقتصاد"]
    for name in (
        "medtop:99999999",
        "الليرة",
        "local:",
        "\0",
        "%",
        "%00",
        "https:%00",
        "https:%ff",
        "medtop:",
        IPTC,
        "medtop:0400000_",
        "x" * 2000,
    ):
        assert await found(newsroom, name) == [], name
    assert await found(newsroom, "13000000", "/v1/search?") == ["خبر العلم"]
    desk = await newsroom.desk("GET", "/articles?subject=04000000")
    assert [one["headline"] for one in desk.json()["data"]] == ["خبر الاقتصاد"]


async def test_a_filter_follows_every_change_of_the_subjects(newsroom: Newsroom) -> None:
    article = await newsroom.published(subjects=[ECONOMY])
    assert await found(newsroom, "04000000") == ["خبر من المرصد"]
    article = await newsroom.change(article, subjects=[SCIENCE])
    assert (await found(newsroom, "04000000"), await found(newsroom, "13000000")) == ([], ["خبر من المرصد"])
    article = await newsroom.change(article, subjects=None)
    assert await found(newsroom, "13000000") == []
    url = f"/articles/{article['id']}/restore"
    await newsroom.desk("POST", url, {"revision": 2}, if_match="*")
    assert await found(newsroom, "04000000") == ["خبر من المرصد"]


WRONG: list[tuple[Any, list[tuple[str, str]]]] = [
    ([{**ECONOMY, "code": "4000000"}], [("/subjects/0/code", "code_invalid")]),
    ([{**ECONOMY, "code": "0400000x"}], [("/subjects/0/code", "code_invalid")]),
    ([{**LOCAL, "code": "رمز بفراغ"}], [("/subjects/0/code", "code_invalid")]),
    ([{**LOCAL, "code": "a,b"}], [("/subjects/0/code", "code_invalid")]),
    ([{**LOCAL, "code": "<b>"}], [("/subjects/0/code", "code_invalid")]),
    ([{**LOCAL, "scheme": "اقتصاد"}], [("/subjects/0/scheme", "scheme_invalid")]),
    ([{**LOCAL, "scheme": "javascript:alert(1)//"}], [("/subjects/0/scheme", "scheme_invalid")]),
    ([{**LOCAL, "scheme": "urn"}], [("/subjects/0/scheme", "scheme_invalid")]),
    ([{**LOCAL, "scheme": "http://"}], [("/subjects/0/scheme", "scheme_invalid")]),
    ([{**LOCAL, "scheme": "https://x.example/a b/"}], [("/subjects/0/scheme", "scheme_invalid")]),
    ([{"scheme": "medtop"}], [("/subjects/0/code", "required"), ("/subjects/0/name", "required")]),
    ([{**ECONOMY, "name": " ‏ "}], [("/subjects/0/name", "required")]),
    ([{**ECONOMY, "name": "ا" * 201}], [("/subjects/0/name", "too_long")]),
    ([{**LOCAL, "code": "ا" * 101}], [("/subjects/0/code", "too_long")]),
    ([{**LOCAL, "scheme": "https://x.example/" + "a" * 300}], [("/subjects/0/scheme", "too_long")]),
    ([{**LOCAL, "code": ("م" + "ُ" * 7) * 100}], [("/subjects/0/code", "too_long")]),
    ([{**LOCAL, "scheme": "https://x.example/" + "😀" * 280}], [("/subjects/0/scheme", "too_long")]),
    ([{**ECONOMY, "uri": "x"}], [("/subjects/0/uri", "unknown_field")]),
    ([{**LOCAL, "code": str(n)} for n in range(51)], [("/subjects", "too_many")]),
    ("medtop:04000000", [("/subjects", "wrong_type")]),
    ([None], [("/subjects/0", "null_not_allowed")]),
]


async def test_subjects_are_checked_by_their_shape_every_fault_at_once(newsroom: Newsroom) -> None:
    for subjects, expected in WRONG:
        sent = {"headline": "", "subjects": subjects, "section": "لا-شيء"}
        answer = await newsroom.desk("POST", "/articles", sent, expect=422)
        faults = [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]
        assert faults == [("/headline", "required"), ("/section", "not_found"), *expected], subjects


async def test_a_subject_is_stored_in_one_spelling_and_once(newsroom: Newsroom) -> None:
    spellings = ["medtop", "MedTop", IPTC, IPTC.rstrip("/"), IPTC.replace("http", "https")]
    sent = [{"scheme": scheme, "code": "٠٤٠٠٠٠٠٠", "name": f"اقتصاد {scheme}"} for scheme in spellings]
    draft = await newsroom.draft(subjects=sent)
    assert draft["subjects"] == [{**ECONOMY, "name": "اقتصاد medtop"}]


async def test_a_concept_is_the_same_wherever_its_uri_was_divided(newsroom: Newsroom) -> None:
    """Scheme and code put together are the URI of the concept, and by that it is found, and told from others."""
    scheme, code = IPTC.removesuffix("mediatopic/"), "mediatopic/04000000"
    divided = {"scheme": scheme, "code": code, "name": "اقتصاد"}
    mirror = Mirror(newsroom, f"&subject={IPTC}04000000")
    article = await newsroom.published(subjects=[divided, ECONOMY, {**divided, "scheme": IPTC, "code": "13000000"}])
    assert [one["code"] for one in article["subjects"]] == [code, "13000000"]
    for name in (f"{IPTC}04000000", "medtop:04000000", "04000000"):
        assert await found(newsroom, name) == ["خبر من المرصد"], name
    await mirror.follow()
    assert ("article", article["id"]) in mirror.things


@pytest.mark.parametrize("code", ["أسعار", "%D8%A3%D8%B3%D8%B9%D8%A7%D8%B1", "%D8%A7%D9%94%D8%B3%D8%B9%D8%A7%D8%B1"])
async def test_a_uri_is_found_in_whichever_form_its_letters_were_encoded(newsroom: Newsroom, code: str) -> None:
    """The last one has the hamza as a character of its own: NFD, as file systems and libraries of XML may write it."""
    await newsroom.published(subjects=[{**OURS, "code": code}])
    for one in ("أسعار", "%D8%A3%D8%B3%D8%B9%D8%A7%D8%B1", "%D8%A7%D9%94%D8%B3%D8%B9%D8%A7%D8%B1"):
        assert await found(newsroom, f"{OURS['scheme']}{one}") == ["خبر من المرصد"], one


async def test_a_long_name_in_arabic_is_measured_in_graphemes(newsroom: Newsroom) -> None:
    vowelled = "مُ" * 200
    draft = await newsroom.draft(subjects=[{**ECONOMY, "name": vowelled}], content_warning="مُ" * 300)
    assert draft["subjects"][0]["name"] == vowelled
    answer = await newsroom.desk(
        "PATCH", f"/articles/{draft['id']}", {"content_warning": "مُ" * 301}, if_match="*", expect=422
    )
    assert [(f["pointer"], f["params"]["max"]) for f in answer.json()["errors"]] == [("/content_warning", 300)]


async def test_json_ld_says_what_the_article_is_about(newsroom: Newsroom) -> None:
    article = await newsroom.published(subjects=[ECONOMY, OURS, LOCAL])
    told = (await newsroom.get(f"/v1/articles/{article['id']}/jsonld")).json()
    ours = "https://news.example/topics/"
    assert told["about"] == [
        {
            "@type": "DefinedTerm",
            "@id": f"{IPTC}04000000",
            "name": "اقتصاد وأعمال ومال",
            "termCode": "04000000",
            "inDefinedTermSet": IPTC,
        },
        {
            "@type": "DefinedTerm",
            "@id": f"{ours}%D8%A3%D8%B3%D8%B9%D8%A7%D8%B1",
            "name": "أسعار",
            "termCode": "أسعار",
            "inDefinedTermSet": ours,
        },
        {"@type": "DefinedTerm", "name": "الليرة", "termCode": "الليرة"},
    ]
    none = await newsroom.published("بلا موضوع")
    assert "about" not in (await newsroom.get(f"/v1/articles/{none['id']}/jsonld")).json()


async def test_the_change_log_is_narrowed_by_subject_and_tells_what_leaves(newsroom: Newsroom) -> None:
    mirror, events = Mirror(newsroom, "&subject=04000000"), Mirror(newsroom, "&subject=04000000&type=article.published")
    other = await newsroom.published("غيره", subjects=[SCIENCE])
    article = await newsroom.published(subjects=[ECONOMY])
    await mirror.follow()
    await events.follow()
    assert {id for _, id in mirror.things} == {article["id"]}
    await newsroom.change(other, summary="لا يعني أحدًا")
    assert await mirror.follow() == []
    article = await newsroom.change(article, subjects=[SCIENCE])
    (gone,) = await mirror.follow()
    assert (gone["id"], gone["tombstone"], gone["reason"]) == (article["id"], True, "filtered")
    assert [entry["tombstone"] for entry in await events.follow()] == [True]
    await newsroom.change(article, subjects=[ECONOMY])
    (back,) = await mirror.follow()
    assert (back["id"], back["tombstone"]) == (article["id"], False)


async def test_a_token_of_one_subject_is_no_token_of_another(newsroom: Newsroom) -> None:
    await newsroom.published(subjects=[ECONOMY])
    since = (await newsroom.get("/v1/changes?subject=medtop:04000000")).json()["since"]
    await newsroom.get(f"/v1/changes?subject={IPTC}04000000&since={since}")  # the same by another name
    await newsroom.get(f"/v1/changes?subject=13000000&since={since}", 410)
    await newsroom.get(f"/v1/changes?since={since}", 410)


def test_a_name_is_read_in_every_spelling() -> None:
    assert asked_key("MedTop:04000000") == asked_key(f"{IPTC}04000000") == asked_key("04000000") == "medtop:04000000"
    assert asked_key("HTTPS://x.example/A") == "https://x.example/A"
    assert subject_key("local", "04000000") == asked_key("LOCAL:04000000") == "local:04000000"
    assert concept_uri("local", "x") is None
    assert concept_uri("urn:example:", "ع") == "urn:example:%D8%B9"
