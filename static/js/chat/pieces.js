/** Pieces of page from the server, and the token a POST needs. */
export function fragment(html) {
    const template = document.createElement("template");
    template.innerHTML = html; // rendered and sanitised by the server
    return template.content;
}

export async function post(form) {
    const body = new FormData(form);
    const token = document.querySelector("chat-composer [name=csrfmiddlewaretoken]").value;
    body.set("csrfmiddlewaretoken", token);
    return fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch", "X-CSRFToken": token } });
}

export function announce(sentence) {
    document.dispatchEvent(new CustomEvent("portcullis:announce", { detail: sentence }));
}

/** Give every code block below `root` its copy button. */
export function addCopyButtons(root) {
    const template = document.querySelector("chat-thread template[data-copy]");
    for (const head of root.querySelectorAll(".code-block-head:not(:has(copy-button))")) {
        head.append(template.content.cloneNode(true));
    }
}
