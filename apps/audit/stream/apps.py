from django.apps import AppConfig


class StreamConfig(AppConfig):
    name = "apps.audit.stream"
    label = "stream"
