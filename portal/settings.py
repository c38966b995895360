"""
All settings, in one file, read from the environment once.

Two shapes share this code: ``embedded`` (what ``make run`` starts on one machine) and ``production``. The default is
production, so a forgotten variable can never open the demo's doors.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONCE, NONE, SELF

from portal import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent

# Libraries that would fetch lists from other hosts use the copies they ship (promise 6: nothing calls home).
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("LITELLM_TELEMETRY", "False")
os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
os.environ.setdefault("TLDEXTRACT_PUBLIC_SUFFIX_LIST_URLS", "")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # onnxruntime reports to its maker otherwise, from native code

SHAPE = env.shape(
    "PORTCULLIS_SHAPE",
    purpose="How the product runs: `embedded` is what `make run` starts on one machine; `production` is all else.",
)
IS_EMBEDDED = SHAPE == "embedded"
STATE_DIR = env.folder(
    "PORTCULLIS_STATE_DIR",
    default=BASE_DIR / ".portal",
    shown_default=".portal in the checkout",
    purpose="Where files live: uploads, keys and, in the embedded shape, the database.",
)

SECRET_KEY = env.secret(
    "PORTCULLIS_SECRET_KEY",
    default="",
    purpose="Signs sessions and tokens. At least 50 random characters; required in production.",
)
DEBUG = False
BASE_URL = env.text(
    "PORTCULLIS_BASE_URL",
    default="http://localhost:8000",
    purpose="The address people type. Decides allowed hosts, trusted origins and whether cookies are secure.",
)
ALLOWED_HOSTS = env.names(
    "PORTCULLIS_ALLOWED_HOSTS",
    default="localhost,127.0.0.1,[::1]",
    purpose="Host names this portal answers to.",
)
CSRF_TRUSTED_ORIGINS = [BASE_URL]
BIND_HOST = env.text(
    "PORTCULLIS_BIND_HOST", default="127.0.0.1", purpose="Address the web process listens on; 0.0.0.0 in a container."
)
BIND_PORT = env.number("PORTCULLIS_BIND_PORT", default=8000, purpose="Port the web process listens on.")
TRUSTED_PROXIES = env.names(
    "PORTCULLIS_TRUSTED_PROXIES",
    default="",
    purpose="Reverse proxies (addresses or networks) whose word about the visitor's address and https is believed.",
)
WEB_PROCESSES = env.number(
    "PORTCULLIS_WEB_PROCESSES",
    default=1 if IS_EMBEDDED else 2,
    shown_default="2; 1 in the embedded shape",
    purpose="How many web processes you run in all; more than one needs the live layer.",
)

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "channels",
    "csp",
    "portal",
    "apps.ledger",
    "apps.accounts",
    "apps.privacy",
    "apps.gateway",
    "apps.rag",
    "apps.chat",
    "apps.batch",
    "apps.api",
    "apps.audit",
    "apps.audit.approvals",
    "apps.audit.review",
    "apps.audit.overview",
    "apps.audit.cases",
    "apps.audit.reports",
    "apps.audit.retention",
    "apps.audit.stream",
    "apps.audit.council",
    "apps.audit.notices",
    "apps.console",
]
MIDDLEWARE = [
    "portal.caches.KeptNowhere",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "portal.urls"
ASGI_APPLICATION = "portal.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context_processors.house",
            ],
        },
    },
]

# The database. The web and the workers run as a role that does not own the tables (it cannot change the ledger);
# `manage.py prepare_database` migrates as the owner.
DATABASE_URL = env.secret(
    "PORTCULLIS_DATABASE_URL",
    default="postgresql://portcullis_app@localhost/portcullis",
    purpose="PostgreSQL with pgvector, as the runtime role that does not own the tables.",
)
DATABASE_OWNER_URL = env.secret(
    "PORTCULLIS_DATABASE_OWNER_URL",
    default="",
    purpose="The same database as the role that owns the tables; needed by `manage.py prepare_database` alone.",
)
DATABASE_POOL_SIZE = env.number(
    "PORTCULLIS_DATABASE_POOL_SIZE", default=16, purpose="Most database connections of one process."
)
DATABASE_ANSWER_SECONDS = env.seconds(
    "PORTCULLIS_DATABASE_ANSWER_SECONDS",
    default=8,
    purpose="How long the web process waits for the database to answer a statement before it gives the connection up.",
)


def _database(url: str) -> dict[str, Any]:
    # The pool asks connections that have rested whether they died with a database that was restarted.
    engine = "portal.pooled"
    return {**dj_database_url.parse(url), "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True, "ENGINE": engine}


DATABASES: dict[str, dict[str, Any]] = {"default": _database(DATABASE_URL)}
DATABASES["default"]["OPTIONS"] = {
    "pool": {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 5},
    "connect_timeout": 3,
    "prepare_threshold": 1,  # None, which is Django's choice, would prepare nothing; see apps.ledger.prepared
    # A statement that waits for a lock gives up, and one whose client has gone ends: neither keeps rows from others.
    "options": "-c lock_timeout=5s -c client_connection_check_interval=2s",
}
if DATABASE_OWNER_URL:
    DATABASES["owner"] = {**_database(DATABASE_OWNER_URL), "TEST": {"MIRROR": "default"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Work in the background.
CELERY_BROKER_URL = env.secret(
    "PORTCULLIS_BROKER_URL",
    default="redis://localhost:6379/0",
    purpose="Celery's broker: Redis or RabbitMQ; the embedded shape uses PostgreSQL.",
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# Batches call models, which other work does not: production gives them workers that reach out; see docs/batches.md.
CELERY_TASK_ROUTES = {"batch.*": {"queue": "batches"}, "stream.deliver": {"queue": "batches"}}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "look after the ledger": {"task": "ledger.watch", "schedule": 30.0},
    "compare rows with events": {"task": "ledger.compare", "schedule": 600.0, "options": {"expires": 600}},
    "read old records again": {"task": "ledger.read_again", "schedule": 3600.0, "options": {"expires": 3600}},
    "compare records with calls": {"task": "ledger.reconcile", "schedule": 1800.0},
    "add up the days": {"task": "overview.count", "schedule": 10.0, "options": {"expires": 30}},
    "go on streaming": {"task": "stream.wake", "schedule": 5.0, "options": {"expires": 10}},
    "give leaked reservations back": {"task": "gateway.sweep_reservations", "schedule": 15.0},
    "forget hours of budgets": {"task": "gateway.forget_hours", "schedule": 6 * 3600.0},
    "show prices whose moment has come": {"task": "gateway.apply_prices", "schedule": 60.0},
    "ask idle models whether they are there": {"task": "gateway.probe_idle_models", "schedule": 60.0},
    "read documents whose worker died": {"task": "rag.resume", "schedule": 30.0},
    "look through documents again": {"task": "rag.refresh_findings", "schedule": 300.0},
    "go on with batches": {"task": "batch.go_on", "schedule": 10.0, "options": {"expires": 60}},
    "throw old batches away": {"task": "batch.tidy", "schedule": 3600.0},
    "purge what is past its time": {"task": "retention.purge", "schedule": 600.0, "options": {"expires": 600}},
    "go on with people's requests": {"task": "retention.go_on", "schedule": 60.0, "options": {"expires": 60}},
    "go on with exports": {"task": "cases.go_on", "schedule": 30.0, "options": {"expires": 60}},
    "report each month": {"task": "reports.go_on", "schedule": 300.0, "options": {"expires": 300}},
    "delete old exports": {"task": "cases.tidy", "schedule": 3600.0},
    "forget ended sessions": {"task": "portal.forget_ended_sessions", "schedule": 6 * 3600.0},
}

# The live layer only wakes readers up: losing it loses nothing.
CHANNEL_LAYER_URL = env.secret(
    "PORTCULLIS_CHANNEL_LAYER_URL",
    default="",
    purpose="Redis for the live layer, needed with more than one web process; empty keeps it in process.",
)
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": (
        {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [CHANNEL_LAYER_URL]}}
        if CHANNEL_LAYER_URL
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}

# People.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["apps.accounts.backends.PersonBackend"]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "/"
SESSION_ENGINE = "apps.accounts.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.errors.csrf_failure"
IS_SECURE = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = IS_SECURE
CSRF_COOKIE_SECURE = IS_SECURE
SESSION_COOKIE_NAME = "__Host-session" if IS_SECURE else "portcullis_session"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_SECURE else "portcullis_csrf"
SECURE_SSL_REDIRECT = IS_SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # asked from inside, without TLS
SECURE_HSTS_SECONDS = 31_536_000 if IS_SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_SECURE
SECURE_HSTS_PRELOAD = IS_SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

OIDC_ISSUER = env.text(
    "PORTCULLIS_OIDC_ISSUER",
    default="",
    purpose="Issuer address of the company's OpenID Connect provider; empty leaves single sign-on off.",
)
OIDC_CLIENT_ID = env.text("PORTCULLIS_OIDC_CLIENT_ID", default="", purpose="Client id at that provider.")
OIDC_CLIENT_SECRET = env.secret("PORTCULLIS_OIDC_CLIENT_SECRET", default="", purpose="Client secret at that provider.")
OIDC_NAME = env.text(
    "PORTCULLIS_OIDC_NAME",
    default="your company account",
    purpose="What the button says after `Sign in with`.",
)
SSO_DEFAULT_ROLES = env.names(
    "PORTCULLIS_SSO_DEFAULT_ROLES",
    default="EMPLOYEE",
    purpose="Roles of a person who signs in for the first time; `EMPLOYEE` or nothing is accepted.",
)
SSO_ROLE_GROUPS = env.pairs(
    "PORTCULLIS_SSO_ROLE_GROUPS",
    purpose="Which group at that provider brings which role, such as `portal-officers=COMPLIANCE_OFFICER`.",
)
SSO_GROUPS_CLAIM = env.text(
    "PORTCULLIS_SSO_GROUPS_CLAIM", default="groups", purpose="The claim in which that provider names a person's groups."
)
SSO_SCOPES = env.names(
    "PORTCULLIS_SSO_SCOPES",
    default="openid,profile,email",
    purpose="Scopes to ask that provider for; some name groups only for a scope of their own.",
)
SIGN_IN_AGAIN_MINUTES = env.number(
    "PORTCULLIS_SIGN_IN_AGAIN_MINUTES",
    default=15,
    purpose="How old a sign-in may be to consent as a second officer or to show original text; 0 never asks again.",
)
# allauth does the OAuth part (state, PKCE, code exchange); none of its own pages are mounted. See docs/accounts.md.
SOCIALACCOUNT_ONLY = True
SOCIALACCOUNT_ADAPTER = "apps.accounts.oidc.SignInAdapter"
ACCOUNT_ADAPTER = "apps.accounts.oidc.NoLocalAccounts"
ACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_UID_MAX_LENGTH = 255
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
HAS_DEMO_SIGN_IN = env.switch(
    "PORTCULLIS_DEMO_SIGN_IN",
    default=False,
    purpose="One-click sign-in as a person of the demo company. Refused outside the embedded shape.",
)

# Security policy of every page: nothing from another host, no inline code.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# Files.
STATIC_URL = "static/"
STATIC_ROOT = env.folder(
    "PORTCULLIS_STATIC_DIR",
    default=STATE_DIR / "static",
    shown_default=".portal/static",
    purpose="Where `manage.py collectstatic` puts the static files and the web process finds them.",
)
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(STATE_DIR / "files"), "file_permissions_mode": 0o600},
    },
    "staticfiles": {"BACKEND": "servestatic.storage.CompressedManifestStaticFilesStorage"},
}
UPLOAD_LIMIT_MEGABYTES = env.number(
    "PORTCULLIS_UPLOAD_LIMIT_MEGABYTES", default=50, purpose="Largest document a person may upload."
)
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "apps.rag.uploads.LimitedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# Keys.
MASTER_KEY_FILE = env.text(
    "PORTCULLIS_MASTER_KEY_FILE",
    default=str(STATE_DIR / "keys" / "master.key"),
    shown_default=".portal/keys/master.key",
    purpose="File with the master key (32 random bytes, base64) that wraps every conversation's data key.",
)

OLD_MASTER_KEY_FILE = env.text(
    "PORTCULLIS_OLD_MASTER_KEY_FILE",
    default="",
    purpose="File with the master key before the present one, while data keys are still wrapped by it: until "
    "`manage.py rewrap_data_keys` has ended.",
)

# The ledger's evidence.
LEDGER_DIR = env.folder(
    "PORTCULLIS_LEDGER_DIR",
    default=STATE_DIR / "ledger",
    shown_default=".portal/ledger",
    purpose="Where the sequencer keeps the ledger's signing key and its journal of checkpoints. In production the web "
    "and the workers must not be able to read it.",
)
LEDGER_WITNESSES = env.names(
    "PORTCULLIS_LEDGER_WITNESSES",
    default="",
    purpose="Witnesses that cosign the ledger's checkpoints: each an address, a space and its verifier key. Only the "
    "sequencer talks to them.",
)
LEDGER_TIMESTAMPS = env.names(
    "PORTCULLIS_LEDGER_TIMESTAMPS",
    default="",
    purpose="Authorities (RFC 3161) that time-stamp the ledger's checkpoints every hour: each an address, a space and "
    "a file (PEM) with its root certificate, and with its own where its answers bring none. Only the sequencer talks "
    "to them.",
)

CLOCK_BOUND_SECONDS = env.seconds(
    "PORTCULLIS_CLOCK_BOUND_SECONDS",
    default=5,
    purpose="How far the clocks of the database, of witnesses and of time-stamping authorities may be from the "
    "sequencer's before an alarm is raised.",
)
CLOCK_MUST_BE_SYNCHRONISED = env.switch(
    "PORTCULLIS_CLOCK_MUST_BE_SYNCHRONISED",
    default=False,
    purpose="Whether it raises an alarm as well that the kernel of the sequencer's host does not say that its clock is "
    "synchronised.",
)

STREAM_DIR = env.folder(
    "PORTCULLIS_STREAM_DIR",
    default=STATE_DIR / "stream",
    shown_default=".portal/stream",
    purpose="Where the stream of the record is written for receivers that read files.",
)

# Models.
LOCAL_MODEL_URL = env.text(
    "PORTCULLIS_LOCAL_MODEL_URL",
    default="",
    purpose="Address of the embedded model's OpenAI-compatible server; `make run` sets it.",
)
LOCAL_MODEL_KEY = env.secret(
    "PORTCULLIS_LOCAL_MODEL_KEY",
    default="",
    purpose="Key that the embedded model asks for; `make run` makes a new one at every start.",
)
MODEL_CONNECT_SECONDS = env.seconds(
    "PORTCULLIS_MODEL_CONNECT_SECONDS", default=5, purpose="How long a connection to a model may take."
)
MODEL_FIRST_TOKEN_SECONDS = env.seconds(
    "PORTCULLIS_MODEL_FIRST_TOKEN_SECONDS",
    default=60,
    purpose="How long to wait for the first word of an answer.",
)
MODEL_PATIENCE_SECONDS = env.seconds(
    "PORTCULLIS_MODEL_PATIENCE_SECONDS",
    default=1.5,
    purpose="How long to wait for the first word where another model may answer instead, unless the model usually "
    "takes longer or an admin stated how long it may take.",
)
MODEL_GAP_SECONDS = env.seconds(
    "PORTCULLIS_MODEL_GAP_SECONDS", default=10, purpose="Longest silence between two words of an answer."
)
MODEL_SLOW_SECONDS = env.seconds(
    "PORTCULLIS_MODEL_SLOW_SECONDS",
    default=5,
    purpose="From which average time to the first word on a model is shown as slow.",
)
RESERVATION_SECONDS = env.seconds(
    "PORTCULLIS_RESERVATION_SECONDS",
    default=40,
    purpose="How long money stays held for an answer whose process is not heard of any more.",
)
SCRUB_SECONDS = env.seconds(
    "PORTCULLIS_SCRUB_SECONDS",
    default=30,
    purpose="How long scrubbing a message, or a piece of a long one, may take before it is refused.",
)
NAME_MODEL = env.text(
    "PORTCULLIS_NAME_MODEL",
    default="own",
    purpose="Which model finds names: `own`, or `spacy:` followed by the package or folder of a spaCy pipeline.",
)
SCRUB_PROCESSES = env.number(
    "PORTCULLIS_SCRUB_PROCESSES",
    default=1,
    purpose="How many engine processes each web process keeps for scrubbing; each takes about 250 MB of memory.",
)
MESSAGE_LIMIT_CHARACTERS = env.number(
    "PORTCULLIS_MESSAGE_LIMIT_CHARACTERS", default=200_000, purpose="Longest message a person may send."
)
TURNS_AT_ONCE = env.number(
    "PORTCULLIS_TURNS_AT_ONCE",
    default=200,
    purpose="How many answers one web process has under way at once, of the chat and of programs; who asks beyond that "
    "is told at once to try again.",
)
PAGE_TURNS_AT_ONCE = env.number(
    "PORTCULLIS_PAGE_TURNS_AT_ONCE",
    default=60,
    purpose="How many of these may be answers in the chat, each of which costs as much as several for programs.",
)
PAGE_TURNS_IN_LINE = env.number(
    "PORTCULLIS_PAGE_TURNS_IN_LINE",
    default=300,
    purpose="How many questions of the chat wait in line where as many are being answered as may; the page shows how "
    "many come before. Who asks beyond that is told at once to try again.",
)
BATCH_LINES_AT_ONCE = env.number(
    "PORTCULLIS_BATCH_LINES_AT_ONCE",
    default=1 if IS_EMBEDDED else 4,
    shown_default="4; 1 in the embedded shape",
    purpose="How many lines of batches are under way at once, of all batches and workers together.",
)
BATCH_DAYS = env.number(
    "PORTCULLIS_BATCH_DAYS",
    default=30,
    purpose="After how many days the texts of a batch that has ended are erased.",
)
EXPORT_DAYS = env.number(
    "PORTCULLIS_EXPORT_DAYS",
    default=7,
    purpose="After how many days an officer's export is deleted.",
)

LANGUAGE_CODE = "en"
TIME_ZONE = env.text("PORTCULLIS_TIME_ZONE", default="UTC", purpose="Time zone in which pages show times.")
USE_TZ = True
USE_I18N = False

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "portal.log_lines.TypeAndPlace"}},
    "filters": {"refusals": {"()": "portal.reports.RefusalsInOneLine"}},
    "handlers": {
        "stderr": {"class": "portal.gathered_lines.GatheringHandler", "formatter": "line", "filters": ["refusals"]}
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "LiteLLM": {"level": "ERROR"},
        "presidio-analyzer": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
        "uvicorn.access": {"level": "WARNING"},
    },
}
DEFAULT_EXCEPTION_REPORTER_FILTER = "portal.reports.NothingPersonal"
