"""
The environment of a test run, set before Django reads its settings (pytest loads this file by ``-p``).

Every run has a state folder and a PostgreSQL cluster of its own.
"""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from pathlib import Path

from portal.embedded.database import APP, OWNER, EmbeddedPostgres

STATE = Path(tempfile.mkdtemp(prefix="portcullis-test-"))
STATE.chmod(0o755)
os.environ["PORTCULLIS_SHAPE"] = "production"
os.environ["PORTCULLIS_STATE_DIR"] = str(STATE)
os.environ["PORTCULLIS_SECRET_KEY"] = secrets.token_urlsafe(64)
os.environ["PORTCULLIS_SIGN_IN_AGAIN_MINUTES"] = "0"  # tests/accounts/test_fresh.py asks again
os.environ["PORTCULLIS_BROKER_URL"] = "memory://"
(STATE / "keys").mkdir()
(STATE / "keys" / "master.key").write_bytes(base64.b64encode(secrets.token_bytes(32)))
(STATE / "keys" / "master.key").chmod(0o600)

POSTGRES = EmbeddedPostgres(STATE / "postgres")
POSTGRES.home.mkdir()
os.environ["PORTCULLIS_DATABASE_URL"] = POSTGRES.url(APP)
os.environ["PORTCULLIS_DATABASE_OWNER_URL"] = POSTGRES.url(OWNER)
