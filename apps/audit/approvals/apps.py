from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "apps.audit.approvals"
    label = "approvals"
