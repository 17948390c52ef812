"""Language tools: characters, languages, slugs, HTML and Markdown, search analysis, messages; no newsroom models."""
