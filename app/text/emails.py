"""Validate e-mail addresses, and compare them.

Sources: RFC 5321 and RFC 6531 (syntax, as `email-validator` judges it strictly), RFC 5891 (names of domains), UTS 39
(mixed scripts).
"""

from email_validator import EmailNotValidError, validate_email

from app.text.characters import mixes_scripts, normalise


def checked_email(text: str) -> str:
    """Validate an address and return its normal form: NFC, the domain decoded and in lower case. No DNS lookup.

    Raises ValueError for a malformed address, and if a label of the domain mixes scripts (`аpple.com` with a Cyrillic
    а), as spoofed addresses do.
    """
    try:
        found = validate_email(text, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise ValueError("not an e-mail address") from error
    if any(mixes_scripts(label) for label in found.domain.split(".")):
        raise ValueError("a label of the domain mixes scripts")
    return found.normalized


def email_key(address: str) -> str:
    """Return the key by which two checked addresses are compared: case and width of the local part are ignored."""
    local, _, domain = address.rpartition("@")
    folded = normalise(normalise(local, "NFKC").casefold(), "NFKC")
    return f"{folded}@{domain.lower()}"
