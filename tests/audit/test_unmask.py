"""Seeing behind the placeholders: an officer, a reason, the record first, and nobody else."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from apps.accounts.models import Role, User
from apps.audit.approvals.deeds import Deed
from apps.ledger.facts import Who
from apps.ledger.ids import new_id
from apps.ledger.models import Event, Intent
from apps.ledger.records import LedgerUnavailable
from apps.privacy import destruction, keys
from apps.privacy.findings import Finding
from apps.privacy.models import VaultEntry
from apps.privacy.unmasking import Exchange, ReasonMissing, unmask
from apps.privacy.vault import Vault
from tests.audit.conftest import sign_in

pytestmark = pytest.mark.django_db

NAME = "Zebulon <b>Quartermain</b>"
REASON = "Case 2026-17: a complaint by a customer"
APPS = Path(__file__).resolve().parents[2] / "apps"


@pytest.fixture(autouse=True)
def _unmasking_is_left_to_one(left_to_one):
    """Two officers left it to one; `test_unmask_four_eyes` is about the other case."""
    left_to_one(Deed.UNMASK)


@pytest.fixture
def exchange_id(make_exchange, make_person):
    """An exchange of Maya's about somebody, with the vault that knows who it was."""
    maya = make_person("maya", roles=(Role.EMPLOYEE,))
    vault = Vault.open(new_id())
    vault.mask(NAME, [Finding("PERSON", 0, len(NAME), 1.0, "")])
    vault.save()
    return make_exchange(
        conversation_id=vault.conversation_id, answer="Dear PERSON_1, welcome; not <PERSON_2>.",
        who=Who(maya.pk, maya.name), now=timezone.now(),
    )  # fmt: skip


@pytest.fixture
def show(exchange_id):
    """Ask for the original text, as a person in a browser."""

    def ask(person, reason=REASON):
        return sign_in(person).post(f"/audit/exchanges/{exchange_id}/original", {"reason": reason})

    return ask


def unmaskings() -> list[Event]:
    return list(Event.objects.filter(action="AUDIT_UNMASKED"))


def _consented() -> None:
    """No second officer is needed."""


def shown_in(page) -> list[str]:
    """The texts of an exchange's page as a reader sees them."""
    texts = re.findall(r"<pre[^>]*>(.*?)</pre>", page.content.decode(), flags=re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]+>", "", text)) for text in texts]


def test_an_officer_with_a_reason_sees_the_words_and_is_on_the_record(officer, show, exchange_id):
    page = show(officer)

    assert page.status_code == 200
    assert shown_in(page) == ["Be brief.", f"Please greet {NAME}", f"Dear {NAME}, welcome; not <PERSON_2>."]
    assert "<b>Quartermain" not in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    (event,) = unmaskings()
    assert (event.actor_id, event.subject_kind, event.subject_id) == (officer.pk, "exchange", str(exchange_id))
    assert event.details == {"reason": REASON, "placeholders": ["<PERSON_1>"], "role": "COMPLIANCE_OFFICER"}


def test_the_words_are_shown_once_and_the_reason_stays(officer, show, desk, exchange_id):
    show(officer)

    page = desk.get(f"/audit/exchanges/{exchange_id}")

    assert NAME not in html.unescape(page.content.decode())
    assert shown_in(page)[1] == "Please greet <PERSON_1>"
    assert REASON in page.content.decode()
    assert len(unmaskings()) == 1


@pytest.mark.parametrize("reason", ["", "   ", "because", "x" * 501])
def test_an_officer_without_a_reason_sees_nothing_behind_the_placeholders(officer, show, reason):
    page = show(officer, reason)

    assert page.status_code == 400
    assert "Say why you need to see this" in page.content.decode()
    assert "Zebulon" not in page.content.decode()
    assert unmaskings() == []


@pytest.mark.parametrize(
    "roles",
    [(Role.EMPLOYEE,), (Role.ADMIN,), (Role.AUDITOR,), (Role.ADMIN, Role.AUDITOR, Role.EMPLOYEE), ()],
    ids=["colleague", "admin", "auditor", "everything but officer", "nobody"],
)
def test_nobody_but_an_officer_unmasks(make_person, show, exchange_id, roles):
    reader = make_person("reader", roles=roles)

    page = show(reader)

    assert page.status_code == 403
    assert "Zebulon" not in page.content.decode()
    assert unmaskings() == []


def test_the_owner_of_the_conversation_does_not_use_this_door(show, exchange_id):
    owner = User.objects.get(pk=Intent.objects.get(pk=exchange_id).person_id)

    assert show(owner).status_code == 403


def test_the_form_is_offered_to_officers_alone(make_person, officer, exchange_id):
    auditor = make_person("auditor", roles=(Role.AUDITOR,))
    address = f"/audit/exchanges/{exchange_id}"

    assert "Show the original text" in sign_in(officer).get(address).content.decode()
    assert "Show the original text" not in sign_in(auditor).get(address).content.decode()


def test_looking_by_address_alone_is_refused(desk, client, exchange_id):
    address = f"/audit/exchanges/{exchange_id}/original"

    assert desk.get(address).status_code == 405
    assert client.post(address, {"reason": REASON}).status_code == 302
    assert desk.post(f"/audit/exchanges/{new_id()}/original", {"reason": REASON}).status_code == 404
    assert unmaskings() == []


