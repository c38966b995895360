"""Addresses of this room."""

from django.urls import path

from apps.console import people, teams

app_name = "console"
urlpatterns = [
    path("people/", people.people, name="people"),
    path("people/<uuid:person_id>/", people.person, name="person"),
    path("people/<uuid:person_id>/roles/grant/", people.grant_role, name="person_grant_role"),
    path("people/<uuid:person_id>/roles/revoke/", people.revoke_role, name="person_revoke_role"),
    path("people/<uuid:person_id>/deactivate/", people.deactivate, name="person_deactivate"),
    path("people/<uuid:person_id>/reactivate/", people.reactivate, name="person_reactivate"),
    path("people/<uuid:person_id>/teams/join/", people.join_team, name="person_join_team"),
    path("people/<uuid:person_id>/teams/<uuid:team_id>/leave/", people.leave_team, name="person_leave_team"),
    path("people/<uuid:person_id>/teams/<uuid:team_id>/standing/", people.set_standing, name="person_set_standing"),
    path("teams/", teams.teams, name="teams"),
    path("teams/create/", teams.create_team, name="team_create"),
    path("teams/<uuid:team_id>/", teams.team, name="team"),
    path("teams/<uuid:team_id>/rename/", teams.rename_team, name="team_rename"),
    path("teams/<uuid:team_id>/members/add/", teams.add_member, name="team_add_member"),
]
