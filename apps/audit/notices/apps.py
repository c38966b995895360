from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "apps.audit.notices"
    label = "notices"

    def ready(self) -> None:
        """Tell privacy what this room keeps of people."""
        from apps.audit.notices.keeping import NoticesRoom  # models can be imported only now
        from apps.privacy import erasure

        erasure.register(NoticesRoom())
