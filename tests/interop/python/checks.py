"""What must hold whichever client asked."""

from __future__ import annotations

from collections.abc import Mapping

MOVED = {"version", "saved_at", "updated_at", "revised_at"}  # by every change
FAULTY: dict[str, object] = {"author_email": "half@", "body": ""}
FAULTS = [("/author_name", "required"), ("/author_email", "email_invalid"), ("/body", "required")]


def only_changed(name: str, before: Mapping[str, object], after: Mapping[str, object]) -> None:
    """Fail unless exactly the field `name` differs."""
    assert {field for field in after if before[field] != after[field]} - MOVED == {name}
