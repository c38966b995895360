"""An officer's day in a browser, against everything that `make run` starts, until the ledger itself is checked."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import ROOT

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

CUSTOMER, SECRET = "Marisol Quintero", "AKIAQ3EGRZX7N2KLMT5B"
QUESTION = f"Write one line to {CUSTOMER}. The key of her sensor is {SECRET}."
WHY = "Inquiry 2026-17: a key in the chat"
QUEUE, SAMPLE, SHARE_PERCENT = "Names of customers", "Half of everything", 50
PSEUDONYM = re.compile(r"^[A-Z][a-z]+ \d+-\d+$")
ANSWER_MILLISECONDS = 120_000
WORK_MILLISECONDS = 60_000  # an export waits for the ledger to sign, in a worker that has other work too
IN_QUEUE_SECONDS = 2.0


def test_an_officer_s_day_from_an_exchange_to_the_proof_of_it(stack: Any, sit_down: Any, tmp_path: Path) -> None:
    grace, samir = sit_down("Grace Oduya"), sit_down("Samir Haddad")
    see_the_overview(grace)
    define_queue(grace, QUEUE, severity="HIGH", masked="Name")
    define_queue(grace, SAMPLE, severity="MEDIUM", share=SHARE_PERCENT)

    elena = sit_down("Elena Rossi")
    exchanges = [ask_and_find_in_queue(elena, grace, already=0)]
    conversation = elena.page.url
    exchanges.append(ask_and_find_in_queue(elena, grace, already=1))

    person = claim_by_keyboard_and_read(grace)
    exchange = grace.page.url
    unmask_with_two(grace, samir)
    see_who_looked(elena, conversation)
    grace.page.goto(exchange)
    decide_by_keyboard(grace, samir)
    check_the_sample(grace, exchanges)

    case = put_into_a_case(grace, exchange)
    bundle = export_with_two(grace, samir, case, to=tmp_path / "bundle.zip")
    verify_elsewhere(bundle, key=stack.state / "ledger" / "verifier.key")

    hold_and_ask_for_erasure(grace, person)
    prove_in_the_browser(grace, exchange)
    verify_on_the_machine(stack.state)


def see_the_overview(officer: Any) -> None:
    officer.go("/audit/overview/")
    expect(officer.page.get_by_role("heading", name="What waits")).to_be_visible()


def define_queue(officer: Any, name: str, *, severity: str, masked: str = "", share: int = 100) -> None:
    page = officer.page
    officer.go("/audit/review/queues/new")
    page.get_by_role("textbox", name="Name", exact=True).fill(name)
    page.get_by_label("Severity").select_option(severity)
    page.get_by_label("Share in percent").fill(str(share))
    if masked:
        page.get_by_text("What was masked, how it ended").click()
        page.get_by_role("checkbox", name=masked, exact=True).check()
    page.get_by_role("button", name="Define the queue").click()
    expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()


def open_queue(officer: Any, name: str) -> None:
    officer.go("/audit/review/")
    officer.go(officer.page.get_by_role("link", name=name, exact=True).get_attribute("href"))


def ask_and_find_in_queue(employee: Any, officer: Any, *, already: int) -> UUID:
    """Have an employee ask in a new conversation, and see the exchange in the queue within two seconds of its end."""
    open_queue(officer, QUEUE)
    employee.go("/")
    employee.page.get_by_role("switch", name="Use documents").uncheck()
    employee.page.get_by_label("Message").fill(QUESTION)
    employee.page.keyboard.press("Enter")
    turn = employee.page.locator("[data-turn]")
    expect(turn).to_have_attribute("data-outcome", "ANSWERED", timeout=ANSWER_MILLISECONDS)
    ended = time.monotonic()

    found = items(officer.page)
    while found.count() == already and time.monotonic() - ended < IN_QUEUE_SECONDS:
        officer.page.reload()
    assert found.count() == already + 1, f"not in its queue {IN_QUEUE_SECONDS} s after the end"
    return exchange_in(found.last)


def items(page: Page) -> Locator:
    return page.locator("a.table-link[href^='/audit/exchanges/']")


def exchange_in(link: Locator) -> UUID:
    return UUID(str(link.get_attribute("href")).removeprefix("/audit/exchanges/").partition("?")[0])


def claim_by_keyboard_and_read(officer: Any) -> str:
    """Take the next item by its key; see placeholders and a pseudonym, which is returned."""
    page = officer.page
    open_queue(officer, QUEUE)
    page.keyboard.press("n")
    expect(page.get_by_text("You hold it until")).to_be_visible()
    record = page.locator("main")
    expect(record).to_contain_text("Write one line to <PERSON_1>. The key of her sensor is <SECRET_1>")
    expect(page.get_by_role("heading", level=1)).to_have_text(PSEUDONYM)
    for unseen in ("Quintero", SECRET, "Elena", "Rossi"):
        assert unseen not in record.inner_text()
    return page.get_by_role("heading", level=1).inner_text()


def consent(officer: Any, deed: str) -> None:
    """Consent to the one request that waits, with the keyboard."""
    officer.go("/audit/approvals/")
    request = officer.page.get_by_role("article", name=deed)
    expect(request).to_contain_text(WHY)
    request.get_by_role("button", name="Consent").press("Enter")
    expect(officer.page.get_by_text("Nothing waits")).to_be_visible()


def unmask_with_two(officer: Any, second: Any) -> None:
    page, address = officer.page, officer.page.url
    way = page.get_by_role("region", name="Show the original text")
    way.get_by_label("Reason").fill(WHY)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Waiting for a second officer", exact=True)).to_be_visible()

    consent(second, "Show the original text of an exchange")
    page.goto(address)
    page.get_by_role("button", name="Show the original text now").press("Enter")

    expect(page.get_by_text("The original text is shown")).to_be_visible()
    for word in (CUSTOMER, SECRET):
        expect(page.locator("mark.unmasked").filter(has_text=word)).not_to_have_count(0)


def see_who_looked(employee: Any, conversation: str) -> None:
    employee.page.goto(conversation)
    turn = employee.page.locator("[data-turn]").first
    turn.get_by_text("at the officers' desk").click()
    expect(turn.locator(".turn-looks")).to_contain_text("A compliance officer. Opened")
    expect(turn.locator(".turn-looks")).to_contain_text("A compliance officer. Read with the masked words shown")
    assert "Grace" not in turn.inner_text()


def decide_by_keyboard(officer: Any, second: Any) -> None:
    """Write a note, find, tag and give a reason; the item of high severity closes when the second one consents."""
    page = officer.page
    review = page.get_by_role("region", name=f"Review: {QUEUE}")
    page.keyboard.press("/")
    page.keyboard.type("The key was replaced: rd and n are letters here.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your note is kept.")).to_be_visible()
    page.wait_for_load_state()  # the keys rest until the page is whole

    page.keyboard.press("2")
    review.get_by_label("Own tags").fill("credential")
    review.get_by_label("Reason").fill(WHY)
    review.get_by_label("I have read it").focus()
    page.keyboard.press("r")
    page.keyboard.press("d")
    expect(page.get_by_text("You asked. It closes when a second officer consents.")).to_be_visible()

    consent(second, "Close an item of high severity")
    page.reload()
    expect(review).to_contain_text("Non-compliant credential")
    expect(review).to_contain_text("Grace Oduya and Samir Haddad")
    expect(review).to_contain_text("The key was replaced")


def check_the_sample(officer: Any, exchanges: list[UUID]) -> None:
    """Draw again from the seed on the page, by the rule of docs/review.md; then have the portal recompute the day."""
    page = officer.page
    open_queue(officer, SAMPLE)
    queue = page.url
    drawn = {exchange_in(link) for link in items(page).all()}
    officer.page.goto(f"{queue}/sample")
    seed = bytes.fromhex(re.findall(r"\b[0-9a-f]{64}\b", page.locator("main").inner_text())[0])

    def is_drawn(exchange: UUID) -> bool:
        head = int.from_bytes(hashlib.sha256(seed + exchange.bytes).digest()[:8])
        return head < SHARE_PERCENT * 2**64 // 100

    assert drawn == {each for each in exchanges if is_drawn(each)}
    page.get_by_role("button", name="Recompute").press("Enter")
    expect(page.get_by_text("Equal", exact=True)).to_be_visible()


def put_into_a_case(officer: Any, exchange: str) -> str:
    """Open a case, add the exchange from its own page, and return the address of the case."""
    page = officer.page
    officer.go("/audit/cases/new")
    page.get_by_label("Title").fill("A key in the chat")
    page.get_by_label("Why").fill(WHY)
    page.get_by_role("button", name="Open the case").press("Enter")
    page.wait_for_url(re.compile(r"/audit/cases/[0-9a-f-]{36}$"))
    case = str(page.url)
    page.goto(exchange)
    page.get_by_role("region", name="Cases").get_by_label("Case").select_option(index=1)
    page.get_by_role("button", name="Add to the case").press("Enter")
    expect(page.get_by_text(re.compile(r"It is in CASE-\d{4}-\d{4} now"))).to_be_visible()
    return case


def export_with_two(officer: Any, second: Any, case: str, *, to: Path) -> Path:
    page = officer.page
    page.goto(case)
    page.get_by_role("link", name="Export", exact=True).click()
    page.locator("input[value=FULL]").check()
    page.get_by_label("Why").fill(WHY)
    page.get_by_role("button", name="Ask for the export").press("Enter")
    expect(page.get_by_text("A second officer finds your request")).to_be_visible()

    consent(second, "Export records with their text")
    page.reload()
    page.get_by_role("button", name="Begin").press("Enter")
    finished = page.get_by_role("link", name="Download the bundle")
    expect(finished).to_be_visible(timeout=WORK_MILLISECONDS)
    with page.expect_download() as download:
        finished.press("Enter")
    download.value.save_as(to)
    return to


def verify_elsewhere(bundle: Path, *, key: Path) -> None:
    """Check the bundle as whoever receives it does; and that with one byte changed it is refused."""
    assert verified(bundle, key).returncode == 0, verified(bundle, key).stderr
    changed = bundle.with_name("changed.zip")
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)
    assert verified(changed, key).returncode == 1


def verified(bundle: Path, key: Path) -> subprocess.CompletedProcess[str]:
    verifier = ROOT / "offline" / "portcullis_verify.py"
    command = [sys.executable, "-I", verifier, "bundle", bundle, "--key", key]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def hold_and_ask_for_erasure(officer: Any, person: str) -> None:
    """Place a hold on the person by pseudonym; an erasure is refused with a sentence."""
    page = officer.page
    officer.go("/audit/retention/holds")
    place = page.get_by_role("region", name="Place a hold")
    place.get_by_label("Name").fill("Inquiry 2026-17")
    place.get_by_label("Hold", exact=True).select_option("PERSON")
    place.get_by_label("Person").fill(person)
    place.get_by_label("Reason").fill(WHY)
    place.get_by_role("button", name="Place the hold").press("Enter")
    expect(page.get_by_text("The hold is in force.")).to_be_visible()

    officer.go("/audit/retention/requests")
    erasure = page.get_by_role("region", name="Erasure")
    erasure.get_by_label("Person").fill(person)
    erasure.get_by_label("Reason").fill(WHY)
    with page.expect_console_message(lambda said: "409 (Conflict)" in said.text):
        erasure.get_by_role("button", name="Ask a second officer").press("Enter")
    expect(page.get_by_role("region", name="Erasure")).to_contain_text("legal hold")
    officer.complaints[:] = [each for each in officer.complaints if "409 (Conflict)" not in each]


def prove_in_the_browser(officer: Any, exchange: str) -> None:
    page = officer.page
    page.goto(exchange)
    buttons = page.get_by_role("button", name="Check the proof of")
    for button in buttons.all():
        button.press("Enter")
    expect(page.get_by_text("Holds. Your browser found this record")).to_have_count(buttons.count())

    officer.go("/audit/ledger")
    page.get_by_role("button", name="Check the newest records now").press("Enter")
    expect(page.get_by_text("Checked just now: unchanged")).to_be_visible()


def verify_on_the_machine(state: Path) -> None:
    """Have the whole ledger verified as `make manage` does."""
    command = [sys.executable, "-m", "portal.embedded", "manage", "ledger", "verify"]
    environment = {**os.environ, "PORTCULLIS_STATE_DIR": str(state)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
