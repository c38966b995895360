from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "apps.api"
    label = "api"

    def ready(self) -> None:
        """Tell privacy what this room keeps of people."""
        from apps.api.keeping import ApiRoom  # models can be imported only now
        from apps.privacy import erasure

        erasure.register(ApiRoom())
