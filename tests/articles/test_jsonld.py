"""The JSON-LD of an article: its terms, who sees it, and that it can stand in a page."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from pydantic import TypeAdapter

from app.articles.jsonld import NewsArticle, written_for_script
from tests.newsroom import Newsroom, beside

pytestmark = pytest.mark.anyio
SECRET = "سرّ-لا-يُنشر"


async def of(newsroom: Newsroom, article: dict[str, Any]) -> dict[str, Any]:
    answer = await newsroom.get(f"/v1/articles/{article['id']}/jsonld")
    assert answer.headers["content-type"] == "application/ld+json"
    TypeAdapter(NewsArticle).validate_json(answer.content)
    return dict(answer.json())


async def test_an_article_in_the_terms_of_schema_org(newsroom: Newsroom) -> None:
    newsroom.set(site_url="https://news.example", site_name="نشرة", timezone="Asia/Damascus")
    await newsroom.tag("فلك")
    await newsroom.author("ليلى")
    image = {"url": "https://i.example/1.jpg", "alt": "قبّة", "caption": "القبّة ليلاً", "width": 2000, "height": 1333}
    article = await newsroom.published(
        "خبر", tags=["فلك"], authors=["ليلى"], short_headline="قصير", summary="ملخّص", dateline="تدمر", source="وكالة",
        lead_image=image, media=[{"url": "https://i.example/2.jpg"}], canonical_url="https://first.example/1",
    )  # fmt: skip
    publisher = {"@type": "NewsMediaOrganization", "name": "نشرة", "url": "https://news.example"}
    url = article["url"]
    assert await of(newsroom, article) == {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": f"urn:uuid:{article['id']}",
        "url": url,
        "mainEntityOfPage": {"@type": "WebPage", "@id": url},
        "headline": "خبر",
        "alternativeHeadline": "قصير",
        "description": "ملخّص",
        "datePublished": article["published_at"],
        "dateModified": article["revised_at"],
        "author": [{"@type": "Person", "name": "ليلى", "url": article["authors"][0]["url"]}],
        "publisher": publisher,
        "sourceOrganization": {"@type": "Organization", "name": "وكالة"},
        "articleSection": ["علوم"],
        "keywords": ["فلك"],
        "inLanguage": "ar",
        "image": [
            {"@type": "ImageObject", "url": image["url"], "width": 2000, "height": 1333, "caption": "القبّة ليلاً",
             "description": "قبّة"},
            {"@type": "ImageObject", "url": "https://i.example/2.jpg"},
        ],
        "isAccessibleForFree": True,
        "dateline": "تدمر",
        "contentLocation": {"@type": "Place", "name": "تدمر"},
        "isBasedOn": "https://first.example/1",
    }  # fmt: skip


async def test_without_authors_the_newsroom_is_the_author_and_the_byline_the_credit(newsroom: Newsroom) -> None:
    said = await of(newsroom, await newsroom.published(byline="رويترز"))
    assert said["author"] == [said["publisher"]]
    assert said["creditText"] == "رويترز"
    assert said.keys().isdisjoint({"image", "dateline", "keywords", "correction", "workTranslation", "hasPart"})


@pytest.mark.parametrize(
    ("kind", "type"),
    [
        ("news", "NewsArticle"),
        ("opinion", "OpinionNewsArticle"),
        ("analysis", "AnalysisNewsArticle"),
        ("feature", "ReportageNewsArticle"),
        ("live", "LiveBlogPosting"),
        ("video", "NewsArticle"),
        ("gallery", "NewsArticle"),
    ],
)
async def test_the_type_follows_the_kind(newsroom: Newsroom, kind: str, type: str) -> None:
    said = await of(newsroom, await newsroom.published(kind=kind, dateline="تدمر"))
    assert said["@type"] == type
    assert ("dateline" in said) == (kind != "live")  # schema.org gives it to news articles only
    assert said["contentLocation"]["name"] == "تدمر"


async def test_the_description_for_search_engines_goes_before_the_summary(newsroom: Newsroom) -> None:
    article = await newsroom.published(summary="ملخّص", seo={"title": "عنوان", "description": "وصف"})
    said = await of(newsroom, article)
    assert (said["headline"], said["description"]) == (article["headline"], "وصف")


async def test_corrections_are_told_and_the_editors_notes_are_not(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    for kind in ("correction", "clarification", "editor_note"):
        body, version = {"kind": kind, "note": kind}, f'"{article["version"]}"'
        answer = await newsroom.desk("POST", f"/articles/{article['id']}/correct", body, if_match=version)
        article = answer.json()
    said = await of(newsroom, article)
    assert {one["text"] for one in said["correction"]} == {"correction", "clarification"}
    moments = {one["note"]: one["at"] for one in article["corrections"]}
    assert all(one["datePublished"] == moments[one["text"]] for one in said["correction"])
    assert said["dateModified"] == article["revised_at"]


@pytest.mark.parametrize("path", ["/a/{slug}", "/{section}/{slug}"])
async def test_translations_that_readers_see_are_named(newsroom: Newsroom, path: str) -> None:
    newsroom.set(article_path=path)
    article = await newsroom.published()
    await newsroom.draft(SECRET, language="fr", translation_of=article["id"])
    other = await newsroom.published("news", language="en", translation_of=article["id"])
    (named,) = (await of(newsroom, article))["workTranslation"]
    address = {"url": other["url"]} if path == "/a/{slug}" else {}  # the other's section is not known there
    assert named == {"@type": "NewsArticle", "@id": f"urn:uuid:{other['id']}", "inLanguage": "en", **address}


async def test_of_a_paid_article_only_what_is_public_gets_out(newsroom: Newsroom) -> None:
    media = [{"url": f"https://i.example/{SECRET}.jpg", "caption": SECRET}]
    article = await newsroom.published(
        access="paid",
        summary="ملخّص",
        body=f"<p>{SECRET}</p>",
        media=media,
        lead_image={"url": "https://i.example/1.jpg"},
    )
    answer = await newsroom.get(f"/v1/articles/{article['id']}/jsonld")
    said = answer.json()
    assert SECRET not in json.dumps(said, ensure_ascii=False)
    assert said["isAccessibleForFree"] is False
    assert said["hasPart"] == {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".paywall"}
    assert [image["url"] for image in said["image"]] == ["https://i.example/1.jpg"]


async def test_nothing_that_is_not_public_is_there(newsroom: Newsroom) -> None:
    draft = await newsroom.draft(SECRET)
    ahead = await newsroom.published(SECRET, at="2400-01-01T00:00:00Z")
    for hidden in (draft["id"], draft["slug"], ahead["id"], "لا-شيء"):
        assert SECRET not in (await newsroom.get(f"/v1/articles/{hidden}/jsonld", 404)).text
    article = await newsroom.published("خبر")
    await newsroom.change(article, headline="آخر", slug="آخر")
    moved = await newsroom.get("/v1/articles/خبر/jsonld", 308)
    assert moved.headers["location"] == "/v1/articles/%D8%A2%D8%AE%D8%B1/jsonld"
    article = (await newsroom.desk("GET", f"/articles/{article['id']}")).json()
    await newsroom.act(article, "withdraw", {"reason": "خطأ"})
    gone = await newsroom.get("/v1/articles/آخر/jsonld", 410)
    assert gone.json()["reason"] == "خطأ"
    await newsroom.get("/v1/articles/آخر/jsonld?fields=headline", 400)


class Script(HTMLParser):
    """The texts of the scripts of a page, as a browser reads them, and every tag."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("text", ["</script><img src=x onerror=alert(1)>", "<!--<script>", "a & b &lt;", "]]>"])
