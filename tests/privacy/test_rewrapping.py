"""Every data key moves to a new master key: in batches that may be stopped, on the record, readable all the while."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.ledger.models import Event
from apps.privacy import destruction, keys, rewrapping
from apps.privacy.models import DataKey

pytestmark = pytest.mark.django_db
CONVERSATIONS = [uuid4() for _ in range(7)]


@pytest.fixture
def sealed():
    """What seven conversations sealed under the old master key; an eighth was erased."""
    found = {one: keys.seal(one, str(one).encode(), purpose="test") for one in CONVERSATIONS}
    destruction.destroy_one(uuid4())
    return found


@pytest.fixture
def old_file(sealed, settings, tmp_path, monkeypatch):
    """Begin to use another master key; give the path of the one before."""
    monkeypatch.setattr(rewrapping, "ROWS_AT_ONCE", 3)
    old, new = settings.MASTER_KEY_FILE, tmp_path / "new.key"
    new.write_bytes(base64.b64encode(secrets.token_bytes(32)))
    settings.MASTER_KEY_FILE = str(new)
    return Path(old)


@pytest.fixture
def others(db):
    """How many keys were there before: of whoever committed one, and a key's row is never deleted."""
    return DataKey.objects.filter(destroyed_at__isnull=True).count()


def readable(sealed):
    return all(keys.unseal(one, what, purpose="test") == str(one).encode() for one, what in sealed.items())


def test_all_keys_open_under_the_new_master_key_alone_and_again_is_harmless(others, sealed, old_file, capsys):
    call_command("rewrap_data_keys", "--from", str(old_file))
    call_command("rewrap_data_keys", "--from", str(old_file))

    assert readable(sealed)
    assert f"{7 + others} of {7 + others} data keys were wrapped anew" in capsys.readouterr().out
    events = Event.objects.filter(action="DATA_KEYS_REWRAPPED").order_by("happened_at")
    counts = [event.details["count"] for event in events]
    assert (max(counts), sum(counts)) == (3, 7 + others)
    assert all(key.wrapped_key == b"" for key in DataKey.objects.filter(destroyed_at__isnull=False))


def test_what_was_stopped_goes_on_where_it_was(others, sealed, old_file):
    def stop(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rewrapping.rewrap(old_file, now=timezone.now(), on_progress=stop)

    done = rewrapping.rewrap(old_file, now=timezone.now())
    assert (done.seen, done.wrapped, done.broken) == (7 + others, 4 + others, 0)
    assert readable(sealed)


def test_while_it_runs_the_old_key_still_opens_what_it_wraps_where_it_is_named(sealed, old_file, settings):
    with pytest.raises(keys.KeyUnavailable):
        readable(sealed)
    settings.OLD_MASTER_KEY_FILE = str(old_file)
    assert readable(sealed)
    made_now = keys.seal(uuid4(), b"new", purpose="test")

    rewrapping.rewrap(old_file, now=timezone.now())
    settings.OLD_MASTER_KEY_FILE = ""

    assert readable(sealed)
    assert made_now


def test_a_key_that_opens_under_neither_is_named_and_the_others_are_moved(sealed, old_file):
    lost = CONVERSATIONS[3]
    DataKey.objects.filter(pk=lost).update(wrapped_key=b"\x01" + b"0" * 60)

    with pytest.raises(CommandError, match=f"1 data keys open under neither.*{lost}"):
        call_command("rewrap_data_keys", "--from", str(old_file))

    assert readable({one: what for one, what in sealed.items() if one != lost})
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("rewrap_data_keys", "--from", "/nowhere")
