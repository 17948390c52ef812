"""Language tags (BCP 47), and the direction of a language or a text.

Sources: BCP 47 (RFC 5646) for tags, CLDR for the script that a language is usually written in, UAX 9 (rules P2 and P3)
for the direction of a text of unknown language.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal

Direction = Literal["rtl", "ltr"]

# RFC 5646 section 4.4.1: the minimum length that a protocol must support.
MAX_TAG_LENGTH = 35

# RFC 5646 section 2.1, except primary subtags of four letters and more: none is registered.
_TAG = re.compile(
    r"""
    (?: [a-z]{2,3} (?:-[a-z]{3}){0,3}            # language, extended languages (of which none has two)
        (?:-[a-z]{4})?                           # script
        (?:-(?:[a-z]{2}|[0-9]{3}))?              # region
        (?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))* # variants
        (?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*      # extensions
        (?:-x(?:-[a-z0-9]{1,8})+)?
      | x(?:-[a-z0-9]{1,8})+
      | i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)
      | en-gb-oed | sgn-be-fr | sgn-be-nl | sgn-ch-de
    )""",
    re.VERBOSE | re.ASCII,
)

_RTL_SCRIPTS = """
    adlm arab aran armi avst chrs cprt elym gara hatr hebr hung khar lydi mand mani mend merc mero narb nbat nkoo orkh
    ougr palm phli phlp phnx prti rohg samr sarb sogd sogo syrc syre syrj syrn thaa todr yezi
"""
_RTL_LANGUAGES = """
    aao abh abv acm acq acw acx acy adf aeb aec afb ajp apc apd ar arb arc arq ars ary arz auz avl ayh ayl ayn ayp azb
    bal bcc bej bft bgn bgp bhm bqi brh ckb dcc dv fa fay gbz gjk glk gwc gwt hac haz he hnd hno iw jad jat ji jpa jpr
    jye khw kls ks kvx lki lrc lss luz mey mid mnj mve mvy myz mzn nqo oru pbt pbu pes phl phr phv pnb prd prs ps pst
    rhg rmt sam sd sdh sgl shm shu skr smp ssh syc syn syr tks tly trg trw ug ur yi ydg zum
