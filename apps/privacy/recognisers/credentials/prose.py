"""Passwords said in sentences, in seven languages, and user name and password side by side."""

# ruff: noqa: E501, RUF001 - a pattern is read whole; people write curly quotes and long dashes

from __future__ import annotations

from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.openings import opens_with
from apps.privacy.recognisers.credentials import shapes
from apps.privacy.rules import Rule, pattern

ENGLISH: Final = r"(?:pass(?:word|wd|phrase|code|key)?|pwd?|pin(?:[ -]?code)?|code(?<=(?:access|login|door|alarm|unlock|entry|security|backup|recovery|2fa)[ ]code)|token|secret(?:[ ]key)?|key(?<=(?:api|access)[ ]?key)|otp|cred(?:ential)?s)"
OTHERS: Final = r"""(?:passwort|kennwort|zugangs(?:code|daten)|pin[ -]?nummer|schlüssel|contrase[nñ]a|clave(?:[ ]de[ ]acceso)?|mot[ ]de[ ]passe|mdp|code[ ]d'acc[èe]s|parola[ ](?:d'ordine|chiave)
    |codice[ ]d'accesso|wachtwoord|toegangscode|senha|palavra[ -]?passe)"""
WHICH: Final = r"(?:[ ](?:nova|novo|nueva|nuevo|nuova|nuovo|nouveau|inicial|iniziale|initial|atual|actual|attuale|actuel|temporal|tempor[áa]ria|temporanea|temporaire|provisoire|provvisoria|provisional))?"
"""What stands behind the noun in Romance languages."""

FOR_WHAT: Final = r"(?:[ ](?:for|to|of|on|in|at|für|zum|zur|vom|pour|de|du|d'|para|do|da|per|di|del|dello|voor|van|is[ ]for)[ ](?:[\w.@/'-]{1,30}[ ]?){1,4}?)?"
COPULA: Final = r"""(?:[ ]?(?:[:=]|->|→)[ ]{0,2}(?:(?<=:[ ]{0,2})\r?\n[ \t]{0,8})?|[ ][–-][ ]|[ ](?:is|was|are|ist|war|lautet|sind|est|était|sera|es|era|será|è|é|era|sarà|=|will[ ]be|should[ ]be|has[ ]been|have[ ]been|wurde[ ]auf|a[ ]été|ha[ ]sido|foi|is[ ]now)
    (?:[ ](?:still|now|set[ ]to|reset[ ]to|changed[ ]to|simply|just|currently|always|jetzt|noch|immer|auf|maintenant|toujours|ahora|siempre|adesso|sempre|nu|nog|agora|ainda|à|a|changé[ ]en|cambiada[ ]a|called|:)(?!\w)){0,2}[ ]?:?[ ]{0,2}|[ ](?:to|auf|en|naar)[ ])"""


def is_named_password(text: str) -> bool:
    """Say whether what follows the word password at once is one: no code, no name with a number such as SHA256."""
    if len(text) < 4 or shapes.is_placeholder(text) or shapes.is_code(text):
        return False
    return not shapes.NAMES_WITH_NUMBERS.fullmatch(text) or (text.islower() and len(text) > 6)


SENTENCE: Final = "was were are has have had must should cannot can will would may and for from that with which when"
NO_PASSWORDS: Final = frozenset(SENTENCE.split())
"""How a sentence about passwords goes on."""


def is_beside_a_user(text: str) -> bool:
    """Say whether what stands as the password beside a user's name is one: any word is."""
    if text in NO_PASSWORDS:
        return False
    return len(stripped := text.strip(".,)")) > 2 and not shapes.is_placeholder(stripped) and not shapes.is_code(text)


