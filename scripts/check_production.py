"""Run Django's deployment checks with settings like those of production, and look for missing migrations."""

from __future__ import annotations

import base64
import os
import secrets
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Fail on the first warning."""
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "master.key"
        key.touch(mode=0o600)
        key.write_bytes(base64.b64encode(secrets.token_bytes(32)))
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PORTCULLIS_SHAPE": "production",
            "PORTCULLIS_STATE_DIR": folder,
            "PORTCULLIS_SECRET_KEY": secrets.token_urlsafe(64),
            "PORTCULLIS_MASTER_KEY_FILE": str(key),
            "PORTCULLIS_BASE_URL": "https://portcullis.example",
            "PORTCULLIS_ALLOWED_HOSTS": "portcullis.example",
            "PORTCULLIS_CHANNEL_LAYER_URL": "redis://redis.example/1",
        }
        from django.core.management import execute_from_command_line

        execute_from_command_line(["manage.py", "check", "--deploy", "--fail-level", "WARNING"])
        _require_migrations()


def _require_migrations() -> None:
    """Compare our models with our migrations; `makemigrations --check` wants a database and looks at others' too."""
    from django.apps import apps
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.state import ProjectState

    loader = MigrationLoader(None)
    changes = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(graph=loader.graph)
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith(("apps.", "portal"))}
    missing = {label: migrations for label, migrations in changes.items() if label in ours}
    for label, migrations in missing.items():
        for migration in migrations:
            print(f"{label}: {', '.join(operation.describe() for operation in migration.operations)}")
    if missing:
        sys.exit("Models have changed without a migration. Run: manage.py makemigrations " + " ".join(missing))
    print("Every model has its migrations.")


if __name__ == "__main__":
    main()
