"""`robots.txt` (RFC 9309): what crawlers may fetch here, and where the sitemaps are."""

from __future__ import annotations

from typing import NamedTuple

from app.previews.tokens import PREFIX
from app.settings import Settings
from app.site.addresses import sitemap_urls
from app.text.web_paths import encoded_path


class Crawler(NamedTuple):
    """A crawler that gathers texts for AI, as its operator documents it."""

    token: str
    """Its name in `robots.txt`."""
    operator: str
    use: str
    """`training`, `answers`, or `both`."""
    source: str


OPENAI = "https://platform.openai.com/docs/bots"
ANTHROPIC = "https://support.claude.com/en/articles/8896518"
META = "https://developers.facebook.com/docs/sharing/webmasters/web-crawlers"
GOOGLE = "https://developers.google.com/crawling/docs/crawlers-fetchers/google-common-crawlers"
PERPLEXITY = "https://docs.perplexity.ai/guides/bots"
# Only those whose operators say that they obey. `docs/api/discovery.md` has the same table.
AI_CRAWLERS = (
    Crawler("AI2Bot", "Allen Institute for AI", "training", "https://allenai.org/crawler"),
    Crawler("Amazonbot", "Amazon", "both", "https://developer.amazon.com/amazonbot"),
    Crawler("Applebot-Extended", "Apple", "training", "https://support.apple.com/en-us/119829"),
    Crawler("CCBot", "Common Crawl", "training", "https://commoncrawl.org/ccbot"),
    Crawler("ChatGPT-User", "OpenAI", "answers", OPENAI),
    Crawler("Claude-SearchBot", "Anthropic", "answers", ANTHROPIC),
    Crawler("Claude-User", "Anthropic", "answers", ANTHROPIC),
    Crawler("ClaudeBot", "Anthropic", "training", ANTHROPIC),
    Crawler(
        "DuckAssistBot", "DuckDuckGo", "answers", "https://duckduckgo.com/duckduckgo-help-pages/results/duckassistbot"
    ),
    Crawler("Google-Extended", "Google", "training", GOOGLE),
    Crawler("GPTBot", "OpenAI", "training", OPENAI),
    Crawler("Meta-ExternalAgent", "Meta", "training", META),
    Crawler("MistralAI-User", "Mistral AI", "answers", "https://docs.mistral.ai/robots"),
    Crawler("OAI-SearchBot", "OpenAI", "answers", OPENAI),
    Crawler("PerplexityBot", "Perplexity", "answers", PERPLEXITY),
)


def robots_txt(settings: Settings) -> bytes:
    """The file. A crawler that has a group of its own obeys only that, so the extra lines come behind the last group:
    rules among them belong to all others."""
    denied = [f"User-agent: {one.token}" for one in AI_CRAWLERS] if settings.ai_crawlers == "deny" else []
    preview = encoded_path(settings.preview_path).replace("{token}", f"{PREFIX}*").rstrip("*")
    everybody = [f"Disallow: {path}" for path in ("/v1/desk/", "/v1/preview/", preview)]
    blocks = [
        [*denied, "Disallow: /"] if denied else [],
        ["User-agent: *", *everybody, *settings.robots_extra.splitlines()],
        [f"Sitemap: {url}" for url in sitemap_urls(settings)],
    ]
    return ("\n\n".join("\n".join(block) for block in blocks if block) + "\n").encode()
