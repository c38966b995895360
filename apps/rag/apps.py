from django.apps import AppConfig


class RagConfig(AppConfig):
    name = "apps.rag"
    label = "rag"

    def ready(self) -> None:
        """Tell privacy what this room keeps of people."""
        from apps.rag.keeping import RagRoom  # models can be imported only now
        from apps.privacy import erasure

        erasure.register(RagRoom())
