// Shows live how far a document is. All statuses of a page share one socket, which asks for what is still in progress.
// Without this script a reload shows the same.

const TONES = ["success", "danger", "info"];
const waiting = new Map();
let tries = 0;

function watch() {
    if (waiting.size === 0) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws/documents`);
    socket.addEventListener("open", () => socket.send(JSON.stringify({ watch: [...waiting.keys()].slice(0, 200) })));
    socket.addEventListener("message", (event) => {
        tries = 0;
        const news = JSON.parse(event.data);
        for (const id of news.gone) waiting.delete(id);
        for (const one of news.documents) waiting.get(one.id)?.show(one);
    });
    socket.addEventListener("close", (event) => {
        const isRefused = event.code >= 4400 && event.code < 4500;
        if (waiting.size === 0 || isRefused || tries > 8) return;
        tries += 1;
        setTimeout(watch, Math.min(500 * 2 ** tries, 15000));
    });
}

class DocumentStatus extends HTMLElement {
    connectedCallback() {
        if (!this.hasAttribute("data-watched")) return;
        waiting.set(this.dataset.document, this);
    }

    show(news) {
        const label = this.querySelector("[data-label]");
        const bar = this.querySelector("progress");
        const why = this.querySelector("[data-why]");
        label.textContent = news.label;
        for (const tone of TONES) label.classList.toggle(`badge-${tone}`, tone === news.tone);
        bar.value = news.progress;
        bar.hidden = news.is_finished;
        why.textContent = news.failure;
        why.hidden = !news.failure;
        if (news.is_finished) this.finish(news);
    }

    finish(news) {
        waiting.delete(this.dataset.document);
        const title = this.closest("tr")?.querySelector("a")?.textContent ?? "The document";
        const sentence = `${title}: ${news.failure || news.label}`;
        document.dispatchEvent(new CustomEvent("portcullis:announce", { detail: sentence }));
        if (this.closest("h1, header")) location.reload(); // the document's own page now has passages to show
    }
}

customElements.define("document-status", DocumentStatus);
watch();
