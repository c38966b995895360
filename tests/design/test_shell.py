"""The frame of every page, signed in and signed out, and the theme that a person chose."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import RequestFactory

from apps.accounts.models import Role
from portal.templatetags.design import initials

EVERYBODY = {"Documents"}
ADMINS = {"Stream", "Models", "Budgets &amp; limits", "Privacy", "People &amp; teams"}
DESK = {"Overview", "Review", "Records", "Cases", "Retention", "Stream", "Privacy"}
LINKS = {"Chat", "Documents"} | ADMINS | DESK


def request_of(person: object, **cookies: str) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = person  # type: ignore[assignment]
    request.COOKIES.update(cookies)
    return request


def shown_links(page: str) -> set[str]:
    return {link for link in LINKS if f"</svg> {link}</a>" in page}


@pytest.mark.parametrize(
    ("roles", "links"),
    [
        ((), EVERYBODY),
        ((Role.EMPLOYEE,), EVERYBODY | {"Chat"}),
        ((Role.COMPLIANCE_OFFICER,), EVERYBODY | DESK),
        ((Role.AUDITOR,), EVERYBODY | DESK),
        ((Role.ADMIN,), EVERYBODY | ADMINS),
        ((Role.ADMIN, Role.COMPLIANCE_OFFICER), LINKS - {"Chat"}),
        ((Role.ADMIN, Role.COMPLIANCE_OFFICER, Role.EMPLOYEE), LINKS),
    ],
)
def test_the_rail_shows_the_rooms_of_a_persons_roles(make_person, roles, links) -> None:
    page = render_to_string("base.html", request=request_of(make_person(roles=roles)))

    assert shown_links(page) == links
    assert "Maya" in page


def test_the_account_menu_signs_out_by_a_form(make_person) -> None:
    page = render_to_string("base.html", request=request_of(make_person()))

    form = page.split("<form", 1)[1].split("</form>", 1)[0]
    assert 'method="post"' in form
    assert "csrfmiddlewaretoken" in form
    assert "Sign out" in form


@pytest.mark.parametrize("layout", ["base.html", "base_bare.html"])
def test_both_frames_draw_for_somebody_who_is_signed_out(layout: str) -> None:
    page = render_to_string(layout, request=request_of(AnonymousUser()))

    assert '<a class="skip-link" href="#main">' in page
    assert 'id="main"' in page
    assert 'aria-live="polite"' in page
    assert "Sign out" not in page


@pytest.mark.parametrize(
    ("cookie", "drawn"), [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ("", ""), ('"><b>', "")]
)
def test_the_server_draws_the_chosen_theme_so_that_nothing_flashes(cookie: str, drawn: str) -> None:
    page = render_to_string("base_bare.html", request=request_of(AnonymousUser(), portcullis_theme=cookie))

    assert f'<html lang="en"{drawn}>' in page


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Maya Lindqvist", "ML"),
        ("Ruth van der Adler", "RA"),
        ("Cher", "C"),
        ("", "?"),
        ("émile zola", "ÉZ"),
        ("- x", "X"),
    ],
)
def test_initials_are_the_first_letters_of_the_first_and_the_last_name(name: str, letters: str) -> None:
    assert initials(name) == letters
