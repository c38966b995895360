"""The Celery application; tasks are found in every room's tasks.py."""

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

# The broker of the embedded shape; see portal/embedded/broker.py.
TRANSPORT_ALIASES["database"] = "portal.embedded.broker:Transport"

app = Celery("portcullis")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
