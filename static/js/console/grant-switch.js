/** A switch of the matrix that saves in place; without this script it is a form like any other. */
class GrantSwitch extends HTMLElement {
    connectedCallback() {
        this.addEventListener("submit", (event) => {
            event.preventDefault();
            this.save(event.target);
        });
    }

    async save(form) {
        const button = form.querySelector("button");
        if (button.getAttribute("aria-busy") === "true") return;
        button.setAttribute("aria-busy", "true");
        try {
            const body = new FormData(form);
            const response = await fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
            if (!response.ok || response.redirected) throw new Error(response.statusText);
            this.show(await response.text());
        } catch {
            form.submit(); // the whole page then says what is the matter
        }
    }

    /** Put the server's switch in place of the old one; whoever pressed it keeps the focus and hears what changed. */
    show(html) {
        const hadFocus = this.contains(document.activeElement);
        const form = new DOMParser().parseFromString(html, "text/html").querySelector("form");
        this.replaceChildren(form);
        if (hadFocus) form.querySelector("button").focus();
        document.dispatchEvent(new CustomEvent("portcullis:announce", { detail: form.dataset.sentence }));
    }
}

customElements.define("grant-switch", GrantSwitch);
