from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "apps.chat"
    label = "chat"

    def ready(self) -> None:
        """Tell privacy what this room keeps of people."""
        from apps.chat.keeping import ChatRoom  # models can be imported only now
        from apps.privacy import erasure

        erasure.register(ChatRoom())
