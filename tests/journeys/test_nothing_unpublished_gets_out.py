"""A random walk of editorial actions never lets an unpublished text out of any public route.

Every text that anybody writes holds a word of its own. After each step the readers' routes are asked for everything
that was ever there; a word that no reader may see yet, or any more, must not be in any answer: not in a list, a count,
a tag, an address, a redirect, a ticker, a thread, a header or a problem. Who may see what is kept by a small model of
its own here, not read from the code under test.
"""

from __future__ import annotations

import itertools
import json
import random
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import select

from app.articles.models import Article
from app.kit import clock
from app.previews.tokens import new_token
from app.taxonomy.repository import Taxonomy
from tests.newsroom import Newsroom
from tests.visibility import unguarded

pytestmark = pytest.mark.anyio

START = datetime(2026, 4, 1, 8, tzinfo=UTC)
STEPS = 36
WORD = re.compile(r"zq\d+x", re.IGNORECASE)
UNKNOWN_TOKEN = new_token()
PLURALS = ("sections", "tags", "authors")
# What readers never see of an article, whatever its state.
DESK_ONLY = (
    *("external_id", "note", "withdrawn_reason", "body_source", "translations", "warnings", "member_id"),
    "editorial_note",
)
# Answers that hold nothing from the database.
NOT_OURS = {
    *(
        "/docs",
        "/docs/guide/{name}",
        "/docs/operations/{name}",
        "/docs/schemas/{name}",
        "/openapi.json",
        "/openapi.yaml",
        "/.well-known/api-catalog",
        "/static/{name}",
    ),
    *("/problems", "/problems/{slug}", "/healthz", "/readyz"),
}
ACTIONS = (
    "create create patch patch patch submit give_back publish publish schedule archive unpublish withdraw reinstate "
    "delete correct restore rename translate translate follow comment preview cover cover cover turn_entry drop_entry"
).split()
# What brings about the states that chance may leave out: repeated at the end until each was seen.
ENDING = ("create", "preview", "publish", "preview", "withdraw", "preview")


@dataclass
class Piece:
    """An article as the model knows it: its state by decision, and the desk's answer to the last change."""

    state: str
    shown: dict[str, Any]
    published_at: datetime | None = None
    reason: str = ""
    addresses: set[str] = field(default_factory=set)
    comments: dict[str, str] = field(default_factory=dict)  # approved ones: id -> words
    previews: dict[str, bool] = field(default_factory=dict)  # token -> whether it opens the article
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)  # id -> the desk's last answer

    def visible(self, now: datetime) -> bool:
        return self.state == "published" and self.published_at is not None and self.published_at <= now


