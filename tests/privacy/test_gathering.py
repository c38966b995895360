"""What is gathered to learn from: whole, once, under a licence, and never what is measured by."""

from __future__ import annotations

import gzip
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from training import apart, gather, plain, readers, sources
from training.apart import Measured
from training.sources import SOURCES

DOCUMENT = Path(__file__).parents[2] / "docs" / "privacy-model.md"
MEASURED = "Yesterday Zoë Hartwell of Brightwater told me that the lift is broken again."
FORBIDDEN = ("NC", "ND", "research", "academic")

Run = Callable[..., None]


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    """A folder with a set that is measured by: one text of fourteen words and one of five."""
    folder = tmp_path / "measured"
    folder.mkdir()
    rows = [{"text": MEASURED}, {"text": "call grace about the lift"}]
    with gzip.open(folder / "posts.jsonl.gz", "wt", encoding="utf-8") as out:
        out.write("\n".join(json.dumps(row) for row in rows))
    return folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the main function of a module as from the command line."""

    def with_arguments(module: Any, *arguments: str | Path) -> None:
        monkeypatch.setattr(sys, "argv", [module.__name__, *map(str, arguments)])
        module.main()

    return with_arguments


def rows_of(file: Path) -> list[dict[str, Any]]:
    """Give the rows of a file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("text", "meets"),
    [
        ("she wrote: yesterday ZOE HARTWELL, of brightwater, told me that!!! and more", True),
        ("Yesterday Zoë Hartwell of Brightwater told me nothing, the lift is broken again.", False),
        ("Call Grace about the lift!", True),
        ("call grace about the lift and then about the stairs", False),
    ],
)
def test_texts_meet_where_eight_words_are_the_same_however_they_are_written(
    measured: Path, text: str, meets: bool
) -> None:
    assert Measured.of(measured).meets(text) == meets


def test_what_anybody_says_meets_nothing() -> None:
    assert not Measured(["Thank you!"]).meets("thank you")


def test_a_folder_without_sets_is_refused_because_nothing_would_be_kept_apart(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="labelled sets"):
        Measured.of(tmp_path)


def test_a_file_that_meets_a_measured_text_fails_until_it_is_cleaned(measured: Path, tmp_path: Path, run: Run) -> None:
    file = tmp_path / "posts.jsonl"
    apart.write(file, [{"text": f"He said: {MEASURED}"}, {"text": "The stairs are fine."}])

    with pytest.raises(SystemExit) as failed:
        run(apart, "--measured", measured, file)
    with pytest.raises(SystemExit) as cleaned:
        run(apart, "--measured", measured, "--drop", file)
    with pytest.raises(SystemExit) as checked:
        run(apart, "--measured", measured, file)

    assert (failed.value.code, cleaned.value.code, checked.value.code) == (1, 0, 0)
    assert rows_of(file) == [{"text": "The stairs are fine."}]


def test_comments_are_gathered_once_without_their_authors_and_without_what_is_measured(
    measured: Path, tmp_path: Path, run: Run
) -> None:
    (tmp_path / "Youtube01-A.csv").write_text(
        "COMMENT_ID,AUTHOR,DATE,CONTENT,CLASS\n"
        "1,Wanda Author,,Love this song so much &amp; the video https://example.com/1\ufeff,0\n"
        "2,Otto Author,,love this SONG so much & the video https://example.com/2,0\n"
        "3,Otto Author,,:-) !!,0\n"
        f'4,Otto Author,,"{MEASURED}",0\n',
        encoding="utf-8",
    )

    run(gather, "--source", "youtube", "--measured", measured, "--out", tmp_path / "out.jsonl", tmp_path)

    assert rows_of(tmp_path / "out.jsonl") == [
        {"text": "Love this song so much & the video https://example.com/1", "language": "en"}
    ]


def test_capitalised_words_in_no_dictionary_are_marked_as_unsure(measured: Path, tmp_path: Path, run: Run) -> None:
    (tmp_path / "Youtube01-A.csv").write_text("CONTENT\nToday Qvendolin sang with Grobbly\n", encoding="utf-8")
    (tmp_path / "words.txt").write_text("grobbly\n", encoding="utf-8")

    run(
        gather, "--source", "youtube", "--unsure", "--words", tmp_path / "words.txt",
        "--measured", measured, "--out", tmp_path / "out.jsonl", tmp_path,
    )  # fmt: skip

    (row,) = rows_of(tmp_path / "out.jsonl")
    assert [row["text"][start:end] for start, end in row["unsure"]] == ["Qvendolin"]


def test_a_sample_is_the_same_whatever_order_the_texts_came_in() -> None:
    texts = [readers.Said(f"text number {number}") for number in range(100)]

    some, same = gather.sample(texts, 300), gather.sample(texts[::-1], 300)

    assert 10 < len(some) < 30
    assert some == same[::-1]


