/** Choose light, dark or the system's theme; a cookie remembers it, so that the server draws the next page in it. */
const YEAR = 365 * 24 * 3600;

class ThemeSwitch extends HTMLElement {
    connectedCallback() {
        this.hidden = false;
        this.addEventListener("change", (event) => this.choose(event.target.value));
    }

    choose(theme) {
        const secure = location.protocol === "https:" ? "; secure" : "";
        document.cookie = `portcullis_theme=${theme}; path=/; max-age=${theme ? YEAR : 0}; samesite=lax${secure}`;
        if (theme) document.documentElement.dataset.theme = theme;
        else delete document.documentElement.dataset.theme;
        const sentence = theme ? `The theme is ${theme} now.` : "The theme follows your system now.";
        document.dispatchEvent(new CustomEvent("portcullis:announce", { detail: sentence }));
    }
}

customElements.define("theme-switch", ThemeSwitch);
