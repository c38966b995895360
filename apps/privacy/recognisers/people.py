"""Names that the words around them give away: titles, salutations, signatures, labels, introductions."""

# ruff: noqa: E501, S105 - a pattern is read whole; a token here is a word

from __future__ import annotations

import re
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy import words
from apps.privacy.openings import Opening, opens_with_words
from apps.privacy.rules import Place, Rule, Where, at_words, pattern

PARTICLE: Final = r"(?:van|von|vom|der|den|de|del|della|di|da|dos|das|do|la|le|el|al|bin|bint|ibn|ben|ter|ten|zu|zum|y|e|san|st\.?|mac|mc|o'|d')"
TOKEN: Final = r"(?:(?:d|l|o|mc|mac|de|la)?['-]?\p{Lu}(?:\p{Ll}\p{M}?)+(?:(?:['-]\p{Lu}?|\p{Lu})(?:\p{Ll}\p{M}?)+)*|\p{Lu}\.(?:-?\p{Lu}\.)*|\p{Lu}{2,})"
NAME: Final = rf"{TOKEN}(?:[ ](?:{PARTICLE}[ ]){{0,2}}{TOKEN}){{0,3}}"
TITLE: Final = r"""(?:mr|mrs|ms|miss|mx|dr|prof|professor|doctor|sir|dame|lord|lady|madam|madame|mme|mmes|mlle|messrs|monsieur|messieurs|maître|(?-i:MM)\.|
    herr|herrn|herren|frau|fräulein|señor|señores|señora|señorita|sr|sra|sres|srta|don|doña|licenciado|
    signor|signora|signorina|dott\.ssa|dott|dottore|dottoressa|avvocato|(?:sig|sigg|ing|lic|avv|geom|drs)\.|sig\.na|sig\.ra|prof\.ssa|mevrouw|meneer|de[ ]heer|dhr|mw|
    senhor|senhora|dra|doutor|doutora|professora|professeur|docteur|captain|capt|colonel|col|sergeant|sgt|
    lieutenant|lt|major|maj|general(?![ ](?-i:[A-Z]{2,5})(?!\w))|gen|judge|justice|officer|inspector|detective|nurse|pastor|father|sister|brother|rev|reverend|rabbi|imam|
    richter|richterin|notar|rechtsanwalt|rechtsanwältin|kollege|kollegin|juez|jueza|juge)"""
TITLE_WORDS: Final = (frozenset(re.findall(r"[^\W\d_]+", TITLE.lower())) | {"de"}) - frozenset("iazw")
LABEL: Final = r"""(?:full|first|last|middle|given|family|maiden|legal|contact|customer|client|patient|employee|applicant|candidate|user|account[ ]holder|
    cardholder|card[ ]holder|beneficiary|sender|recipient|payee|guest|member|tenant|author|signatory|guardian|spouse|emergency[ ]contact)[ _-]?names?
    |(?:billing|shipping|mailing|delivery|home|postal)[ ]address|names?|surname|forename|vorname|nachname|familienname|nom(?:[ ]de[ ]famille)?|prénom|nombre|apellidos?|nome|cognome|sobrenome|apelido|naam|voornaam|achternaam|attn|attention|c/o|z\.[ ]?hd\.?|signed[ ]by|reported[ ]by|
    assigned[ ]to|assignee|reporter|approved[ ]by|prepared[ ]by|written[ ]by|reviewed[ ]by|requested[ ]by|created[ ]by|owner|from|to|cc|bcc|contact|
    customer|client|patient|employee|applicant|candidate|tenant|borrower|lender|buyer|seller|plaintiff|defendant|witness|claimant|manager|supervisor|
    beneficiary|cardholder|account[ ]holder|policyholder|insured|interviewer|interviewee|attendees?|participants?|caller|agent|sponsor|speaker|
    kunde|kundin|mitarbeiter(?:in)?|ansprechpartner(?:in)?|bearbeiter(?:in)?|absender|empfänger|kontakt|von|an|patient(?:in)?|vorgesetzte[rn]?|
    cliente|empleado|empleada|paciente|contacto|remitente|destinatario|de|para|salarié|expéditeur|destinataire|à|responsable|dipendente|mittente|paziente|contatto|
    klant|medewerker|afzender|ontvanger|contactpersoon|aan|van|funcionário|contato|remetente|destinatário"""
