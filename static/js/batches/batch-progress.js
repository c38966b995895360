// Shows live how far a batch is. The server renders what it shows; when the batch's state changes, so do the buttons
// of the page, and the page is loaded again. Without this script a reload shows the same.

class BatchProgress extends HTMLElement {
    connectedCallback() {
        this.pause = 500;
        if (this.hasAttribute("data-watched")) this.watch();
    }

    watch() {
        const scheme = location.protocol === "https:" ? "wss:" : "ws:";
        const socket = new WebSocket(`${scheme}//${location.host}/ws/batches/${this.dataset.batch}`);
        socket.addEventListener("message", (event) => this.show(JSON.parse(event.data)));
        socket.addEventListener("close", (event) => {
            const isRefused = event.code >= 4400 && event.code < 4500;
            if (isRefused || event.code === 1000) return;
            setTimeout(() => this.watch(), this.pause);
            this.pause = Math.min(this.pause * 2, 15000);
        });
    }

    show(news) {
        this.pause = 500;
        if (news.state !== this.dataset.state) {
            location.reload();
            return;
        }
        const template = document.createElement("template");
        template.innerHTML = news.html; // rendered by the server
        this.replaceChildren(template.content);
    }
}

customElements.define("batch-progress", BatchProgress);
