from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "apps.audit.cases"
    label = "cases"

    def ready(self) -> None:
        """Tell privacy what this room keeps of people, the desk what to keep back, the ledger what to compare."""
        from apps.audit import scope, telling  # models can be imported only now
        from apps.audit.cases import recording, registers
        from apps.audit.cases.keeping import CasesRoom
        from apps.privacy import erasure

        erasure.register(CasesRoom())
        scope.keep_back(recording.kept_from)
        telling.look_for(recording.told_in)
        registers.keep_all()
