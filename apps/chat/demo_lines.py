"""What the demo company's people asked in the weeks that were made up; each value stands for its placeholder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from apps.privacy.vocabulary import CARD, EMAIL, IBAN, PERSON, PHONE, SECRET


@dataclass(frozen=True, slots=True)
class Line:
    """A question and its answer, with a number in braces for each value; `refused` says why nothing would have left."""

    team: str
    question: str
    answer: str = ""
    values: tuple[tuple[str, str], ...] = ()
    refused: str = ""

    @property
    def typed(self) -> str:
        """The question with its values."""
        return self.question.format(*(value for _, value in self.values))


SALES, ENGINEERING, FINANCE = "sales", "engineering", "people-finance"
POLICY: Final = "BLOCKED_BY_POLICY: The company's policy does not let this go to this model: "

LINES: Final = (
    Line(SALES, "Draft three sentences that thank {0} for the visit last week.",
         "Dear {0}, thank you for your time last week. Your questions about the sensors were good ones. "
         "We will send the data sheet on Monday.", ((PERSON, "Marisol Quintero"),)),
    Line(SALES, "Make this shorter: we are pleased to offer you a discount of five percent on repeat orders.",
         "Repeat orders get five percent off."),
    Line(SALES, "Write to {0} at {1} that the delivery moves to the 14th.",
         "Dear {0}, your delivery moves to the 14th. We are sorry for the delay.",
         ((PERSON, "Odile Fournier"), (EMAIL, "odile.fournier@brightwater.example"))),
    Line(SALES, "The customer paid to {0}. Which sentence confirms that politely?",
         "Thank you, we have received your payment to {0}.", ((IBAN, "DE89 3704 0044 0532 0130 00"),)),
    Line(SALES, "List five questions for a first call with a water works.",
         "What do you measure today? How often? Who reads it? What failed last year? Who decides?"),
    Line(ENGINEERING, "Explain what a calibration offset is to a new colleague.",
         "It is what you add to a reading so that it agrees with a known value."),
    Line(ENGINEERING, "Why might this line fail in the log: connection refused by telemetry gateway?",
         "The gateway may not listen on that port yet, or a firewall stands between."),
    Line(ENGINEERING, "My script uses the key {0}. How do I read it from the environment instead?",
         "Put {0} into a variable and read it with os.environ.", ((SECRET, "sk-demo-4f9a21c07b"),)),
    Line(ENGINEERING, "Name a function that averages the last ten readings.", "mean_of_last_ten"),
    Line(ENGINEERING, "{0} is on call this week, reachable under {1}. Put that into one line for the runbook.",
         "On call this week: {0}, {1}.", ((PERSON, "Jonas Weber"), (PHONE, "+49 30 901820"))),
    Line(FINANCE, "Write a reminder: the expense report of {0} is still missing.",
         "Hello {0}, your expense report is still missing. Please hand it in by Friday.", ((PERSON, "Tom Okafor"),)),
    Line(FINANCE, "Salaries go out from {0} tomorrow. Phrase a note for the bank.",
         "Please carry out the attached transfers from {0} tomorrow.", ((IBAN, "GB29 NWBK 6016 1331 9268 19"),)),
    Line(FINANCE, "What belongs into a reference letter?", "Tasks, results, conduct, and a good wish at the end."),
    Line(FINANCE, "The card {0} was charged twice. Write a complaint in four lines.",
         "The card {0} was charged twice on the same day. Please return one of the amounts. "
         "The receipts are attached. Thank you.", ((CARD, "4111 1111 1111 1111"),)),
)  # fmt: skip

BLOCKED: Final = (
    Line(ENGINEERING, "Here is the root password of the gateway, {0}, tell me whether it is strong.",
         values=((SECRET, "Tr0ub4dor-and-3"),),
         refused=f"{POLICY}a password or key in your message. Take it out and send the message again."),
    Line(FINANCE, "Compare these two cards for me: {0} and {1}.",
         values=((CARD, "5500 0000 0000 0004"), (CARD, "3400 0000 0000 009")),
         refused=f"{POLICY}2 card numbers in your message. Take them out and send the message again."),
)  # fmt: skip

ORDERS: Final = tuple(
    Line(SALES, "Order {0} is ready. Write one line to the customer.", "Good news: your order {0} is ready.",
         ((IBAN, f"LF26 ORDR 0000 {4100 + number}"),))
    for number in range(26)
)  # fmt: skip
"""The numbers of orders in a new form, which somebody took for bank account numbers."""
