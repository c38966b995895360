"""The vocabulary of events."""

from apps.ledger.vocabulary import Action, Topic, action_label, actions_about, topic_of


def test_every_action_is_stored_as_its_own_name():
    assert [action.value for action in Action] == Action.names


def test_every_action_has_a_sentence_of_its_own():
    assert len(set(Action.labels)) == len(Action.labels)


def test_every_action_has_one_topic():
    by_topic = [action for topic in Topic.values for action in actions_about(topic)]

    assert sorted(by_topic) == sorted(Action.values)
    assert topic_of(Action.AUDIT_OPENED) is Topic.RECORDS
    assert topic_of(Action.DEMO_SIGNED_IN) is Topic.SIGN_IN


def test_an_action_of_another_version_is_shown_as_it_stands():
    assert action_label("INVENTED_LATER") == "INVENTED_LATER"