def test_a_log_of_a_channel_is_read_without_times_and_names(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("[04:46] <ann> hi bob\n=== carl is now known as dave\n[04:47] <bob> hello\n")

    assert list(readers.channels("*.txt")(tmp_path)) == [readers.Said("hi bob\nhello")]


def test_a_dump_is_read_without_code_and_up_to_where_it_is_cut_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Posts.xml").write_text(
        '<posts><row Title="Why?" Body="&lt;p&gt;Ask &lt;b&gt;Ada&lt;/b&gt; &amp;amp; me.&lt;/p&gt;'
        '&lt;pre&gt;x = 1&lt;/pre&gt;" OwnerDisplayName="Otto"/><row Body="cut'
    )

    texts = [said.text.split() for said in readers.stack_exchange()(tmp_path)]

    assert texts == [["Why?", "Ask", "Ada", "&", "me."]]
    assert "read up to" in capsys.readouterr().out


def test_a_transcript_keeps_who_speaks_and_loses_its_marks(tmp_path: Path) -> None:
    (tmp_path / "talk.md").write_text(
        "---\ntitle: A talk\n---\n\n**Ada Quill:** See [the page](https://x.org).\n\nYes."
    )

    assert list(readers.transcripts("*.md")(tmp_path)) == [readers.Said("Ada Quill: See the page.\nYes.")]


def test_a_letter_keeps_who_wrote_it_and_loses_what_it_quotes(tmp_path: Path) -> None:
    (tmp_path / "51").write_text(
        "From: ada@x.org (Ada Quill)\nLines: 3\n\nBo wrote:\n> I saw her.\nMe too!\n\n--\nAda", "latin-1"
    )

    assert list(readers.letters("*")(tmp_path)) == [
        readers.Said("From: ada@x.org (Ada Quill)\nBo wrote:\nMe too!\n--\nAda")
    ]


def test_turns_of_a_conversation_stand_on_lines_of_their_own(tmp_path: Path) -> None:
    conversation = {"turns": [{"utterance": "Hi,\n Ada.", "slots": [{"value": "x"}]}, {"utterance": "Hello."}]}
    (tmp_path / "dialogues_1.json").write_text(json.dumps([conversation]))

    assert list(readers.dialogues("*.json", "utterance")(tmp_path)) == [readers.Said("Hi, Ada.\nHello.")]


def test_of_an_answered_prompt_what_was_asked_is_read(tmp_path: Path) -> None:
    row = {"chosen": "\n\nHuman: Who is Ada?\n\nAssistant: A name.\n\nHuman: And Bo?\n\nAssistant: Too."}
    (tmp_path / "test.jsonl").write_text(json.dumps(row))

    texts = [said.text.strip() for said in readers.asked("*.jsonl", "chosen")(tmp_path)]

    assert [text for text in texts if text] == ["Who is Ada?", "And Bo?"]


def test_texts_below_headings_of_a_word_document_are_texts_of_their_own(tmp_path: Path) -> None:
    paragraphs = ("Document 1", "Who is Ada?<w:br/>Tell me.", "Document 2", "Ada &amp;amp; Bo")
    with zipfile.ZipFile(tmp_path / "texts.docx", "w") as archive:
        body = "".join(f"<w:p><w:r><w:t>{paragraph}</w:t></w:r></w:p>" for paragraph in paragraphs)
        archive.writestr("word/document.xml", f"<w:body>{body}</w:body>".replace("&amp;amp;", "&amp;"))

    texts = [said.text.strip() for said in readers.word_documents("*.docx", sources.HEADING)(tmp_path)]

    assert [text for text in texts if text] == ["Who is Ada?\nTell me.", "Ada & Bo"]


def test_quotation_marks_between_tabs_are_quotation_marks(tmp_path: Path) -> None:
    (tmp_path / "messages.tsv").write_text('ham\t"Hi Ada\nham\tsee "you" [NAME]\nham\tBye "Bo"\n')

    texts = [said.text for said in readers.column("*.tsv", 1, is_quoted=False, unless="[NAME]")(tmp_path)]

    assert texts == ['"Hi Ada', 'Bye "Bo"']


def test_translations_are_read_once_from_archives_and_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "deu-eng.zip", "w") as archive:
        archive.writestr("deu.txt", "Hi.\tHallo, Ada.\nHey.\tHallo, Ada.\n")
        archive.writestr("_about.txt", "Not\ta sentence.")
    (tmp_path / "deu.txt").write_text("Hi.\tHallo, Ada.\tCC-BY\nGo.\tGeh, Bo.\tCC-BY\n")

    assert [said.text for said in readers.pairs("deu*", "de")(tmp_path)] == ["Hallo, Ada.", "Geh, Bo."]


def test_plain_words_are_those_of_lists_and_those_written_small_twice(tmp_path: Path, run: Run) -> None:
    (tmp_path / "english-words-10.json").write_text(json.dumps(["lift"]))
    apart.write(tmp_path / "texts.jsonl", [{"text": "Grace saw a kiosk"}, {"text": "a kiosk and Grace, a stall"}])

    run(plain, "--out", tmp_path / "words.txt", tmp_path, tmp_path / "texts.jsonl")

    assert (tmp_path / "words.txt").read_text().split() == ["kiosk", "lift"]


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_has_a_licence_to_learn_from_and_stands_in_the_document(name: str) -> None:
    assert SOURCES[name].licence
    assert not any(word in SOURCES[name].licence for word in FORBIDDEN)
    assert f"`{name}`" in DOCUMENT.read_text(encoding="utf-8")
