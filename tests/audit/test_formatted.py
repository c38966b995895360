"""The formatted view: the same words through the same door, as form, and nothing in it that does anything."""

from __future__ import annotations

import html
import re
import time
from pathlib import Path

import pytest
from django.utils import timezone

from apps.accounts.models import Role
from apps.audit import formatted as formatting
from apps.audit.approvals.deeds import Deed
from apps.audit.formatted import LONGEST, formatted
from apps.audit.formatted_views import STYLE
from apps.audit.sealed import Opened, Said
from apps.ledger.facts import Who
from apps.ledger.ids import new_id
from apps.ledger.models import Event, Intent
from apps.ledger.records import LedgerUnavailable
from apps.privacy import destruction
from apps.privacy.findings import Finding
from apps.privacy.restore import Piece
from apps.privacy.vault import Vault
from tests.audit.attacks_on_readers import ENTITIES, MARKDOWN, MARKUP, SLOW, UNSEEN
from tests.audit.conftest import sign_in

TAGS = re.compile(r"<(/?)([a-zA-Z!?][^\s>/]*)([^>]*)>")
HARMLESS = {
    "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "mark", "ol", "p", "pre", "s",
    "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = re.compile(r'( (?:class|title|start)="[^"<>]*")*')


def shown(text: str, *pieces: Piece, placeholders: frozenset[str] | None = None) -> str:
    """Format one message."""
    return formatted(Opened("READABLE", (Said("user", text, pieces),)), placeholders)[0].html


def words(markup: str) -> str:
    """The words of HTML as a reader sees them."""
    return html.unescape(re.sub(r"<[^>]+>", "", markup))


def test_markdown_becomes_form():
    made = shown("# Plan\n\n**Now** and *then*\n\n1. one\n\n| a |\n|---|\n| b |\n\n```py\nx = 1\n```\n\n> said ~~not~~")

    for part in (
        "<h1>Plan</h1>", "<strong>Now</strong>", "<em>then</em>", "<ol>", "<td>b</td>", "<pre><code>x = 1", "<s>not</s>"
    ):  # fmt: skip
        assert part in made


def test_links_and_images_are_described_with_their_address_as_text():
    made = shown(
        '[the plan](http://e.example/?a=1&b=2 "Plan B") ![a dog](http://e.example/dog.png) <http://auto.example>'
    )

    assert "the plan (http://e.example/?a=1&b=2, “Plan B”)" in words(made)
    assert "Image: a dog (http://e.example/dog.png)" in words(made)
    assert "http://auto.example" in words(made)
    assert "href" not in made
    assert "src" not in made


def test_a_host_in_letters_of_another_script_is_unmasked():
    assert "xn--" in shown("[bank](http://b\u0430nk.example/?a=1&b=2)")


@pytest.mark.parametrize("text", [*MARKUP, *MARKDOWN])
def test_nothing_of_an_attack_is_markup(text):
    made = shown(f"before\n\n{text}\n\nafter {text}")

    for _, name, attributes in TAGS.findall(made):
        assert name in HARMLESS, name
        assert ATTRIBUTES.fullmatch(attributes.rstrip(" /")), attributes
    assert "after" in made


@pytest.mark.parametrize("character", UNSEEN)
def test_characters_that_cannot_be_seen_are_named_everywhere(character):
    places = "a{0}b `c{0}d` [e{0}f](http://g{0}h/ 'i{0}j') ![k{0}l](m{0}n)\n\n```o{0}p\nq{0}r\n```\n\n# s{0}t"

    made = shown(places.format(character))

    assert character not in made
    assert made.count(f">U+{ord(character):04X}</span>") == 10


@pytest.mark.parametrize("entity", ENTITIES)
def test_what_was_written_as_an_entity_is_read_as_it_was_written(entity):
    made = shown(f"pay {entity}now [x](http://h/{entity}) ```{entity}```\n\n```{entity}\nz\n```")

    assert words(made).count(entity) == 4


def test_placeholders_are_marked_and_lookalikes_are_not():
    made = shown("Hi **<PERSON_1>**, `<PERSON_1>` <PERSON_2>", placeholders=frozenset({"<PERSON_1>"}))

    assert made.count('<span class="masked">&lt;PERSON_1&gt;</span>') == 2
    assert '<span class="masked">&lt;PERSON_2&gt;' not in made


def test_a_value_that_was_put_back_is_text_whatever_it_holds():
    made = shown("", Piece("Hi **"), Piece("*Zeb* <b>[x](y)</b>\u202e", "<PERSON_1>"), Piece("** and <PERSON_2>"))

    assert words(made).strip() == "Hi *Zeb* <b>[x](y)</b>U+202E and <PERSON_2>"
    assert '<strong><mark class="unmasked" title="&lt;PERSON_1&gt;">' in made


def test_characters_of_the_private_planes_are_themselves():
    assert words(shown("a\U000f0000b <PERSON_1> \U0010fffdc")).strip() == "a\U000f0000b <PERSON_1> \U0010fffdc"


def test_the_end_of_what_is_too_long_is_formatted_and_the_rest_is_counted():
    history = Said("user", "h" * LONGEST)
    question = Said("user", "x" * 100 + "the question")

    first, last = formatted(Opened("READABLE", (history, question)), None)

    assert "the question" in last.html
    assert (first.left_out, last.left_out) == (112, 0)
    assert first.html.count("h") == LONGEST - 112


@pytest.mark.thorough
@pytest.mark.parametrize("name", SLOW)
def test_no_text_keeps_the_page_waiting(name, monkeypatch):
    """The time of a text of twice the length says how the cost grows; the bound keeps the square of it small."""
    text = SLOW[name]

    began = time.process_time()
    shown(text * (LONGEST // len(text)))
    taken = time.process_time() - began

    assert taken < 4
    assert formatting.LONGEST == LONGEST


def test_the_style_uses_the_product_s_colours():
    tokens = (Path(__file__).parents[2] / "static" / "css" / "tokens.css").read_text("utf-8")
    used = re.findall(r"light-dark\([^)]*\)", STYLE)

    assert used
    assert [colour for colour in used if colour not in tokens] == []
    assert "url(" not in STYLE
    assert "@import" not in STYLE


pytestmark = pytest.mark.django_db


def address(exchange_id, part: str = "answer") -> str:
    return f"/audit/exchanges/{exchange_id}/formatted/{part}"


def test_the_frame_shows_what_left_and_the_answer_scrubbed(make_exchange, desk):
    exchange_id = make_exchange("Greet **<PERSON_1>**", answer="# Dear <PERSON_1>")

    left, answer = desk.get(address(exchange_id, "left")).text, desk.get(address(exchange_id)).text

    assert '<strong><span class="masked">&lt;PERSON_1&gt;</span></strong>' in left
    assert "Be brief." in left
    assert '<h1>Dear <span class="masked">' in answer


def test_the_frame_may_do_nothing(make_exchange, desk):
    response = desk.get(address(make_exchange()))

    policy = dict(part.strip().partition(" ")[::2] for part in response["Content-Security-Policy"].split(";"))
    assert policy.pop("style-src").startswith("'sha256-")
    assert policy.pop("sandbox") == ""
    assert policy.pop("frame-ancestors") == "'self'"
    assert policy == {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'"}
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in response["Cache-Control"]
    assert not re.search(r"<(script|link|img|a)\b", response.text)


def test_only_the_page_of_an_exchange_may_have_frames(make_exchange, desk):
    page, other = desk.get(f"/audit/exchanges/{make_exchange()}"), desk.get("/audit/exchanges")

    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert "frame-src" not in other["Content-Security-Policy"]
    frames = re.findall(r"<iframe[^>]*>", page.text)
    assert len(frames) == 2
    assert all(' sandbox referrerpolicy="no-referrer"' in frame and " src=" not in frame for frame in frames)


def test_the_formatted_view_is_a_look_of_its_own(make_exchange, desk, events_of):
    exchange_id = make_exchange()

    desk.get(address(exchange_id, "left"))

    (look,) = events_of("AUDIT_OPENED")
    assert (look.subject_id, look.details) == (str(exchange_id), {"role": "COMPLIANCE_OFFICER", "formatted": "left"})


def test_what_cannot_be_recorded_is_not_formatted(make_exchange, desk, monkeypatch):
    exchange_id = make_exchange(answer="a word to read")

    def unwritable(*_, **__):
        raise LedgerUnavailable("23000")

    monkeypatch.setattr("apps.audit.looks.record_event", unwritable)
    response = desk.get(address(exchange_id))

    assert response.status_code == 503
    assert "a word to read" not in response.text
    assert "sandbox" in response["Content-Security-Policy"]


def test_one_s_own_exchange_and_an_unknown_one_are_not_found(make_exchange, officer, desk):
    own = make_exchange(who=Who(officer.pk, officer.name))

    assert desk.get(address(own)).status_code == 404
    assert desk.get(address(new_id())).status_code == 404
    assert desk.get(f"/audit/exchanges/{own}/formatted/typed").status_code == 404
    assert not Event.objects.filter(action="AUDIT_OPENED").exists()


def test_employees_and_admins_are_refused(make_exchange, make_person):
    exchange_id = make_exchange()

    for role in (Role.EMPLOYEE, Role.ADMIN):
        assert sign_in(make_person(role.lower(), roles=(role,))).get(address(exchange_id)).status_code == 403


def test_what_was_erased_says_so(make_exchange, desk):
    exchange_id = make_exchange(answer="a word to forget")
    destruction.destroy_one(Intent.objects.get().conversation_id)

    page = desk.get(address(exchange_id)).text

    assert "These words were erased." in page
    assert "forget" not in page


def test_an_unmasked_page_holds_its_formatted_texts_and_nothing_fetches_them_again(make_exchange, desk, left_to_one):
    left_to_one(Deed.UNMASK)
    name = '*Zeb* <b>"Q"</b>'
    vault = Vault.open(new_id())
    vault.mask(name, [Finding("PERSON", 0, len(name), 1.0, "")])
    vault.save()
    exchange_id = make_exchange(conversation_id=vault.conversation_id, now=timezone.now())

    page = desk.post(f"/audit/exchanges/{exchange_id}/original", {"reason": "Case 2026-17: a complaint"})

    documents = [html.unescape(one) for one in re.findall(r'<iframe[^>]* srcdoc="([^"]*)"', page.text)]
    assert len(documents) == 2
    assert all(name in words(one) for one in documents)
    assert all("Content-Security-Policy" in one for one in documents)
    assert "data-address" not in page.text
    assert name not in words(desk.get(address(exchange_id)).text)
