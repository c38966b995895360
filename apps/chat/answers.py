"""An answer while it arrives: words and tool calls as received, and restored, which go to whoever listens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from apps.chat import recording
from apps.gateway.upstream import CallPiece
from apps.privacy.restore import Restorer
from apps.privacy.restore_json import JsonRestorer
from apps.privacy.scrub import Scrubbed
from apps.privacy.vault import Vault


@dataclass(slots=True)
class _Call:
    """One tool call while it arrives."""

    name: str
    restorer: JsonRestorer
    arguments: list[str] = field(default_factory=list)


class FormRestorer:
    """Restores an answer that should be JSON: as JSON where it begins like it, as words where the model said words."""

    def __init__(self, placeholders: Mapping[str, str]) -> None:
        self._placeholders = placeholders
        self._restorer: Restorer | JsonRestorer | None = None
        self._blank = ""

    def feed(self, words: str) -> str:
        """Take the next words; give what no later ones can change."""
        if self._restorer is None:
            words, self._blank = self._blank + words, ""
            begin = words.lstrip()[:1]
            if not begin:
                self._blank = words
                return ""
            self._restorer = (JsonRestorer if begin in '{["' else Restorer)(self._placeholders)
        return self._restorer.feed(words)

    def finish(self) -> str:
        """Give what was held back."""
        rest, self._blank = self._blank, ""
        return rest + (self._restorer.finish() if self._restorer else "")


class Answer:
    """
    Takes the pieces of one answer in order; what is complete is restored and passed on at once.

    Tool calls are heard only where tools were offered. Their arguments are JSON and are restored as such, and so is the
    text where the answer had to have a form.
    """

    def __init__(self, hear: Callable[[str], None], hear_call: Callable[[CallPiece], None]) -> None:
        self.prepared: Scrubbed | None = None
        self.sent: Scrubbed | None = None
        self.vectors: tuple[tuple[float, ...], ...] = ()
        self._vault: Vault | None = None
        self._hear = hear
        self._hear_call = hear_call
        self._restorer: Restorer | FormRestorer = Restorer({})
        self._received: list[str] = []
        self._restored: list[str] = []
        self._calls: dict[int, _Call] = {}

    def expect(self, prompt: Scrubbed, vault: Vault) -> None:
        """Begin: the prompt leaves now; its placeholders are restored in what comes back."""
        self.sent, self._vault = prompt, vault
        self._restorer = (FormRestorer if prompt.surroundings.form else Restorer)(vault.placeholders)

    def receive(self, words: str) -> None:
        """Take words from the model; placeholders that are complete become what they stand for."""
        self._received.append(words)
        self._pass_on(self._restorer.feed(words))

    def receive_call(self, piece: CallPiece) -> None:
        """Take some of a tool call; the caller's own name of the function is put back, and the values."""
        if self.sent is None or self._vault is None or not self.sent.surroundings.tools:
            return
        name = self.sent.function_names.get(piece.name, piece.name)
        if piece.index not in self._calls:
            self._calls[piece.index] = _Call(piece.name, JsonRestorer(self._vault.placeholders))
        call = self._calls[piece.index]
        call.arguments.append(piece.arguments)
        arguments = call.restorer.feed(piece.arguments)
        if arguments or piece.name or piece.id:
            self._hear_call(replace(piece, name=name, arguments=arguments))

    def complete(self) -> None:
        """Take what the restorers still held back; nothing more will come."""
        self._pass_on(self._restorer.finish())
        for index, call in self._calls.items():
            rest = call.restorer.finish()
            if rest:
                self._hear_call(CallPiece(index, arguments=rest))

    def _pass_on(self, words: str) -> None:
        if words:
            self._restored.append(words)
            self._hear(words)

    @property
    def has_begun(self) -> bool:
        """Say whether anything has come."""
        return bool(self._received or self._calls or self.vectors)

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to read in it, no tool was called and no vectors came."""
        return not self._calls and not self.vectors and not self.text.strip()

    @property
    def text(self) -> str:
        """The restored words so far."""
        return "".join(self._restored)

    @property
    def as_received(self) -> str:
        """All so far as it came; tool calls as ``name(arguments)``, each on a line of its own."""
        words = "".join(self._received)
        calls = [f"{call.name}({''.join(call.arguments)})" for call in self._calls.values()]
        return "\n".join([*filter(None, [words]), *calls])

    @property
    def on_record(self) -> str:
        """What came, with what left in clear masked all the same: officers read and search the record."""
        if self._vault is None or self.sent is None or not self.sent.in_clear:
            return self.as_received
        return recording.masked_again(self.as_received, self._vault)
