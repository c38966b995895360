"""The policy: what each treatment does to a prompt, what an admin may not say, and that its history stays."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import IntegrityError, transaction

from apps.accounts.actors import who
from apps.accounts.models import Role
from apps.ledger.models import Event
from apps.privacy import keys, policies, policy_words, releases, scrub
from apps.privacy.models import PolicyRule, PolicyVersion
from apps.privacy.policies import PolicyMoved
from apps.privacy.policy import DEFAULT, NotConfirmed, Policy, PolicyRefused, Rule, Treatment
from apps.privacy.refusals import HISTORY, MessageBlocked, MessageHeld
from apps.privacy.scrub import Draft
from apps.privacy.vault import Vault
from apps.privacy.vocabulary import CARD, EMAIL, LITERAL, PERSON, SECRET, WORDS_FOR

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MASK, BLOCK, WARN, ALLOW = Treatment
TEXT = "Ask Grace Hopper, grace@example.com"


def a_vault() -> Vault:
    """Open a vault that no database knows."""
    return Vault(keys.ConversationKey(uuid.uuid4(), bytes(32)))


@pytest.fixture
def admin(make_person):
    return make_person("david", roles=(Role.ADMIN,))


@pytest.fixture
def scrubbed(place):
    """Scrub TEXT, or a text with the same two values, under rules; nothing asks the engine."""

    def run(rules, *, text=TEXT, vault=None, released=(), score=0.9, values=(("Grace Hopper", PERSON),)):
        findings = [place(text, value, type_, score=score) for value, type_ in values if value in text]
        if "grace@example.com" in text:
            findings.append(place(text, "grace@example.com", EMAIL))
        policy = Policy(rules=rules, released=frozenset(released))
        return scrub._masked([Draft("user", text)], [tuple(findings)], vault or a_vault(), policy)

    return run


def test_what_the_policy_leaves_in_clear_leaves_and_the_rest_does_not(scrubbed):
    prompt = scrubbed({PERSON: Rule(ALLOW)})

    assert prompt.text == "Ask Grace Hopper, <EMAIL_1>"
    assert [span.type for span in prompt.masked] == [EMAIL]
    assert [span.type for span in prompt.in_clear] == [PERSON]


def test_the_searchable_record_masks_what_left_in_clear(scrubbed):
    prompt = scrubbed({PERSON: Rule(ALLOW), EMAIL: Rule(ALLOW)})

    assert prompt.text == TEXT
    assert prompt.record_text == "Ask <PERSON_1>, <EMAIL_1>"


def test_a_name_that_may_leave_is_still_masked_inside_a_value_that_may_not(scrubbed):
    prompt = scrubbed(
        {PERSON: Rule(ALLOW)},
        text="hopper-key-1906 of Hopper",
        values=(("hopper-key-1906", SECRET), ("Hopper", PERSON)),
    )

    assert prompt.text == "<SECRET_1> of Hopper"


def test_a_name_that_may_not_leave_is_masked_inside_a_value_that_may(scrubbed):
    vault = a_vault()
    vault.placeholder_for(PERSON, "Maya Lindqvist")
    text = "Ask lindqvist@example.com"

    prompt = scrubbed({EMAIL: Rule(ALLOW)}, text=text, vault=vault, values=((text[4:], EMAIL),))

    assert prompt.text == "Ask <PERSON_2>@example.com"


def test_what_an_earlier_model_was_not_told_a_later_one_may_be(scrubbed):
    vault = a_vault()
    assert "Grace" not in scrubbed({}, vault=vault).text

    prompt = scrubbed({PERSON: Rule(ALLOW)}, text="And Grace Hopper again", vault=vault, values=())

    assert prompt.text == "And Grace Hopper again"


def test_a_guess_below_the_threshold_is_left_and_one_above_is_masked(scrubbed):
    rules = {PERSON: Rule(MASK, threshold=0.5)}

    assert "Grace Hopper" in scrubbed(rules, score=0.4).text
    assert "Grace Hopper" not in scrubbed(rules, score=0.5).text


@pytest.mark.parametrize(("treatment", "refusal"), [(BLOCK, MessageBlocked), (WARN, MessageHeld)])
def test_a_refusal_names_the_kind_and_the_place_and_never_the_value(scrubbed, treatment, refusal):
    with pytest.raises(refusal) as refused:
        scrubbed({PERSON: Rule(treatment)})

    assert "a name in your message" in refused.value.sentence
    assert "Hopper" not in str(refused.value) + repr(refused.value.concerns)


async def test_every_position_is_refused_alike_and_named(vault, place):
    question = Draft("user", "And her?", ())
    earlier = Draft("user", TEXT, (place(TEXT, "Grace Hopper"), place(TEXT, "grace@example.com", EMAIL)), HISTORY)

    with pytest.raises(MessageBlocked, match="a name and an e-mail address in an earlier message of this conversation"):
        await scrub.scrub(
            [earlier, question], vault=vault, policy=Policy(rules={PERSON: Rule(BLOCK), EMAIL: Rule(BLOCK)})
        )


def test_what_was_recognised_elsewhere_is_refused_too(scrubbed):
    vault = a_vault()
    vault.placeholder_for(PERSON, "Maya Lindqvist")

    with pytest.raises(MessageBlocked):
        scrubbed({PERSON: Rule(BLOCK)}, text="what did lindqvist say", vault=vault)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Ask Grace Hopper and grace hopper", "Ask Grace Hopper and <PERSON_2>"),
        ("Ask Grace Hopper's aide", "Ask Grace Hopper's aide"),
        ("Ask Grace Hopper III", "Ask <PERSON_2>"),
    ],
)
def test_a_released_value_leaves_letter_for_letter_and_only_so(scrubbed, text, sent):
    vault = a_vault()
    vault.placeholder_for(PERSON, "Grace Hopper")
    values = (("Grace Hopper III" if "III" in text else "Grace Hopper", PERSON), ("grace hopper", PERSON))

    prompt = scrubbed({}, text=text, vault=vault, released=["<PERSON_1>"], values=values)

    assert prompt.text == sent
    assert "Grace Hopper" not in prompt.record_text


def test_a_released_name_is_left_whole_although_a_part_of_it_is_masked_elsewhere(scrubbed):
    vault = a_vault()
    vault.placeholder_for(PERSON, "Grace Hopper")
    vault.placeholder_for(PERSON, "Hopper")

    prompt = scrubbed({}, text="Grace Hopper, not Hopper", vault=vault, released=["<PERSON_1>"])

    assert prompt.text == "Grace Hopper, not <PERSON_2>"


def test_a_release_counts_only_where_the_policy_allows_one(scrubbed):
    vault = a_vault()
    vault.placeholder_for(PERSON, "Grace Hopper")

    for rule in (Rule(MASK), Rule(MASK, may_release=False)):
        assert "Grace" not in scrubbed({PERSON: rule}, vault=vault, released=["<PERSON_1>"]).text
    with pytest.raises(MessageBlocked):
        scrubbed({PERSON: Rule(BLOCK)}, vault=vault, released=["<PERSON_1>"])


def test_a_secret_is_never_released_even_if_a_row_says_so(scrubbed):
    vault = a_vault()
    vault.placeholder_for(SECRET, "hunter22-xyz")
    rules = {SECRET: Rule(MASK, may_release=True)}

    prompt = scrubbed(
        rules, text="hunter22-xyz", vault=vault, released=["<SECRET_1>"], values=(("hunter22-xyz", SECRET),)
    )

    assert prompt.text == "<SECRET_1>"


def test_a_prompt_made_for_one_side_of_the_network_may_not_go_to_the_other(scrubbed):
    prompt = scrub._masked([Draft("user", "Hello")], [()], a_vault(), Policy(egress_class="INSIDE", rules={}))

    assert prompt.may_go_to("INSIDE")
    assert not prompt.may_go_to("OUTSIDE")


def test_the_default_profile_masks_every_kind_however_unsure():
    assert not DEFAULT.lets_something_out
    assert all(DEFAULT.rule(type_) == Rule(may_release=DEFAULT.rule(type_).may_release) for type_ in WORDS_FOR)
    assert DEFAULT.rule("A_KIND_OF_NEXT_YEAR").treatment == MASK


NONSENSE = [
    ({SECRET: Rule(ALLOW)}, "Confirm it"),
    ({SECRET: Rule(WARN)}, "Confirm it"),
    ({SECRET: Rule(MASK, threshold=0.5)}, "Confirm it"),
    ({PERSON: Rule(MASK, threshold=0.95)}, "between 0 and 0.9"),
    ({PERSON: Rule(MASK, threshold=float("nan"))}, "between 0 and 0.9"),
    ({SECRET: Rule(MASK, may_release=True)}, "cannot release"),
    ({CARD: Rule(MASK, may_release=True)}, "cannot release"),
    ({PERSON: Rule(BLOCK, may_release=True)}, "goes with “Mask” only"),
    ({LITERAL: Rule(ALLOW)}, "always masked"),
    ({"NO_SUCH_KIND": Rule(ALLOW)}, "always masked"),
]


@pytest.mark.django_db
def test_nonsense_is_refused_with_a_sentence_and_changes_nothing(admin):
    for wanted, words in NONSENSE:
        with pytest.raises(PolicyRefused, match=words):
            change(wanted, by=admin)

    assert not PolicyVersion.objects.exists()
    assert not Event.objects.filter(action="POLICY_CHANGED").exists()


@pytest.mark.django_db
def test_secrets_leave_the_network_only_once_confirmed_and_the_database_holds_to_it(admin):
    with pytest.raises(NotConfirmed):
        change({SECRET: Rule(ALLOW)}, by=admin)

    version = change({SECRET: Rule(ALLOW)}, by=admin, is_confirmed=True)

    assert version.rules.get().is_confirmed
    bad = PolicyRule(version=version, egress_class="OUTSIDE", type="SECRET", treatment="ALLOW", before={})
    bad.version = PolicyVersion.objects.create(
        number=2, made_at=NOON, made_by_id=admin.pk, made_by_label="x", egress_class="OUTSIDE"
    )
    with pytest.raises(IntegrityError, match="privacy_secrets_leave_only_when_confirmed"), transaction.atomic():
        bad.save()


def change(wanted, *, by, team=None, egress_class="OUTSIDE", based_on=None, is_confirmed=False):
    return policies.change(
        wanted,
        team=team,
        egress_class=egress_class,
        based_on=policies.newest_number() if based_on is None else based_on,
        is_confirmed=is_confirmed,
        by=by,
        now=NOON,
    )


@pytest.mark.django_db
def test_a_team_overrides_the_company_row_by_row_and_can_take_that_back(admin, make_team):
    sales = make_team("Sales")
    change({PERSON: Rule(BLOCK), EMAIL: Rule(WARN)}, by=admin)
    change({PERSON: Rule(ALLOW)}, by=admin, team=sales)

    def treatments(team, egress_class="OUTSIDE"):
        policy = policies.in_force(team_id=team.pk if team else None, egress_class=egress_class)
        return policy.rule(PERSON).treatment, policy.rule(EMAIL).treatment

    assert treatments(sales) == (ALLOW, WARN)
    assert treatments(None) == treatments(make_team("Engineering")) == (BLOCK, WARN)
    assert treatments(sales, "INSIDE") == (MASK, MASK)
    change({PERSON: None}, by=admin, team=sales)
    assert treatments(sales) == (BLOCK, WARN)


@pytest.mark.django_db
def test_each_change_is_a_version_on_the_record_with_before_and_after(admin, make_team):
    first = change({PERSON: Rule(BLOCK)}, by=admin)
    assert change({PERSON: Rule(BLOCK)}, by=admin) is None
    second = change({PERSON: Rule(WARN)}, by=admin)

    assert (first.number, second.number) == (1, 2)
    event = Event.objects.filter(action="POLICY_CHANGED").latest("id")
    assert event.actor_id == admin.pk
    assert event.details["PERSON"]["before"]["treatment"] == "BLOCK"
    assert event.details["PERSON"]["after"]["treatment"] == "WARN"
    newest = policies.history(team_id=None, egress_class="OUTSIDE", newest=10)[0]
    assert [(one.before.treatment, one.after.treatment) for one in newest.differences] == [(BLOCK, WARN)]


@pytest.mark.django_db
def test_two_admins_cannot_overwrite_each_other(admin):
    change({PERSON: Rule(BLOCK)}, by=admin)

    with pytest.raises(PolicyMoved):
        change({PERSON: Rule(ALLOW)}, by=admin, based_on=0)


@pytest.mark.django_db(transaction=True)
def test_not_even_the_databases_owner_rewrites_a_version(admin, postgres):
    change({PERSON: Rule(BLOCK)}, by=admin)

    with psycopg.connect(postgres.url("postgres"), autocommit=True) as owner:
        for statement in ("UPDATE privacy_policyrule SET treatment = 'ALLOW'", "DELETE FROM privacy_policyversion"):
            with pytest.raises(psycopg.errors.RestrictViolation):
                owner.execute(statement)


@pytest.mark.django_db
def test_a_release_names_the_placeholder_only_and_can_be_taken_back(make_person, vault):
    maya = who(make_person("maya"))
    placeholder = vault.placeholder_for(PERSON, "Grace Hopper")
    vault.save()
    policy = policies.in_force(team_id=None, egress_class="OUTSIDE")
    about = {"conversation_id": vault.conversation_id}

    for _ in range(2):
        releases.release(placeholder, policy=policy, who=maya, now=NOON, **about)
    assert releases.applied(policy, **about).released == {placeholder}
    releases.take_back(placeholder, who=maya, now=NOON, **about)

    assert releases.applied(policy, **about).released == frozenset()
    recorded = Event.objects.filter(subject_id=str(vault.conversation_id)).order_by("id")
    assert [event.action for event in recorded] == ["VALUE_RELEASED", "VALUE_MASKED_AGAIN"]
    assert recorded[0].details == {"placeholder": "<PERSON_1>", "type": "PERSON"}


@pytest.mark.django_db
def test_what_the_policy_does_not_let_people_release_stays_masked(make_person, vault):
    maya = who(make_person("maya"))
    placeholder = vault.placeholder_for(SECRET, "hunter22-xyz")
    vault.save()

    for one in (placeholder, "<PERSON_9>"):
        with pytest.raises(releases.NotReleasable):
            releases.release(one, conversation_id=vault.conversation_id, policy=DEFAULT, who=maya, now=NOON)


@pytest.mark.django_db
def test_a_confirmed_warning_counts_on_its_side_of_the_network_only(make_person, vault):
    placeholder = vault.placeholder_for(PERSON, "Grace Hopper")
    vault.save()
    about = {"conversation_id": vault.conversation_id}
    releases.confirm([placeholder], egress_class="INSIDE", who=who(make_person("maya")), now=NOON, **about)

    for egress_class, released in (("INSIDE", {placeholder}), ("OUTSIDE", set())):
        warning = Policy(egress_class=egress_class, rules={PERSON: Rule(WARN)})
        assert releases.applied(warning, **about).released == released
        assert not releases.applied(Policy(egress_class=egress_class), **about).released


def test_the_policy_in_words_names_every_kind_once():
    said = policy_words.sentences(Policy(rules={PERSON: Rule(BLOCK), EMAIL: Rule(ALLOW), CARD: Rule(threshold=0.5)}))

    assert "refused when it holds any of these: names." in said[1]
    assert "e-mail addresses: left in clear" in said[2]
    assert "card numbers (0.5)" in said[3]
    assert policy_words.sentences(DEFAULT)[0].startswith("In a message to a model outside")
