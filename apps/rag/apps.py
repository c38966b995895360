from django.apps import AppConfig


class RagConfig(AppConfig):
    name = "apps.rag"
    label = "rag"

    def ready(self) -> None:
        """Tell privacy what this room keeps of people."""
        from apps.privacy import erasure
        from apps.rag.keeping import RagRoom  # models can be imported only now

        erasure.register(RagRoom())
