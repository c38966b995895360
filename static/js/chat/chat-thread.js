import { ChatSocket } from "./chat-socket.js";
import { addCopyButtons, announce, applyBlocks, fragment, post } from "./pieces.js";

/** The turns of one conversation: one socket, which says what this page has and receives the rest. */
class ChatThread extends HTMLElement {
    connectedCallback() {
        this.scroller = this.querySelector("[data-scroll]");
        this.turns = this.querySelector("[data-turns]");
        this.trouble = this.querySelector("[data-trouble]");
        this.addEventListener("submit", (event) => this.onSubmit(event));
        this.addEventListener("chat:turn", (event) => this.showTurn(event.detail));
        if (!this.turns) return;
        addCopyButtons(this.turns);
        this.scroller.scrollTop = this.scroller.scrollHeight;
        const receive = (message) => this.receive(message);
        new ChatSocket({ has: () => this.has(), receive, say: (sentence) => this.say(sentence) });
    }

    /** Which conversation this is, and the last number the page has of each turn. */
    has() {
        const shown = [...this.turns.querySelectorAll("[data-turn]")];
        const turns = Object.fromEntries(shown.map((turn) => [turn.dataset.turn, Number(turn.dataset.number)]));
        return { conversation: this.dataset.conversation, turns };
    }

    receive(message) {
        const isNear = this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 120;
        if (message.type === "turn") this.showTurn(message);
        else this.update(document.getElementById(`turn-${message.turn}`), message);
        if (isNear) this.scroller.scrollTop = this.scroller.scrollHeight;
    }

    update(turn, message) {
        if (!turn) return;
        if (message.type === "blocks") applyBlocks(turn, message);
        else if (message.type === "status") turn.querySelector("[data-status]").replaceChildren(fragment(message.html));
        else if (message.type === "closed") this.close(turn, message);
    }

    close(turn, { html, announcement }) {
        const hadFocus = turn.contains(document.activeElement);
        const spoken = turn.querySelector("[data-blocks]")?.lastElementChild?.textContent ?? "";
        const closed = fragment(html).firstElementChild;
        turn.replaceWith(closed);
        addCopyButtons(closed);
        announce(`${spoken} ${announcement}`.trim());
        if (hadFocus) document.getElementById("text")?.focus();
        this.tellComposer();
        if ("edits" in closed.dataset) this.querySelector("chat-composer")?.edit(closed.querySelector(".turn-text").textContent);
    }

    /** Show a turn. It comes twice, from the form and from the socket, in any order: the one that knows more stays. */
    showTurn({ turn, html, announcement = "" }) {
        const fresh = fragment(html).firstElementChild;
        const known = document.getElementById(`turn-${turn ?? fresh.dataset.turn}`);
        if (known) return this.renew(known, fresh, { html, announcement });
        this.turns.append(fresh);
        addCopyButtons(fresh);
        this.scroller.scrollTop = this.scroller.scrollHeight;
        this.tellComposer();
    }

    renew(known, fresh, closing) {
        if (known.dataset.outcome !== "OPEN") return;
        if (fresh.dataset.outcome !== "OPEN") this.close(known, closing);
        else if (Number(fresh.dataset.number) > Number(known.dataset.number)) known.replaceWith(fresh);
        addCopyButtons(this.turns);
    }

    async onSubmit(event) {
        if (!event.target.matches("[data-piece-form]")) return;
        event.preventDefault();
        const answer = await post(event.target).catch(() => null);
        if (answer?.status === 201) this.showTurn({ html: await answer.text() });
        else if (!answer?.ok) this.say(answer?.status === 409 ? await answer.text() : "That did not reach the portal. Try again.");
    }

    tellComposer() {
        const isBusy = Boolean(this.turns.querySelector('[data-outcome="OPEN"]'));
        this.querySelector("chat-composer")?.toggleAttribute("data-busy", isBusy);
    }

    say(sentence) {
        this.trouble.textContent = sentence;
        this.trouble.hidden = !sentence;
    }
}

customElements.define("chat-thread", ChatThread);
