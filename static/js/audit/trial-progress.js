// Shows how far a trial of a lexicon is. The server renders what it shows; without this script a reload shows the same.

const PAUSE = 1000;

class TrialProgress extends HTMLElement {
    connectedCallback() {
        if (this.dataset.state === "RUNNING") this.timer = setTimeout(() => this.ask(), PAUSE);
    }

    disconnectedCallback() {
        clearTimeout(this.timer);
    }

    async ask() {
        const answer = await fetch(this.dataset.address).catch(() => null);
        if (answer?.ok) this.show(await answer.text());
        if (this.dataset.state === "RUNNING") this.timer = setTimeout(() => this.ask(), PAUSE);
    }

    show(html) {
        const template = document.createElement("template");
        template.innerHTML = html; // rendered by the server
        this.dataset.state = template.content.firstElementChild.dataset.state;
        this.replaceChildren(template.content);
        if (this.dataset.state === "RUNNING") return;
        document.dispatchEvent(new CustomEvent("portcullis:announce", { detail: "The trial has ended." }));
    }
}

customElements.define("trial-progress", TrialProgress);
