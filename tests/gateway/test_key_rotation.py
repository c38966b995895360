"""Providers' keys are sealed anew under another master key, or replaced: all or none, never shown."""

from __future__ import annotations

import base64
import io
import secrets

import pytest
from django.core.management import CommandError, call_command

from apps.gateway import provider_keys
from apps.gateway.models import Provider
from apps.ledger.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def providers():
    made = []
    for name in ("vLLM", "Cloud"):
        provider = Provider(name=name, kind="OPENAI_COMPATIBLE", base_url="http://m/v1", egress_class="INSIDE")
        provider.sealed_key, provider.credential = provider_keys.seal(provider, f"sk-{name}"), "SEALED"
        provider.save()
        made.append(provider)
    return made


@pytest.fixture
def new_master_key(settings, tmp_path):
    """Begin to use another master key; give the path of the one before."""
    old, new = settings.MASTER_KEY_FILE, tmp_path / "new.key"
    new.write_bytes(base64.b64encode(secrets.token_bytes(32)))
    settings.MASTER_KEY_FILE = str(new)
    return old


def stored_keys():
    return {provider.name: provider_keys.unseal(provider) for provider in Provider.objects.all()}


def test_every_key_opens_under_the_new_master_key_and_again_is_harmless(providers, new_master_key, capsys):
    call_command("rotate_provider_keys", "--from", new_master_key)
    call_command("rotate_provider_keys", "--from", new_master_key)

    assert stored_keys() == {"vLLM": "sk-vLLM", "Cloud": "sk-Cloud"}
    assert Event.objects.get().action == "PROVIDER_KEYS_REWRAPPED"
    assert "sk-" not in capsys.readouterr().out


def test_a_key_that_opens_under_neither_stops_the_whole_rotation(providers, new_master_key):
    Provider.objects.filter(name="vLLM").update(sealed_key=b"\x01" + b"0" * 60)
    before = list(Provider.objects.order_by("pk").values_list("sealed_key", flat=True))

    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("rotate_provider_keys", "--from", new_master_key)

    assert list(Provider.objects.order_by("pk").values_list("sealed_key", flat=True)) == before
    assert not Event.objects.exists()


def test_one_providers_key_is_replaced_from_standard_input(providers, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("sk-new\n"))

    call_command("rotate_provider_keys", "--provider", "vLLM")

    assert stored_keys() == {"vLLM": "sk-new", "Cloud": "sk-Cloud"}
    assert Event.objects.get().action == "PROVIDER_SECRET_CHANGED"
    assert "sk-new" not in capsys.readouterr().out


@pytest.mark.parametrize("line", ["", "two words", "sk-ünlaut"])
def test_what_cannot_be_a_key_changes_nothing(providers, monkeypatch, line):
    monkeypatch.setattr("sys.stdin", io.StringIO(line + "\n"))

    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("rotate_provider_keys", "--provider", "vLLM")

    assert stored_keys()["vLLM"] == "sk-vLLM"