class Walk:
    """A newsroom with random editors, and a public client that checks every response."""

    def __init__(self, newsroom: Newsroom, seed: str) -> None:
        self.newsroom, self.chance = newsroom, random.Random(seed)
        self.words = (f"zq{number}x" for number in itertools.count(1))
        self.now = START
        self.pieces: dict[str, Piece] = {}
        self.parents: dict[str, str | None] = {}
        self.terms: dict[str, list[str]] = {plural: [] for plural in PLURALS}
        self.former: dict[str, list[str]] = {plural: [] for plural in PLURALS}
        self.term_words: dict[str, list[str]] = {}
        self.seen: set[str] = set()
        self.most = 0
        self.comment_ids: list[str] = []
        self.asked = 0
        self.previewed: set[str] = set()  # states of the articles that previews have shown

    # --- writing ---------------------------------------------------------------------------------------------------

    async def step(self, action: str | None = None) -> None:
        """One action, by chance where none is named, and a look at everything."""
        self.now += timedelta(seconds=self.chance.choice([0, 1, 60, 3600]))
        action = action or self.chance.choice(ACTIONS)
        with clock.frozen(self.now):
            await getattr(self, action)()
            await self.look()
        self.seen |= {piece.state for piece in self.pieces.values()}
        self.most = max(self.most, len(self.visible()))

    async def create(self) -> None:
        fields = await self._content()
        answer = await self.newsroom.desk("POST", "/articles", fields, expect=201)
        self.pieces[answer.json()["id"]] = Piece("draft", answer.json(), addresses={answer.json()["slug"]})

    async def patch(self) -> None:
        fields = await self._content()
        chosen = self.chance.sample(sorted(fields), self.chance.randint(1, 6))
        change = {name: fields[name] for name in chosen}
        if self.chance.random() < 0.3:
            change["slug"] = f"by-hand-{next(self.words)}"
        await self._do("PATCH", "", change)

    async def translate(self) -> None:
        """Two articles become one story in two languages, whatever state either is in."""
        if self.pieces:
            language = self.chance.choice(["ar", "en", "fr", "tr"])
            await self._do("PATCH", "", {"translation_of": self._one(), "language": language})

    async def restore(self) -> None:
        await self._do("POST", "/restore", {"revision": self.chance.randint(1, 4)})

    async def submit(self) -> None:
        await self._do("POST", "/submit", {}, leads_to="in_review", of="draft")

    async def give_back(self) -> None:
        await self._do("POST", "/return", {"note": next(self.words)}, leads_to="draft", of="in_review")

    async def publish(self) -> None:
        await self._publish({}, self.now)

    async def schedule(self) -> None:
        at = self.now + timedelta(minutes=self.chance.choice([1, 30, 120]))
        await self._publish({"at": clock.written(at)}, at)

    async def archive(self) -> None:
        at = self.now - timedelta(days=self.chance.choice([1, 400]))
        await self._publish({"at": clock.written(at)}, at)

    async def _publish(self, content: dict[str, Any], at: datetime) -> None:
        piece = await self._do("POST", "/publish", content, leads_to="published", of="draft")
        if piece is not None:
            piece.published_at = at

    async def unpublish(self) -> None:
        await self._do("POST", "/unpublish", {}, leads_to="draft", of="published")

    async def withdraw(self) -> None:
        content = {"reason": next(self.words), "note": next(self.words)}
        piece = await self._do("POST", "/withdraw", content, leads_to="withdrawn", of="published")
        if piece is not None:
            piece.reason = content["reason"]
            piece.previews = dict.fromkeys(piece.previews, False)

    async def reinstate(self) -> None:
        await self._do("POST", "/reinstate", {}, leads_to="draft", of="withdrawn")

    async def correct(self) -> None:
        content = {"kind": "correction", "note": next(self.words), "summary": next(self.words)}
        await self._do("POST", "/correct", content, of="published")

    async def delete(self) -> None:
        if not self.pieces:
            return
        id = self._one()
        answer = await self._send(id, "DELETE", "", None)
        if answer is not None:
            self.pieces[id].state = "deleted"
            self.pieces[id].previews = dict.fromkeys(self.pieces[id].previews, False)

    async def preview(self) -> None:
        """A link to an article of any state, for whoever holds it."""
        if self.pieces:
            id = self._one()
            answer = await self._send(id, "POST", "/previews", {})
            if answer is not None:
                self.pieces[id].previews[answer["token"]] = True

    async def rename(self) -> None:
        """A term gets another name and another address."""
        plural = self.chance.choice(PLURALS)
        if not self.terms[plural]:
            return
        slug = self.chance.choice(self.terms[plural])
        new = f"{plural}-{next(self.words)}"
        body: dict[str, Any] = {"name": next(self.words), "slug": new, "description": next(self.words)}
        parent = {"parent": self.parents[slug]} if plural == "sections" else {}
        await self.newsroom.desk("PUT", f"/{plural}/{slug}", {**body, **parent}, if_match="*", expect=200)
        self.terms[plural][self.terms[plural].index(slug)] = new
        self.former[plural].append(slug)
        self.term_words[new] = WORD.findall(json.dumps(body))
        if plural == "sections":
            self.parents[new] = self.parents.pop(slug)
            self.parents = {name: new if above == slug else above for name, above in self.parents.items()}
        await self._reread()

    async def follow(self) -> None:
        """An item on the ticker that follows an article of any state."""
        if self.pieces and "tickers" in self.routes:
            id = self._one()
            if self.pieces[id].state != "deleted":
                await self.newsroom.desk("POST", "/tickers/breaking/items", {"article": id}, expect=201)

    async def comment(self) -> None:
        """A reader comments; half of what comes is approved."""
        open_ones = [id for id, piece in self.pieces.items() if piece.visible(self.now)]
        if not open_ones or "comments" not in self.routes:
            return
        id, name, body = self.chance.choice(open_ones), next(self.words), next(self.words)
        content = {"author_name": name, "author_email": f"{next(self.words)}@example.com", "body": f"قول {body}"}
        answer = await self.newsroom.client.post(f"/v1/articles/{id}/comments", json=content)
        if answer.status_code == 429:
            return
        comment_id = answer.json()["comment"]["id"]
        self.comment_ids.append(comment_id)
        if self.chance.random() < 0.6:
            await self.newsroom.desk("POST", f"/comments/{comment_id}/approve", {})
            self.pieces[id].comments[comment_id] = f"{name} {body}"

    async def cover(self) -> None:
        """An entry of live coverage, whatever state its article is in; half of them are drafts."""
        fitting = [
            id for id, piece in self.pieces.items() if piece.shown["kind"] == "live" and piece.state != "deleted"
        ]
        if fitting:
            id, status = self.chance.choice(fitting), self.chance.choice(["draft", "published"])
            content = {
                "headline": f"نبأ {next(self.words)}",
                "body": f"<p>متن {next(self.words)}</p>",
                "status": status,
            }
            await self._write_entry(id, "POST", "", content)

    async def turn_entry(self) -> None:
        """Published, or taken off; with other words."""
        found = [(id, entry) for id, piece in self.pieces.items() for entry in piece.entries]
        if found:
            id, entry = self.chance.choice(found)
            changes = {"status": self.chance.choice(["draft", "published"]), "headline": f"نبأ {next(self.words)}"}
            await self._write_entry(id, "PATCH", f"/{entry}", changes)

    async def drop_entry(self) -> None:
        found = [(id, entry) for id, piece in self.pieces.items() for entry in piece.entries]
        if found and self.chance.random() < 0.5:
            id, entry = self.chance.choice(found)
            if await self._send(id, "DELETE", f"/entries/{entry}", None) is not None:
                del self.pieces[id].entries[entry]

    async def _write_entry(self, id: str, method: str, path: str, content: dict[str, Any]) -> None:
        answer = await self._send(id, method, f"/entries{path}", content)
        if answer is not None:
            self.pieces[id].entries[answer["id"]] = answer

    async def _do(
        self, method: str, path: str, content: Any, leads_to: str | None = None, of: str = ""
    ) -> Piece | None:
        """A change of some article, most often of one in the state `of`. What cannot be done changes nothing."""
        if not self.pieces:
            return None
        id = self._one(of)
        answer = await self._send(id, method, path, content)
        if answer is None:
            return None
        piece = self.pieces[id]
        piece.shown, piece.state = answer, leads_to or piece.state
        piece.addresses.add(answer["slug"])
        return piece

    def _one(self, state: str = "") -> str:
        fitting = [id for id, piece in self.pieces.items() if piece.state == state]
        return self.chance.choice(fitting if fitting and self.chance.random() < 0.8 else list(self.pieces))

    async def _send(self, id: str, method: str, path: str, content: Any) -> dict[str, Any] | None:
        headers = {"Authorization": f"Bearer {self.newsroom.tokens['admin']}", "If-Match": "*"}
        url = f"/v1/desk/articles/{id}{path}"
        answer = await self.newsroom.client.request(method, url, json=content, headers=headers)
        assert answer.status_code in {200, 201, 204, 404, 409, 422}, answer.text
        return None if not answer.is_success else answer.json() if answer.content else {}

    async def _content(self) -> dict[str, Any]:
        def word(name: str) -> str:
            return f"{name} {next(self.words)}"

        image = {"url": f"https://img.example/{next(self.words)}.jpg", "alt": word("بديل"), "caption": word("شرح")}
        return {
            "headline": word("عنوان"), "short_headline": word("قصير"), "summary": word("ملخّص"),
            "content_warning": word("تنبيه"), "editorial_note": word("للشركاء"),
            "subjects": [{"scheme": "local", "code": next(self.words), "name": word("موضوع")}],
            "body": f"<p>{word('متن')} <a href='https://x.example/{next(self.words)}'>{word('رابط')}</a></p>",
            "byline": word("بقلم"), "dateline": word("مكان"), "source": word("مصدر"), "lead_image": image,
            "media": [image], "rights": {"holder": word("حق"), "usage": word("شرط")},
            "seo": {"title": word("وسم"), "description": word("وصف")},
            "canonical_url": f"https://x.example/{next(self.words)}",
            "external_id": {"system": "wp", "id": next(self.words)},
            "access": self.chance.choice(["free", "free", "paid"]),
            "kind": self.chance.choice(["news", "live", "live"]),
            "language": self.chance.choice(["ar", "en", "fr"]),
            "section": await self._term("sections"), "tags": [await self._term("tags")],
            "authors": [await self._term("authors")],
        }  # fmt: skip

    async def _term(self, plural: str) -> str:
        """One that is there, or a new one."""
        if self.terms[plural] and self.chance.random() < 0.6:
            return self.chance.choice(self.terms[plural])
        slug = f"{plural}-{next(self.words)}"
        body: dict[str, Any] = {"name": next(self.words), "description": next(self.words)}
        if plural == "authors":
            body["bio"] = next(self.words)
        if plural == "sections":
            self.parents[slug] = self.chance.choice([None, *self.parents])
            body["parent"] = self.parents[slug]
            if self.parents[slug] and len(self._line(slug)) > 6:
                body["parent"] = self.parents[slug] = None
        await self.newsroom.desk("PUT", f"/{plural}/{slug}", body, expect=201)
        self.terms[plural].append(slug)
        self.term_words[slug] = WORD.findall(json.dumps({**body, "slug": slug, "parent": None}))
        return slug

    def _line(self, slug: str) -> list[str]:
        """A section and all above it."""
        line = [slug]
        while (above := self.parents[line[-1]]) is not None:
            line.append(above)
        return line

    async def _reread(self) -> None:
        for id, piece in self.pieces.items():
            if piece.state != "deleted":
                piece.shown = (await self.newsroom.desk("GET", f"/articles/{id}")).json()

    # --- reading ---------------------------------------------------------------------------------------------------

    @property
    def routes(self) -> set[str]:
        """The public GET routes' first words: what rooms there are."""
        return {part for path in self.paths for part in path.split("/") if part and "{" not in part}

    @property
    def paths(self) -> list[str]:
        found = [
            str(route.path)
            for route in iter_route_contexts(self.newsroom.app.routes)
            if "GET" in (route.methods or ()) and not str(route.path).startswith("/v1/desk")
        ]
        return [path for path in found if path not in NOT_OURS and not path.endswith("/stream")]

    def saw_enough(self) -> bool:
        """A walk that sees too little proves too little."""
        return (
            {"draft", "published", "withdrawn"} <= self.seen
            and {"draft", "published"} <= self.previewed
            and self.most > 1
            and self.asked > 1000
        )

    def visible(self) -> dict[str, Piece]:
        return {id: piece for id, piece in self.pieces.items() if piece.visible(self.now)}

    def allowed(self) -> set[str]:
        """The words that readers may see now."""
        words: set[str] = set()
        for piece in self.pieces.values():
            if piece.state == "withdrawn":
                words.add(piece.reason)
            if piece.visible(self.now):
                shown = {name: value for name, value in piece.shown.items() if name not in DESK_ONLY}
                if shown["access"] == "paid":
                    del shown["body"]
                words |= set(WORD.findall(json.dumps(shown) + "".join(piece.comments.values())))
                words |= set(WORD.findall(self._coverage_of(piece)))
        for slugs in self.shown_terms().values():
            words |= {word for slug in slugs for word in self.term_words[slug]}
        return {word.lower() for word in words}

    @staticmethod
    def _coverage_of(piece: Piece) -> str:
        """What readers see of its entries; of a paid article headlines only."""
        published = [entry for entry in piece.entries.values() if entry["status"] == "published"]
        texts = [entry["body"]["text"] for entry in published if piece.shown["access"] == "free"]
        return " ".join([*texts, *(entry["headline"] for entry in published)])

    def shown_terms(self) -> dict[str, dict[str, int]]:
        """The terms that readers see, each with the number of visible articles under it."""
        counts: dict[str, dict[str, int]] = {plural: {} for plural in PLURALS}
        for piece in self.visible().values():
            for plural in PLURALS:
                slugs = {term["slug"] for term in piece.shown[plural]}
                if plural == "sections":
                    slugs = {above for slug in slugs for above in self._line(slug)}
                for slug in slugs:
                    counts[plural][slug] = counts[plural].get(slug, 0) + 1
        return counts

    async def look(self) -> None:
        """All public URLs that a client could guess."""
        allowed, visible = self.allowed(), self.visible()
        for url in self._questions():
            answer = await self.newsroom.client.get(url)
            self.asked += 1
            assert answer.status_code in {200, 308, 404, 410}, (url, answer.text)
            text = answer.text
            if "json" in answer.headers.get("content-type", ""):
                text = json.dumps({name: value for name, value in answer.json().items() if name != "instance"})
            echoed = {"link"}  # it says again what was asked
            text += "\n".join(f"{name}: {value}" for name, value in answer.headers.items() if name not in echoed)
            leaked = {word.lower() for word in WORD.findall(text)} - allowed
            assert not leaked, f"{url} at {self.now}: {leaked} in {answer.status_code} {text[:2000]}"
        await self._look_at_previews(allowed)
        await self._count(visible)

    async def _look_at_previews(self, allowed: set[str]) -> None:
        """Whoever holds a preview sees this article, as it was last saved, and nothing else that is not public."""
        for piece in self.pieces.values():
            own = {name: value for name, value in piece.shown.items() if name not in DESK_ONLY}
            words = {word.lower() for word in WORD.findall(json.dumps(own))} | allowed
            for token in [token for token, is_open in piece.previews.items() if is_open][-2:]:
                answer = await self.newsroom.get(f"/v1/preview/{token}")
                assert answer.json()["headline"] == piece.shown["headline"]
                page = await self.newsroom.get(f"/preview/{token}")
                for text in (answer.text, page.text):
                    leaked = {word.lower() for word in WORD.findall(text)} - words
                    assert not leaked, f"a preview at {self.now}: {leaked} in {text[:2000]}"
                self.previewed.add(piece.state)

    def open_previews(self) -> list[str]:
        """Addresses of previews that open something."""
        tokens = [token for piece in self.pieces.values() for token, is_open in piece.previews.items() if is_open]
        return [f"{stem}/{token}" for token in tokens for stem in ("/v1/preview", "/preview")]

    def _questions(self) -> list[str]:
        chosen = self.chance.sample(list(self.pieces), min(2, len(self.pieces)))
        addresses = [quote(address) for id in chosen for address in {id, *self.pieces[id].addresses}]
        ended = [token for piece in self.pieces.values() for token, is_open in piece.previews.items() if not is_open]
        closed = [*ended[-2:], UNKNOWN_TOKEN]
        names = {plural: self.terms[plural][-2:] + self.former[plural][-1:] for plural in PLURALS}
        filled = {
            "/v1/articles/{slug}": addresses,
            "/v1/tickers/{slug}": ["breaking"],
            "/v1/preview/{token}": closed,
            "/preview/{token}": closed,
            "/v1/comments/{id}": [*self.comment_ids[-4:], *chosen],
            **{f"/v1/{plural}/{{slug}}": names[plural] for plural in PLURALS},
            "/s/{slug}": names["sections"],
            "/t/{slug}": names["tags"],
            "/by/{slug}": names["authors"],
        }
        urls = ["/v1/changes?object=full", "/v1/changes?object=summary&limit=100"]
        urls += ["/v1/articles?include=body&count=true", "/v1/articles?sort=-updated_at&limit=100&count=true"]
        urls += [f"/v1/articles?ids={','.join(self.pieces)}&limit=100"] if self.pieces else []
        urls += [f"/v1/articles?{plural[:-1]}={name}&count=true" for plural in PLURALS for name in names[plural]]
        for id in chosen:
            urls += [f"/v1/changes?article={id}&object=full"]
            for entry in self.pieces[id].entries:
                urls += [f"/v1/articles/{id}/entries/{entry}", f"/v1/articles/{id}/entries?around={entry}&limit=1"]
        sites = {"/a": addresses, **{f"/{stem}": names[plural] for stem, plural in zip("st", PLURALS, strict=False)}}
        urls += ["/sitemap-tags.xml", "/sitemap-sections.xml", "/sitemap-authors.xml", "/sitemap-fronts.xml"]
        urls += [f"/sitemap-{self.now:%Y-%m}.xml", f"/sitemap-{clock.now():%Y-%m}.xml"]
        urls += [f"/v1/resolve?url={stem}/{quote(name)}" for stem, found in sites.items() for name in found]
        urls += [f"/oembed?url=/a/{name}" for name in addresses]
        for word in self._words(chosen):
            urls += [
                f"/v1/articles?q={word}",
                f"/v1/search?q={word}&count=true&facets=section,tag,author,language,month",
            ]
            urls += [f"/v1/search/suggest?q={word[:-1]}", f"/v1/search?q={word[:-2]}y{word[-1]}"]
        for path in self.paths:
            if path.startswith("/feeds/"):
                continue
            values = next((values for stem, values in filled.items() if path.startswith(stem)), addresses)
            query = f"?articles={','.join(list(self.pieces) or ['x'])}" if path == "/v1/comments/counts" else ""
            query = "?q=x" if path.startswith("/v1/search") else query
            query = "?url=/" if path in {"/v1/resolve", "/oembed"} else query
            urls += [re.sub(r"\{\w+\}", value, path) + query for value in values] if "{" in path else [path + query]
        urls += ["/v1/tickers/breaking?include=article"] if "tickers" in self.routes else []
        return [*urls, *self._feeds({**names, "tickers": ["breaking"], "comments": addresses, "entries": addresses})]

    def _feeds(self, names: dict[str, list[str]]) -> list[str]:
        """A feed of each of these, in any format, whole, with what was withdrawn."""
        feeds = ["articles", "search", *(f"{family}/{name}" for family, found in names.items() for name in found)]
        formats = [self.chance.choice(["rss", "atom", "json", "ninjs.json"]) for _ in feeds]
        query = "full=true&tombstones=true&limit=100&q=x"
        return [f"/feeds/{feed}.{format}?{query}" for feed, format in zip(feeds, formats, strict=True)]

    def _words(self, ids: list[str]) -> list[str]:
        """Words of these articles, whatever their state: of the present text, and of what it was."""
        return [word.lower() for id in ids for word in WORD.findall(json.dumps(self.pieces[id].shown))[:3]]

    async def _count(self, visible: dict[str, Piece]) -> None:
        """Nothing too little either: readers get exactly what is published."""
        page = (await self.newsroom.get("/v1/articles?limit=100&count=true&fields=slug")).json()
        assert {article["id"] for article in page["data"]} == set(visible)
        assert page["page"]["total"] == len(visible)
        for plural, expected in self.shown_terms().items():
            listed = (await self.newsroom.get(f"/v1/{plural}?limit=100&count=true")).json()
            assert {term["slug"]: term["article_count"] for term in listed["data"]} == expected
            assert listed["page"]["total"] == len(expected)
        for id, piece in self.pieces.items():
            expected_status = 200 if id in visible else 410 if piece.state == "withdrawn" else 404
            await self.newsroom.get(f"/v1/articles/{id}?fields=id", expected_status)
            if "comments" in self.routes:
                await self.newsroom.get(f"/v1/articles/{id}/comments", expected_status)


