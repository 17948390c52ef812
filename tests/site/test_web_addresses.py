"""Addresses on the web site: the patterns that are accepted, and the `url` of terms that follows them."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from app.settings import Settings, SettingsError, read
from app.text.web_paths import RESERVED
from tests.newsroom import Newsroom, beside

pytestmark = pytest.mark.anyio
PATTERNS = ["article", "section", "tag", "author", "preview"]
KINDS = {"section": "علوم", "tag": "فلك", "author": "ليلى"}


def refusal(**paths: str) -> str:
    with pytest.raises(SettingsError) as refused:
        read({f"NASHRA_{name.upper()}_PATH": path for name, path in paths.items()})
    return str(refused.value)


@pytest.mark.parametrize("word", sorted(RESERVED))
@pytest.mark.parametrize("kind", PATTERNS)
def test_a_path_that_begins_with_a_word_of_ours_is_refused(kind: str, word: str) -> None:
    message = refusal(**{kind: f"/{word}/{{token}}" if kind == "preview" else f"/{word}/{{slug}}"})
    assert (
        message
        == f"NASHRA_{kind.upper()}_PATH: begins with /{word}, which Nashra itself answers: take another first word"
    )


@pytest.mark.parametrize("path", ["/V1/{slug}", "/%76%31/{slug}"])
def test_another_spelling_of_a_word_of_ours_is_refused_too(path: str) -> None:
    assert "which Nashra itself answers" in refusal(section=path)


@pytest.mark.parametrize(
    "path",
    ["", "s/{slug}", "/s", "/s/{name}", "/s/{section}/{slug}", "/s/{slug", "//s/{slug}", "/s//{slug}", "/../{slug}",
     "/s/%2e/{slug}", "/s/%2f/{slug}", "/s {slug}", "/s?x={slug}", "/s#{slug}", "/s%3f{slug}", "/s/{slug}//"],
)  # fmt: skip
def test_what_is_no_path_with_a_name_is_refused(path: str) -> None:
    assert refusal(section=path).startswith("NASHRA_SECTION_PATH: must b")


@pytest.mark.parametrize(
    "paths",
    [
        {"section": "/x/{slug}", "tag": "/x/{slug}"},
        {"section": "/x/{slug}", "tag": "/x/{id}"},
        {"section": "/x/{slug}", "tag": "/x/{slug}/"},
        {"section": "/x/{slug}", "tag": "/%78/{slug}"},
        {"tag": "/a/{slug}"},
        {"article": "/by/{slug}"},
        {"article": "/{slug}", "author": "/{slug}"},
        {"article": "/{section}/{slug}", "tag": "/{slug}/t"},
        {"section": "/x-{slug}", "tag": "/{slug}-x"},
        {"article": "/{year}/{slug}", "tag": "/{id}/{slug}"},
        {"preview": "/a/{token}"},
        {"article": "/preview/{slug}"},
        {"article": "/{slug}", "preview": "/{token}"},
    ],
)
def test_two_paths_that_can_be_the_same_address_are_refused(paths: dict[str, str]) -> None:
    assert "can be the same address as NASHRA_" in refusal(**paths)


@pytest.mark.parametrize("path", ["", "/p", "/p/{slug}", "/p/{id}", "p/{token}", "/p/{token}/{slug}", "/p?x={token}"])
def test_the_path_of_previews_holds_the_token_and_no_other_name(path: str) -> None:
    assert refusal(preview=path).startswith("NASHRA_PREVIEW_PATH: must b")


@pytest.mark.parametrize(
    "paths",
    [
        {"article": "/{section}/{slug}"},
        {"article": "/{slug}"},
        {"article": "/{section}/{year}/{month}/{day}/{slug}"},
        {"section": "/قسم/{slug}/", "tag": "/وسم/{slug}"},
        {"section": "/x-{slug}", "tag": "/y-{slug}"},
        {
            "article": "/n/{year}/{slug}",
            "author": "/by/by/{slug}",
            "section": "/{slug}/section",
            "tag": "/{slug}/tag",
            "front": "/f/f/{slug}",
        },
        {"article": "/{year}/{slug}", "section": "/99/{slug}"},
        {"article": "/v1-news/{slug}", "section": "/v1.1/{slug}"},
    ],
)
def test_paths_that_are_told_apart_are_accepted(paths: dict[str, str]) -> None:
    settings = read({f"NASHRA_{name.upper()}_PATH": path for name, path in paths.items()})
    assert settings.paths.items() >= paths.items()


def test_the_locale_of_the_page_is_checked_like_the_parameter() -> None:
    assert Settings(display="AR-eg-U-nu-arab").display == "ar-EG-u-nu-arab"
    assert Settings(display="").display == ""
    with pytest.raises(SettingsError, match="NASHRA_DISPLAY: not a BCP 47"):
        read({"NASHRA_DISPLAY": "ar_EG"})


async def _filed(newsroom: Newsroom) -> dict[str, str]:
    """An article in one term of each kind; the ids of these."""
    await newsroom.section("أعلى")
    await newsroom.section("علوم", parent="أعلى")
    await newsroom.tag("فلك")
    await newsroom.author("ليلى")
    article = await newsroom.published("خبر", section="علوم", tags=["فلك"], authors=["ليلى"])
    return {kind: article[f"{kind}s"][0]["id"] for kind in KINDS}


async def test_terms_have_their_address_wherever_they_stand(newsroom: Newsroom) -> None:
    newsroom.set(site_url="https://news.example/ar", section_path="/قسم/{slug}", tag_path="/t/{id}/{slug}")
    ids = await _filed(newsroom)
    stem = "https://news.example/ar"
    expected = {
        "section": f"{stem}/{quote('قسم')}/{quote('علوم')}",
        "tag": f"{stem}/t/{ids['tag']}/{quote('فلك')}",
        "author": f"{stem}/by/{quote('ليلى')}",
    }
    alone = (await newsroom.get("/v1/articles/خبر")).json()
    (listed,) = (await newsroom.get("/v1/articles")).json()["data"]
    changes = {
        change["resource"]: change["object"]
        for change in (await newsroom.get("/v1/changes?object=full")).json()["data"]
        if change["id"] in ids.values() or change["resource"] == "article"
    }
    for kind, url in expected.items():
        plural, slug = f"{kind}s", KINDS[kind]
        assert (await newsroom.get(f"/v1/{plural}/{slug}")).json()["url"] == url
        assert url in {term["url"] for term in (await newsroom.get(f"/v1/{plural}")).json()["data"]}
        assert (await newsroom.desk("GET", f"/{plural}/{slug}")).json()["url"] == url
        assert [article[plural][0]["url"] for article in (alone, listed, changes["article"])] == [url] * 3
        assert changes[kind]["url"] == url
    assert alone["section"]["url"] == listed["section"]["url"] == expected["section"]
    parents = [
        (await newsroom.get("/v1/sections/علوم")).json()["parent"],
        (await newsroom.desk("GET", "/sections/علوم")).json()["parent"],
    ]
    assert [parent["url"] for parent in parents] == [f"{stem}/{quote('قسم')}/{quote('أعلى')}"] * 2


async def test_the_site_tells_the_patterns(newsroom: Newsroom) -> None:
    newsroom.set(site_url="https://news.example", section_path="/قسم/{slug}")
    told = (await newsroom.get("/v1/site")).json()["addresses"]
    assert {name: told[name] for name in PATTERNS} == {
        "article": "https://news.example/a/{slug}",
        "section": f"https://news.example/{quote('قسم')}/{{slug}}",
        "tag": "https://news.example/t/{slug}",
        "author": "https://news.example/by/{slug}",
        "preview": "https://news.example/preview/{token}",
    }


@pytest.mark.parametrize("kind", KINDS)
async def test_a_renamed_term_has_its_new_address_in_every_answer_of_every_process(
    newsroom: Newsroom, kind: str
) -> None:
    await _filed(newsroom)
    slug = KINDS[kind]
    urls = ["/v1/articles", "/v1/articles?include=body", "/v1/articles/خبر", f"/v1/{kind}s", "/v1/sections/علوم"]
    urls += [f"/v1/articles?fields={kind}s.url", f"/v1/search?q={quote('خبر')}"]
    async with beside(newsroom) as other:
        for url in urls:
            await newsroom.get(url)
            await other.get(url)
        await newsroom.desk("PUT", f"/{kind}s/{slug}", {"name": slug, "slug": "new-name"}, if_match='"1"')
        urls[4] = f"/v1/{kind}s/new-name"
        for room in (newsroom, other):
            for url in urls:
                answer = (await room.get(url)).text
                assert "/new-name" in answer, url
                assert quote(slug) not in answer, url


async def test_a_section_has_the_new_address_of_the_one_above_it(newsroom: Newsroom) -> None:
    await _filed(newsroom)
    await newsroom.get("/v1/sections/علوم")
    await newsroom.desk("PUT", "/sections/أعلى", {"name": "أعلى", "slug": "top"}, if_match='"1"')
    parent = (await newsroom.get("/v1/sections/علوم")).json()["parent"]
    assert parent["url"] == "http://localhost:8000/s/top"