async def test_the_bytes_cannot_leave_a_script_element(newsroom: Newsroom, text: str) -> None:
    article = await newsroom.published(f"خبر {text}", summary=text, dateline=text)
    answer = await newsroom.get(f"/v1/articles/{article['id']}/jsonld")
    assert not set("<>&\u2028\u2029") & set(answer.text)
    page = Script(f'<script type="application/ld+json">{answer.text}</script>')
    assert page.tags == ["script"]
    assert json.loads(page.text)["headline"] == article["headline"]


def test_line_separators_are_escaped_too() -> None:
    text = "أ\u2028ب\u2029<>&"
    assert written_for_script({"headline": text}) == '{"headline":"أ\\u2028ب\\u2029\\u003c\\u003e\\u0026"}'.encode()


async def test_it_is_cached_and_validated_like_the_article(newsroom: Newsroom) -> None:
    await newsroom.tag("فلك")
    await newsroom.author("ليلى")
    article = await newsroom.published(tags=["فلك"], authors=["ليلى"])
    url = f"/v1/articles/{article['id']}"
    async with beside(newsroom) as other:
        alone, said = await newsroom.get(url), await newsroom.get(f"{url}/jsonld")
        assert (await other.get(f"{url}/jsonld")).content == said.content
        for header in ("cache-control", "cache-tag", "last-modified"):
            assert said.headers[header] == alone.headers[header]
        await newsroom.get(f"{url}/jsonld", 304, headers={"if-none-match": said.headers["etag"]})
        hits = newsroom.app.state.cache.hits
        await newsroom.get(f"{url}/jsonld")
        assert newsroom.app.state.cache.hits == hits + 1
        # The tag comes first: an author's new name is told as an update of the article, a tag's is not.
        await newsroom.desk("PUT", "/tags/فلك", {"name": "الفلك"}, if_match='"1"')
        for room in (newsroom, other):
            assert (await room.get(f"{url}/jsonld")).json()["keywords"] == ["الفلك"]
        await newsroom.desk("PUT", "/authors/ليلى", {"name": "ليلى القاسم", "slug": "layla"}, if_match='"1"')
        for room in (newsroom, other):
            (author,) = (await room.get(f"{url}/jsonld")).json()["author"]
            assert author == {"@type": "Person", "name": "ليلى القاسم", "url": "http://localhost:8000/by/layla"}
