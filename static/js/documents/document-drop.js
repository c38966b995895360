// Lets people drop files on the upload form, lists what is chosen and says at once what would be refused.
// Without this script the form works as it stands.

class DocumentDrop extends HTMLElement {
    connectedCallback() {
        this.input = this.querySelector("input[type=file]");
        this.list = this.querySelector("[data-drop-list]");
        this.row = this.querySelector("[data-drop-row]");
        this.querySelector("[data-drop-hint]").hidden = false;
        this.input.addEventListener("change", () => this.show());
        this.querySelector("form").addEventListener("submit", (event) => this.send(event));
        for (const name of ["dragenter", "dragover"]) {
            this.addEventListener(name, (event) => this.over(event));
        }
        this.addEventListener("dragleave", (event) => {
            if (!this.contains(event.relatedTarget)) this.toggleAttribute("data-is-over", false);
        });
        this.addEventListener("drop", (event) => this.drop(event));
    }

    over(event) {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        this.toggleAttribute("data-is-over", true);
    }

    drop(event) {
        this.toggleAttribute("data-is-over", false);
        if (!event.dataTransfer.files.length) return;
        event.preventDefault();
        this.input.files = event.dataTransfer.files;
        this.show();
    }

    show() {
        const files = [...this.input.files];
        this.list.replaceChildren(...files.map((file) => this.line(file)));
        this.list.hidden = files.length === 0;
        const problems = files.filter((file) => this.problem(file)).length;
        const ready = files.length - problems;
        this.announce(`${ready} of ${files.length} chosen files can be uploaded.`);
    }

    line(file) {
        const line = this.row.content.cloneNode(true);
        line.querySelector("[data-name]").textContent = file.name;
        line.querySelector("[data-size]").textContent =
            file.size < 1048576 ? `${Math.ceil(file.size / 1024)} KB` : `${(file.size / 1048576).toFixed(1)} MB`;
        const problem = line.querySelector("[data-problem]");
        problem.textContent = this.problem(file);
        problem.hidden = !problem.textContent;
        return line;
    }

    problem(file) {
        const ending = file.name.slice(file.name.lastIndexOf(".")).toLowerCase();
        if (!this.dataset.accepts.split(",").includes(ending)) return "This kind of file is not read.";
        if (file.size > Number(this.dataset.limitMegabytes) * 1048576) {
            return `Larger than ${this.dataset.limitMegabytes} MB: split it into parts.`;
        }
        return file.size === 0 ? "The file is empty." : "";
    }

    // What would be refused is not sent at all: a large file would travel for nothing.
    send(event) {
        const good = [...this.input.files].filter((file) => !this.problem(file));
        if (good.length === this.input.files.length) return;
        if (good.length === 0) {
            event.preventDefault();
            this.announce("None of the chosen files can be uploaded.");
            return;
        }
        const transfer = new DataTransfer();
        good.forEach((file) => transfer.items.add(file));
        this.input.files = transfer.files;
    }

    announce(sentence) {
        document.dispatchEvent(new CustomEvent("portcullis:announce", { detail: sentence }));
    }
}

customElements.define("document-drop", DocumentDrop);
