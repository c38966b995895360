from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "apps.audit.approvals"
    label = "approvals"

    def ready(self) -> None:
        """Know what is carried out at consent."""
        from apps.audit.approvals import asking  # noqa: F401  it registers what two officers decide about this room
