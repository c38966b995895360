const PAUSE = 500;
const LONGEST = 20000;
const TOO_LONG = "Too long to look through while you write; it is checked when you send it.";

/** Says below the composer what would be masked, a moment after the person stops writing. */
class MessagePreview extends HTMLElement {
    connectedCallback() {
        this.line = this.querySelector("[role=status]");
        this.form = this.closest("chat-composer").querySelector("form");
        this.form.addEventListener("input", () => this.wait());
        this.form.addEventListener("submit", () => this.say(""));
        this.wait();
    }

    disconnectedCallback() {
        clearTimeout(this.timer);
        this.asking?.abort();
    }

    wait() {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.look(), PAUSE);
    }

    async look() {
        this.asking?.abort();
        const text = this.form.elements.text.value;
        if (!text.trim()) return this.say("");
        if (text.length > LONGEST) return this.say(TOO_LONG);
        this.asking = new AbortController();
        const answer = await this.ask(text, this.asking.signal).catch(() => null);
        if (this.form.elements.text.value !== text) return;
        this.say(answer?.ok && !answer.redirected ? (await answer.json()).sentence : "");
    }

    ask(text, signal) {
        const { csrfmiddlewaretoken, model, team } = this.form.elements;
        const body = new FormData();
        body.set("text", text);
        body.set("model", model.value);
        if (team) body.set("team", team.value);
        return fetch(this.dataset.address, {
            method: "POST",
            body,
            signal,
            headers: { "X-Requested-With": "fetch", "X-CSRFToken": csrfmiddlewaretoken.value },
        });
    }

    /** Only news is said, so that a screen reader does not repeat itself. */
    say(sentence) {
        if (this.line.textContent !== sentence) this.line.textContent = sentence;
    }
}

customElements.define("message-preview", MessagePreview);
