"""Avatars of authors and images of sections, from the library."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.media.desk import MediaDesk, picture


class Kind(NamedTuple):
    """A kind of term that has an image, under a name of its own."""

    noun: str
    place: str

    def __str__(self) -> str:
        return self.place

    @property
    def plural(self) -> str:
        return f"{self.noun}s"

    async def put(self, media: MediaDesk, image: Any, name: str = "ليلى") -> dict[str, Any]:
        """A term with this image, made or replaced."""
        body, url = {"name": name, self.place: image}, f"/{self.plural}/{name}"
        match: dict[str, Any] = {"if_match": "*"} if await self._is_there(media, url) else {}
        answer = await media.room.desk("PUT", url, body, **match)
        return dict(answer.json())

    async def _is_there(self, media: MediaDesk, url: str) -> bool:
        token = {"Authorization": f"Bearer {media.room.tokens['admin']}"}
        return (await media.room.client.get(f"/v1/desk{url}", headers=token)).is_success

    async def file(self, media: MediaDesk, name: str = "ليلى") -> dict[str, Any]:
        """An article that is filed under the term."""
        fields: dict[str, Any] = {"authors": [name]} if self.noun == "author" else {"section": name}
        return await media.room.published(**fields)


KINDS = [Kind("author", "avatar"), Kind("section", "image")]


@pytest.fixture(params=KINDS, ids=str)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


async def changes(media: MediaDesk, since: str = "") -> Any:
    return (await media.room.get("/v1/changes?limit=100" + (f"&since={since}" if since else ""))).json()


async def test_an_image_by_id_is_filled_from_the_library_and_follows_it(media: MediaDesk, kind: Kind) -> None:
    made = await media.upload(alt="ليلى القاسم")
    await kind.put(media, {"id": made["id"]})
    await kind.file(media)
    addresses = [f"/v1/{kind.plural}/ليلى", f"/v1/{kind.plural}"]
    before = [await media.room.get(address) for address in addresses]
    for answer in before:
        assert f"media:{made['id']}" in answer.headers["cache-tag"]
    image = before[0].json()[kind.place]
    assert (image["id"], image["url"], image["alt"]) == (made["id"], made["url"], "ليلى القاسم")
    assert {one["mime_type"] for one in image["renditions"]} == {"image/webp"}
    since = (await changes(media))["since"]
    await media.change(made, alt="الكاتبة ليلى")
    for address, answer in zip(addresses, before, strict=True):
        after = await media.room.get(address)
        assert "الكاتبة ليلى" in after.text
        assert after.headers["etag"] != answer.headers["etag"]
    told = (await changes(media, since))["data"]
    assert [one["type"] for one in told] == ["media.changed", f"{kind.noun}.changed"]
    assert "الكاتبة ليلى" in told[1]["object"][kind.place]["alt"]


async def test_an_image_counts_as_a_use_and_ends_with_it(media: MediaDesk, kind: Kind) -> None:
    made = await media.upload()
    term = await kind.put(media, {"id": made["id"]})
    assert term[kind.place]["url"] == made["url"]
    (use,) = (await media.room.desk("GET", f"/media/{made['id']}/uses")).json()["data"]
    assert (use["resource"], use["id"], use["place"], use["is_public"]) == (kind.noun, term["id"], kind.place, False)
    await media.room.desk("DELETE", f"/media/{made['id']}", expect=409, if_match='"1"')
    again = await kind.put(media, term[kind.place])
    assert (again[kind.place], again["version"]) == (term[kind.place], term["version"])  # as it was read
    other = await kind.put(media, {"url": "https://images.example/a.jpg", "alt": "غيره"})
    assert (other[kind.place]["id"], other[kind.place]["alt"], other["version"]) == (None, "غيره", 2)
    assert (await media.read(made))["use_count"] == 0
    back = await kind.put(media, {"id": made["id"]})
    await media.room.desk("DELETE", f"/{kind.plural}/ليلى", expect=204, if_match=f'"{back["version"]}"')
    await media.room.desk("DELETE", f"/media/{made['id']}", expect=204, if_match='"1"')


async def test_a_withdrawn_image_is_null_and_an_unknown_one_is_refused(media: MediaDesk, kind: Kind) -> None:
    made = await media.upload()
    await kind.put(media, {"id": made["id"]})
    await kind.file(media)
    await media.room.desk("POST", f"/media/{made['id']}/withdraw", {"cause": "legal", "reason": "حكم"})
    assert (await media.room.get(f"/v1/{kind.plural}/ليلى")).json()[kind.place] is None
    sent = {"name": "x", kind.place: {"id": made["id"]}}
    problem = (await media.room.desk("PUT", f"/{kind.plural}/آخر", sent, expect=422)).json()
    assert [(one["pointer"], one["code"]) for one in problem["errors"]] == [(f"/{kind.place}/id", "not_found")]


async def test_another_file_is_in_the_image_at_once(media: MediaDesk, kind: Kind) -> None:
    made = await media.upload()
    await kind.put(media, {"id": made["id"]})
    path = f"/{made['id']}/file"
    new = (await media.send(picture(500, 500), method="PUT", path=path, if_match='"1"', expect=200)).json()
    assert (await media.room.desk("GET", f"/{kind.plural}/ليلى")).json()[kind.place]["url"] == new["url"]


async def test_all_faults_of_a_section_are_told_at_once(media: MediaDesk) -> None:
    unknown = "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"
    sent = {"name": "x", "parent": "لا-قسم", "image": {"id": unknown}}
    problem = (await media.room.desk("PUT", "/sections/قسم", sent, expect=422)).json()
    assert [(one["pointer"], one["code"]) for one in problem["errors"]] == [
        ("/parent", "not_found"),
        ("/image/id", "not_found"),
    ]


async def test_a_picture_of_a_section_is_told_where_an_article_stands_anywhere_below(media: MediaDesk) -> None:
    above, empty = await media.upload("#111111"), await media.upload("#222222")
    await media.room.section("أعلى", image={"id": above["id"]})
    await media.room.section("أوسط", parent="أعلى")
    await media.room.section("أسفل", parent="أوسط")
    await media.room.section("خالٍ", parent="أعلى", image={"id": empty["id"]})
    await media.room.published(section="أسفل")
    since = (await changes(media))["since"]
    for made in (above, empty):
        await media.change(made, alt="قرص")
    told = [one for one in (await changes(media, since))["data"] if one["resource"] == "media"]
    assert [one["id"] for one in told] == [above["id"]]


async def test_an_image_that_was_read_and_sent_back_still_follows_the_library(media: MediaDesk, kind: Kind) -> None:
    made = await media.upload(alt="قرص")
    first = await kind.put(media, {"id": made["id"]})
    again = await kind.put(media, first[kind.place])
    assert again["version"] == first["version"]
    made = await media.change(made, alt="قرص الشمس")
    assert (await media.room.desk("GET", f"/{kind.plural}/ليلى")).json()[kind.place]["alt"] == "قرص الشمس"
    own = await kind.put(media, {"id": made["id"], "alt": "وجه"})
    await media.change(made, alt="قمر")
    assert (await kind.put(media, own[kind.place]))[kind.place]["alt"] == "وجه"


async def test_words_in_another_language_than_the_librarys_stay_with_the_image(media: MediaDesk, kind: Kind) -> None:
    """Their text may be the same: a name, an acronym."""
    made = await media.upload(alt="NASA", language="en")
    await kind.put(media, {"id": made["id"], "alt": "NASA"})
    await media.change(made, alt="A disc")
    assert (await media.room.desk("GET", f"/{kind.plural}/ليلى")).json()[kind.place]["alt"] == "NASA"


@pytest.mark.parametrize("alt", ["", None])
async def test_an_image_without_words_of_its_own_has_the_librarys(
    media: MediaDesk, kind: Kind, alt: str | None
) -> None:
    made = await media.upload(alt="قرص")
    assert (await kind.put(media, {"id": made["id"], "alt": alt}))[kind.place]["alt"] == "قرص"
    elsewhere = {"url": "https://images.example/a.jpg", "alt": alt}
    assert (await kind.put(media, elsewhere))[kind.place]["alt"] == ""
