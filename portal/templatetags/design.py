"""Small helpers for templates: an icon from the sprite, the initials of a name."""

from __future__ import annotations

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "", css_class: str = "icon") -> SafeString:
    """Draw the icon `name` of static/img/icons.svg; without `label` it is decoration that screen readers skip."""
    address = static("img/icons.svg")
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}#{}"></use></svg>', css_class, label, address, name
        )
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>', css_class, address, name)


@register.filter
def initials(name: str) -> str:
    """Give the first letters of the first and the last word of `name`, at most two."""
    words = [word for word in str(name).split() if word[0].isalnum()]
    ends = words[:1] + words[1:][-1:]
    return "".join(word[0] for word in ends).upper() or "?"
