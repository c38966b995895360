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

/** Put blocks of a growing answer where they belong, and announce each that is complete. */
export function applyBlocks(turn, { blocks, count, number }) {
    const container = turn.querySelector("[data-blocks]");
    for (const { index, html } of blocks) {
        let block = container.children[index];
        if (!block) {
            const complete = container.lastElementChild;
            if (complete) announce(complete.textContent);
            block = container.appendChild(document.createElement("div"));
            block.className = "answer-block";
            block.dataset.index = index;
        }
        block.replaceChildren(fragment(html));
    }
    while (container.children.length > count) container.lastElementChild.remove();
    turn.dataset.number = number;
    addCopyButtons(container);
}
