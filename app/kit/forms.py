"""Bodies with checks beyond their schema: all faults are reported at once, in the order of the fields.

FastAPI would refuse an invalid body before the endpoint runs a query, and the client would learn of an unknown section
only after correcting its headline. So such a body is documented as its schema but passed on unvalidated.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar, cast

from pydantic import BaseModel, ValidationError, WrapValidator

from app.kit.errors import Fault, InvalidBody
from app.kit.faults import faults_in

M = TypeVar("M", bound=BaseModel)
R = TypeVar("R", bound=BaseModel)

# Metadata of a body's type: documented as the schema, passed on unvalidated.
AS_SENT = WrapValidator(lambda value, _check: value)


def checked(schema: type[M], sent: object, context: object = None, others: Iterable[Fault] = ()) -> M:
    """Validate a body. Raises `InvalidBody` with all its faults and the `others`."""
    found, faults = validated(schema, sent, context)
    faults += others
    if found is None or faults:
        raise InvalidBody(errors=in_order(schema, faults))
    return found


class Sent(Generic[M, R]):
    """A body validated field by field.

    `fields` holds the valid fields, as `readable`, and `given` their names; `faults` are the errors. So the caller can
    look up what the valid fields refer to, and report all faults together.
    """

    def __init__(self, schema: type[M], sent: object, readable: type[R], apart: frozenset[str] = frozenset()) -> None:
        self.form, self.faults = validated(schema, sent)
        is_read = self.form is not None and schema is readable and not apart
        self.fields = cast(R, self.form) if is_read else self._right(sent, readable, apart)
        self.given = set(self.fields.model_fields_set)

    def _right(self, sent: object, readable: type[R], apart: frozenset[str]) -> R:
        """The valid fields, except those in `apart`."""
        wrong = {(fault.pointer or "").split("/")[1] for fault in self.faults if fault.pointer}
        known = readable.model_fields.keys() - wrong - apart
        return readable.model_validate({k: v for k, v in _object(sent).items() if k in known})

    def whole(self) -> M:
        """The whole body. Raises `InvalidBody`."""
        if self.form is None:
            raise InvalidBody(errors=self.faults)
        return self.form


def _object(sent: object) -> dict[str, object]:
    return sent if isinstance(sent, dict) else {}


def validated(schema: type[M], sent: object, context: object = None) -> tuple[M | None, list[Fault]]:
    """The body, or None, and its faults."""
    try:
        return schema.model_validate(sent, context=context), []
    except ValidationError as error:
        found = [{**entry, "loc": ("body", *entry["loc"])} for entry in error.errors(include_url=False)]
        return None, faults_in(found, schema)


def in_order(schema: type[BaseModel], faults: Iterable[Fault]) -> list[Fault]:
    """Sort faults by the order of the schema's fields."""
    order = list(schema.model_fields)

    def place(fault: Fault) -> int:
        name = (fault.pointer or "").partition("/")[2].partition("/")[0]
        return order.index(name) if name in order else len(order)

    return sorted(faults, key=place)
