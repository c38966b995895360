import { fragment, post } from "./pieces.js";

function show(dialog, html) {
    dialog.querySelector("[data-piece]").replaceChildren(fragment(html));
    dialog.querySelector("[data-said]")?.focus();
}

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
    show(dialog, await answer.text());
    dialog.showModal();
});

/** Release a value, or mask it again, inside the dialog. */
document.addEventListener("submit", async (event) => {
    const dialog = event.target.closest("#left");
    if (!dialog || !event.target.matches("[data-left-form]")) return;
    event.preventDefault();
    const answer = await post(event.target).catch(() => null);
    if (!answer || answer.redirected || (!answer.ok && answer.status !== 409)) {
        event.target.submit(); // the whole page then says what is the matter
        return;
    }
    show(dialog, await answer.text());
});
