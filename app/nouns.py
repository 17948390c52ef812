"""The list of nouns: every kind of thing that the public can see."""

from app.articles.noun import ARTICLE
from app.changes.noun import Noun
from app.comments.noun import COMMENT
from app.entries.noun import ENTRY
from app.fronts.noun import FRONT
from app.media.noun import MEDIA
from app.taxonomy.noun import AUTHOR, SECTION, TAG
from app.tickers.noun import TICKER

# Hooks run in this order: entries follow articles, sections and authors, tickers and fronts the changes of all others.
NOUNS: tuple[Noun, ...] = (MEDIA, ARTICLE, COMMENT, SECTION, TAG, AUTHOR, ENTRY, TICKER, FRONT)
EVENT_TYPES = {type: meaning for noun in NOUNS for type, meaning in noun.events.items()}
