from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "apps.audit.cases"
    label = "cases"
