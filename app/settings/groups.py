"""All settings of an installation: the groups together."""

from __future__ import annotations

from app.settings.cache import CacheSettings
from app.settings.comments import CommentSettings
from app.settings.database import DatabaseSettings
from app.settings.desk import DeskSettings
from app.settings.discovery import DiscoverySettings
from app.settings.fronts import FrontSettings
from app.settings.keys import KeySettings
from app.settings.media import MediaSettings
from app.settings.operations import OperationSettings
from app.settings.reader_page import ReaderPageSettings
from app.settings.server import ServerSettings
from app.settings.site import SiteSettings
from app.settings.sync import SyncSettings
from app.settings.syndication import SyndicationSettings
from app.settings.tickers import TickerSettings


# Pydantic takes fields from the last group to the first; errors come in the order of the fields.
class Settings(
    OperationSettings,
    FrontSettings,
    TickerSettings,
    CommentSettings,
    MediaSettings,
    SyndicationSettings,
    SyncSettings,
    CacheSettings,
    ServerSettings,
    DeskSettings,
    DiscoverySettings,
    ReaderPageSettings,
    SiteSettings,
    KeySettings,
    DatabaseSettings,
):
    """One frozen value, read from the environment once and passed down. Groups add fields: `settings.site_url`."""

    @property
    def media_address(self) -> str:
        """Where renditions are served from, without a slash at the end."""
        return self.media_url or f"{self.api_url}/media"
