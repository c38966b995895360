"""People and their roles."""

import pytest

from apps.accounts.models import Role, Team

pytestmark = pytest.mark.django_db


def test_an_admin_is_not_a_compliance_officer(make_person):
    admin = make_person("david", roles=(Role.ADMIN,))

    assert not admin.may_read_records()


def test_a_person_sees_only_their_own_teams(make_person, make_team):
    make_team("Engineering")
    maya = make_person("maya", teams=("Sales",))

    assert [team.name for team in Team.objects.visible_to(maya)] == ["Sales"]


def test_the_runtime_role_does_not_own_the_tables():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT tableowner, current_user FROM pg_tables WHERE tablename = 'accounts_user'")
        owner, role = cursor.fetchone()

    assert owner == "portcullis_owner"
    assert role == "portcullis_app"
