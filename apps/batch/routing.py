"""Sockets of this room."""

from django.urls import path

from apps.batch.consumers import BatchConsumer

websocket_urlpatterns = [path("ws/batches/<uuid:batch_id>", BatchConsumer.as_asgi())]
