import { fragment } from "./pieces.js";

/** Open "what left" in a dialog over the conversation; without it the link opens the same as a page. */
document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-left]");
    const dialog = document.getElementById("left");
    if (!link || !dialog || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const answer = await fetch(link.href, { headers: { "X-Requested-With": "fetch" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) {
        location.assign(link.href);
        return;
    }
    dialog.querySelector("[data-piece]").replaceChildren(fragment(await answer.text()));
    dialog.showModal();
});
