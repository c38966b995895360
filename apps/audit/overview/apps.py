from django.apps import AppConfig


class OverviewConfig(AppConfig):
    name = "apps.audit.overview"
    label = "overview"
