"""The main job, in a browser, against everything that `make run` starts: the embedded model answers for real."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

CUSTOMER = "Marisol Quintero"
QUESTION = f"When does the contract of {CUSTOMER} at Brightwater Clinics renew?"
ANSWER_MILLISECONDS = 120_000


def ask(page: Page, question: str) -> None:
    page.get_by_label("Message").fill(question)
    page.keyboard.press("Enter")


def newest_turn(page: Page) -> Any:
    return page.locator("[data-turn]").last


def wait_for_the_end(page: Page, turns: int) -> Any:
    expect(page.locator("[data-turn]")).to_have_count(turns, timeout=ANSWER_MILLISECONDS)
    expect(newest_turn(page)).not_to_have_attribute("data-outcome", "OPEN", timeout=ANSWER_MILLISECONDS)
    return newest_turn(page)


def test_the_main_job_from_question_to_record_to_refusal(stack: Any, sit_down: Any) -> None:
    # An employee asks about a customer by name, and the answer streams with its sources.
    maya = sit_down("Maya Lindqvist")
    ask(maya.page, QUESTION)
    maya.page.wait_for_url(re.compile(r"/c/[0-9a-f-]{36}/$"))
    expect(newest_turn(maya.page).locator(".answer-block").first).to_be_visible(timeout=ANSWER_MILLISECONDS)
    turn = wait_for_the_end(maya.page, 1)
    expect(turn).to_have_attribute("data-outcome", "ANSWERED")
    expect(turn.locator(".turn-text")).to_have_text(QUESTION)
    expect(turn.get_by_text("stayed inside")).to_be_visible()

    # What left: a placeholder wherever the customer's name was, in the question and in the passages.
    turn.get_by_text("see what left").click()
    left = maya.page.locator("#left")
    expect(left.locator(".left-messages")).to_contain_text("When does the contract of <PERSON_")
    assert "Quintero" not in left.locator(".left-messages").inner_text()
    expect(left).to_contain_text("Marisol Quintero")  # beside its placeholder, for her who wrote it
    maya.page.keyboard.press("Escape")

    # A citation opens the passage in its document, where the name stands as it was written.
    turn.locator(".source-list a").first.click()
    expect(maya.page.locator("main")).to_contain_text("Brightwater")
    maya.page.go_back()

    # After a reload everything is there again.
    answer = wait_for_the_end(maya.page, 1).locator("[data-blocks]").inner_text()
    maya.page.reload()
    assert wait_for_the_end(maya.page, 1).locator("[data-blocks]").inner_text() == answer

    # A colleague of another team gets an answer without that contract.
    priya = sit_down("Priya Raman")
    ask(priya.page, QUESTION)
    priya.page.wait_for_url(re.compile(r"/c/[0-9a-f-]{36}/$"))
    foreign = wait_for_the_end(priya.page, 1)
    assert "ontract" not in " ".join(foreign.locator(".source-list li").all_inner_texts())

    # The compliance officer finds Maya's exchange and reads what left, not who it was about.
    grace = sit_down("Grace Oduya")
    expect(grace.page).to_have_url(re.compile("/audit/"))
    grace.go("/audit/exchanges")
    assert "Maya Lindqvist" not in grace.page.locator("main").inner_text()
    row = grace.page.locator("tbody tr").filter(has_text="When does the contract").first
    expect(row).to_contain_text("<PERSON_")
    row.locator("a.table-link").click()
    record = grace.page.locator("main")
    expect(record).to_contain_text("When does the contract of <PERSON_")
    assert "Quintero" not in record.inner_text()

    # The admin takes the model away from the team; the next message is refused with a sentence.
    david = sit_down("David Kim")
    david.go("/console/models")
    for switch in david.page.get_by_role("switch", name=re.compile("^Sales may use")).all():
        if switch.get_attribute("aria-checked") == "true":
            name = switch.inner_text()
            switch.click()
            again = david.page.get_by_role("switch", name=name, exact=True)
            expect(again).to_have_attribute("aria-checked", "false")
    maya.page.bring_to_front()
    ask(maya.page, "And what is the discount?")
    refused = wait_for_the_end(maya.page, 2)
    expect(refused).to_have_attribute("data-outcome", "REFUSED")
    expect(refused).to_contain_text("Nothing was sent")
    expect(refused).to_contain_text("not available to Sales")

    # The officer sees the refusal too.
    grace.go("/audit/exchanges")
    expect(grace.page.locator("tbody tr").first).to_contain_text("Refused")


def test_two_tabs_and_a_reload_in_the_middle_show_the_same_answer(stack: Any, sit_down: Any) -> None:
    jonas = sit_down("Jonas Weber")
    page = jonas.page
    page.get_by_role("switch", name="Use documents").uncheck()
    ask(page, "Write a story of about one hundred words about a sensor in a laboratory.")
    page.wait_for_url(re.compile(r"/c/[0-9a-f-]{36}/$"))
    expect(newest_turn(page).locator(".answer-block").first).to_be_visible(timeout=ANSWER_MILLISECONDS)
    second = page.context.new_page()
    second.goto(page.url)

    page.reload()

    first_text = wait_for_the_end(page, 1).locator("[data-blocks]").inner_text()
    assert wait_for_the_end(second, 1).locator("[data-blocks]").inner_text() == first_text
    assert len(first_text) > 50


def test_a_person_stops_an_answer_with_the_keyboard_alone(stack: Any, sit_down: Any) -> None:
    jonas = sit_down("Jonas Weber")
    page = jonas.page
    expect(page.get_by_label("Message")).to_be_focused()
    page.keyboard.type("Count from one to five hundred in words.")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/c/[0-9a-f-]{36}/$"))
    expect(newest_turn(page).locator(".answer-block").first).to_be_visible(timeout=ANSWER_MILLISECONDS)
    expect(page.get_by_label("Message")).to_be_focused()

    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.innerText?.trim()") == "Stop":
            break
    page.keyboard.press("Enter")

    turn = wait_for_the_end(page, 1)
    expect(turn).to_have_attribute("data-outcome", "STOPPED")
    expect(turn.locator("[data-blocks]")).not_to_be_empty()
    expect(turn.get_by_role("button", name="Try again")).to_be_visible()
