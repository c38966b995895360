"""Addresses of this room."""

from django.urls import path

from apps.console import budgets, matrix, people, privacy, providers, teams

app_name = "console"
urlpatterns = [
    path("", matrix.index, name="index"),
    path("models/", matrix.matrix, name="models"),
    path("models/<uuid:model_id>/", providers.model, name="model"),
    path("models/<uuid:model_id>/on/", providers.switch_model_on, name="model_on"),
    path("models/<uuid:model_id>/off/", providers.switch_model_off, name="model_off"),
    path("models/<uuid:model_id>/test/", providers.test_model, name="model_test"),
    path("models/<uuid:model_id>/teams/<uuid:team_id>/give/", matrix.give, name="grant_give"),
    path("models/<uuid:model_id>/teams/<uuid:team_id>/take/", matrix.take, name="grant_take"),
    path("providers/", providers.providers, name="providers"),
    path("providers/add/", providers.add_provider, name="provider_add"),
    path("providers/offers/<slug:kind>/", providers.take_up_offer, name="offer_take_up"),
    path("providers/<uuid:provider_id>/", providers.provider, name="provider"),
    path("providers/<uuid:provider_id>/on/", providers.switch_provider_on, name="provider_on"),
    path("providers/<uuid:provider_id>/off/", providers.switch_provider_off, name="provider_off"),
    path("providers/<uuid:provider_id>/models/add/", providers.add_model, name="model_add"),
    path("budgets/", budgets.overview, name="budgets"),
    path("budgets/<uuid:team_id>/", budgets.budget, name="budget"),
    path("budgets/<uuid:team_id>/remove/", budgets.remove, name="budget_remove"),
    path("privacy/", privacy.policy, name="privacy"),
    path("privacy/change/", privacy.change, name="privacy_change"),
    path("privacy/try/", privacy.trial, name="privacy_trial"),
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
