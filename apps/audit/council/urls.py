"""Addresses of this room."""

from django.urls import path

from apps.audit.council import views

app_name = "council"
urlpatterns = [
    path("", views.teams, name="teams"),
    path("close", views.close, name="close"),
    path("teams/<uuid:team_id>/reopen", views.reopen, name="reopen"),
    path("open", views.ask_to_open, name="open"),
]
