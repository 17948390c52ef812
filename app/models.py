"""The roll call: every table, for the mapper and for Alembic."""

from app.articles import models as articles
from app.audit import models as audit
from app.authors import models as authors
from app.changes import models as changes
from app.comments import models as comments
from app.entries import models as entries
from app.fronts import models as fronts
from app.index import models as index
from app.jobs import models as jobs
from app.kit import idempotency, rate_limits
from app.kit.db import Base
from app.media import models as media
from app.previews import models as previews
from app.sections import models as sections
from app.slugs import models as slugs
from app.staff import models as staff
from app.tags import models as tags
from app.tickers import models as tickers

GROUND = (audit, changes, idempotency, index, jobs, rate_limits, slugs, staff)
ROOMS = (articles, authors, comments, entries, fronts, media, previews, sections, tags, tickers)
metadata = Base.metadata
