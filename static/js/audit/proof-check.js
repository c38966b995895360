import { CannotCheck, DoesNotHold, checkProof } from "./proof.js";

/** A button that checks a proof here: data-proof is the address of its file, data-key the log's verifier key. */
class ProofCheck extends HTMLElement {
    connectedCallback() {
        this.querySelector("button").addEventListener("click", () => this.check());
    }

    async check() {
        const said = this.querySelector("[data-said]");
        this.dataset.state = "busy";
        said.textContent = "Checking …";
        try {
            const answer = await fetch(this.dataset.proof);
            if (!answer.ok) throw new CannotCheck(await answer.text());
            const held = await checkProof(await answer.text(), this.dataset.key);
            if (held.record.id !== this.dataset.record) throw new DoesNotHold("This is the proof of another record.");
            this.dataset.state = "holds";
            said.textContent = `Holds. Your browser found this record at place ${held.index} of ${held.size} in the signed tree, unchanged.`;
        } catch (error) {
            this.dataset.state = error instanceof CannotCheck ? "cannot" : "broken";
            said.textContent = error instanceof CannotCheck ? error.message : `Does not hold. ${error.message}`;
        }
    }
}

customElements.define("proof-check", ProofCheck);
