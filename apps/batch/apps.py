from django.apps import AppConfig


class BatchConfig(AppConfig):
    name = "apps.batch"
    label = "batch"

    def ready(self) -> None:
        """Tell privacy what this room keeps of people."""
        from apps.batch.keeping import BatchRoom  # models can be imported only now
        from apps.privacy import erasure

        erasure.register(BatchRoom())
