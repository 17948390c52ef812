"""HTML pages and static files: names by hash, policies, guides, operations, problems."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from app.kit.errors import every_problem
from app.text.messages import _CATALOGUES, LANGUAGES
from app.web import static_files
from app.web.guides import all_guides, inline, isolated
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio
LINK = re.compile(r'(?:href|src)="(/[^"#?]*)')


async def links_of(newsroom: Newsroom, url: str) -> set[str]:
    return set(LINK.findall((await newsroom.get(url)).text))


async def test_every_link_of_the_documentation_leads_somewhere(lone_newsroom: Newsroom) -> None:
    seen: set[str] = set()
    waiting = {"/", "/docs", "/problems"}
    while waiting - seen:
        url = sorted(waiting - seen)[0]
        seen.add(url)
        answer = await lone_newsroom.get(url)
        if answer.headers["content-type"].startswith("text/html"):
            waiting |= set(LINK.findall(answer.text))
    assert {"/docs/guide/sync", "/docs/operations/create_comment", "/docs/schemas/Article", "/problems/gone"} <= seen


async def test_every_operation_has_a_page_with_its_form(lone_newsroom: Newsroom) -> None:
    document = (await lone_newsroom.get("/openapi.json")).json()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            page = unescape((await lone_newsroom.get(f"/docs/operations/{operation['operationId']}")).text)
            assert f'data-method="{method.upper()}" data-path="{path}"' in page
            assert operation["summary"] in page


async def test_only_required_parameters_are_filled_in(lone_newsroom: Newsroom) -> None:
    page = (await lone_newsroom.get("/docs/operations/list_articles")).text
    assert re.findall(r'<input name="[^"]*"[^>]* value=', page) == []
    page = (await lone_newsroom.get("/docs/operations/read_article")).text
    assert re.findall(r'<input name="(\w+)"[^>]* value="[^"]+"', page) == ["slug"]
    page = (await lone_newsroom.get("/docs/operations/update_article")).text
    assert re.findall(r'<input name="[^"]*"[^>]* value=', page) == []  # ids are another newsroom's


@pytest.mark.parametrize("url", ["/", "/docs", "/docs/guide/errors", "/problems", "/problems/gone"])
async def test_a_page_allows_no_inline_script_or_style(lone_newsroom: Newsroom, url: str) -> None:
    answer = await lone_newsroom.get(url)
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert not re.search(r"<style|<script(?![^>]* src=)|\sstyle=|\son\w+=|javascript:", answer.text)


async def test_a_page_is_cached_and_validated_like_an_answer(lone_newsroom: Newsroom) -> None:
    first = await lone_newsroom.get("/docs/guide/sync")
    assert first.headers["cache-tag"] == "pages"
    await lone_newsroom.get("/docs/guide/sync", 304, headers={"if-none-match": first.headers["etag"]})


@pytest.mark.parametrize(
    "url", ["/docs/guide/nothing", "/docs/guide/README", "/docs/operations/nothing", "/docs/schemas/x", "/static/x.css"]
)
async def test_what_is_not_there_is_a_404(lone_newsroom: Newsroom, url: str) -> None:
    await lone_newsroom.get(url, 404)


async def test_a_hashed_name_is_cached_for_ever_and_a_plain_one_is_not(lone_newsroom: Newsroom) -> None:
    hashed = await lone_newsroom.get(static_files.static_url("base.css"))
    plain = await lone_newsroom.get("/static/base.css")
    assert hashed.content == plain.content
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert plain.headers["cache-control"] == "public, max-age=10"
    wrong = re.sub(
        r"\.(.)", lambda m: "." + ("0" if m[1] != "0" else "1"), static_files.static_url("base.css"), count=1
    )
    await lone_newsroom.get(wrong, 404)


def test_a_file_that_names_another_names_it_by_its_hash(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import "./b.js";')
    (tmp_path / "b.js").write_text("1")
    monkeypatch.setattr(static_files, "ROOT", tmp_path)
    before = static_files._load("a.js", {})
    (tmp_path / "b.js").write_text("2")
    files: dict[str, static_files.StaticFile] = {}
    after = static_files._load("a.js", files)
    assert after.content == f'import "./{files["b.js"].hashed_name}";'.encode()
    assert before.hashed_name != after.hashed_name


async def test_every_problem_has_cause_cure_and_an_example_in_every_language(lone_newsroom: Newsroom) -> None:
    for kind in every_problem():
        for language in LANGUAGES:
            words = _CATALOGUES[language].messages
            page = (await lone_newsroom.get(f"/problems/{kind.slug}?language={language}")).text
            for part in ("cause", "cure"):
                assert str(inline(str(words[f"problem.{kind.slug}.{part}"]))) in page
            assert f"/problems/{kind.slug}" in page


async def test_a_guide_links_to_guides_and_to_nothing_that_is_not_served(lone_newsroom: Newsroom) -> None:
    for guide in all_guides().values():
        assert not re.search(r'href="[^"]*\.md', guide.html), guide.name
        assert "<h1" not in guide.html
        fragments = re.findall(r'href="/docs/guide/([\w-]+)#([^"]+)"', guide.html)
        fragments += [(guide.name, one) for one in re.findall(r'href="#([^"]+)"', guide.html)]
        for name, fragment in fragments:
            assert f'id="{fragment}"' in all_guides()[name].html, (guide.name, name, fragment)


async def test_every_tag_links_to_its_guide(lone_newsroom: Newsroom) -> None:
    for tag in (await lone_newsroom.get("/openapi.json")).json()["tags"]:
        (guide,) = re.findall(r"\(/docs/guide/([\w-]+)\)", tag["description"])
        assert guide in all_guides(), tag["name"]


def test_markdown_lets_no_html_through() -> None:
    assert inline("<b>x</b> `<i>` [a](javascript:alert(1))") == (
        "&lt;b&gt;x&lt;/b&gt; <code>&lt;i&gt;</code> [a](javascript:alert(1))"
    )
    assert isolated('{"a": "<خبر>\\""}') == (
        '{<bdi class="string">&#34;a&#34;</bdi>: <bdi class="string">&#34;&lt;خبر&gt;\\&#34;&#34;</bdi>}'
    )
