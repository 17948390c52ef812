"""Authors at the desk."""

from app.authors.kind import AUTHORS
from app.authors.schemas import AuthorDesk, AuthorDeskList, AuthorInput
from app.terms.desk import term_desk

desk = term_desk(AUTHORS, "Authors.", AuthorInput, AuthorDesk, AuthorDeskList)