def test_what_cannot_be_recorded_is_not_unmasked(officer, show, monkeypatch):
    def refuse(*arguments, **facts):
        raise LedgerUnavailable("53100")

    monkeypatch.setattr("apps.privacy.unmasking.record_event", refuse)

    page = show(officer)

    assert page.status_code == 503
    assert "Zebulon" not in page.content.decode()


def test_an_erased_conversation_cannot_be_unmasked_by_anybody(officer, show):
    destruction.destroy_one(Intent.objects.get().conversation_id)

    page = show(officer)

    assert page.status_code == 409
    assert "Erased" in page.content.decode()
    assert "Nothing was unmasked" in page.content.decode()
    assert unmaskings() == []


def test_a_vault_that_does_not_open_shows_nothing(officer, show):
    VaultEntry.objects.update(placeholder="<PERSON_7>")

    page = show(officer)

    assert page.status_code == 409
    assert "Zebulon" not in page.content.decode()
    assert unmaskings() == []


def test_a_placeholder_given_away_later_is_not_read_into_an_earlier_exchange(officer, show):
    vault = Vault.open(Intent.objects.get().conversation_id)
    vault.mask("Later", [Finding("PERSON", 0, 5, 1.0, "")])
    vault.save()

    assert "not <PERSON_2>." in shown_in(show(officer))[2]


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR])
def test_the_door_itself_asks_for_role_and_reason_whoever_calls_it(make_person, officer, exchange_id, role):
    row = Intent.objects.get()
    exchange = Exchange(exchange_id, "", row.conversation_id, row.started_at, ("<PERSON_1>",), row.person_id)

    with pytest.raises(PermissionDenied):
        unmask(
            make_person("reader", roles=(role,)),
            exchange=exchange,
            reason=REASON,
            consent=_consented,
            now=timezone.now(),
        )
    with pytest.raises(ReasonMissing):
        unmask(officer, exchange=exchange, reason=" a \n b ", consent=_consented, now=timezone.now())
    assert unmaskings() == []


def test_no_other_code_opens_a_vault_for_somebody_else():
    opening = re.compile(r"\bVault\.open\b|\bvalues_of\(|\bVaultEntry\.objects\b")
    opens = {str(path.relative_to(APPS)) for path in APPS.rglob("*.py") if opening.search(path.read_text("utf-8"))}

    assert opens == {
        "privacy/vault.py",
        "privacy/destruction.py",  # deletes the entries of an erased conversation
        "chat/pipeline.py",  # the person's own turn
        "chat/reading.py",  # the person's own page: what was masked, and values that Markdown must not touch
        "chat/privacy_views.py",  # the person's own message while it is being written
        "chat/abandoned.py",  # masks again what had arrived of a turn; restores nothing
        "privacy/releases.py",  # asks whether there is such a placeholder; opens nothing
        "gateway/connection_test.py",  # a conversation of its own, about nobody
        "batch/lines.py",  # the owner's own line, in a vault of its own
        "privacy/unmasking.py",  # the one door
    }


def test_only_the_same_door_opens_what_was_typed():
    opens = {path.name for path in APPS.rglob("*.py") if "open_typed(" in path.read_text("utf-8")}

    assert opens == {"sealed.py", "original.py"}


def test_what_was_typed_is_shown_word_for_word_with_the_reason_and_not_before(make_exchange, officer, desk):
    conversation_id = new_id()
    typed = keys.seal(conversation_id, b'[{"role":"user","text":"Greet  Zebulon!"}]', purpose="ledger.typed")
    exchange_id = make_exchange(conversation_id=conversation_id, sealed_typed=typed, masked=())
    address = f"/audit/exchanges/{exchange_id}"

    before, after = desk.get(address), desk.post(f"{address}/original", {"reason": REASON})

    assert "Zebulon" not in before.content.decode()
    assert "Greet  Zebulon!" in shown_in(after)
    assert len(unmaskings()) == 1


def test_a_refused_exchange_of_which_nothing_was_prepared_shows_what_was_typed(make_exchange, desk):
    conversation_id = new_id()
    typed = keys.seal(conversation_id, b'[{"role":"user","text":"Blocked words"}]', purpose="ledger.typed")
    exchange_id = make_exchange(
        ends="REFUSED", conversation_id=conversation_id, sealed_typed=typed, sealed_payload=b"", masked=()
    )

    page = desk.post(f"/audit/exchanges/{exchange_id}/original", {"reason": REASON})

    assert shown_in(page) == ["Blocked words"]


def test_after_an_erasure_nobody_reads_what_was_typed(make_exchange, desk):
    conversation_id = new_id()
    typed = keys.seal(conversation_id, b'[{"role":"user","text":"Gone words"}]', purpose="ledger.typed")
    exchange_id = make_exchange(conversation_id=conversation_id, sealed_typed=typed)
    destruction.destroy_one(conversation_id)

    page = desk.post(f"/audit/exchanges/{exchange_id}/original", {"reason": REASON})

    assert page.status_code == 409
    assert "Gone words" not in page.content.decode()
