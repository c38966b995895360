from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "apps.audit.review"
    label = "review"

    def ready(self) -> None:
        """Know what is carried out when a second officer consents, and add to the filters of the list of exchanges."""
        from apps.audit.review import deciding  # noqa: F401  it registers the closing of what is high in severity
        from apps.audit.review.narrowing import offer_filters

        offer_filters()
