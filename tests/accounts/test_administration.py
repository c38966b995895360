"""What admins do to people and teams, where two of them do it at once, and the first admin of all."""

from __future__ import annotations

import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from apps.accounts import administration
from apps.accounts.administration import LastAdmin
from apps.accounts.models import Role, RoleAssignment, User
from apps.ledger.models import Event
from apps.ledger.records import LedgerUnavailable

NOW = timezone.now()


@pytest.mark.thorough
@pytest.mark.django_db
def test_the_last_active_admin_cannot_be_demoted_or_shut_out(make_person):
    david = make_person("david", roles=(Role.ADMIN,))
    gone = make_person("gone", roles=(Role.ADMIN,))
    administration.deactivate(gone, by=david, now=NOW)

    with pytest.raises(LastAdmin):
        administration.revoke_role(david, Role.ADMIN, by=None, now=NOW)
    with pytest.raises(LastAdmin):
        administration.deactivate(david, by=None, now=NOW)

    assert david.has_role(Role.ADMIN)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", ["revoke_role", "deactivate"])
def test_two_admins_cannot_remove_each_other_at_the_same_time(make_person, deed):
    pair = [make_person("ada", roles=(Role.ADMIN,)), make_person("ben", roles=(Role.ADMIN,))]
    ready, refused = threading.Barrier(2), []

    def remove(victim: User, by: User) -> None:
        ready.wait(5)
        try:
            if deed == "deactivate":
                administration.deactivate(victim, by=by, now=NOW)
            else:
                administration.revoke_role(victim, Role.ADMIN, by=by, now=NOW)
        except LastAdmin:
            refused.append(victim)
        finally:
            connection.close()

    threads = [threading.Thread(target=remove, args=couple) for couple in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert len(refused) == 1
    assert User.objects.active_admins().count() == 1


@pytest.mark.django_db
def test_a_deed_that_cannot_be_recorded_does_not_happen(make_person, monkeypatch):
    maya = make_person()

    def unavailable(*args, **kwargs):
        raise LedgerUnavailable("test")

    monkeypatch.setattr(administration, "record_event", unavailable)
    with pytest.raises(LedgerUnavailable):
        administration.grant_role(maya, Role.ADMIN, by=None, now=NOW)
    with pytest.raises(LedgerUnavailable):
        administration.create_team("Research", by=None, now=NOW)

    assert not RoleAssignment.objects.filter(person=maya, role=Role.ADMIN).exists()


@pytest.mark.django_db
def test_the_first_admin_is_made_from_the_server(make_person, capsys):
    maya = make_person()
    User.objects.filter(pk=maya.pk).update(email="maya@larkfield.example")

    call_command("give_role", "MAYA@larkfield.example", "ADMIN")

    assert maya.has_role(Role.ADMIN)
    assert "now holds the role ADMIN" in capsys.readouterr().out
    event = Event.objects.get()
    assert (event.action, event.actor_label, event.subject_label) == ("ROLE_GRANTED", "", "Maya")


@pytest.mark.django_db
def test_the_command_never_guesses_among_several_people(make_person):
    for name in ("maya", "maja"):
        User.objects.filter(pk=make_person(name).pk).update(email="shared@larkfield.example")

    with pytest.raises(CommandError, match="Several people"):
        call_command("give_role", "shared@larkfield.example", "ADMIN")
    with pytest.raises(CommandError, match="Nobody here"):
        call_command("give_role", "nobody@larkfield.example", "ADMIN")

    assert not User.objects.active_admins().exists()
