"""The stream: every record in order, at least once, never a gap, whatever becomes of receivers and of ourselves."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from apps.audit.stream import delivering, files, keeping, outgoing, secrets_of_sinks, tasks, webhook
from apps.audit.stream.models import Sink
from apps.gateway.addresses import BadAddress
from apps.ledger.models import Event
from tests.audit.conftest import NOON

pytestmark = pytest.mark.django_db(transaction=True)


def run(sink: Sink) -> delivering.Delivered:
    return delivering.deliver(sink.pk, clock=timezone.now)


def again(sink: Sink) -> None:
    """Let the time of rest pass."""
    Sink.objects.filter(pk=sink.pk).update(next_try_at=None)


def places(lines: list[str]) -> list[int]:
    return [json.loads(line)["metadata"]["sequence"] for line in lines]


def written(sink: Sink) -> list[str]:
    folder = files.folder_of(sink.pk)
    return [line for path in sorted(folder.iterdir()) for line in path.read_text().splitlines()]


def test_a_file_holds_every_record_in_the_order_of_the_tree_and_goes_on_where_it_was(make_sink, grow):
    sink = make_sink()
    size = grow()
    run(sink)
    more = grow()

    run(sink)

    assert places(written(sink)) == list(range(more))
    assert size < more == Sink.objects.get().cursor
    assert (files.folder_of(sink.pk) / files.CURRENT).stat().st_mode & 0o777 == 0o600


def test_a_full_file_is_put_aside_and_half_a_line_is_cut_off(make_sink, grow, monkeypatch):
    sink = make_sink()
    monkeypatch.setattr(files, "LARGEST_FILE", 100)
    grow()
    run(sink)
    with (files.folder_of(sink.pk) / files.CURRENT).open("a") as torn:
        torn.write('{"half":')
    size = grow()

    run(sink)

    names = sorted(path.name for path in files.folder_of(sink.pk).iterdir())
    assert len(names) == 2
    assert names[0].startswith("before-")
    monkeypatch.setattr(files, "LARGEST_FILE", 10**9)
    with (files.folder_of(sink.pk) / files.CURRENT).open("a") as torn:
        torn.write('{"half":')
    size = grow()
    run(sink)
    lines = (files.folder_of(sink.pk) / files.CURRENT).read_text().splitlines()
    assert places(lines)[-1] == size - 1


def test_a_death_between_sending_and_the_cursor_sends_twice_and_leaves_no_gap(make_sink, grow, collector, monkeypatch):
    sink = make_sink("WEBHOOK", address=collector.address)
    size = grow()
    with monkeypatch.context() as dying:
        dying.setattr(delivering, "_advance", _die)
        with pytest.raises(KeyboardInterrupt):
            run(sink)
    assert Sink.objects.get().cursor == 0
    assert run(sink).records == 0  # the dead one's claim still stands
    Sink.objects.update(claimed_until=NOON)

    run(sink)

    assert places(collector.lines) == [*range(size), *range(size)]
    first, second = collector.lines[:size], collector.lines[size:]
    assert [json.loads(line)["metadata"]["uid"] for line in first] == [
        json.loads(line)["metadata"]["uid"] for line in second
    ]


def _die(*_: object, **__: object) -> bool:
    raise KeyboardInterrupt


def test_whoever_lost_the_claim_moves_no_cursor(make_sink, grow, monkeypatch):
    sink = make_sink()
    grow()
    really = delivering.hand_over

    def overtaken(*arguments, **named):
        really(*arguments, **named)
        Sink.objects.update(claim=sink.pk)

    monkeypatch.setattr(delivering, "hand_over", overtaken)

    assert run(sink).trouble
    assert Sink.objects.get().cursor == 0


def test_posts_are_signed_over_timestamp_and_body(make_sink, grow, collector):
    sink = make_sink("WEBHOOK", address=collector.address)
    size = grow()

    run(sink)

    (headers, body), secret = collector.posts[0], secrets_of_sinks.unseal(Sink.objects.get())
    expected = webhook.signature(secret, headers["Portcullis-Timestamp"], body)
    assert headers["Portcullis-Signature"] == f"v1={expected}"
    assert (headers["Portcullis-First"], headers["Portcullis-Beyond"]) == ("0", str(size))
    assert abs(int(headers["Portcullis-Timestamp"]) - time.time()) < 60


def test_a_receiver_that_fails_is_left_alone_longer_each_time_and_misses_nothing(make_sink, grow, collector):
    sink = make_sink("WEBHOOK", address=collector.address)
    size = grow()
    collector.answers = [500, 503]
    rests = []
    for _ in range(2):
        run(sink)
        tried = Sink.objects.get()
        rests.append(tried.next_try_at - timezone.now())
        assert run(sink).records == 0
        again(sink)

    run(sink)

    assert timedelta(seconds=3) < rests[0] < rests[1] < timedelta(seconds=11)
    assert places(collector.lines)[-size:] == list(range(size))
    assert (Sink.objects.get().failures, Sink.objects.get().trouble) == (0, "")
    assert Event.objects.filter(action="STREAM_FAILED").count() == 1
    assert Event.objects.filter(action="STREAM_RECOVERED").count() == 1


@pytest.mark.parametrize("answer", ["hang", "drip"])
def test_a_receiver_that_hangs_or_drips_is_given_up_in_time_and_holds_up_no_other(
    make_sink, grow, collector, monkeypatch, answer
):
    monkeypatch.setattr(outgoing, "SECONDS", 0.6)
    slow = make_sink("WEBHOOK", address=collector.address)
    quick = make_sink(name="Archive")
    size = grow()
    collector.answers = [answer]
    began = time.monotonic()

    run(slow)
    run(quick)

    assert time.monotonic() - began < 4
    assert "did not answer in time" in Sink.objects.get(pk=slow.pk).trouble
    assert Sink.objects.get(pk=quick.pk).cursor == size


def test_a_redirect_is_not_followed(make_sink, grow, collector):
    sink = make_sink("WEBHOOK", address=collector.address)
    grow()
    collector.answers = [307]

    assert run(sink).trouble == "The receiver pointed elsewhere."
    assert len(collector.posts) == 1


@pytest.mark.parametrize(
    "address",
    [
        "http://siem.example/x", "https://169.254.169.254/latest", "https://metadata.google.internal/", "https://0.0.0.0/",
        "https://user:secret@siem.example/", "https://siem.example/?key=1", "https://[::ffff:169.254.169.254]/", "ftp://x",
        "https://2852039166/", "https://0xa9fea9fe/",
    ],
)  # fmt: skip
def test_an_address_that_no_receiver_can_have_is_refused_with_a_sentence(address):
    with pytest.raises(BadAddress, match=r"[A-Z].*\."):
        webhook.checked(address)


@pytest.mark.parametrize("number", ["127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
def test_a_name_that_resolves_to_a_forbidden_number_is_not_called(make_sink, grow, monkeypatch, settings, number):
    settings.IS_EMBEDDED = False
    sink = make_sink("WEBHOOK", address="https://siem.example/events")
    grow()
    resolved = [(2, 1, 6, "", ("8.8.8.8", 443)), (2, 1, 6, "", (number, 443))]
    monkeypatch.setattr(outgoing.socket, "getaddrinfo", lambda *_, **__: resolved)
    monkeypatch.setattr(outgoing.socket, "create_connection", lambda *_: pytest.fail("It was called."))

    assert run(sink).trouble


def test_names_and_words_go_along_only_where_that_was_asked_for(make_sink, grow, make_exchange):
    make_exchange("Please greet <PERSON_1>", reason="")
    grow(1)
    shy, open_ = make_sink(name="Shy"), make_sink(name="Open", has_names=True, has_text=True)

    run(shy)
    run(open_)

    said = "".join(written(shy))
    assert "Please greet" not in said
    assert "Maya" not in said
    asked, ended = (json.loads(line) for line in written(open_) if "message_context" in line)
    assert asked["message_context"]["prompt_text"] == "Please greet <PERSON_1>"
    assert ended["message_context"]["response_text"] == "Dear <PERSON_1>, welcome."
    assert asked["actor"]["user"]["name"] == "Maya Lindqvist"


def test_a_record_that_somebody_removed_is_streamed_as_gone(make_sink, grow, as_forger_of_events):
    sink = make_sink(format="ECS")
    size = grow()
    as_forger_of_events("DELETE FROM ledger_event WHERE id = (SELECT row_id FROM ledger_entry WHERE index = 3)")

    run(sink)

    assert [json.loads(line)["event"]["sequence"] for line in written(sink)] == list(range(size))
    assert json.loads(written(sink)[3])["event"]["outcome"] == "failure"


@pytest.fixture
def as_forger_of_events(postgres):
    import psycopg

    def execute(statement: str) -> None:
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as superuser:
            superuser.execute("SET session_replication_role = replica")
            superuser.execute(statement)

    return execute


def test_a_paused_sink_gets_nothing_and_misses_nothing(make_sink, grow, admin, monkeypatch):
    sink = make_sink()
    queued: list[str] = []
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda args, **_: queued.extend(args))
    keeping.pause(sink, by=admin, now=NOON)
    size = grow()
    tasks.wake()
    assert queued == []
    assert run(sink).records == 0

    keeping.resume(sink, by=admin, now=NOON)
    tasks.wake()
    tasks.deliver(queued[0])

    assert places(written(sink)) == list(range(size))


def test_a_folder_that_cannot_be_written_is_said_and_tried_again(make_sink, grow, settings, tmp_path):
    (tmp_path / "in the way").write_text("")
    sink = make_sink()
    grow()
    settings.STREAM_DIR = tmp_path / "in the way"

    assert run(sink).trouble.startswith("The file cannot be written")
    assert Path(settings.STREAM_DIR).is_file()
