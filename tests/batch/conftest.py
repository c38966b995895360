"""Maya of Sales with a model that batches may use, and the means to run batches as a worker does."""

from __future__ import annotations

import asyncio
import json

import pytest
from django.conf import settings
from django.test import Client

from apps.batch import running
from apps.batch.models import Batch, LaneModel


@pytest.fixture(autouse=True)
def _one_line_at_a_time(settings):
    settings.BATCH_LINES_AT_ONCE = 1


@pytest.fixture
def sales(make_team):
    return make_team("Sales")


@pytest.fixture
def model(sales, provider, make_model):
    """A model outside the network at the fake provider, open to batches at any hour."""
    made = make_model(sales, provider=provider, label="Fake Large", price="2", output_price="8", egress_class="OUTSIDE")
    LaneModel.objects.create(model=made)
    return made


@pytest.fixture
def maya(make_person, sales, model):
    return make_person("maya", teams=("Sales",))


@pytest.fixture
def sign_in():
    def sign(person):
        client = Client()
        client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
        return client

    return sign


@pytest.fixture
def browser(maya, sign_in):
    return sign_in(maya)


@pytest.fixture
def upload(browser, model):
    """Upload a file at the door; return the response."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    def send(content, *, name="prompts.jsonl", client=None):
        raw = content if isinstance(content, bytes) else content.encode()
        form = {"file": SimpleUploadedFile(name, raw), "model": str(model.pk)}
        return (client or browser).post("/batches/?team=sales", form)

    return send


@pytest.fixture
def begin(upload, browser):
    """Upload prompts as JSON lines and start them; return the batch."""

    def start(*prompts):
        lines = [json.dumps({"id": f"p{number}", "prompt": text}) for number, text in enumerate(prompts, 1)]
        assert upload("\n".join(lines)).status_code == 302
        batch = Batch.objects.latest("created_at")
        assert browser.post(f"/batches/{batch.pk}/start/").status_code == 302
        return Batch.objects.get(pk=batch.pk)

    return start


@pytest.fixture
def work():
    """Do what the worker's task does."""

    def run(seconds=20.0):
        return asyncio.run(running.work(seconds=seconds))

    return run
