"""The Celery application; tasks are found in every room's tasks.py."""

import contextlib
import logging.config
import os
from typing import Any

from celery import Celery, signals
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

# The broker of the embedded shape; see portal/embedded/broker.py.
TRANSPORT_ALIASES["database"] = "portal.embedded.broker:Transport"

app = Celery("portcullis")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect(weak=False)
def keep_our_logging(**kwargs: Any) -> None:
    """Keep Celery from putting its own handlers in place of ours, whose lines quote nobody."""
    from django.conf import settings

    from portal.log_lines import tell_types_and_places

    logging.config.dictConfig(settings.LOGGING)
    tell_types_and_places()


@signals.task_prerun.connect(weak=False)
def read_the_clock(**kwargs: Any) -> None:
    """
    Let every task tell the time by the database's clock, and tell of a host whose clock is off.

    Without a database or a ledger the task itself says what is wrong.
    """
    from django.db import DatabaseError

    from apps.ledger import clock, hosts
    from apps.ledger.records import LedgerUnavailable

    with contextlib.suppress(DatabaseError, LedgerUnavailable):
        clock.keep()
        if hosts.is_news():
            hosts.tell(now=clock.now())
