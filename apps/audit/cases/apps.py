from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "apps.audit.cases"
    label = "cases"

    def ready(self) -> None:
        """Tell privacy what this room keeps of people."""
        from apps.audit.cases.keeping import CasesRoom  # models can be imported only now
        from apps.privacy import erasure

        erasure.register(CasesRoom())
