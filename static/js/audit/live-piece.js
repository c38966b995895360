// Shows live what the server renders: a piece of a page at its own address, asked for again while it is watched. When
// nothing in it has changed, nothing on the page moves. Without this script a reload shows the same.

const EVERY = 2000;
const SLOWEST = 30000;

class LivePiece extends HTMLElement {
    connectedCallback() {
        this.pause = EVERY;
        if (this.hasAttribute("data-watched")) this.again();
    }

    disconnectedCallback() {
        clearTimeout(this.timer);
    }

    again() {
        this.timer = setTimeout(() => this.look(), this.pause);
    }

    async look() {
        try {
            const answer = await fetch(this.dataset.address, { headers: { "X-Requested-With": "fetch" } });
            if (answer.redirected || answer.status === 403) return;
            if (!answer.ok) throw new Error(String(answer.status));
            this.pause = EVERY;
            this.show(await answer.text());
        } catch {
            this.pause = Math.min(this.pause * 2, SLOWEST);
        }
        this.again();
    }

    show(html) {
        const holdsFocus = this.contains(document.activeElement);
        if (html === this.last || document.hidden || holdsFocus) return;
        this.last = html;
        const template = document.createElement("template");
        template.innerHTML = html; // rendered by the server
        this.replaceChildren(template.content);
    }
}

customElements.define("live-piece", LivePiece);
