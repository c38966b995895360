from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "apps.api"
    label = "api"

    def ready(self) -> None:
        """Tell privacy what this room keeps, pages of limits what keys are called, and the ledger what to compare."""
        from apps.api import names  # models can be imported only now
        from apps.api.keeping import ApiRoom
        from apps.api.registers import KEYS
        from apps.gateway import key_names
        from apps.ledger import registers
        from apps.privacy import erasure

        erasure.register(ApiRoom())
        key_names.register(names.working_keys)
        registers.keep(KEYS)
