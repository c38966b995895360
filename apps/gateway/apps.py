from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "apps.gateway"
    label = "gateway"

    def ready(self) -> None:
        """Have the ledger compare who may use what, and what it may cost."""
        from apps.gateway import registers  # models can be imported only now

        registers.keep_all()
