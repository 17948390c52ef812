"""What IPTC, XMP and EXIF say of a picture, in the words of the library; Arabic in each encoding that is met."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from app.media.decoding.iptc import guessed
from app.media.file_metadata import KEYWORDS, LINE, PROSE, FileMetadata
from tests.media.drawn import decoded_here, iptc, quarters, with_segments, written, xmp

NOTHING = FileMetadata(None, None, None, None, None, None, None, None, (), None)
CAPTION, NAME = "متظاهرون في ساحة التحرير", "ليلى حدّاد"
UTF_8 = (1, 90, b"\x1b%G")


def metadata(folder: Path, content: bytes) -> FileMetadata:
    return decoded_here(folder, content).picture.metadata


def with_iptc(*datasets: tuple[int, int, bytes]) -> bytes:
    return with_segments(written(quarters()), iptc(*datasets))


def test_a_file_that_says_nothing(tmp_path: Path) -> None:
    assert metadata(tmp_path, written(quarters())) == NOTHING
    assert NOTHING.rights is None


@pytest.mark.parametrize("mark", [(), (UTF_8,)])
def test_arabic_iptc_in_utf_8(tmp_path: Path, mark: tuple[tuple[int, int, bytes], ...]) -> None:
    found = metadata(
        tmp_path,
        with_iptc(
            *mark,
            (2, 120, CAPTION.encode()),
            (2, 80, NAME.encode()),
            (2, 105, b"Tahrir"),
            (2, 110, "وكالة".encode()),
            (2, 116, b"(c) Wikala"),
            (2, 25, "القاهرة".encode()),
            (2, 25, b"protest"),
            (2, 55, b"20261120"),
            (2, 60, b"140322+0200"),
        ),
    )
    assert (found.description, found.photographer, found.headline, found.credit) == (CAPTION, NAME, "Tahrir", "وكالة")
    assert found.rights == {"notice": "(c) Wikala"}
    assert found.keywords == ("القاهرة", "protest")
    assert found.taken_at == datetime(2026, 11, 20, 12, 3, 22, tzinfo=UTC)


def test_arabic_iptc_in_windows_1256(tmp_path: Path) -> None:
    found = metadata(tmp_path, with_iptc((2, 120, CAPTION.encode("cp1256")), (2, 80, NAME.encode("cp1256"))))
    assert (found.description, found.photographer) == (CAPTION, NAME)


def test_western_iptc_in_latin_1(tmp_path: Path) -> None:
    found = metadata(tmp_path, with_iptc((2, 120, "Café à Genève, été".encode("latin-1")), (2, 80, b"A. B")))
    assert (found.description, found.photographer) == ("Café à Genève, été", "A. B")


def test_the_encoding_is_guessed_from_neighbours() -> None:
    assert guessed("Müller über Köln".encode("cp1252")) == "cp1252"
    assert guessed("القاهرة AFP".encode("cp1256")) == "cp1256"
    assert guessed(b"") == "cp1252"


def test_a_caption_that_a_program_cut_within_a_character_is_still_utf_8(tmp_path: Path) -> None:
    assert metadata(tmp_path, with_iptc((2, 120, CAPTION.encode()[:-1]))).description == CAPTION[:-1]


def test_what_stands_before_broken_iptc_is_read(tmp_path: Path) -> None:
    content = with_iptc((2, 80, b"A. B"), (2, 120, b"the end is missing"))
    broken = content.replace(b"\x1c\x02\x78\x00\x12", b"\x1c\x02\x78\x7f\xff")
    assert metadata(tmp_path, broken) == FileMetadata(**NOTHING.__dict__ | {"photographer": "A. B"})


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_xmp_is_read_from_every_format_that_has_it(tmp_path: Path, format: str) -> None:
    packet = xmp(
        'photoshop:Credit="وكالة" photoshop:DateCreated="2026-11-20T14:03:22+02:00">'
        '<Iptc4xmpCore:AltTextAccessibility><rdf:Alt><rdf:li xml:lang="en">A crowd</rdf:li>'
        '<rdf:li xml:lang="x-default">حشد في ساحة</rdf:li></rdf:Alt></Iptc4xmpCore:AltTextAccessibility>'
        '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">السطر الأول&#10;والثاني</rdf:li></rdf:Alt>'
        "</dc:description>"
        "<dc:creator><rdf:Seq><rdf:li>ليلى</rdf:li><rdf:li>A. B</rdf:li></rdf:Seq></dc:creator>"
        '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© Wikala</rdf:li></rdf:Alt></dc:rights>'
        "<xmpRights:Owner><rdf:Bag><rdf:li>Wikala</rdf:li></rdf:Bag></xmpRights:Owner>"
        '<xmpRights:UsageTerms><rdf:Alt><rdf:li xml:lang="x-default">No sale</rdf:li></rdf:Alt></xmpRights:UsageTerms>'
        "<dc:subject><rdf:Bag><rdf:li>القاهرة</rdf:li><rdf:li>القاهرة</rdf:li></rdf:Bag></dc:subject>"
        "<photoshop:Headline>عنوان</photoshop:Headline>"
    )
    if format == "PNG":
        texts = PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", packet.decode())
        content = written(quarters(), "PNG", pnginfo=texts)
    else:
        content = written(quarters(), format, xmp=packet)
    assert metadata(tmp_path, content) == FileMetadata(
        headline="عنوان",
        description="السطر الأول\nوالثاني",
        alt="حشد في ساحة",
        credit="وكالة",
        photographer="ليلى, A. B",
        rights_holder="Wikala",
        rights_notice="© Wikala",
        rights_usage="No sale",
        keywords=("القاهرة",),
        taken_at=datetime(2026, 11, 20, 12, 3, 22, tzinfo=UTC),
    )


def test_exif_is_read_where_nothing_else_speaks(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x013B], exif[0x8298] = CAPTION.encode(), "A. B", "Wikala"
    exif[0x8769] = {0x9003: "2026:11:20 14:03:22", 0x9011: "+02:00"}
    found = metadata(tmp_path, written(quarters(), exif=exif))
    assert (found.description, found.photographer, found.rights_notice) == (CAPTION, "A. B", "Wikala")
    assert found.taken_at == datetime(2026, 11, 20, 12, 3, 22, tzinfo=UTC)
    both = with_segments(written(quarters(), exif=exif), iptc((2, 80, b"C. D")))
    assert metadata(tmp_path, both).photographer == "C. D"


def test_a_time_without_a_zone_is_no_time(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x8769] = {0x9003: "2026:11:20 14:03:22"}
    assert metadata(tmp_path, written(quarters(), exif=exif)) == NOTHING
    assert metadata(tmp_path, written(quarters(), xmp=xmp('photoshop:DateCreated="2026-11-20T14:03:22">'))) == NOTHING
    assert metadata(tmp_path, with_iptc((2, 55, b"20261120"), (2, 60, b"140322"))) == NOTHING
    assert metadata(tmp_path, with_iptc((2, 55, b"20269999"), (2, 60, b"990322+0200"))) == NOTHING


def test_what_cameras_write_in_place_of_a_description_is_none(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "OLYMPUS DIGITAL CAMERA         "
    assert metadata(tmp_path, written(quarters(), exif=exif)) == NOTHING


def test_texts_are_cleaned_and_bounded(tmp_path: Path) -> None:
    found = metadata(
        tmp_path,
        with_iptc(
            UTF_8,
            (2, 80, "e\u0301 \u202eA\0\x07\nB\u2069".encode()),
            (2, 110, "\u200f\u200b ".encode()),
            (2, 105, b"x" * 2000),
            (2, 120, "ب ".encode() * 6000),
            *((2, 25, b"word%d" % number) for number in range(90)),
        ),
    )
    assert found.photographer == "é A B"
    assert found.credit is None
    assert found.headline == "x" * LINE
    assert found.description is not None
    assert len(found.description) in (PROSE, PROSE - 1)
    assert len(found.keywords) == KEYWORDS


ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
FOREIGN = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY c SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("prolog", [ENTITIES, FOREIGN])
def test_entities_in_xmp_are_refused_and_the_picture_is_taken(tmp_path: Path, prolog: str) -> None:
    packet = prolog.encode() + xmp("><photoshop:Credit>&c;</photoshop:Credit>")
    assert metadata(tmp_path, written(quarters(), xmp=packet)) == NOTHING


@pytest.mark.parametrize("packet", [b"<x", b"\xff\xfe\0", b"<a/>", b"<a>" * 5000, b""])
def test_broken_xmp_is_ignored(tmp_path: Path, packet: bytes) -> None:
    assert metadata(tmp_path, written(quarters(), xmp=packet)) == NOTHING


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"])
def test_broken_exif_is_ignored(tmp_path: Path, exif: bytes) -> None:
    assert metadata(tmp_path, with_segments(written(quarters()), (0xE1, exif))) == NOTHING
