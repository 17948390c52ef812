"""XML as text: elements whose texts and attributes are escaped, and bytes that XML 1.0 allows.

Everything is escaped, nothing stands in CDATA: so `]]>` cannot occur. Sources: XML 1.0 §2.2, §2.4; RFC 3339, RFC 5322.
"""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
# What XML 1.0 forbids in UTF-8, which holds no lone surrogates: each control is one byte, U+FFFE and U+FFFF three.
CONTROLS = bytes(byte for byte in range(0x20) if byte not in b"\t\n\r")
NONCHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str) -> str:
    """A plain text in an element that some readers take for HTML: as numbers, which say that no markup is meant."""
    return text.replace("&", "&#x26;").replace("<", "&#x3C;").replace(">", "&#x3E;")


def element(name: str, content: str | None, **attributes: object) -> str:
    """An element around escaped `content`; empty where that is None. `_` in a name of an attribute is `:`, and values
    that are None are left out."""
    return "" if content is None else f"<{name}{_attributes(attributes)}>{content}</{name}>"


def empty(name: str, **attributes: object) -> str:
    """An element without content."""
    return f"<{name}{_attributes(attributes)}/>"


def text(name: str, content: str | None, **attributes: object) -> str:
    """An element around a text, which is escaped."""
    return "" if content is None else element(name, escaped(content), **attributes)


def _attributes(attributes: dict[str, object]) -> str:
    return "".join(
        f' {name.replace("_", ":")}="{quoted(str(value))}"' for name, value in attributes.items() if value is not None
    )


def quoted(value: str) -> str:
    return escaped(value).replace('"', "&quot;").replace("\n", "&#10;")


def document(*parts: str) -> bytes:
    """The bytes of a document, without the characters that XML forbids.

    Part by part: one call for megabytes keeps the interpreter lock, and the event loop waits for it.
    """
    return b"".join(legal(part.encode("utf-8", "ignore")) for part in (DECLARATION, *parts))


def legal(content: bytes) -> bytes:
    """UTF-8 without the characters that XML forbids."""
    content = content.translate(None, CONTROLS)
    if b"\xef\xbf" in content:  # looking for two bytes costs a tenth of one replacement
        for character in NONCHARACTERS:
            content = content.replace(character, b"")
    return content


def rfc_822(moment: str) -> str:
    """A time as RSS writes it."""
    return format_datetime(datetime.fromisoformat(moment).replace(microsecond=0), usegmt=True)
