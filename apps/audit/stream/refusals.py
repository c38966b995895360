"""Why a receiver that pulls gets no records: each with a status, a code for programs and a sentence for people."""

from __future__ import annotations


class PullRefused(Exception):
    """A call that is not answered; `retry_after` in seconds, where the same call may pass later."""

    status = 400
    code = "bad_request"
    sentence = "This call cannot be answered."
    retry_after: int | None = None

    def __init__(self, sentence: str = "") -> None:
        self.sentence = sentence or self.sentence
        super().__init__(self.sentence)


class BadQuestion(PullRefused):
    """What stands behind the question mark is not understood."""


class NoKey(PullRefused):
    status, code = 401, "missing_key"
    sentence = "No key was sent. Send the receiver's key as `Authorization: Bearer …`; the page Stream makes one."


class UnknownKey(PullRefused):
    status, code = 401, "invalid_key"
    sentence = "This is no receiver's key, or not any more. Copy it whole, or make a new one on the page Stream."


class ExpiredKey(PullRefused):
    status, code = 401, "expired_key"
    sentence = "This key has expired. Make a new one on the page Stream."


class Paused(PullRefused):
    status, code = 403, "receiver_paused"
    sentence = "This receiver is paused. Somebody who keeps the receivers can resume it on the page Stream."


class BeforeItsReach(PullRefused):
    """Records from before the receiver's first place take an officer's consent."""

    status, code = 403, "before_its_reach"

    def __init__(self, first: int) -> None:
        super().__init__(
            f"This receiver gets what was recorded from place {first} on: ask after {first - 1}. Earlier records take "
            "an officer's consent, which is asked for on the page Stream."
        )


class NotFound(PullRefused):
    status, code = 404, "not_found"
    sentence = "There is nothing at this address. There are /audit/api/logs, /audit/api/schemas and /audit/api/actions."


class WrongMethod(PullRefused):
    status, code = 405, "method_not_allowed"
    sentence = "Use GET: the record is read here, and nothing else."


class TooFast(PullRefused):
    """More calls than a receiver may make in any 60 seconds."""

    status, code = 429, "too_many_calls"

    def __init__(self, most: int, seconds: int) -> None:
        self.retry_after = seconds
        super().__init__(f"A receiver may make {most} calls a minute. Ask again in {seconds} s.")


class NotNow(PullRefused):
    """Something that an answer needs is away: nothing is shown."""

    status, code, retry_after = 503, "not_now", 30
    sentence = "The record cannot be read or written at the moment, so nothing is shown. Try again in half a minute."
