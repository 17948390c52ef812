"""XMP metadata (ISO 16684-1): read by defusedxml, which refuses entities and document types.

Names: IPTC Photo Metadata Standard 2025 (alt text, creator, credit line, rights), Dublin Core, PLUS.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml import ElementTree  # type: ignore[import-untyped]  # ships no types

LONGEST_PACKET = 2 * 2**20  # bytes
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
_RIGHTS = "{http://ns.adobe.com/xap/1.0/rights/}"
_CORE = "{http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/}"
_EXIF = "{http://ns.adobe.com/exif/1.0/}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_FIELDS = {
    "alt": (f"{_CORE}AltTextAccessibility",),
    "headline": (f"{_PHOTOSHOP}Headline",),
    "description": (f"{_DC}description",),
    "credit": (f"{_PHOTOSHOP}Credit",),
    "photographer": (f"{_DC}creator",),
    "holder": (f"{_RIGHTS}Owner",),
    "notice": (f"{_DC}rights",),
    "usage": (f"{_RIGHTS}UsageTerms",),
    "taken_at": (f"{_EXIF}DateTimeOriginal", f"{_PHOTOSHOP}DateCreated"),
}
_LISTS = ("photographer", "holder")  # several values become one line
_ZONED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")


def xmp_of(packet: object) -> dict[str, Any]:
    """The fields of a packet by the names of `metadata.NAMES`, and `keywords`. Raises what XML parsers raise."""
    if not isinstance(packet, bytes) or len(packet) > LONGEST_PACKET:
        return {}
    root = ElementTree.fromstring(packet.strip(b"\0 \t\r\n"), forbid_dtd=True)
    properties = _properties(root)
    found: dict[str, Any] = {name: _text(properties, name) for name in _FIELDS}
    found["keywords"] = _values(properties.get(f"{_DC}subject", ""))
    if not _ZONED.fullmatch(found["taken_at"] or ""):
        found["taken_at"] = None
    return found


def _properties(root: Element) -> dict[str, str | Element]:
    """Each property once, as an attribute or an element of an `rdf:Description`."""
    found: dict[str, str | Element] = {}
    for part in root.iter(f"{_RDF}Description"):
        for name, value in part.attrib.items():
            found.setdefault(name, value)
        for child in part:
            found.setdefault(child.tag, child)
    return found


def _text(properties: dict[str, str | Element], name: str) -> str | None:
    values = next((_values(properties[key]) for key in _FIELDS[name] if key in properties), [])
    return ", ".join(values) if name in _LISTS else next(iter(values), None)


def _values(value: str | Element) -> list[str]:
    """The values of a simple property, Bag, Seq or Alt, of the last with the default language first."""
    if isinstance(value, str):
        return [value] if value else []
    items = list(value.iter(f"{_RDF}li")) or [value]
    items.sort(key=lambda item: item.get(_LANGUAGE) != "x-default")
    return [text for item in items if (text := (item.text or "").strip())]
