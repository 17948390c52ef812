"""Names of months and weekdays, and date patterns, by language, or by language and country where that differs.

Source: CLDR (Gregorian and Islamic calendars), except for newsroom usage: no comma after an Arabic weekday, "1er" in
French, and the Hijri months of Sorani, which CLDR lacks. Weekdays begin with Monday.
"""

_MASHRIQ = "كانون الثاني/شباط/آذار/نيسان/أيار/حزيران/تموز/آب/أيلول/تشرين الأول/تشرين الثاني/كانون الأول"
_TUNIS_AND_ALGIERS = "جانفي/فيفري/مارس/أفريل/ماي/جوان/جويلية/أوت/سبتمبر/أكتوبر/نوفمبر/ديسمبر"
MONTHS = {
    name: tuple(months.split("/"))
    for name, months in {
        "ar": "يناير/فبراير/مارس/أبريل/مايو/يونيو/يوليو/أغسطس/سبتمبر/أكتوبر/نوفمبر/ديسمبر",
        **dict.fromkeys(("ar-iq", "ar-jo", "ar-lb", "ar-ps", "ar-sy"), _MASHRIQ),
        **dict.fromkeys(("ar-dz", "ar-tn"), _TUNIS_AND_ALGIERS),
        "ar-ma": "يناير/فبراير/مارس/أبريل/ماي/يونيو/يوليوز/غشت/شتنبر/أكتوبر/نونبر/دجنبر",
        "ar-mr": "يناير/فبراير/مارس/إبريل/مايو/يونيو/يوليو/أغشت/شتمبر/أكتوبر/نوفمبر/دجمبر",
        "fa": "ژانویه/فوریه/مارس/آوریل/مه/ژوئن/ژوئیه/اوت/سپتامبر/اکتبر/نوامبر/دسامبر",
        "fa-af": "جنوری/فبروری/مارچ/اپریل/می/جون/جولای/اگست/سپتمبر/اکتوبر/نومبر/دسمبر",
        "ur": "جنوری/فروری/مارچ/اپریل/مئی/جون/جولائی/اگست/ستمبر/اکتوبر/نومبر/دسمبر",
        "ckb": (
            "کانوونی دووەم/شوبات/ئازار/نیسان/ئایار/حوزەیران/تەمووز/ئاب/ئەیلوول/تشرینی یەکەم/تشرینی دووەم/کانوونی یەکەم"
        ),
        "ku": "rêbendan/sibat/adar/nîsan/gulan/hezîran/tîrmeh/tebax/îlon/cotmeh/mijdar/berfanbar",
        "tr": "Ocak/Şubat/Mart/Nisan/Mayıs/Haziran/Temmuz/Ağustos/Eylül/Ekim/Kasım/Aralık",
        "fr": "janvier/février/mars/avril/mai/juin/juillet/août/septembre/octobre/novembre/décembre",
        "en": "January/February/March/April/May/June/July/August/September/October/November/December",
    }.items()
}
WEEKDAYS = {
    name: tuple(days.split("/"))
    for name, days in {
        "ar": "الاثنين/الثلاثاء/الأربعاء/الخميس/الجمعة/السبت/الأحد",
        "fa": "دوشنبه/سه\u200cشنبه/چهارشنبه/پنجشنبه/جمعه/شنبه/یکشنبه",
        "ur": "پیر/منگل/بدھ/جمعرات/جمعہ/ہفتہ/اتوار",
        "ckb": "دووشەممە/سێشەممە/چوارشەممە/پێنجشەممە/ھەینی/شەممە/یەکشەممە",
        "ku": "duşem/sêşem/çarşem/pêncşem/înî/şemî/yekşem",
        "tr": "Pazartesi/Salı/Çarşamba/Perşembe/Cuma/Cumartesi/Pazar",
        "fr": "lundi/mardi/mercredi/jeudi/vendredi/samedi/dimanche",
        "en": "Monday/Tuesday/Wednesday/Thursday/Friday/Saturday/Sunday",
    }.items()
}
HIJRI_MONTHS = {
    name: tuple(months.split("/"))
    for name, months in {
        "ar": "محرم/صفر/ربيع الأول/ربيع الآخر/جمادى الأولى/جمادى الآخرة/رجب/شعبان/رمضان/شوال/ذو القعدة/ذو الحجة",
        "fa": (
            "محرم/صفر/ربیع\u200cالاول/ربیع\u200cالثانی/جمادی\u200cالاول/جمادی\u200cالثانی/"
            "رجب/شعبان/رمضان/شوال/ذیقعده/ذیحجه"
        ),
        "ur": "محرم/صفر/ربیع الاول/ربیع الثانی/جمادی الاول/جمادی الثانی/رجب/شعبان/رمضان/شوال/ذوالقعدۃ/ذوالحجۃ",
        "ckb": (
            "موحەڕەم/سەفەر/ڕەبیعی یەکەم/ڕەبیعی دووەم/جومادی یەکەم/جومادی دووەم/"
            "ڕەجەب/شەعبان/ڕەمەزان/شەووال/زولقەعدە/زولحیججە"
        ),
        "ku": (
            "muherem/sefer/rebîʿulewel/rebîʿulaxer/cemazîyelewel/cemazîyelaxer/"
            "receb/şeʿban/remezan/şewal/zîlqeʿde/zilhece"
        ),
        "tr": (
            "Muharrem/Safer/Rebiülevvel/Rebiülahir/Cemaziyelevvel/Cemaziyelahir/"
            "Recep/Şaban/Ramazan/Şevval/Zilkade/Zilhicce"
        ),
        "fr": (
            "mouharram/safar/rabia al awal/rabia ath-thani/joumada al oula/joumada ath-thania/"
            "rajab/chaabane/ramadan/chawwal/dhou al qi’da/dhou al-hijja"
        ),
        "en": (
            "Muharram/Safar/Rabi al-Awwal/Rabi al-Thani/Jumada al-Ula/Jumada al-Akhira/"
            "Rajab/Shaban/Ramadan/Shawwal/Dhu al-Qadah/Dhu al-Hijjah"
        ),
    }.items()
}

_AMERICAN = "{weekday}, {month} {day}, {year}"
DATES = {
    "ar": "{weekday} {day} {month} {year}",
    "fa": "{weekday} {day} {month} {year}",
    "ur": "{weekday}، {day} {month}، {year}",
    "ckb": "{weekday}، {day}ی {month}ی {year}",
    "ku": "{weekday}, {day}ê {month}a {year}an",
    "tr": "{day} {month} {year} {weekday}",
    "fr": "{weekday} {day} {month} {year}",
    "en": "{weekday} {day} {month} {year}",
    "en-": _AMERICAN,  # English of no country, as in CLDR
    "en-us": _AMERICAN,
}
HIJRI_DATES = {
    "ar": "{day} {month} {year} هـ",
    "fa": "{day} {month} {year} ه\u200d.ق.",
    "ur": "{day} {month}، {year} ہجری",
    "ckb": "{day}ی {month}ی {year}ی کۆچی",
    "ku": "{day} {month} {year} Hicrî",
    "tr": "Hicri {day} {month} {year}",
    "fr": "{day} {month} {year} de l’hégire",
    "en": "{day} {month} {year} AH",
}
# Between a date and a time.
BEFORE_TIME = {"ar": "، ", "fa": "، ", "ur": "، ", "ckb": "، ", "ku": ", ", "tr": ", ", "fr": " à ", "en": ", "}
# How a language writes the first day of a month, where not as a number.
FIRST_DAYS = {"fr": "1er"}
