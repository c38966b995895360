"""Addresses of this room."""

from django.urls import path

from apps.audit import views

app_name = "audit"
urlpatterns = [
    path("", views.exchanges, name="exchanges"),
    path("exchanges/<uuid:exchange_id>", views.exchange, name="exchange"),
    path("exchanges/<uuid:exchange_id>/original", views.original, name="original"),
    path("events", views.events, name="events"),
]
