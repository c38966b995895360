// Keys of review. A key presses what carries it as data-key, so that nothing can be done by keyboard alone; it rests
// while somebody types, and while a dialog is open.

const TYPED_IN = "input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]";

document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest(TYPED_IN) || document.querySelector("dialog[open]")) return;
    const key = event.key === "Enter" && event.target === document.body ? "n" : event.key.toLowerCase();
    const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!target) return;
    event.preventDefault();
    press(target);
});

function press(target) {
    target.click();
    if (target.matches("input")) target.focus();
    const details = target.closest("details[open]");
    if (target.matches("summary")) details?.querySelector("textarea")?.focus();
}

class TickAll extends HTMLElement {
    connectedCallback() {
        this.addEventListener("change", (event) => {
            const boxes = this.closest("table").querySelectorAll("tbody input[type=checkbox]");
            for (const box of boxes) box.checked = event.target.checked;
        });
    }
}

customElements.define("tick-all", TickAll);
