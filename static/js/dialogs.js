/** Open a <dialog> from any [data-opens="id"], close it from any [data-closes] inside or a press on the veil. */
document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
        event.preventDefault();
        document.getElementById(opener.dataset.opens)?.showModal();
        return;
    }
    if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
    else if (event.target.matches("dialog.dialog") && isOutside(event)) event.target.close();
});

function isOutside({ clientX, clientY, target }) {
    const box = target.getBoundingClientRect();
    return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}
