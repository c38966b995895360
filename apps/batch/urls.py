"""Addresses of this room."""

from django.urls import path

from apps.batch import admin_pages, views

app_name = "batch"
urlpatterns = [
    path("", views.batches, name="batches"),
    path("models/", admin_pages.models, name="models"),
    path("models/open/", admin_pages.open_model, name="open_model"),
    path("models/close/", admin_pages.close_model, name="close_model"),
    path("<uuid:batch_id>/", views.batch, name="batch"),
    path("<uuid:batch_id>/start/", views.start, name="start"),
    path("<uuid:batch_id>/discard/", views.discard, name="discard"),
    path("<uuid:batch_id>/pause/", views.pause, name="pause"),
    path("<uuid:batch_id>/resume/", views.resume, name="resume"),
    path("<uuid:batch_id>/cancel/", views.cancel, name="cancel"),
    path("<uuid:batch_id>/again/", views.run_again, name="run_again"),
    path("<uuid:batch_id>/erase/", views.erase, name="erase"),
    path("<uuid:batch_id>/results.jsonl", views.download, {"form": "jsonl"}, name="jsonl"),
    path("<uuid:batch_id>/results.csv", views.download, {"form": "csv"}, name="csv"),
]