RULES: Final = (
    *(
        Rule(
            v.SECRET,
            "A password said in a sentence",
            pattern(
                rf"""{noun}(?!\w)(?<=(?<!\w){noun}){WHICH}{FOR_WHAT}{COPULA}
                (?:(?:["'`“„«‘]|\*\*?)[ ]?(?P<value>[^\s"'`”“»’*,;:=)\]][^"'`”“»’*\n]{{2,80}})["'`”“»’*]|(?![\w.-]{{0,40}}[_-]<)(?P<value>[^\s"'`”;,<>({{}}]{{3,120}}[^\s"'`”;,.:?)>]))""",
                is_any_case=True,
            ),
            0.86,
            shapes.is_said_password,
            needs=needs,
            opens=opens_with(*openings),
        )
        for noun, openings, needs in (
            (ENGLISH, ("pass", "pw", "pin", "code", "token", "secret", "key", "otp", "cred"), ("pass", "pw", "pin", "code", "token", "secret", "key", "otp", "cred")),
            (OTHERS, ("passwort", "kennwort", "zugangs", "pin", "schlüssel", "contrase", "clave", "mot", "mdp", "code", "parola", "codice", "wachtwoord", "toegangscode", "senha", "palavra"), ("passwort", "kennwort", "zugangs", "nummer", "schlüssel", "contrase", "clave", "passe", "mdp", "code d", "codice", "parola", "woord", "toegang", "senha")),
        )
    ),
    Rule(
        v.SECRET,
        "A password named in a sentence",
        pattern(
            r"""(?<![\w-])(?:pass(?:word|wd|phrase|code|wort)|passwort|kennwort|contrase[nñ]a|mot[ ]de[ ]passe|mdp|wachtwoord|senha|pwd|pw)"""
            + WHICH
            + r"""(?:[ ](?:for|of|für|vom|pour|du|de|para|del|do|da|per|della|voor|van)[ ](?:(?:the|la|il|het|den|dem|le|el)[ ])?[\w."'-]{1,30})?
            (?:,[ ]?|[ ]{1,3}(?:is[ ]|of[ ]|ist[ ]|lautet[ ]|est[ ]|es[ ]|è[ ]|é[ ])?|[ ]?[(\[])(?:(?P<quote>["'`“«])(?P<value>[^"'`”»\s]{3,100})["'`”»]|(?P<value>(?=[^\s]{0,40}\d)(?=[^\s]{0,40}[^\W\d_])[^\s"'`”,;()<>=:]{5,60}[^\s"'`”,;.()<>=:?!]))""",
            is_any_case=True,
        ),
        0.85,
        is_named_password,
        needs=("pass", "pw", "kennwort", "contrase", "mdp", "wachtwoord", "senha"),
        opens=opens_with("pass", "pw", "kennwort", "contrase", "mot", "mdp", "wachtwoord", "senha"),
    ),
    Rule(
        v.SECRET,
        "A password said of one named before",
        pattern(
            r"(?<![\w-])(?:pass(?:word|code|phrase)|pwd?|passwort|kennwort)(?![\w-])[^\n]{0,60}?[,.;:-]?[ ](?:it'?s|it[ ]is|it[ ]was|it[ ](?:says|reads)|try|use|es[ ]ist)[ ]{1,2}[\"'`]?(?P<value>(?=[^\s]{0,40}[\d!@\#$%&*])[^\s\"'`,;()<>]{5,60}[^\s\"'`,;.()<>?])",
            is_any_case=True,
        ),
        0.84,
        is_named_password,
        needs=("pass", "pw", "kennwort"),
        opens=opens_with("pass", "pw", "kennwort"),
    ),
    Rule(
        v.SECRET,
        "A user name and password side by side",
        pattern(
            r"""(?<!\w)(?:log[ -]?ins?|logs[ ]in|logged[ ]in|sign[ -]?in|credentials?|creds|access|account|zugang(?:sdaten)?|anmeldung|anmelden|identifiants?|connexion|acc[eé]s|credenciales|acceso|credenziali|accesso|inloggegevens|inlog(?:gen)?|credenciais|acesso|user(?:name)?[/ &+]{1,3}(?:password|pass|pw))(?:[ ]\w+){0,3}?
            [ ]?(?:is|are|ist|sind|est|sont|es|son|è|sono|zijn|é|são|with|mit|avec|con|met|com|using|as|:|=|->)[ ]{0,2}["'`]?[\w.@\\-]{2,40}["'`]?(?:[ ]?[/:|,][ ]?|[ ](?:and|und|et|y|e|en|with[ ]password|mit|/)[ ])["'`]?(?P<value>[^\s"'`,;]{4,60})""",
            is_any_case=True,
        ),
        0.85,
        shapes.is_said_password,
        needs=("login", "log in", "log-in", "signin", "sign in", "sign-in", "credential", "creds", "access", "account", "zugang", "anmeld", "identifiant", "connexion", "accés", "accès", "acces", "credenci", "credenzi", "inlog", "acesso", "username"),
        opens=opens_with("log", "sign", "cred", "acc", "zugang", "anmeld", "identifiant", "connexion", "inlog", "acesso", "user"),
    ),
    Rule(
        v.SECRET,
        "A user name and password side by side",
        pattern(
            r"""(?<!\w)(?:user(?:[ -]?name|[ -]?id)?|benutzer(?:name)?|nutzer(?:name)?|utilisateur|usuario|usuário|utente|gebruiker(?:snaam)?|login|e-?mail)[ ]?(?:is[ ]|ist[ ]|:|=|[ ])[ ]{0,2}["'`]?[\w.@\\-]{2,60}["'`]?
            [ ,;/|]{1,3}(?:and[ ]|und[ ]|et[ ]|y[ ]|e[ ]|en[ ])?(?:the[ ])?(?:pass(?:word|wort)?|pw|pwd|kennwort|mot[ ]de[ ]passe|mdp|contraseña|clave|senha|wachtwoord)(?:[ ](?:provvisoria|temporanea|iniziale|provisoire|temporaire|provisional|temporal|inicial|provis[óo]ria|tempor[áa]ria|tijdelijk))?[ ]?(?:is[ ]|ist[ ]|:|=|[ ])[ ]{0,2}["'`]?(?P<value>[^\s"'`,;]{3,60})""",
            is_any_case=True,
        ),
        0.86,
        is_beside_a_user,
        needs=("user", "nutzer", "utilisateur", "usu", "utente", "gebruiker", "login", "mail"),
        opens=opens_with("user", "benutzer", "nutzer", "utilisateur", "usu", "utente", "gebruiker", "login", "e-mail", "email"),
    ),
)  # fmt: skip
