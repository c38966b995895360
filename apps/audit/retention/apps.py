from django.apps import AppConfig


class RetentionConfig(AppConfig):
    name = "apps.audit.retention"
    label = "retention"
