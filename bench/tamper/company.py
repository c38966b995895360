"""A company at work in the scratch installation: rights, settings and rows of the desk, as the product makes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

WHY = "A customer complained about it."


@dataclass(frozen=True)
class People:
    """Who acts: two officers, an admin, and somebody who chats."""

    officer: Any
    second: Any
    admin: Any
    employee: Any


def employed() -> People:
    """Make people and their team, and have the inventory of rights and settings taken."""
    from django.utils import timezone

    from apps.accounts.models import Membership, Role, Team, User
    from apps.ledger import registers

    def person(name: str, *roles: str) -> Any:
        return User.objects.create_person(name.lower(), name=name, roles=roles)

    officers = [person(name, Role.COMPLIANCE_OFFICER) for name in ("Grace", "Samir")]
    people = People(*officers, person("David", Role.ADMIN), person("Priya", Role.EMPLOYEE))
    Membership.objects.create(person=people.employee, team=Team.objects.create(name="Engineering", slug="engineering"))
    registers.take_inventories(now=timezone.now())
    return people


def at_work(people: People) -> None:
    """Do one of each that has a register, as admins and officers do it."""
    from django.utils import timezone

    now = timezone.now()
    _administer(people, now)
    _consent(people, now)
    _review(people, now)
    _investigate(people, now)


def _administer(people: People, now: datetime) -> None:
    from apps.accounts import administration
    from apps.accounts.models import Role, Team
    from apps.audit.stream import keeping
    from apps.gateway import catalogue, limits
    from apps.gateway.models import Budget, LanguageModel, Provider
    from apps.privacy import policies
    from apps.privacy.policy import Rule, Treatment

    team, by = Team.objects.get(), people.admin
    administration.grant_role(people.employee, Role.AUDITOR, by=by, now=now)
    administration.revoke_role(people.employee, Role.AUDITOR, by=by, now=now)
    provider = Provider(
        name="Inside", kind=Provider.Kind.OPENAI_COMPATIBLE, base_url="http://127.0.0.1:9/v1", egress_class="INSIDE"
    )
    catalogue.add_provider(provider, key="", by=by, now=now)
    model = LanguageModel(
        provider=provider, label="Model", upstream_id="model", context_window=8192, max_output_tokens=512,
        input_price=Decimal(1), output_price=Decimal(2),
    )  # fmt: skip
    catalogue.add_model(model, by=by, now=now)
    catalogue.switch_model_on(model, by=by, now=now)
    catalogue.give_grant(model, team=team, by=by, now=now)
    limits.set_budget(Budget(scope="TEAM", team=team, hard_limit=Decimal(100)), by=by, now=now)
    rule = {"PERSON": Rule(Treatment.MASK, 0.7, may_release=False)}
    policies.change(rule, team=team, egress_class="OUTSIDE", based_on=0, is_confirmed=True, by=by, now=now)
    keeping.add(keeping.Wish("SIEM", "FILE", "OCSF", ""), by=by, now=now)


def _consent(people: People, now: datetime) -> None:
    """Leave one consent of each standing: open, granted, used, refused, withdrawn, lapsed."""
    from django.db import transaction

    from apps.audit.approvals import asking
    from apps.audit.approvals.asking import Subject
    from apps.audit.approvals.deeds import Deed

    def asked(number: int, at: datetime = now) -> Any:
        return asking.ask(Deed.UNMASK, subject=about(number), terms={"masked": 1}, why=WHY, by=people.officer, now=at)

    def about(number: int) -> Subject:
        return Subject("exchange", str(number), f"Exchange {number}")

    asked(1)
    for number, at in ((2, now), (3, now), (4, now - timedelta(days=3))):
        asking.grant(asked(number, at).pk, by=people.second, now=at)
    with transaction.atomic():
        asking.spend(Deed.UNMASK, subject=about(3), terms={"masked": 1}, by=people.officer, now=now)
    asking.refuse(asked(5).pk, by=people.second, answer="That is not needed.", now=now)
    asking.withdraw(asked(6).pk, by=people.officer, now=now)


def _review(people: People, now: datetime) -> None:
    """Decide one exchange of a queue, write a note on another."""
    from apps.audit import looks
    from apps.audit.review import deciding, notes, queues, work
    from apps.audit.review.definition import Conditions, Definition
    from apps.audit.review.models import Item
    from apps.audit.review.recording import Verdict
    from apps.ledger.models import Intent

    by = people.officer
    definition = Definition("Everything", "MEDIUM", 24, conditions=Conditions())
    queue = queues.define(definition, lexicon=None, by=by, now=now)
    items = [
        Item.objects.create(
            queue=queue, version=queue.versions.get(), exchange_id=intent.pk, person_id=intent.person_id,
            outcome="ANSWERED", ended_at=now, due_at=now + timedelta(days=1), severity="MEDIUM",
        )
        for intent in Intent.objects.exclude(conversation_id=None).order_by("id")[:2]
    ]  # fmt: skip
    work.claim(items[0].pk, by=by, now=now)
    looks.opened(by, exchange_id=items[0].exchange_id, label="", now=now)
    deciding.close(items[0].pk, verdict=Verdict("COMPLIANT", is_read=True), note="Nothing", by=by, now=now)
    notes.add(items[1].pk, text="To be asked about", by=by, now=now)


def _investigate(people: People, now: datetime) -> None:
    """Leave a case with exchanges, a member and a note, an export of it that waits, and a hold that was lifted."""
    from apps.accounts.actors import who
    from apps.audit.cases import contents, exporting, work
    from apps.ledger.ids import new_id
    from apps.ledger.models import Intent
    from apps.privacy import holds

    by = people.officer
    case = work.open_case(title="Odd questions", why=WHY, is_confidential=False, by=by, now=now)
    work.add_member(case, person=people.second, by=by, now=now)
    rows = Intent.objects.order_by("id").values_list("id", "person_id", "started_at")[:3]
    contents.add(case, [contents.Chosen(*row) for row in rows], by=by, how="by hand", now=now)
    contents.remove(case, rows[0][0], reason=WHY, by=by, now=now)
    work.write_note(case, text="Ask the team lead.", by=by, now=now)
    exporting.ask(case=case, query="", variant="FULL", is_whole=False, why=WHY, by=by, now=now)
    exporting.ask(case=case, query="", variant="REDACTED", is_whole=False, why=WHY, by=by, now=now)
    scope = holds.Scope("Somebody else", person_id=new_id())
    held = holds.place(scope, name="Case 2", reason=WHY, remembered=set(), by=who(by), now=now)
    holds.lift(held.pk, reason=WHY, by=who(by), consent="Samir", now=now)
