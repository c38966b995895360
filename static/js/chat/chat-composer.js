import { post } from "./pieces.js";

/** Where a question is written: Enter sends, a draft survives a reload, and a refused question stays in the field. */
class ChatComposer extends HTMLElement {
    static observedAttributes = ["data-busy"];

    connectedCallback() {
        this.form = this.querySelector("form");
        this.field = this.querySelector("textarea");
        this.button = this.querySelector("[type=submit]");
        this.problem = this.querySelector("[data-problem]");
        this.draftKey = `draft:${location.pathname}`;
        if (!this.field.value) this.field.value = sessionStorage.getItem(this.draftKey) ?? "";
        this.field.addEventListener("input", () => this.onInput());
        this.field.addEventListener("keydown", (event) => this.onKey(event));
        this.form.addEventListener("submit", (event) => this.onSubmit(event));
        if (matchMedia("(pointer: fine)").matches) this.field.focus();
        this.attributeChangedCallback();
    }

    attributeChangedCallback() {
        if (!this.button || this.field.disabled) return;
        this.button.disabled = "busy" in this.dataset;
        this.button.title = this.button.disabled ? "Wait for the answer, or stop it" : "";
    }

    onInput() {
        sessionStorage.setItem(this.draftKey, this.field.value.slice(0, 100000));
        const over = this.field.value.length - Number(this.dataset.limit);
        this.say(over > 0 ? `${over.toLocaleString()} characters too long. Shorten it, or upload it as a document.` : "");
    }

    onKey(event) {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        if (!this.button.disabled) this.form.requestSubmit(this.button);
    }

    async onSubmit(event) {
        if (!this.field.value.trim()) {
            event.preventDefault();
            return this.say("The message is empty. Write a question first.");
        }
        if (!("stays" in this.form.dataset)) {
            sessionStorage.removeItem(this.draftKey);
            this.button.disabled = true;
            return;
        }
        event.preventDefault();
        await this.send();
    }

    async send() {
        this.button.disabled = true;
        const sent = this.field.value;
        const answer = await post(this.form).catch(() => null);
        if (answer?.status === 201) {
            if (this.field.value === sent) this.field.value = "";
            sessionStorage.removeItem(this.draftKey);
            this.form.elements.key.value = answer.headers.get("X-Next-Key");
            this.say("");
            const html = await answer.text();
            this.dispatchEvent(new CustomEvent("chat:turn", { bubbles: true, detail: { html } }));
        } else {
            const isExplained = answer?.headers.get("Content-Type")?.startsWith("text/plain");
            this.say(isExplained ? await answer.text() : "This did not reach the portal. Your text is kept; try again.");
            this.button.disabled = "busy" in this.dataset;
        }
    }

    /** Put a question back that was refused, unless something else is being written. */
    edit(text) {
        if (this.field.value) return;
        this.field.value = text;
        this.field.dispatchEvent(new Event("input"));
        this.field.focus();
    }

    say(sentence) {
        this.problem.textContent = sentence;
    }
}

customElements.define("chat-composer", ChatComposer);
