"""Addresses of this room."""

from django.urls import path

from apps.rag import access_views, views

app_name = "rag"
urlpatterns = [
    path("", views.documents, name="documents"),
    path("access", access_views.access, name="access"),
    path("access/new", access_views.create, name="create"),
    path("access/<uuid:collection_id>", access_views.change, name="change"),
    path("access/<uuid:collection_id>/delete", access_views.remove, name="remove"),
    path("in/<uuid:collection_id>", views.collection, name="collection"),
    path("in/<uuid:collection_id>/upload", views.upload, name="upload"),
    path("<uuid:document_id>", views.document, name="document"),
    path("<uuid:document_id>/original", views.original, name="original"),
    path("<uuid:document_id>/delete", views.delete, name="delete"),
    path("<uuid:document_id>/retry", views.retry, name="retry"),
    path("passages/<uuid:passage_id>", views.passage, name="passage"),
]
