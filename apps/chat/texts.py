"""People's words at rest: sealed under the conversation's data key, opened only for somebody who may read them."""

from __future__ import annotations

from apps.privacy.keys import ConversationKey

TITLE_LENGTH = 80
QUESTION = "chat.question"
ANSWER = "chat.answer"
TITLE = "chat.title"
FRAME = "chat.frame"


class BadMessage(Exception):
    """The message cannot be asked as it is; the sentence says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def clean_question(text: str, *, limit: int) -> str:
    """
    Return the question as it will be kept.

    Line ends become ``\\n``, halves of surrogate pairs become U+FFFD; nothing else of what the person wrote changes.

    :raises BadMessage: if it is empty, too long or not text.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if not text.strip():
        raise BadMessage("The message is empty. Write a question first.")
    if len(text) > limit:
        raise BadMessage(
            f"The message has {len(text):,} characters, and {limit:,} is the limit. "
            "Shorten it, or upload it as a document and ask about that."
        )
    controls = sum(1 for character in text if ord(character) < 32 and character not in "\n\t\f\x1b")
    if "\0" in text or controls > max(8, len(text) // 50):
        raise BadMessage(
            "This looks like the content of a binary file, not text. Upload the file as a document instead."
        )
    return text


def title_of(question: str) -> str:
    """The first line of the question, cut at a word near 80 characters."""
    line = next((line.strip() for line in question.splitlines() if line.strip()), "")
    if len(line) <= TITLE_LENGTH:
        return line
    return line[:TITLE_LENGTH].rsplit(" ", 1)[0].rstrip(" ,.;:") + "…"


def seal_text(key: ConversationKey, text: str, *, purpose: str) -> bytes:
    """Encrypt `text` under an open conversation key."""
    return key.box(purpose).seal(text.encode())


def unseal_text(key: ConversationKey, sealed: bytes | memoryview, *, purpose: str) -> str:
    """Decrypt what :func:`seal_text` made."""
    return key.box(purpose).unseal(bytes(sealed)).decode()
