"""Addresses of settings stand in headers, feeds and sitemaps, so they are ASCII from the start."""

import pytest

from app.settings import Settings


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://أخبار.example", "https://xn--igbicxr.example"),
        ("https://bücher.example:8443/é/", "https://xn--bcher-kva.example:8443/%C3%A9"),
        ("https://EXAMPLE.com/", "https://example.com"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("https://x.example/a%20b", "https://x.example/a%20b"),
    ],
)
def test_an_address_is_kept_as_ascii(given: str, kept: str) -> None:
    settings = Settings(site_url=given, api_url=given)
    assert (settings.site_url, settings.api_url) == (kept, kept)
