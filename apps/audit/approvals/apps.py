from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "apps.audit.approvals"
    label = "approvals"

    def ready(self) -> None:
        """Know what is carried out at consent, and have the ledger compare consents and rules."""
        from apps.audit.approvals import asking, registers  # noqa: F401  asking registers what two officers decide here

        registers.keep_all()
