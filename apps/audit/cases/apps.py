from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "apps.audit.cases"
    label = "cases"

    def ready(self) -> None:
        """Tell privacy what this room keeps of people, and the desk which events nobody else may read."""
        from apps.audit import scope  # models can be imported only now
        from apps.audit.cases import recording
        from apps.audit.cases.keeping import CasesRoom
        from apps.privacy import erasure

        erasure.register(CasesRoom())
        scope.keep_back(recording.kept_from)
