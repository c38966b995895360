"""Compare what the provider served with the record, the money and the pages: the one judgement of every crash."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from bench.crash import marks
from bench.crash.provider import WORDS, Served
from bench.crash.scene import INPUT_PRICE, OUTPUT_PRICE, Scene

CLOSED_WITHIN: Final = 60.0
ANSWER: Final = "".join(WORDS)
_EXCHANGES: Final = """
SELECT intent.id, search.left_text, intent.turn_id, outcome.kind, outcome.cost, outcome.recorded_at, intent.recorded_at,
       (SELECT count(*) FROM ledger_outcome each WHERE each.intent_id = intent.id)
  FROM ledger_intent intent JOIN ledger_searchrow search ON search.intent_id = intent.id
  LEFT JOIN ledger_outcome outcome ON outcome.intent_id = intent.id
"""
_HELD: Final = """
SELECT scope, reserved, (SELECT coalesce(sum(r.amount), 0) FROM ledger_openintent o
                           JOIN gateway_reservation r ON r.id = o.reservation_id
                          WHERE scope <> 'KEY' OR r.key_id IS NOT NULL) AS of_open_intents
  FROM (SELECT p.scope, sum(d.reserved) AS reserved FROM gateway_purse p JOIN gateway_spentday d ON d.purse_id = p.id
         GROUP BY p.scope) AS purses
"""
_SPENT: Final = """
SELECT p.scope, sum(d.spent), (SELECT sum(h.spent) FROM gateway_spenthour h JOIN gateway_purse q ON q.id = h.purse_id
                                WHERE q.scope = p.scope)
  FROM gateway_purse p JOIN gateway_spentday d ON d.purse_id = p.id GROUP BY p.scope
