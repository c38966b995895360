/** Close the menu inside on Escape (focus returns to its button), on a press beside it and when focus leaves it. */
class DropMenu extends HTMLElement {
    connectedCallback() {
        this.addEventListener("keydown", (event) => this.onKey(event));
        this.addEventListener("focusout", (event) => {
            if (event.relatedTarget && !this.contains(event.relatedTarget)) this.close();
        });
        this.onPress = (event) => {
            if (!this.contains(event.target)) this.close();
        };
        document.addEventListener("pointerdown", this.onPress);
    }

    disconnectedCallback() {
        document.removeEventListener("pointerdown", this.onPress);
    }

    get menu() {
        return this.querySelector("details");
    }

    close() {
        this.menu.open = false;
    }

    onKey(event) {
        if (!this.menu.open) return;
        if (event.key === "Escape") {
            event.preventDefault();
            event.stopPropagation();
            this.close();
            this.querySelector("summary").focus();
        } else if (["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) {
            this.moveFocus(event);
        }
    }

    moveFocus(event) {
        const items = [...this.querySelectorAll(".menu-item:not(:disabled)")];
        if (!items.length || event.target.matches("input")) return;
        event.preventDefault();
        const at = items.indexOf(document.activeElement);
        const next = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 }[event.key];
        items.at(next % items.length).focus();
    }
}

customElements.define("drop-menu", DropMenu);