async def walked(newsroom: Newsroom, seed: str, steps: int) -> Walk:
    walk = Walk(newsroom, seed)
    if "tickers" in walk.routes:
        ticker = {"name": "عاجل", "max_items": 50, "rules": [{"urgency_max": 9}]}
        await newsroom.desk("PUT", "/tickers/breaking", ticker, expect=201)
    for _ in range(steps):
        await walk.step()
    return walk


async def test_a_random_walk_of_editors_lets_nothing_unpublished_out(newsroom: Newsroom, backend: str) -> None:
    walk = await walked(newsroom, backend, STEPS)
    for action in itertools.cycle(ENDING):
        if walk.saw_enough():
            break
        await walk.step(action)


async def statements_of_readers(newsroom: Newsroom, seed: str) -> set[str]:
    """All statements of the public routes, without the cache."""
    walk = await walked(newsroom, seed, 16)
    with clock.frozen(walk.now):
        await walk.preview()
    with clock.frozen(walk.now), newsroom.counted() as statements:
        for url in [*walk._questions(), *walk.open_previews()]:
            await newsroom.client.get(url)
    assert any("previews.digest" in sql for sql in statements)
    assert len(set(statements)) > 40
    return set(statements)


async def test_every_select_of_a_public_route_says_which_articles_readers_may_see(
    newsroom: Newsroom, backend: str
) -> None:
    assert not [text for sql in await statements_of_readers(newsroom, backend) for text in unguarded(sql)]


