"""What every group of settings is: a frozen model. A group is a file here, and a heading in docs/operations.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic.fields import FieldInfo

from app.masking import MASK, masked_address, of_address, of_secret

PREFIX = "NASHRA_"


class IsSecret:
    """In the metadata of a field: its whole value is shown as `***`."""


def _token(value: str) -> str:
    """It goes into a header: a line break at the end of a file would make every request fail."""
    value = value.strip()
    if not (value.isascii() and value.isprintable()):
        raise ValueError("must be one line of printable ASCII")
    return value


SECRET = IsSecret()
Secret = Annotated[str, SECRET, AfterValidator(_token)]


class SettingsError(Exception):
    """The environment holds invalid values; the message names them all."""


class SettingsGroup(BaseModel):
    """The environment variable of a field is `NASHRA_` and its name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        for name, value in super().__repr_args__():
            yield name, _shown(type(self).model_fields[name or ""], value)

    @classmethod
    def secrets_of(cls, values: Mapping[str, object]) -> dict[str, str]:
        """What `masked` replaces for these values, valid or not: of each address, and of each `SECRET`."""
        found: dict[str, str] = {}
        for name, value in values.items():
            for text in _texts(value):
                found |= of_address(text) | (of_secret(text) if is_secret(cls.model_fields[name]) else {})
        return found


def is_secret(field: FieldInfo) -> bool:
    return SECRET in field.metadata


def _shown(field: FieldInfo, value: object) -> object:
    if value and is_secret(field):
        return MASK
    return masked_address(value) if isinstance(value, str) else value


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, tuple) else (value,)
    return [one for one in values if isinstance(one, str)]
