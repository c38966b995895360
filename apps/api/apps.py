from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "apps.api"
    label = "api"

    def ready(self) -> None:
        """Tell privacy what this room keeps of people, and the pages that set limits what keys are called."""
        from apps.api import names  # models can be imported only now
        from apps.api.keeping import ApiRoom
        from apps.gateway import key_names
        from apps.privacy import erasure

        erasure.register(ApiRoom())
        key_names.register(names.working_keys)