"""
# Countries that do not write a language in its usual script (CLDR, likely subtags).
_BY_COUNTRY: dict[str, Direction] = {
    "az-iq": "rtl",
    "az-ir": "rtl",
    "ha-cm": "rtl",
    "ha-sd": "rtl",
    "kk-af": "rtl",
    "kk-cn": "rtl",
    "kk-ir": "rtl",
    "kk-mn": "rtl",
    "ku-iq": "rtl",
    "ku-ir": "rtl",
    "ku-lb": "rtl",
    "ky-cn": "rtl",
    "ms-cc": "rtl",
    "pa-pk": "rtl",
    "sd-in": "ltr",
    "tk-af": "rtl",
    "tk-ir": "rtl",
    "tt-cn": "rtl",
    "ug-kz": "ltr",
    "ug-mn": "ltr",
    "uz-af": "rtl",
}
_DIRECTIONS: dict[str, Direction] = dict.fromkeys((_RTL_SCRIPTS + _RTL_LANGUAGES).split(), "rtl")


# The preferred values of the IANA Language Subtag Registry (RFC 5646 section 3.4). An extended language is its own.
_WHOLE_TAGS = dict(
    pair.split("=")
    for pair in """
    art-lojban=jbo en-gb-oed=en-gb-oxendict i-ami=ami i-bnn=bnn i-hak=hak i-klingon=tlh i-lux=lb i-navajo=nv i-pwn=pwn
    i-tao=tao i-tay=tay i-tsu=tsu no-bok=nb no-nyn=nn sgn-be-fr=sfb sgn-be-nl=vgt sgn-ch-de=sgg zh-guoyu=cmn
    zh-hakka=hak zh-min-nan=nan zh-xiang=hsn
    """.split()
)
_FORMER_LANGUAGES = {"in": "id", "iw": "he", "ji": "yi", "jw": "jv", "mo": "ro"}
_FORMER_COUNTRIES = {"bu": "mm", "dd": "de", "fx": "fr", "tp": "tl", "yd": "ye", "zr": "cd"}


def canonical_language(tag: str) -> str:
    """Return a language tag in its canonical form (RFC 5646 section 4.5): `ar`, `ar-SA`, `zh-Hant-TW`, `he` for `iw`.

    Raises ValueError for a tag that is not well-formed, repeats a variant or an extension, or is longer than 35
    characters.
    """
    lowered = tag.lower() if tag.isascii() else ""
    if len(lowered) > MAX_TAG_LENGTH or not _TAG.fullmatch(lowered) or _repeats(lowered):
        raise ValueError("not a BCP 47 language tag")
    return "-".join(_cased(_preferred(_WHOLE_TAGS.get(lowered, lowered).split("-"))))


@lru_cache(maxsize=1024)
def canonical_or_same(tag: str) -> str:
    """Return the canonical form of a requested tag, or the tag itself if it is malformed."""
    try:
        return canonical_language(tag)
    except ValueError:
        return tag


def _preferred(subtags: list[str]) -> list[str]:
    """Replace deprecated subtags by the preferred values of the registry."""
    language, *others = subtags
    if len(language) < 2:  # private or grandfathered
        return subtags
    if others and len(others[0]) == 3 and others[0].isalpha():  # an extended language is a language
        language, *others = others
    return [_FORMER_LANGUAGES.get(language, language), *_with_present_country(others)]


def _with_present_country(subtags: list[str]) -> Iterator[str]:
    is_tag = True  # up to the first extension
    for subtag in subtags:
        is_tag = is_tag and len(subtag) > 1
        yield _FORMER_COUNTRIES.get(subtag, subtag) if is_tag and len(subtag) == 2 else subtag


def _repeats(tag: str) -> bool:
    subtags = tag.partition("-x-")[0].split("-")
    telling = [subtag for subtag in subtags[1:] if len(subtag) == 1 or len(subtag) > 4 or subtag[0].isdigit()]
    return not tag.startswith("x-") and len(telling) != len(set(telling))


def _cased(subtags: list[str]) -> Iterator[str]:
    """RFC 5646 section 2.1.1: two letters upper, four letters title case, unless first or after a singleton."""
    yield subtags[0]
    plain = len(subtags[0]) == 1
    for subtag in subtags[1:]:
        plain = plain or len(subtag) == 1
        yield subtag if plain else _CASE_BY_LENGTH.get(len(subtag), str.lower)(subtag)


_CASE_BY_LENGTH = {2: str.upper, 4: str.title}


@lru_cache(maxsize=1024)
def direction(tag: str) -> Direction:
    """Return the direction of a language: of the script if the tag names one, else of its usual script.

    Never raises: an unknown or malformed tag is `ltr`.
    """
    language, script, country = parts_of(tag)
    usual = _DIRECTIONS.get(script or language, "ltr")
    return usual if script else _BY_COUNTRY.get(f"{language}-{country}", usual)


def parts_of(tag: str) -> tuple[str, str, str]:
    """Return language, script and country of a tag in lower case; an empty string for a part that it lacks."""
    language, *others = tag.lower().split("-")
    named: dict[int, str] = {}
    for subtag in others:
        if len(subtag) == 1:
            break
        named.setdefault(len(subtag), subtag)
    return language, named.get(4, ""), named.get(2, "")


def is_same_language(one: str, other: str) -> bool:
    """Whether two tags have the same primary language subtag (RFC 5646 section 2.2.1): `ar` and `ar-SA`."""
    return one == other or parts_of(one)[0] == parts_of(other)[0]


def is_in_range(tag: str, ranges: Iterable[str]) -> bool:
    """Whether a tag is in one of these language ranges (RFC 4647 section 3.3.1, basic filtering): `ar-SY` in `ar`."""
    known = tag.lower()
    return any(known == one.lower() or known.startswith(f"{one.lower()}-") for one in ranges)


_STRONG: dict[str, Direction] = {"L": "ltr", "R": "rtl", "AL": "rtl"}
_ISOLATES = {"LRI": 1, "RLI": 1, "FSI": 1, "PDI": -1}


def directions_in(text: str) -> set[Direction]:
    """Return the directions of all strong characters."""
    return {_STRONG[kind] for kind in map(unicodedata.bidirectional, set(text)) if kind in _STRONG}


def first_strong_direction(text: str) -> Direction | None:
    """Return the direction of the first strong character outside isolates, None when there is none.

    Only for text of unknown language: it returns `ltr` for "COVID-19: ارتفاع".
    """
    depth = 0
    for character in text:
        kind = unicodedata.bidirectional(character)
        depth = max(0, depth + _ISOLATES.get(kind, 0))
        if not depth and kind in _STRONG:
            return _STRONG[kind]
    return None
