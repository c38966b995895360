"""Sockets of this room."""

from django.urls import path

from apps.rag.consumers import DocumentsConsumer

websocket_urlpatterns = [path("ws/documents", DocumentsConsumer.as_asgi())]
