// Shows how far long work is, once a second. The server renders what it shows; when the state changes, so do the
// buttons of the page, and the page is loaded again. Without this script a reload shows the same.

const PAUSE = 1000;
const LONGEST_PAUSE = 15000;

class RunProgress extends HTMLElement {
    connectedCallback() {
        this.pause = PAUSE;
        if (this.hasAttribute("data-watched")) this.timer = setTimeout(() => this.look(), this.pause);
    }

    disconnectedCallback() {
        clearTimeout(this.timer);
    }

    async look() {
        try {
            const response = await fetch(this.dataset.address, { credentials: "same-origin" });
            if (response.redirected || [403, 404].includes(response.status)) return;
            if (response.ok) this.show(await response.text());
            this.pause = response.ok ? PAUSE : Math.min(this.pause * 2, LONGEST_PAUSE);
        } catch {
            this.pause = Math.min(this.pause * 2, LONGEST_PAUSE); // the portal is away; the page keeps what it shows
        }
        this.timer = setTimeout(() => this.look(), this.pause);
    }

    show(markup) {
        const template = document.createElement("template");
        template.innerHTML = markup; // rendered by the server
        if (template.content.querySelector("[data-state]").dataset.state !== this.dataset.state) {
            location.reload();
            return;
        }
        this.replaceChildren(template.content);
    }
}

customElements.define("run-progress", RunProgress);
