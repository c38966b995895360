"""Addresses of this room."""

from django.urls import path

from apps.audit.stream import views

app_name = "stream"
urlpatterns = [
    path("", views.sinks, name="sinks"),
    path("add", views.add, name="add"),
    path("<uuid:sink_id>/test", views.test, name="test"),
    path("<uuid:sink_id>/wider", views.widen, name="widen"),
    path("<uuid:sink_id>/secret", views.new_secret, name="new_secret"),
    path("<uuid:sink_id>/pause", views.pause, name="pause"),
    path("<uuid:sink_id>/resume", views.resume, name="resume"),
    path("<uuid:sink_id>/remove", views.remove, name="remove"),
]
