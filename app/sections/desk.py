"""Sections at the desk."""

from app.sections.kind import SECTIONS
from app.sections.schemas import SectionDesk, SectionDeskList, SectionInput
from app.terms.desk import term_desk

desk = term_desk(SECTIONS, "The tree of sections.", SectionInput, SectionDesk, SectionDeskList)