SALUTATION: Final = r"""(?:dear|hello|hi|hey|hallo|moin|servus|liebe[rs]?|(?:sehr[ ])?geehrte[rs]?|guten[ ](?:tag|morgen|abend)|bonjour|bonsoir|salut|chère?s?|cher|coucou|hola|buenos[ ]días|buenas[ ](?:tardes|noches)|estimad[oa]s?|
    querid[oa]s?|apreciad[oa]|caro|cara|carissim[oa]|gentile|gentilissim[oa]|egregi[oa]|spettabile|buongiorno|buonasera|salve|ciao|beste|geachte|lieve|goedemorgen|goedemiddag|goedendag|prezad[oa]s?|car[oa]|olá|oi|bom[ ]dia|boa[ ]tarde|boa[ ]noite|good[ ](?:morning|afternoon|evening)|thanks|thank[ ]you|thx|cheers|welcome|congratulations|merci|danke|gracias|grazie|bedankt|obrigad[oa])"""
SALUTATION_WORDS: Final = (
    "dear hello hi hey hallo moin servus liebe lieber liebes sehr geehrte geehrter geehrtes guten bonjour bonsoir salut chère cher "
    "chères chers coucou hola buenos buenas estimado estimada estimados estimadas querido querida queridos queridas apreciado apreciada caro "
    "cara carissimo carissima gentile gentilissimo gentilissima egregio egregia spettabile buongiorno buonasera salve ciao beste geachte lieve "
    "goedemorgen goedemiddag goedendag prezado prezada prezados prezadas olá oi bom boa good thanks thank thx cheers welcome congratulations merci danke "
    "gracias grazie bedankt obrigado obrigada"
)
CLOSING: Final = r"""(?:regards|sincerely|cheers|thanks|thank[ ]you|best|wishes|yours|truly|faithfully|grüßen|grüße|gruß|grüssen|gruss|vg|lg|mfg|cordialement|amicalement|bien[ ]à[ ](?:vous|toi)|salutations|bises|
    saludos|saludo|atentamente|cordialmente|saluti|cordialità|groeten|groet|vriendelijke[ ]groet|hoogachtend|atenciosamente|abraços?|cumprimentos|love)"""
CLOSING_WORDS: Final = (
    "regards sincerely cheers thanks thank best wishes yours truly faithfully grüßen grüße gruß grüssen gruss vg lg mfg cordialement amicalement "
    "bien salutations bises saludos saludo atentamente cordialmente saluti cordialità groeten groet vriendelijke hoogachtend "
    "atenciosamente abraço abraços cumprimentos love"
)
INTRODUCTION: Final = r"""(?:my[ ]name[ ]is|my[ ]name's|i[ ]am|i'm|this[ ]is|name[ ]is|(?<!(?:method|framework|model|approach|module|dataset|benchmark|algorithm|system|tool|network|library|loss|strategy|pipeline|architecture|project|branch|file|folder|column|variable|function|table|cluster|server|bucket|channel|service),?[ ])named|(?:man|woman|guy|friend|colleague|customer|client|person|patient|boy|girl|neighbou?r|manager)[ ]called|speaking[ ]with|spoke[ ](?:to|with)|ich[ ]heiße|ich[ ]bin[ ](?:der|die)|hier[ ]spricht|mein[ ]name[ ]ist|je[ ]m'appelle|je[ ]suis|
    me[ ]llamo|mi[ ]nombre[ ]es|soy|mi[ ]chiamo|sono|ik[ ]heet|ik[ ]ben|mijn[ ]naam[ ]is|chamo-me|me[ ]chamo|meu[ ]nome[ ]é|sou[ ](?:o|a))"""
INTRODUCTION_WORDS: Final = "my i this name named man woman guy friend colleague customer client person patient boy girl neighbour neighbor manager speaking spoke ich hier mein je me mi soy sono ik mijn chamo meu sou"
INTRODUCTION_NEEDS: Final = (
    "name is ", "my name's ", "i am ", "i'm ", "this is ", "named ", " called ", "speaking with ", "spoke ", "ich heiße ",
    "ich bin d", "hier spricht ", "mein name ist ", "je m'appelle ", "je suis ", "me llamo ", "mi nombre es ", "soy ",
    "mi chiamo ", "sono ", "ik heet ", "ik ben ", "mijn naam is ", "chamo-me ", "me chamo ", "meu nome é ", "sou ",
)  # fmt: skip


