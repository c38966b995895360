from django.apps import AppConfig


class RagConfig(AppConfig):
    name = "apps.rag"
    label = "rag"

    def ready(self) -> None:
        """Tell privacy what this room keeps of people, and the ledger what to compare."""
        from apps.ledger import registers  # models can be imported only now
        from apps.privacy import erasure
        from apps.rag.keeping import RagRoom
        from apps.rag.registers import COLLECTIONS

        erasure.register(RagRoom())
        registers.keep(COLLECTIONS)