"""
_COSTS: Final = "SELECT coalesce(sum(cost), 0) FROM gateway_reservation WHERE key_id IS NOT NULL OR %s <> 'KEY'"


@dataclass(frozen=True, slots=True)
class Ask:
    """One exchange that was asked for: where, what was to happen to it, and when the process died if it did."""

    mark: str
    door: str
    point: str
    began_at: datetime
    died_at: datetime | None


@dataclass(slots=True)
class Judgement:
    """What was found; `problems` is empty where every promise held."""

    problems: list[str]
    outcomes: Counter[str]
    slowest: float
    served: int
    booked: Decimal
    counted: Decimal
    most: Decimal


def held_now(scene: Scene) -> list[str]:
    """Name the scopes in which the money held is not that of the open intents, in one snapshot."""
    return [f"{scope}: {held} held, {of_open} open" for scope, held, of_open in scene.rows(_HELD) if held != of_open]


def judge(scene: Scene, asks: list[Ask]) -> Judgement:
    """Judge everything asked so far, once all of it should have closed."""
    asked = {ask.mark: ask for ask in asks}
    served = scene.provider.log()
    exchanges = scene.rows(_EXCHANGES)
    found = Judgement([], Counter(), 0.0, len(served), Decimal(0), Decimal(0), Decimal(0))
    recorded = [(marks.found_in(text or ""), *rest) for _, text, *rest in exchanges]
    _every_request_is_recorded(found, served, Counter(row[0] for row in recorded if row[0]))
    for mark, _turn, kind, _cost, concluded_at, opened_at, count in recorded:
        found.outcomes[kind or "none"] += 1
        if count != 1:
            found.problems.append(f"{_where(asked, mark)}: an intent has {count} outcomes")
        _closed_in_time(found, asked.get(mark), concluded_at, opened_at=opened_at)
    _turns(found, scene, asked)
    left = scene.rows("SELECT state, count(*) FROM batch_line WHERE closed_at IS NULL GROUP BY 1")
    found.problems += [f"{count} lines of batches are left {state}" for state, count in left]
    _money(found, scene, served)
    found.problems += [f"reserved money is left: {scope}" for scope in held_now(scene)]
    if any(reserved for _, reserved, _ in scene.rows(_HELD)):
        found.problems.append("reserved money is left")
    done = scene.manage("ledger", "verify", "--key", (scene.state.ledger / "verifier.key").read_text().strip())
    if done.returncode:
        found.problems.append(f"the ledger does not verify: {done.stdout[-400:]} {done.stderr[-400:]}")
    return found


def _where(asked: dict[str, Ask], mark: str) -> str:
    ask = asked.get(mark)
    return f"{ask.door}, {ask.point}" if ask else "an exchange without a mark"


def _every_request_is_recorded(found: Judgement, served: list[Served], recorded: Counter[str]) -> None:
    for mark, count in Counter(one.mark for one in served).items():
        if count != 1:
            found.problems.append(f"{mark}: sent {count} times")
        if recorded[mark] != 1:
            found.problems.append(f"{mark}: sent, and on the record {recorded[mark]} times")
    found.problems += [f"{mark}: recorded {count} times" for mark, count in recorded.items() if count > 1]


def _closed_in_time(
    found: Judgement, ask: Ask | None, at: datetime | None, *, opened_at: datetime | None = None
) -> None:
    """Count from the kill; where a line was sent by a later worker, and died with that one, from its intent."""
    since = ask and (ask.died_at or opened_at)
    if ask is None or since is None or at is None:
        return
    seconds = (at - since).total_seconds()
    found.slowest = max(found.slowest, seconds)
    if seconds > CLOSED_WITHIN:
        found.problems.append(f"{ask.door}, {ask.point}: closed after {seconds:.0f} s")


def _turns(found: Judgement, scene: Scene, asked: dict[str, Ask]) -> None:
    """Every turn is closed in time, has one answer at most, and one refusal or intent on the record."""
    rows = scene.rows(
        "SELECT t.id, t.outcome, t.started_at, t.closed_at,"
        " (SELECT count(*) FROM chat_message m WHERE m.turn_id = t.id AND m.author = 'MODEL'),"
        " (SELECT count(*) FROM chat_frame f WHERE f.turn_id = t.id),"
        " (SELECT count(*) FROM ledger_intent i WHERE i.turn_id = t.id) FROM chat_turn t"
    )
    for pk, outcome, started_at, closed_at, answers, frames, intents in rows:
        if outcome == "OPEN" or frames or answers > 1 or intents != 1:
            found.problems.append(f"turn {pk}: {outcome}, {answers} answers, {frames} frames, {intents} intents")
        for ask in asked.values():
            if ask.died_at and ask.began_at <= started_at <= ask.died_at:
                _closed_in_time(found, ask, closed_at)


def _money(found: Judgement, scene: Scene, served: list[Served]) -> None:
    """
    Booked is what the provider counted, in every scope; of a call whose process died, never less and at most the hold.
    """
    costs = {marks.found_in(text or ""): cost for _, text, _, _, cost, *_ in scene.rows(_EXCHANGES)}
    exact = 0
    for one in served:
        price = Decimal(one.input_tokens * INPUT_PRICE + one.output_tokens * OUTPUT_PRICE) / 1_000_000
        booked = costs.get(one.mark) or Decimal(0)
        found.counted += price
        exact += booked == price
        if booked < price:
            found.problems.append(f"{one.mark}: {booked} booked, {price} counted by the provider")
    found.booked = sum((cost for mark, cost in costs.items() if mark and cost), Decimal(0))
    for scope, by_day, by_hour in scene.rows(_SPENT):
        wanted = scene.rows(_COSTS, scope)[0][0]
        if not by_day == by_hour == wanted:
            found.problems.append(f"{scope}: {by_day} by day, {by_hour} by hour, {wanted} by call")
    total = scene.rows("SELECT coalesce(sum(cost), 0) FROM gateway_reservation")[0][0]
    on_record = scene.rows("SELECT coalesce(sum(cost), 0) FROM ledger_outcome")[0][0]
    if total != on_record:
        found.problems.append(f"{total} booked, {on_record} on the record")