UNREAD: Final = (
    "\u0700-\u074f\u0780-\u086f\u0b05-\u0b39\u0b5c-\u0b61\u0f40-\u0fbc\u13a0-\u1779\u1820-\u1c7f\u2c00-\u2c5f\u2c80-\u2cf3\u2d30-\u2d7f\ua000-\ua63f\ua6a0-\ua6ff\ua800-\ua95f"
    "\ua980-\ua9df\uaa00-\uaadf\uaae0-\uaaff\uab70-\uabff\U00010000-\U000100ff\U00010280-\U0001d0ff\U0001e100-\U0001e95f"
)
"""
Letters of scripts of which no text was learned, or too little: Syriac, Thaana, Odia, Tibetan, Cherokee, Canadian syllables, Javanese, old ones.

Nobody can tell names there from words, so all words are masked: the strict profile.
"""

STRICT: Final = 0.8
"""As sure as a pattern: what nobody can judge is not left to judges of guesses."""

BEFORE_A_NAME: Final = frozenset(SALUTATION_WORDS.split()) - {"good", "caro", "cara"} | {
    *("mr", "mrs", "ms", "mme", "mlle", "herr", "herrn", "frau"),
}
"""Words of greetings and titles that stand before a name and are none of it."""

NAMES_AS_WELL: Final = frozenset(["caro", "cara", "salut", "love", "best", "bom", "boa", "liebe", "lieber", "hi"])
NO_NAMES: Final = (BEFORE_A_NAME | frozenset(CLOSING_WORDS.split())) - NAMES_AS_WELL
"""Words of greetings, closings and titles that are nobody's name by themselves."""

INSTITUTIONS: Final = frozenset(
    [
        "company",
        "corporation",
        "corp",
        "inc",
        "ltd",
        "limited",
        "llc",
        "plc",
        "act",
        "code",
        "insurance",
        "motors",
        "electric",
        "foundation",
        "institute",
        "university",
        "college",
        "school",
        "hospital",
        "society",
        "association",
        "council",
        "committee",
        "court",
        "commission",
        "agency",
        "office",
        "department",
        "ministry",
        "prize",
        "medal",
        "award",
    ]
)


IDENTIFIER: Final = re.compile(r"(?<!^Mc)(?<!^Mac)(?<!^[DLO]e)(?<!^[DL]a)(?<!^[DF]i)(?<!^Van)(?<!^Fitz)(?<=[a-z])[A-Z]")
"""A capital inside a word, where no family name has one."""

RANK: Final = (
    "mayor provost chancellor vice chairman chairwoman chairperson treasurer trustee executive officer chief justice president minister secretary general counsel emerita emeritus advocate marshal "
    "consul commissioner candidate practitioner assistant associate of"
)
RANKS: Final = frozenset(RANK.split())
"""What follows a title and belongs to it."""


def is_name(text: str) -> bool:
    """Say whether capitalised words may be a name: at least one of them is neither a common word nor a known term."""
    tokens = [token for token in text.replace("-", " ").split() if len(token.strip(".'")) > 1]
    if len(tokens) > 1 and tokens[-1].lower() in INSTITUTIONS:
        return False
    return any(token.lower() not in words.common() and token.lower() not in words.allowed() for token in tokens)


def is_titled(text: str) -> bool:
    """Say whether capitalised words after a title may be a name: no rank alone; initials alone may, as in `Mr. K.`."""
    tokens = text.replace("-", " ").split()
    if all(len(token.strip(".")) == 1 or "." in token[:-1] for token in tokens):
        return text.endswith(".")
    is_worded = len(tokens) > 1 and all(token.lower() in words.dictionary() for token in tokens)
    if is_worded and not any(_is_also_a_name(token.lower()) for token in tokens):
        return False
    return is_name(text) and any(token.lower() not in RANKS for token in tokens)


def _is_also_a_name(word: str) -> bool:
    return word in words.first_names_also_words() or word in words.surnames_also_words()


def is_signed(text: str) -> bool:
    """Say whether capitalised words under a letter may be a name: words of the dictionary alone are a department."""
    return is_name(text) and not _is_phrase(text)


def is_labelled(text: str) -> bool:
    """Say whether capitalised words after a label may be a name: no words of the dictionary alone, no identifier."""
    is_identifier = " " not in text and IDENTIFIER.search(text) is not None
    is_greeting = text.split()[0].lower() in BEFORE_A_NAME
    return is_name(text) and not is_identifier and not is_greeting and not _is_phrase(text)


