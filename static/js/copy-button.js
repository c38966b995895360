/** Copy the text of the element named by data-copies (an id), or of the code block around, when the button is pressed. */
class CopyButton extends HTMLElement {
    connectedCallback() {
        this.addEventListener("click", () => this.copy());
    }

    get source() {
        const id = this.dataset.copies;
        return id ? document.getElementById(id) : this.closest(".code-block")?.querySelector("pre");
    }

    async copy() {
        const text = this.source?.value ?? this.source?.textContent ?? "";
        try {
            await navigator.clipboard.writeText(text);
            this.show("done", "Copied.");
        } catch {
            this.show("failed", "Your browser did not allow copying. Select the text and copy it with the keyboard.");
        }
    }

    show(state, sentence) {
        this.dataset.state = state;
        document.dispatchEvent(new CustomEvent("portcullis:announce", { detail: sentence }));
        clearTimeout(this.timer);
        this.timer = setTimeout(() => delete this.dataset.state, 2000);
    }
}

customElements.define("copy-button", CopyButton);
