"""What a file of prompts may look like, and what its writer reads about every line that cannot be asked."""

from __future__ import annotations

import json

import pytest

from apps.batch import parsing
from apps.batch.models import Batch
from apps.batch.parsing import BadFile, Prompt
from apps.batch.results import harmless

LONG = {"custom_id": "a", "body": {"messages": [{"role": "user", "content": "Hi"}]}}


def read(*lines, model="Fake Large"):
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return parsing.read_lines(parsing.decoded(text.encode("utf-8", "surrogatepass")), model_names=(model,))


def test_both_forms_of_json_lines_are_read_and_nothing_of_them_is_lost():
    found = read(
        {"id": 7, "prompt": "One\u2028line"},
        "",
        {
            "custom_id": "b", "method": "POST", "url": "/v1/chat/completions",
            "body": {
                "model": "Fake Large", "temperature": 0.5, "max_tokens": 9,
                "messages": [
                    {"role": "developer", "content": "Be brief."},
                    {"role": "user", "content": [{"type": "text", "text": "Two"}]},
                ],
            },
        },
    )  # fmt: skip

    assert found.problems == ()
    assert found.prompts == (
        Prompt("7", (("user", "One\u2028line"),)),
        Prompt("b", (("system", "Be brief."), ("user", "Two")), 0.5, 9),
    )
    assert [Prompt.from_json(prompt.to_json()) for prompt in found.prompts] == list(found.prompts)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "not a JSON object"),
        ({"id": "x"}, 'no "prompt"'),
        ({"prompt": "x"}, "no id"),
        ({"id": "x" * 201, "prompt": "x"}, "200 is the limit"),
        ({"id": "x", "prompt": " "}, "is empty"),
        ({"id": "x", "prompt": 7}, "not a text"),
        ({"id": "x", "prompt": "y" * 200_001}, "200,000 is the limit"),
        ({"id": "x", "prompt": "y", "tools": []}, "do not know “tools”"),
        ({**LONG, "url": "/v1/embeddings"}, "/v1/chat/completions alone"),
        ({**LONG, "body": []}, 'no "body"'),
        ({**LONG, "body": {"messages": []}}, "at least one message"),
        ({**LONG, "body": {**LONG["body"], "model": "Other"}}, "another one than the batch's, Fake Large"),
        ({**LONG, "body": {**LONG["body"], "temperature": True}}, "a number from 0 to 2"),
        ({**LONG, "body": {**LONG["body"], "max_tokens": 0}}, "a whole number above 0"),
        ({**LONG, "body": {**LONG["body"], "n": 2}}, "do not know “n” in “body”"),
        ({**LONG, "body": {"messages": [{"role": "tool", "content": "x"}]}}, "system, user or assistant"),
        ({**LONG, "body": {"messages": [{"role": "assistant", "content": "x"}]}}, "must be of the role “user”"),
        (
            {**LONG, "body": {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]}},
            "take text alone",
        ),
    ],
)
def test_a_line_that_cannot_be_asked_is_named_with_its_number_and_the_cure(line, sentence):
    found = read({"id": "sound", "prompt": "x"}, line, {"id": "sound too", "prompt": "x"})

    assert [problem.line for problem in found.problems] == [2]
    assert sentence in found.problems[0].sentence
    assert len(found.prompts) == 2


def test_an_id_given_twice_is_a_problem_of_the_second_line_and_all_problems_are_counted():
    found = read({"id": "a", "prompt": "x"}, {"id": "a", "prompt": "y"}, *["{"] * 300)

    assert found.problems[0].sentence.startswith("Its id is that of line 1")
    assert (found.problem_count, len(found.problems)) == (301, parsing.MOST_PROBLEMS)


def test_a_table_is_read_by_the_chosen_columns_with_quotes_line_ends_and_any_separator():
    text = 'Key;Text\nk1;"two\nlines; one cell"\n;\nk2;plain\n'

    table = parsing.look_at_table(text)
    found = parsing.read_table(text, prompt_column=1, id_column=0)

    assert (table.heading, table.row_count) == (("Key", "Text"), 2)
    assert found.prompts == (
        Prompt("k1", (("user", "two\nlines; one cell"),)),
        Prompt("k2", (("user", "plain"),)),
    )
    assert [prompt.custom_id for prompt in parsing.read_table(text, prompt_column=1).prompts] == ["1", "2"]
    assert parsing.read_table("a,b\n1\n2,x\n", prompt_column=1).problems[0].line == 2


