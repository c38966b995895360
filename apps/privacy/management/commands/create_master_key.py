"""Make the master key's file for a new installation."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.privacy import keys


class Command(BaseCommand):
    """Make the file that `PORTCULLIS_MASTER_KEY_FILE` names; an existing one is never touched."""

    help = "Make the master key's file unless there is one. Keep a copy: without it nothing sealed can be read again."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the file and say where it is."""
        self.stdout.write(f"The master key is at {keys.create_master_key_file()}. Keep a copy off this machine.")
