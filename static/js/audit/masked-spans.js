/**
 * Leads from one masked value to the next in the texts of an exchange, round at the end, and says which one it is.
 * A folded passage is opened on the way; a text that is shown formatted is passed over.
 */
class MaskedSpans extends HTMLElement {
    connectedCallback() {
        this.last = null;
        this.addEventListener("click", (event) => {
            const button = event.target.closest("[data-step]");
            if (button) this.go(Number(button.dataset.step));
        });
        document.addEventListener("focusin", (event) => {
            if (this.spans.includes(event.target)) this.say(event.target);
        });
        const count = this.spans.length;
        this.hidden = count === 0;
        this.status.textContent = count === 1 ? "1 masked value" : `${count} masked values`;
    }

    get spans() {
        const all = [...document.querySelectorAll("main pre :is(.masked, .unmasked)")];
        return all.filter((span) => !span.closest("[hidden]"));
    }

    get status() {
        return this.querySelector("[role=status]");
    }

    go(step) {
        const spans = this.spans;
        if (!spans.length) return;
        const from = spans.indexOf(this.last);
        const span = spans[from < 0 ? (step > 0 ? 0 : spans.length - 1) : (from + step + spans.length) % spans.length];
        span.closest("details")?.setAttribute("open", "");
        span.tabIndex = -1;
        span.focus({ preventScroll: true });
        span.scrollIntoView({ block: "center", inline: "nearest" });
    }

    say(span) {
        const spans = this.spans;
        this.last = span;
        this.status.textContent = `Masked value ${spans.indexOf(span) + 1} of ${spans.length}`;
    }
}

customElements.define("masked-spans", MaskedSpans);