@pytest.mark.parametrize(
    ("heading", "likely"),
    [
        (["What we ask"], (0, None)),
        (["No", "Question"], (1, 0)),
        (["customer", "text ", "ID"], (1, 2)),
        (["a", "b"], (None, None)),
        (["id"], (0, None)),
    ],
)
def test_columns_are_chosen_beforehand_where_their_names_say_what_they_hold(heading, likely):
    assert parsing.likely_columns(heading) == likely


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "is empty"),
        (b"\xff\xfe", "not UTF-8: byte 1"),
        (b"a\0b", "binary file"),
        (b"x" * (parsing.MOST_BYTES + 1), "larger than 20 MB"),
    ],
)
def test_a_file_that_is_no_text_is_refused_with_a_sentence(raw, sentence):
    with pytest.raises(BadFile) as refused:
        parsing.decoded(raw)

    assert sentence in refused.value.sentence


@pytest.mark.parametrize("text", ["only,a,heading\n", 'a,b\n"open', "a\n" + "x\n" * (parsing.MOST_LINES + 1)])
def test_a_table_without_rows_with_open_quotes_or_with_too_many_rows_is_refused(text):
    with pytest.raises(BadFile):
        parsing.look_at_table(text)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "\uff1d1", "'=1", "\n=1"])
def test_no_cell_of_the_results_is_run_by_a_spreadsheet(cell):
    assert harmless(cell) == "'" + cell


def test_plain_cells_stay_as_they_are():
    assert [harmless(cell) for cell in ("", "one = two", "7", "Zoë")] == ["", "one = two", "7", "Zoë"]


@pytest.mark.django_db
def test_the_person_sees_what_is_wrong_before_anything_starts_and_a_bad_file_starts_nothing(upload, browser):
    response = upload('{"id": 1, "prompt": "sound"}\n{"id": 2}\n')
    page = browser.get(response.url).content.decode()
    assert "1 line cannot be asked" in page
    assert "It has no &quot;prompt&quot;." in page
    assert browser.post(response.url + "start/").status_code == 422
    assert Batch.objects.get().state == "DRAFT"
    browser.post(response.url + "discard/")
    assert not Batch.objects.exists()

    assert upload(b"\xff").status_code == 422
    assert upload("x", name="prompts.pdf").status_code == 422


@pytest.mark.django_db
def test_the_column_of_a_table_is_chosen_on_its_page_with_the_heading_in_view(upload, browser):
    response = upload("id,text\na,Why?\nb,How?\n", name="prompts.csv")
    page = browser.get(response.url).content.decode()
    assert "Why?" in page
    assert "Column with the prompts" in page
    assert '<option value="1" selected>text</option>' in page
    assert '<option value="0" selected>id</option>' in page

    assert browser.post(response.url + "start/", {"prompt": "9"}).status_code == 422
    assert browser.post(response.url + "start/", {"prompt": "1", "id": "0"}).status_code == 302
    assert browser.post(response.url + "start/", {"prompt": "1", "id": "0"}).status_code == 302
    batch = Batch.objects.get()
    assert (batch.state, batch.line_count, batch.lines.count()) == ("RUNNING", 2, 2)
    assert b"Why" not in bytes(batch.lines.first().sealed_request)


@pytest.mark.thorough
@pytest.mark.django_db
def test_an_admin_opens_models_to_batches_and_people_choose_among_those_alone(
    browser, make_person, make_model, sales, sign_in, model
):
    closed = make_model(sales, label="Dear one")
    assert "Dear one" not in browser.get("/batches/").content.decode()
    assert browser.get("/batches/models/").status_code == 403
    admin = sign_in(make_person("ada", roles=("ADMIN",)))

    assert admin.get("/batches/models/").status_code == 200
    admin.post("/batches/models/open/", {"model": closed.pk, "from_hour": "20", "until_hour": "20"})
    assert "Dear one" not in browser.get("/batches/").content.decode()
    admin.post("/batches/models/open/", {"model": closed.pk, "from_hour": "20", "until_hour": "6"})
    assert "Dear one, from 20:00 to 06:00" in browser.get("/batches/").content.decode()
    admin.post("/batches/models/close/", {"model": closed.pk})
    assert "Dear one" not in browser.get("/batches/").content.decode()
