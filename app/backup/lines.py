"""The lines of a backup that are not rows: header, tables, manifest, files of pictures. All in them is checked."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from app.backup.columns import ColumnType, checked_time
from app.media.names import is_name

VERSION, WITH_FILES = 1, 2  # of the format; an older Nashra must not take one with files for one without
LONGEST_MESSAGE = 300  # characters: it may quote the file
Moment = Annotated[str, AfterValidator(checked_time)]
StoreName = Literal["originals", "renditions"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class Damaged(Exception):
    """The file is no whole backup; the message says why."""

    def __init__(self, text: str) -> None:
        super().__init__("".join(letter if letter.isprintable() else "?" for letter in text[:LONGEST_MESSAGE]))


def checked_name(text: str) -> str:
    """The same name, if it is one that a store takes: no path leads out of it."""
    if not is_name(text):
        raise ValueError("is no name of a file")
    return text


class Header(BaseModel):
    """The first line."""

    model_config = ConfigDict(frozen=True)

    format: Literal["nashra-backup"] = "nashra-backup"
    version: int = VERSION
    """2 where files of pictures follow the tables."""
    nashra: Annotated[str, Field(pattern=r"^[\w.+-]{1,64}$")]
    """Version of the program that made it."""
    revision: Annotated[str, Field(pattern=r"^\w{1,64}$")]
    """Of the database's schema."""
    database: Literal["sqlite", "postgresql"]
    made_at: Moment
    personal: bool
    """False: made `--without-personal`."""
    key_id: Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")]
    """Tells whether another newsroom has the same key."""
    keys: list[str] | None = None
    """The keys, if it was made `--with-key`."""
    rows: dict[Name, Annotated[int, Field(ge=0)]]
    """How many rows of each table follow."""


class TableLine(BaseModel):
    """The line before the rows of a table."""

    table: Name
    columns: dict[Name, ColumnType]


class TableTotal(BaseModel):
    """What the manifest says of one table."""

    rows: Annotated[int, Field(ge=0)]
    sha256: str


class Manifest(BaseModel):
    """The last line: the tables in their order."""

    manifest: dict[Name, TableTotal]

    @property
    def rows(self) -> int:
        return sum(total.rows for total in self.manifest.values())


class FileLine(BaseModel):
    """The line before the bytes of a file of a picture."""

    file: StoreName
    name: Annotated[str, AfterValidator(checked_name)]
    bytes: Annotated[int, Field(ge=0)]


class FileEnd(BaseModel):
    """The line after them. `sha256` is null where the file was removed while it was read."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None


class FilesTotal(BaseModel):
    """What the last line says of all files."""

    files: Annotated[int, Field(ge=0)] = 0
    bytes: Annotated[int, Field(ge=0)] = 0
    sha256: str = ""


class FilesManifest(BaseModel):
    """The last line of a backup with files."""

    files: FilesTotal


Line = TypeVar("Line", bound=BaseModel)


def parsed(model: type[Line], line: bytes) -> Line:
    """The line, validated. Raises `Damaged`."""
    try:
        return model.model_validate_json(line)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise Damaged(f"a line cannot be read: {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from None
