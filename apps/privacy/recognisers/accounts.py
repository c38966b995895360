"""User names where people and machines write them without a label: in tickets, logs, commands, code and mails."""

# ruff: noqa: E501, RUF001 - a pattern is read whole; people write curly apostrophes

from __future__ import annotations

import re
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.openings import opens_with, opens_with_words
from apps.privacy.recognisers.logins import is_login, is_login_in_prose, is_shaped_login
from apps.privacy.rules import Rule, at_words, near, pattern

NAME: Final = r"(?P<value>[a-zA-Z][\w-]*(?:\.[\w-]+)*(?<=\w))"
LOWER: Final = r"(?P<value>[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)*(?<=[a-z0-9]))"
CAPITALS: Final = r"(?P<value>[A-Z]{5,12}\d{0,2}|[A-Z]{1,3}\d{4,7})"
END: Final = r"(?![\w@/(\[=\\-]|\.\w|:(?://|:))"
LABEL_KEY: Final = (
    r"(?:actor|usr|suser|duser|acct|account[ _-]?(?:name|id)|sam[ _-]?account[ _-]?name|user[ _-]?principal[ _-]?name|upn|principal|caller|initiator|requester|requestor|submitter|owner|"
    r"(?:owner|author|user|actor|creator)[_-](?:login|name|id)|assignee|reporter|reviewers?|approver|author|committer|maintainer|creator|(?:created|updated|modified|changed|edited|closed|opened|approved|reviewed|assigned|"
    r"deleted|locked|uploaded|submitted|requested|triggered|started|run|executed)[ _-]?(?:by|to|as)|(?:remote|ansible|ssh|db|os|sudo|git|jira|client|run)[_-]user|runas|logname|whoami|login|username|"
    r"racf[ ]?id|user[ ]?id|benutzerkonto|bearbeiter|zust[äa]ndig|erstellt[ ]von|ge[äa]ndert[ ]von|zugewiesen[ ]an|cr[ée]{1,2}[ ]par|modifi[ée][ ]par|assign[ée][ ]à|creado[ ]por|modificado[ ]por|asignado[ ]a)"
)
COMMANDS: Final = (
    r"(?:psql|pg_dump|pg_restore|createdb|dropdb|mysql|mariadb|mysqldump|curl|crontab|squeue|sacct|scancel|docker[ ]login|podman[ ]login|helm[ ]registry[ ]login|ldapsearch|smbclient|rpcclient|svn|ssh|sftp|su|sudo|runas|top|htop|ps|lsof|pkill|pgrep|"
    r"last|htpasswd|sshpass|git|gh|glab|kinit|Get-ADUser|Set-ADUser|Unlock-ADAccount|Enable-ADAccount|Disable-ADAccount|Remove-ADUser|Add-ADGroupMember|Get-Mailbox|Set-Mailbox|Add-MailboxPermission|Get-ADPrincipalGroupMembership|aws[ ]iam|okta|az[ ]ad|mongo(?:sh)?|redis-cli|sqlplus|rdesktop|xfreerdp|wget|lftp|rsync|scp)"
)
COMMAND_WORDS: Final = (
    "psql pg createdb dropdb mysql mariadb mysqldump curl crontab squeue sacct scancel docker podman helm ldapsearch smbclient rpcclient svn ssh sftp su sudo runas top htop ps lsof pkill pgrep last htpasswd sshpass git gh glab "
    "kinit get set unlock enable disable remove add aws okta az mongo mongosh redis sqlplus rdesktop xfreerdp wget lftp rsync scp"
)
OTHER_COMMAND_WORDS: Final = "useradd adduser userdel deluser usermod passwd chage finger id groups chown gpasswd quota loginctl net cmdkey racf tso zos mainframe"
DONE: Final = (
    r"(?:sign(?:ed|s)?[ ]?(?:in|on)|logg(?:ed|ing)[ ]?(?:in|on|into[ ][\w-]{2,20})|log[ -]?(?:in|on)|authenticated|connected|runs?|running|ran|executed|mounted|impersonat(?:ed|ing)|submitted|started|launched|owned|held|locked|unlocked|merged|committed|changed|modified|"
    r"edited|updated|deleted|created|approved|reviewed|requested|raised|reported|triggered|uploaded|disabled|opened|reopened|closed|added|removed|resolved|handled|escalated|taken|written|pushed|blocked|rejected|signed[ ]off|session[ ]opened|session|reassigned|delegated|switched|assign(?:ed)?(?:[ ](?:it|this|the[ ]ticket))?)"
)
DONE_WORDS: Final = (
    "sign signed signs logged logging log login logon authenticated connected run runs running ran executed mounted impersonated impersonating submitted started launched owned held locked unlocked merged committed changed modified edited updated "
    "deleted created approved reviewed requested raised reported triggered uploaded disabled opened reopened closed added removed resolved handled escalated taken written pushed blocked rejected session reassigned delegated switched assign assigned"
)
FOREIGN_USER: Final = r"(?:benutzer|nutzer|anwender|benutzerkonto|konto|kennung|account|login|(?<!en[ ])user|l['’]utilisateur|l['’]utente|l['’]account|utilisateur|utilisatrice|compte|identifiant|usuari[oa]|cuenta|utente|profilo|gebruikersnaam|gebruiker|usu[áa]ri[oa]|utilizador(?:a)?|conta)"
FOREIGN_WORDS: Final = "benutzer nutzer anwender benutzerkonto konto kennung account login user utilisateur utente utilisatrice compte identifiant usuario usuaria cuenta profilo gebruikersnaam gebruiker usuário usuária utilizador utilizadora conta"
VERB: Final = (
    r"(?=[ ](?:sperren|entsperren|l[öo]schen|anlegen|zur[üu]cksetzen|deaktivieren|aktivieren|freischalten|hinzuf[üu]gen|in[ ]die|steht|existiert|staat|kann|ist|hat|wird|wurde|darf|muss|braucht|sieht|bekommt|erh[äa]lt|fehlt|n['’]|ne[ ]|a[ ]|est|peut|doit|voit|re[çc]oit|no[ ]|ha[ ]|est[áa][ ]|puede|tiene|debe|fue[ ]|non[ ]|[èe][ ]|risulta|pu[òo]|vede|deve|kan|heeft|is[ ]|wordt|mag|moet|ziet|krijgt|n[ãa]o|foi|tem|pode|"
    r"has|cannot|can['’]?t|can|was|does|gets|sees|needs|lost|keeps|still|could|did|had|got)|[.,;]?(?:\s*$|[.,;][ ]))"
)
FOREIGN_DONE: Final = (
    r"(?:angemeldet[ ]als|eingeloggt[ ]als|zugewiesen[ ]an|weitergeleitet[ ]an|(?:zugriff|rechte|passwort|kennwort|postfach|konto|lizenz|zugang|freigabe|legt|bitte)[ ]f[üu]r|konto[ ]von|(?:erstellt|ge[äa]ndert|gel[öo]scht|gesperrt|angelegt|freigegeben)[ ]von|"
    r"connect[ée]e?[ ](?:en[ ]tant[ ]que|sous)|(?:attribu|assign|affect)[ée]e?[ ]à|mot[ ]de[ ]passe[ ]de|(?:compte|session|droits)[ ]de|acc[èe]s[ ](?:pour|de)|(?:cr[ée]{2}|modifi[ée]|supprim[ée])e?[ ]par|"
    r"asignad[oa][ ]a|(?:conectad[oa]|sesi[óo]n)[ ]como|(?:acceso|permisos)[ ](?:para|de)|contraseña[ ]de|cuenta[ ]de|(?:cread|modificad|borrad|bloquead)[oa][ ]por|"
    r"assegnat[oa][ ]a|conness[oa][ ]come|accesso[ ](?:per|di)|password[ ]di|(?:account|profilo)[ ]di|(?:creat|modificat|bloccat)[oa][ ]da|"
    r"toegewezen[ ]aan|ingelogd[ ]als|toegang[ ]voor|wachtwoord[ ]van|account[ ]van|(?:gemaakt|gewijzigd|geblokkeerd)[ ]door|"
    r"atribu[íi]d[oa][ ]a|(?:conectad|logad)[oa][ ]como|acesso[ ](?:para|de|do)|senha[ ]d[eo]|conta[ ]d[eo]|(?:criad|alterad|bloquead)[oa][ ]por)"
)
FOREIGN_DONE_WORDS: Final = (
    "angemeldet eingeloggt zugewiesen weitergeleitet zugriff rechte passwort kennwort postfach konto lizenz zugang freigabe legt bitte erstellt geändert gelöscht gesperrt angelegt freigegeben connecté connectée connecte attribué attribuée assigné assignée affecté affectée "
    "mot compte session droits accès acces créé créée modifié modifiée supprimé supprimée asignado asignada conectado conectada sesión acceso permisos contraseña cuenta creado creada modificado modificada borrado bloqueado bloqueada assegnato assegnata connesso connessa "
    "accesso password account profilo creato creata modificato modificata bloccato toegewezen ingelogd toegang wachtwoord gemaakt gewijzigd geblokkeerd atribuído atribuída atribuido logado acesso senha conta criado criada alterado alterada"
)
ABOUT_ACCOUNTS: Final = near(
    "log(?:ged)?[ -]?(?:in|on|out)", "logins?", "sign(?:ed)?[ -]?(?:in|on)", "users?", "user ?names?", "accounts?", "pass(?:word|wort|phrase)s?", "pw", "pwd", "mfa", "2fa", "vpn", "ldap", "sso", "okta", "ad", "active directory",
    "lock(?:ed|s)?", "unlock(?:ed)?", "disabled?", "deactivated?", "permissions?", "rights", "access", "group", "mailbox", "session", "sudo", "ssh", "assign(?:ed|ee)?", "review(?:er|ed)?", "ticket", "repo(?:sitory)?", "commit(?:ted|s)?", "merged?", "push(?:ed)?",
    "sandbox", "licen[cs]e", "seat", "profile", "handle", "shell", "uid", "audit(?: log)?", "owner", "grant", "revoked?", "konto", "benutzer", "zugriff", "rechte", "gesperrt", "entsperren", "postfach", "anmeld\\w+", "kennwort", "compte", "utilisateur", "droits", "connect\\w+",
    "verrouill\\w+", "bloqu\\w+", "cuenta", "usuario", "acceso", "permisos", "utente", "permessi", "accesso", "gebruiker", "rechten", "geblokkeerd", "toegang", "conta", "acesso", "usu[áa]rio", "senha", "laptop", "share", "folder", "host", "server", "terminal", "job", "process", "queue",
)  # fmt: skip


