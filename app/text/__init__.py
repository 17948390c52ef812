"""Language tools: characters, languages, slugs, mark-up, reading and messages; they know no newsroom noun."""
