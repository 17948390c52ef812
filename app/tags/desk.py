"""Tags at the desk."""

from app.tags.kind import TAGS
from app.tags.schemas import TagDesk, TagDeskList, TagInput
from app.terms.desk import term_desk

desk = term_desk(TAGS, "Tags.", TagInput, TagDesk, TagDeskList)
