import pytest

from app.text.links import host, safe_embed, safe_link, safe_source

HOSTS = frozenset({"youtube.com", "player.example.org"})


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("HTTP://Example.org", "http://Example.org"),
        ("http://example.org:8080/", "http://example.org:8080/"),
        ("http://[::1]/", "http://[::1]/"),
        ("https://مثال.إختبار/مقال", "https://مثال.إختبار/مقال"),
        ("mailto:desk@example.org", "mailto:desk@example.org"),
        ("tel:+963111", "tel:+963111"),
        ("/a/سوريا", "/a/سوريا"),
        ("../x", "../x"),
        ("#fn1", "#fn1"),
        ("?page=2", "?page=2"),
        ("page/a:b", "page/a:b"),
        ("  /a b\n", "/a%20b"),
        ("//example.org/x", "https://example.org/x"),
        ("ht\ntps://example.org", "https://example.org"),
    ],
)
def test_an_address_that_a_reader_may_follow_is_kept(address: str, kept: str) -> None:
    assert safe_link(address) == kept
    assert safe_link(kept) == kept


@pytest.mark.parametrize(
    "address",
    [
        "",
        " ",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java\x00script:alert(1)",
        " \x01javascript:alert(1)",
        "\u202ejavascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "blob:https://example.org/1",
        "file:///etc/passwd",
        "https:example.org",
        "https:/example.org",
        "https://",
        "https://user@example.org",
        "https://good.org:pass@evil.org/",
        "https://good.org\\@evil.org",
        "https://good.org\\.evil.org",
        "\\\\evil.org",
        "/\\evil.org",
        "https://exa mple.org",
        "https://example.org:port",
        "https://evil.org\uff0fx",
        "https://[::1",
        "//",
        "//user@evil.org",
        "mailto:",
        "a:b",
        "https://example.org/" + "x" * 2048,
    ],
)
def test_an_address_that_browsers_could_misread_is_refused(address: str) -> None:
    assert safe_link(address) is None


@pytest.mark.parametrize(
    "address", ["picture.jpg", "../a.jpg", "#a", "mailto:a@b", "data:image/png;base64,x", "/\\evil.org", ""]
)
def test_pictures_come_from_the_web_or_from_this_site(address: str) -> None:
    assert safe_source(address) is None
    assert safe_source("/media/a.jpg") == "/media/a.jpg"
    assert safe_source("//cdn.example.org/a.jpg") == "https://cdn.example.org/a.jpg"


@pytest.mark.parametrize(
    "address",
    [
        "https://youtube.com/embed/1",
        "https://www.youtube.com/embed/1",
        "//www.YouTube.com/embed/1",
        "https://player.example.org:443/",
    ],
)
def test_embeds_come_from_the_hosts_on_the_list_or_from_below_them(address: str) -> None:
    assert safe_embed(address, HOSTS)


@pytest.mark.parametrize(
    "address",
    [
        "http://youtube.com/embed/1",
        "https://evilyoutube.com/",
        "https://youtube.com.evil.org/",
        "https://example.org/",
        "https://youtube.com@evil.org/",
        "https://evil.org/youtube.com",
        "https://evil.org#.youtube.com",
        "https://evil.org\\.youtube.com",
        "https://youtube.com:8443/",
        "/youtube.com",
        "com",
        "",
    ],
)
def test_every_other_embed_is_refused(address: str) -> None:
    assert safe_embed(address, HOSTS) is None
    assert safe_embed("https://youtube.com/", frozenset()) is None


def test_the_host_of_an_address_is_told_in_lower_case() -> None:
    assert host("https://WWW.Example.org/x") == "www.example.org"
    assert host("not an address") == host("https://[") == ""
