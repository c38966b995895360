"""Addresses for receivers that pull."""

from django.urls import path, re_path

from apps.audit.stream import api_views

app_name = "record_api"
urlpatterns = [
    path("logs", api_views.logs, name="logs"),
    path("schemas", api_views.schemas, name="schemas"),
    path("actions", api_views.actions, name="actions"),
    re_path(r"", api_views.nothing, name="nothing"),
]
