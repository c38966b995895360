/**
 * A text of an exchange: plain, or formatted in a sandboxed frame. A frame with an address is filled at the first press,
 * since being looked at is recorded; without scripts there is the plain text.
 */
class FormattedView extends HTMLElement {
    connectedCallback() {
        this.button = this.querySelector("button[aria-pressed]");
        this.frame = this.querySelector("iframe");
        if (!this.button || !this.frame) return;
        this.button.hidden = false;
        this.button.addEventListener("click", () => this.show(this.frame.hidden));
    }

    show(isFormatted) {
        const { address } = this.frame.dataset;
        if (isFormatted && address && !this.frame.src) this.frame.src = address;
        this.frame.hidden = !isFormatted;
        this.querySelector("[data-plain]").hidden = isFormatted;
        this.button.setAttribute("aria-pressed", String(isFormatted));
    }
}

customElements.define("formatted-view", FormattedView);
