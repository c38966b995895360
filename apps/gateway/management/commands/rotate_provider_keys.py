"""Seal the providers' keys anew under the master key in use, or replace one provider's key."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.gateway import key_rotation
from apps.gateway.models import Provider
from apps.privacy.keys import KeyUnavailable, SealBroken


class Command(BaseCommand):
    """
    Two jobs, each in one transaction and on the record: all or nothing.

    Without a provider, every stored key is opened with the master key of `--from` and sealed under the one that
    `PORTCULLIS_MASTER_KEY_FILE` names. With `--provider`, that provider's key is replaced by the one on standard input.
    """

    help = (
        "Seal every stored provider key under the master key in use (--from OLD_MASTER_KEY_FILE), or replace one "
        "provider's key (--provider NAME, the new key on standard input)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take one of the two jobs."""
        job = parser.add_mutually_exclusive_group(required=True)
        job.add_argument("--from", dest="old_file", metavar="OLD_MASTER_KEY_FILE", help="the master key used until now")
        job.add_argument("--provider", metavar="NAME", help="replace this provider's key")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the job and say what was done. No key is ever printed."""
        try:
            if options["old_file"]:
                count = key_rotation.rewrap(Path(options["old_file"]), now=timezone.now())
                self.stdout.write(f"{count} provider keys are sealed under the master key in use now.")
            else:
                self._replace(options["provider"])
        except (KeyUnavailable, SealBroken, key_rotation.BadKey) as error:
            raise CommandError(f"Nothing was changed. {error}") from error

    def _replace(self, name: str) -> None:
        provider = Provider.objects.filter(name=name).first()
        if provider is None:
            known = ", ".join(Provider.objects.values_list("name", flat=True)) or "none"
            raise CommandError(f"There is no provider called {name!r}. There are: {known}.")
        key_rotation.replace(provider, sys.stdin.readline().strip(), now=timezone.now())
        self.stdout.write(f"The key of {provider.name} is replaced; the next call uses it.")
