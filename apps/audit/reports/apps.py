from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "apps.audit.reports"
    label = "reports"