async def test_a_select_that_forgets_visibility_is_found(
    newsroom: Newsroom, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Taxonomy.shown

    async def planted(self: Taxonomy, *arguments: Any) -> Any:
        await self.connection.execute(select(Article.headline, Article.note).where(Article.slug == "x"))
        return await shown(self, *arguments)

    monkeypatch.setattr(Taxonomy, "shown", planted)
    found = [text for sql in await statements_of_readers(newsroom, backend) for text in unguarded(sql)]
    assert len(found) == 1
    assert "articles.note" in found[0]


async def test_a_draft_looks_like_an_unknown_address(newsroom: Newsroom) -> None:
    """Not even by the bytes: only the address that was asked for and the request's own id differ."""
    await newsroom.tag()
    await newsroom.author()
    at = clock.written(clock.now() + timedelta(hours=1))
    hidden = await newsroom.published("سرّ", at=at, tags=["فلك"], authors=["ليلى-القاسم"])
    draft = await newsroom.draft("مسودّة", tags=["فلك"])
    once = await newsroom.act(await newsroom.published("كان هنا"), "unpublish")
    nonsense = "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"
    asked = {
        "/v1/articles/": [hidden["id"], hidden["slug"], draft["id"], draft["slug"], once["id"], once["slug"]],
        "/v1/sections/": ["علوم", hidden["section"]["id"]],
        "/v1/tags/": ["فلك", hidden["tags"][0]["id"]],
        "/v1/authors/": ["ليلى-القاسم", hidden["authors"][0]["id"]],
    }
    for stem, names in asked.items():
        expected = await shape(newsroom, f"{stem}{nonsense}")
        for name in names:
            assert await shape(newsroom, f"{stem}{name}") == expected, (stem, name)
    for filter, names in (("tag", ["فلك"]), ("section", ["علوم"]), ("author", ["ليلى-القاسم"]), ("ids", [draft["id"]])):
        expected = await shape(newsroom, f"/v1/articles?count=true&{filter}={nonsense}")
        for name in names:
            assert await shape(newsroom, f"/v1/articles?count=true&{filter}={name}") == expected, (filter, name)


async def shape(newsroom: Newsroom, url: str) -> tuple[int, dict[str, str], str]:
    """All that a reader gets, without what the request itself put there."""
    answer = await newsroom.get(url, None)
    headers = {name: value for name, value in answer.headers.items() if name not in {"x-request-id", "content-length"}}
    body = answer.json()
    body.pop("instance", None)
    return answer.status_code, headers, json.dumps(body)
