"""The scrub step: what goes out of it, and that it fails closed."""

from __future__ import annotations

import json

import pytest

from apps.privacy import scrub
from apps.privacy.scrub import Draft
from apps.privacy.vault import Vault


async def test_a_name_and_an_address_never_leave(vault: Vault) -> None:
    scrubbed = await scrub.scrub([Draft("user", "Please greet Grace Hopper at grace@example.com")], vault=vault)

    assert scrubbed.text == "Please greet <PERSON_1> at <EMAIL_1>"
    assert [(span.type, span.placeholder) for span in scrubbed.masked] == [
        ("PERSON", "<PERSON_1>"),
        ("EMAIL", "<EMAIL_1>"),
    ]
    assert json.loads(scrubbed.to_bytes()) == [{"role": "user", "content": "Please greet <PERSON_1> at <EMAIL_1>"}]


@pytest.mark.parametrize("role", ["system", "user", "assistant"])
async def test_every_position_is_scrubbed(vault: Vault, role: str) -> None:
    scrubbed = await scrub.scrub([Draft(role, "Ask Grace Hopper.")], vault=vault)  # type: ignore[arg-type]

    assert "Grace" not in scrubbed.to_bytes().decode()
