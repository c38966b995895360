/** Put an open tooltip away on Escape, until the pointer or the focus comes back. */
document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const anchor of document.querySelectorAll(".has-tooltip:is(:hover, :focus-within)")) {
        anchor.dataset.dismissed = "";
        for (const kind of ["pointerleave", "focusout"]) {
            anchor.addEventListener(kind, () => delete anchor.dataset.dismissed, { once: true });
        }
    }
});