def is_listed(name: str) -> bool:
    """Say whether the first word of a list of accounts is a user name, as in "accounts: jdoe (2024)"."""
    return is_shaped_login(name) or (re.search(r"[\d_]", name) is not None and is_login(name))


def is_marked(name: str) -> bool:
    """Say whether the word after "the reporter was" is a user name: drawn, or with a digit or a sign in it."""
    return is_login_in_prose(name) or re.fullmatch(r"[a-z]{3,20}[_-]\d{1,6}", name) is not None


RULES: Final = (
    Rule(
        v.USERNAME,
        "A user name beside its field",
        pattern(
            rf"""(?<![\w.$-])(?i:{LABEL_KEY})(?:\\?["'])?[ ]?(?:=>|[:=])[ \t]{{0,4}}(?P<quote>\\?["'`])(?:[A-Z][A-Z0-9-]{{1,14}}\\{{1,2}})?@?(?P<value>[A-Za-z][\w-]*(?:\.[\w-]+)*)(?P=quote)
            |(?<![\w.$-])(?i:{LABEL_KEY})[ ]?[:=][ \t]{{0,4}}(?:[A-Z][A-Z0-9-]{{1,14}}\\{{1,2}})?@?(?P<value>(?:[a-z][\w-]*(?:\.[\w-]+)*|[A-Z]{{5,12}}|[A-Z]{{1,3}}\d{{4,7}}))(?=[,;)\]}}]?(?:\s|$)|@[\w.-]+(?:\s|$))
            |["'](?i:user|actor|author|owner|assignee|account|creator|sender|member|committer|reporter|reviewer)["'][ ]?:[ ]?\{{[^{{}}\n]{{0,80}}?["'](?:name|login|user_?name|id|handle)["'][ ]?:[ ]?["'](?P<value>[a-z][\w.-]{{2,38}})["']""",
        ),
        0.82,
        is_login_in_prose,
        place=at_words(
            "actor usr suser duser acct account sam samaccountname user userprincipalname upn principal caller initiator requester requestor submitter owner author assignee reviewer reviewers approver committer maintainer creator created updated modified sender member reporter "
            "changed edited closed opened approved reviewed assigned deleted locked uploaded submitted requested triggered started run executed remote ansible ssh db os sudo git jira client runas logname whoami login username userid racf benutzerkonto bearbeiter "
            "zuständig erstellt geändert zugewiesen créé creado modifié modificado assigné asignado",
            before=10,
            after=90,
        ),
        prefilter=re.compile(r"[=:>][ \t]{0,4}[\\\"'`A-Za-z@{]"),
    ),
    Rule(
        v.USERNAME,
        "A user name given to a command",
        pattern(
            rf"""(?<![\w.-])(?i:{COMMANDS})(?:\.exe)?[ ](?:[^\n|;&]{{0,80}}?[ ])??(?:-u|-U|-l|-Identity|-User|-Members?|-SamAccountName|--user(?:name)?|--login|--user-name|--owner|--assignee|--author|--reviewer|--add-reviewer)(?:[ ]|=|(?=["']))["']?{NAME}(?=["':]?(?:\s|$))
            |(?<![\w.-])(?:useradd|adduser|userdel|deluser|usermod|passwd|chage|chown|gpasswd|loginctl[ ]\w{{4,16}}|(?:(?<=(?:^|[\x60$#;&|>])[ ]{{0,4}})|(?<=sudo[ ]))(?:su|id|groups|finger|quota))(?:[ ]+--?[\w-]+(?:[ =](?:/[\w/.-]+|[\w,]{{1,20}}(?=[ ][a-z])))?){{0,4}}[ ]+(?:-[ ]+)?{LOWER}(?=:[\w-]*[ ]|\s|$)
            |(?<![\w-])(?i:racf|tso|zos|mainframe)[ ](?i:user[ ])?(?i:id|user)[ ](?P<value>[A-Z]{{1,4}}\d{{3,5}}|[A-Z]{{5,8}})(?!\w)
            |(?<![\w./-])/user:(?:[A-Za-z][\w.-]{{1,30}}\\{{1,2}})?(?P<value>[A-Za-z][\w.-]{{2,30}})""",
        ),
        0.82,
        is_login,
        place=at_words(
            COMMAND_WORDS + " " + OTHER_COMMAND_WORDS,
            after=140,
        ),
        opens=opens_with("/user:", words=COMMAND_WORDS + " " + OTHER_COMMAND_WORDS),
    ),
    Rule(
        v.USERNAME,
        "A user name beside its number",
        pattern(r"(?<!\w)uid=\d{1,10}\((?P<value>[\w.-]{2,32})\)|(?<=[ ]by[ ])(?P<value>[\w.-]{2,32})(?=\(uid=\d)", is_any_case=True),
        0.82,
        is_login,
        needs=("uid=",),
    ),
    Rule(
        v.USERNAME,
        "Who last changed a file under version control",
        pattern(r"\$Id:[ ][^$\n]{10,160}[ ](?P<value>[a-z][\w.-]{1,30})(?:[ ]Exp)?[ ]\$"),
        0.82,
        is_login,
        needs=("$id:",),
    ),
    Rule(
        v.USERNAME,
        "A user name in a line of a system's log",
        pattern(
            r"""(?<!\w)(?:password|publickey|keyboard-interactive(?:/pam)?)[ ]for[ ](?:invalid[ ]user[ ]|illegal[ ]user[ ])?(?P<value>[\w.-]{2,32})(?=[ ]from[ ])
            |(?<!\w)login[ ]ok[ ]for[ ](?P<value>[a-z][\w.-]{2,32})(?=[ ])|(?<!\w)(?:user|account)[ ]name[ ]?:[ \t]*(?P<value>[a-z][\w.-]{2,32})(?=\s|$)""",
            is_any_case=True,
        ),
        0.82,
        is_login,
        place=at_words("password publickey keyboard login user account", after=80),
    ),
    Rule(
        v.USERNAME,
        "The owner of a file in a listing",
        pattern(
            r"^[dlbcps-][rwxsStT-]{9}[.+@]?[ \t]+\d+[ \t]+(?P<value>[a-z][\w.-]{1,31})[ \t]+[\w.-]{1,32}[ \t]+\d+[ \t]"
        ),
        0.85,
        is_login,
        needs=("r--", "rwx", "r-x", "rw-", "---"),
    ),
    Rule(
        v.USERNAME,
        "Who did it, by a user name",
        pattern(
            rf"""(?<![\w-])(?i:{DONE})[ ](?:as|by|under|with|from|on[ ]behalf[ ]of|(?<=(?:assign|assigned|reassigned|delegated|escalated|switched|added|it|this|ticket|out|in)[ ])(?:to|via|through)|(?<=(?:blocked|locked|unlocked|disabled|requested|created|opened|rejected|approved|raised|updated|changed)[ ])for)[ ](?:the[ ])?(?:user[ ]|account[ ]|login[ ])?["'`]?@?(?:{LOWER}|{CAPITALS})["'`]?{END}"""
        ),
        0.81,
        is_login_in_prose,
        place=at_words(DONE_WORDS, after=80),
        opens=opens_with_words(DONE_WORDS + " signin signon signedin signedon signsin signson loggedin loggedon loggedinto loggingin loggingon logginginto"),
    ),
    Rule(
        v.USERNAME,
        "The first of accounts that are listed",
        pattern(
            rf"(?<![\w-])(?i:accounts|users|logins|user[ ]?names|benutzer|konten|comptes|utilisateurs|usuarios|cuentas|utenti|gebruikers)(?:[ ][a-z]{{1,14}}){{0,4}}[:?][ ]{LOWER}(?=[ ]\()"
        ),
        0.8,
        is_listed,
        place=at_words(
            "accounts users logins usernames user names benutzer konten comptes utilisateurs usuarios cuentas utenti gebruikers",
            before=6,
            after=110,
        ),
    ),
    Rule(
        v.USERNAME,
        "Who was who in a ticket",
        pattern(
            rf"(?<![\w-])(?i:reporter|assignee|owner|requester|requestor|submitter|approver|reviewer|author|caller|committer)[ ](?i:is|was|remains|ist|war)[ ][\"'`]?@?{LOWER}[\"'`]?{END}"
        ),
        0.8,
        is_marked,
        place=at_words(
            "reporter assignee owner requester requestor submitter approver reviewer author caller committer", after=60
        ),
    ),
    Rule(
        v.USERNAME,
        "Whose account, session or right it is",
        pattern(
            rf"""(?<![\w@/.:-]){LOWER}['’]s[ ](?:account|login|mailbox|inbox|password|profile|session|home[ ]?(?:dir|folder|directory)?|access|rights|permissions|laptop|machine|desktop|branch|fork|pull[ ]request|pr|token|job|sandbox|workspace|badge|vpn|mfa)(?!\w)
            |(?<![\w-])(?<!(?i:not|to|must|can|could|should|will|would|may|might|that|which|we|they|also|and|fully)[ ](?=accounts?[ ]for[ ]))(?i:accounts?|sessions?|jobs?|process(?:es)?|rights|permissions|mailbox|home[ ](?:folder|directory)|profile|token|access|quota|share|shell|mfa|2fa|vpn|password[ ]reset|password|user)[ ](?:of|for|from)[ ](?:the[ ])?(?:user[ ]|account[ ])?["'`]?@?{LOWER}["'`]?{END}
            |(?<![\w-])(?i:account|mailbox|profile|username|login|user[ ]?id|userid|uid|from[ ]account|gebruikersaccount)[ ](?:is[ ]|will[ ]be[ ]|was[ ])?["'`]?@?{LOWER}["'`]?(?=[ ,.;:!?)]|$){END}
            |(?<![\w-])(?i:(?:sap|windows|ad|domain|racf|tso)[ ])?(?i:user|login|userid|user[ ]id)[ ]{CAPITALS}(?=[ ,.;:!?)]|$)"""
        ),
        0.8,
        is_login_in_prose,
        place=at_words(
            "inbox access branch fork laptop machine desktop pr badge workspace sandbox vpn account accounts session sessions job jobs process processes rights permissions mailbox home profile token access quota share shell mfa fa vpn password user username login userid uid gebruikersaccount",
            before=40,
            after=90,
        ),
        opens=opens_with(
            "2fa",
            words="account accounts session sessions job jobs process processes rights permissions mailbox home profile token access quota share shell mfa vpn password user username login userid uid from gebruikersaccount sap windows ad domain racf tso",
            unless=("'s ", "’s "),
        ),
    ),
    Rule(
        v.USERNAME,
        "What is to be done about a user name",
        pattern(
            rf"""(?<![\w-])(?i:give|grant|allow|add|remove|invite|disable|enable|unlock|lock|deactivate|reactivate|suspend|offboard|onboard|block|unblock|ping|ask|tell|(?-i:cc)|reset|kick|ban|impersonate|assign)[ ](?:user[ ]|account[ ]|the[ ]user[ ]|the[ ]account[ ])?["'`]?@?{LOWER}["'`]?(?=['’]s[ ]|[ ](?:access|rights|read|write|admin|to|from|for|in|on|again|please|and|or|if|about|whether|as|because|since|until|before|after|with|permissions?)(?!\w)|[.,;!?]|\s*$){END}
            |(?<![\w-])(?i:grant|revoke)[ ][^;\n]{{1,80}}[ ](?i:to|from)[ ]["'`]?{LOWER}["'`]?(?=[ ]*(?:[;,@]|$|[ ](?i:with)[ ]))
            |(?<![\w@/.:-]){LOWER}[ ](?:is[ ]locked|was[ ]locked|got[ ]locked|cannot[ ]log|can['’]?t[ ]log|can['’]?t[ ]access|cannot[ ]access|has[ ]no[ ](?:access|rights|permission)|(?i:failed[ ](?:mfa|2fa|login|authentication))|is[ ]not[ ]able[ ]to[ ]log|needs[ ]access|lost[ ]access)"""
        ),
        0.8,
        is_login_in_prose,
        place=at_words(
            "give grant revoke allow add remove invite disable enable unlock lock deactivate reactivate suspend offboard onboard block unblock ping ask tell cc reset kick ban impersonate assign locked cannot can log mfa needs lost",
            before=50,
            after=120,
        ),
        opens=opens_with_words(
            "give grant revoke allow add remove invite disable enable unlock lock deactivate reactivate suspend offboard onboard block unblock ping ask tell cc reset kick ban impersonate assign",
            unless=(" is locked", " was locked", " got locked", " cannot ", " can't ", " can’t ", " cant ", " has no ", " failed ", " not able ", " needs access", " lost access"),
        ),
    ),
    Rule(
        v.USERNAME,
        "Who did something in a feed of events",
        pattern(
            rf"""^(?:[*•:#\[\d\]/-]{{1,12}}[ ])?@?{LOWER}[ ](?:pushed|commented|merged|approved|requested[ ]changes|opened|closed|reopened|self-assigned|joined[ ]\#?|left[ ]\#?|has[ ](?:left|joined|quit)|quit|is[ ]now[ ]known|set[ ]mode|invited|mentioned|started[ ]a|uploaded|assigned|unassigned|force-pushed|deleted[ ]branch|created[ ]branch|logged[ ](?:in|out)|added[ ](?:a|the)[ ](?:label|commit)|requested[ ]a[ ]review|touched)(?!\w)
            |(?<![\w-])git[ ]blame[ ](?:says|shows)[ ]{LOWER}(?!\w)"""
        ),
        0.8,
        is_login_in_prose,
        place=at_words(
            "pushed commented merged approved requested opened closed reopened assigned joined left has quit is set invited mentioned started uploaded unassigned force deleted created logged added touched blame",
            before=60,
            after=60,
        ),
    ),
    Rule(
        v.USERNAME,
        "A user in a sentence of seven languages",
        pattern(
            rf"""(?<![\w-])(?i:{FOREIGN_USER})[ ]["'„«`]?@?{LOWER}["'“»`]?{VERB}
            |(?<![\w-])(?i:{FOREIGN_DONE})[ ]["'„«`]?@?{LOWER}["'“»`]?{END}"""
        ),
        0.8,
        is_login_in_prose,
        place=at_words(FOREIGN_WORDS + " " + FOREIGN_DONE_WORDS, before=4, after=90),
    ),
    Rule(
        v.USERNAME,
        "A user name by its form, in a text about accounts",
        pattern(rf"(?<![\w@/.:#$%&=<>\\(\[\{{+*-])(?<![$%][ ]){LOWER}(?![\w@/(\[=:\\+*<>&\"{{}}-]|\.\w|[ ]?[-+*/]?[=:{{(|]|[ ]\"|\))"),
        0.75,
        is_shaped_login,
        ABOUT_ACCOUNTS,
        place=at_words(
            "log logged login logins logon sign signed user users username account accounts password passwords passwort pw pwd mfa vpn ldap sso okta ad directory lock locked unlock disable disabled deactivate deactivated permission permissions rights "
            "access group mailbox session sudo ssh assign assigned assignee review reviewer ticket repo repository commit committed merge merged push pushed sandbox license licence seat profile handle uid audit owner grant revoke revoked konto benutzer zugriff "
            "rechte gesperrt entsperren postfach compte utilisateur droits cuenta usuario acceso permisos utente permessi accesso gebruiker rechten geblokkeerd toegang conta acesso usuário senha laptop share folder host server terminal job process queue",
            before=80,
            after=80,
        ),
    ),
    Rule(
        v.USERNAME,
        "Whom a comment names",
        pattern(
            r"(?:\#|//|/\*|--|;)[ ]?(?:TODO|FIXME|XXX|HACK)[ ]@?(?P<value>[a-z][\w.-]{2,30}):[ ]|[@\\]author[ :]{1,2}(?P<value>[a-z][\w.-]{2,30})(?=\s|$)"
        ),
        0.82,
        is_login_in_prose,
        needs=("todo ", "fixme ", "xxx ", "hack ", "author"),
    ),
    Rule(
        v.USERNAME,
        "Who wrote with another",
        pattern(
            r"(?:^|(?<=[\"'`]))(?:Co-authored-by|Signed-off-by|Reviewed-by|Acked-by|Tested-by|Reported-by|Author|Committer):[ ]+(?P<value>[a-z][\w.-]{1,38})(?=[ ]<|[ ]*$)"
        ),
        0.84,
        needs=("-by:", "author:", "committer:"),
    ),
    Rule(
        v.USERNAME,
        "The owner of a home folder at a prompt",
        pattern(
            r"(?:/home/|/Users/|[A-Z]:\\{1,2}Users\\{1,2})(?P<value>[\w.-]{2,40})(?=[>:;,)\]])|(?<![\w/.~])~(?P<value>[a-z][\w.-]{2,31})/"
        ),
        0.83,
        is_login,
        needs=("/home/", "/users/", "users\\", "~"),
    ),
    Rule(
        v.USERNAME,
        "An account of a domain in small letters",
        pattern(r"(?<![\w\\:/.])(?:corp|domain|ad|emea|apac|amer|europe|[a-z]{2,12}(?:corp|net|dom))\\{1,2}(?P<value>[a-z][\w.-]{2,30})(?![\w\\])"),
        0.82,
        is_login,
        needs=("\\",),
    ),
)  # fmt: skip
