from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "apps.audit.review"
    label = "review"

    def ready(self) -> None:
        """Know what is carried out when a second officer consents."""
        from apps.audit.review import deciding  # noqa: F401  it registers the closing of what is high in severity
