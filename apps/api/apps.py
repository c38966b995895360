from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "apps.api"
    label = "api"

    def ready(self) -> None:
        """Say the names of keys to the pages that set limits."""
        from apps.api import names
        from apps.gateway import key_names

        key_names.register(names.working_keys)