def _is_phrase(text: str) -> bool:
    tokens = [token.lower() for token in text.split() if len(token.strip(".'")) > 1]
    return all(token in words.dictionary() and not words.is_part_of_names(token) for token in tokens)


def has_first_name(text: str) -> bool:
    """Say whether capitalised words begin with a first name, or with a word that is in no list of words."""
    first = text.split()[0].strip(".").lower()
    is_word = first in words.dictionary() or first in words.places() or first in words.allowed()
    return words.is_first_name(first) or not is_word


def is_nicknamed(text: str) -> bool:
    """Say whether words around one in parentheses may be a name: that one is not the others' initials."""
    before, _, behind = text.partition("(")
    initials = "".join(word[0] for word in re.findall(r"[^\W\d_]+", before)).upper()
    inside = behind.partition(")")[0]
    return has_first_name(text) and not (len(inside) > 1 and inside == initials)


def is_greeted(text: str) -> bool:
    """Say whether capitalised words after a greeting may be a name: not a place alone, no everyday words."""
    is_phrase = " " in text and _is_phrase(text)
    return is_name(text) and not is_phrase and text.lower() not in words.places()


def is_initialled(text: str) -> bool:
    """Say whether an initial and a surname may be a name: the surname is no dictionary word."""
    surname = text.split()[-1].strip(".'").lower()
    is_word = surname in words.dictionary() and surname not in words.surnames_also_words()
    return len(surname) > 2 and not is_word and surname not in words.allowed() and surname not in words.places()


def is_surname_first(text: str) -> bool:
    """Say whether a word before two initials may be a surname: no dictionary word, no place, no abbreviation behind it."""
    surname, _, initials = text.rpartition(" ") if text[-4:-3] != " " else (text[:-5].rstrip(), "", text[-5:])
    surname = surname.split(" ")[0].strip(",").lower()
    is_word = surname in words.dictionary() and surname not in words.surnames_also_words()
    return (
        not is_word
        and surname not in words.places()
        and surname not in words.allowed()
        and initials not in {"U.S.", "U.K.", "N.V.", "B.V.", "S.A.", "A.G."}
    )


LONGEST_NAME: Final = 160
"""So many characters before a bracket may be a name: a run of capitals would be read from each of them to its end."""

COMMAND: Final = (
    r"(?:Add|Ask|Bcc|Call|Cc|Contact|Copy|Email|Forward|From|Greet|Inform|Invite|Mail|Meet|Message|Notify|Ping|Remind|"
    r"Reply|Send|Tell|Thank|To|Via|Write)\b"
)
"""A word that tells somebody what to do with a name, with a capital because it begins the sentence."""

