/** Say sentences to screen readers: document.dispatchEvent(new CustomEvent("portcullis:announce", {detail: "…"})). */
class LiveRegion extends HTMLElement {
    connectedCallback() {
        this.announce = (event) => {
            this.textContent = "";
            // An empty moment between two sentences lets the same sentence be read twice.
            setTimeout(() => (this.textContent = event.detail), 60);
        };
        document.addEventListener("portcullis:announce", this.announce);
    }

    disconnectedCallback() {
        document.removeEventListener("portcullis:announce", this.announce);
    }
}

customElements.define("live-region", LiveRegion);