RULES: Final = (
    Rule(
        v.PERSON,
        "A name after a title",
        pattern(
            rf"(?<![\w-])(?i:{TITLE})\.?[ ](?:(?i:{TITLE})\.?[ ]){{0,2}}(?P<value>(?:{PARTICLE}[ ]){{0,2}}{NAME})(?!\w)"
        ),
        0.85,
        is_titled,
        place=Place(Where.AT_WORDS, 2, 120, words=TITLE_WORDS),
        opens=Opening(TITLE_WORDS),
    ),
    Rule(
        v.PERSON,
        "A name after a salutation",
        pattern(
            rf"(?<!\w)(?i:{SALUTATION})[ ,]{{1,2}}(?:(?i:{TITLE})\.?[ ]){{0,2}}(?P<value>{NAME})(?=[ ]?(?:[,!:.;?\n-]|$|and[ ]|und[ ]|et[ ]|y[ ]|e[ ]|en[ ]))"
        ),
        0.85,
        is_greeted,
        place=at_words(SALUTATION_WORDS),
        opens=opens_with_words(SALUTATION_WORDS + " chèr chèrs"),
    ),
    Rule(
        v.PERSON,
        "A name under a closing",
        pattern(
            rf"(?i:{CLOSING})[,.!]?[ ]*\n{{1,2}}[ ]*(?:--?[ ]*)?(?P<value>{NAME})[ ]*(?=\n|$|,|\|)|(?i:{CLOSING}),[ ](?P<value>{NAME})[ ]*\.?(?=\n|$)"
        ),
        0.85,
        is_signed,
        place=at_words(CLOSING_WORDS),
    ),
    Rule(
        v.PERSON,
        "A name that introduces itself",
        pattern(rf"(?<!\w)(?i:{INTRODUCTION})[ ](?P<value>{NAME})(?!\w)"),
        0.82,
        is_name,
        needs=INTRODUCTION_NEEDS,
        place=at_words(INTRODUCTION_WORDS),
    ),
    Rule(
        v.PERSON,
        "A word in a script that the name model does not read",
        pattern(rf"[{UNREAD}][\p{{M}}{UNREAD}]+"),
        STRICT,
        prefilter=re.compile(f"[{UNREAD}]"),
    ),
    Rule(
        v.PERSON,
        "A name that introduces itself in Chinese, Japanese or Korean",
        pattern(
            r"""(?:我叫|我的名字是|我名叫|名字叫|姓名:[ ]?)(?P<value>[\u4e00-\u9fff]{2,4})(?![\u4e00-\u9fff])
            |(?:名前は|私は|わたしは|氏名:[ ]?)(?P<value>[\u3040-\u30ff\u4e00-\u9fff]{2,10}?)(?=です|と申し|といい|[\s,、。]|$)
            |(?:제[ ]이름은|저는|성명:|이름:)[ ]?(?P<value>[가-힣]{2,4}?)(?=입니다|이에요|예요|이고|라고|[\s,.]|$)"""
        ),
        0.82,
        needs=("我叫", "名字", "我名叫", "姓名", "名前は", "私は", "わたしは", "氏名", "이름", "저는", "성명"),
    ),
    Rule(
        v.PERSON,
        "A name after its label",
        pattern(
            rf"[:=|,](?<=(?<![\w-])(?i:{LABEL})[\"'`*]{{0,3}}[ ]{{0,2}}(?:[:=|]|,(?=\")))[ ]{{0,8}}[\"'`*]{{0,3}}(?:(?i:{TITLE})\.?[ ])?(?P<value>{NAME})(?=[ ]*(?:[\"'`*,;|<\n]|[ ]\(|$))"
        ),
        0.82,
        is_labelled,
        needs=(":", "=", "|", ',"'),
    ),
    Rule(
        v.PERSON,
        "A name before an e-mail address",
        pattern(
            rf"(?=[^<(\[\n]{{1,{LONGEST_NAME}}}[<(\[])(?!{COMMAND}[ ])(?P<value>{NAME})[ ]?[\"']?[ ]?[<(\[](?=[\w.+-]+@)"
        ),
        0.85,
        is_name,
        needs=("@",),
        prefilter=re.compile(r"[<(\[][\w.+-]+@"),
    ),
    Rule(
        v.PERSON,
        "A name with a nickname in it",
        pattern(rf"(?<![\w.-])(?P<value>{TOKEN}[ ](?:\"{TOKEN}\"|“{TOKEN}”|\({TOKEN}\))[ ]{TOKEN})(?!\w)"),
        0.8,
        is_nicknamed,
        needs=('" ', "” ", ") "),
        prefilter=re.compile(
            r" [\"“(](?:d|l|o|mc|mac|de|la)?['-]?[^\W\d_a-z][^\s\"”)]*[\"”)] (?:d|l|o|mc|mac|de|la)?['-]?[^\W\d_a-z]"
        ),
    ),
    Rule(
        v.PERSON,
        "A surname and two initials",
        pattern(
            r"(?<![\w.&'-])(?P<value>\p{Lu}\p{Ll}{2,24}(?:-\p{Lu}\p{Ll}{2,24})?,?[ ]\p{Lu}\.[ ]?\p{Lu}\.)(?![\w]|[ ]?\p{Lu}\p{Ll})"
        ),
        0.7,
        is_surname_first,
        needs=(". ", "."),
        prefilter=re.compile(r"[a-z\u00df-\u024f],? [^\W\d_a-z]\. ?[^\W\d_a-z]\."),
    ),
    Rule(
        v.PERSON,
        "Initials and a surname",
        pattern(
            rf"(?<![\w.&'-])(?:\p{{Lu}}\.[ ]?){{1,3}}(?:{PARTICLE}[ ]){{0,2}}\p{{Lu}}\p{{Ll}}+(?:['-]?\p{{Lu}}\p{{Ll}}+)?(?![\w.@(\[]|[ ]\p{{Lu}}\p{{Ll}}+\.)"
        ),
        0.7,
        is_initialled,
        needs=(". ", "."),
    ),
)
