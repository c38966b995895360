/**
 * Check the proof of a record in the browser itself: canonical record, place in the tree (RFC 6962), signature of the
 * checkpoint (Ed25519 by Web Crypto). See docs/ledger.md for the forms.
 */
const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
const utf8 = (text) => new TextEncoder().encode(text);
const joined = (...parts) => {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let place = 0;
    for (const part of parts) {
        whole.set(part, place);
        place += part.length;
    }
    return whole;
};
const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
const same = (one, two) => one.length === two.length && one.every((byte, place) => byte === two[place]);

export class DoesNotHold extends Error {}
export class CannotCheck extends Error {}

/** The iterative algorithm of RFC 9162, 2.1.3.2; BigInt, because places may pass 2^31. */
async function rootFrom(leaf, index, size, hashes) {
    if (leaf.length !== 32) throw new DoesNotHold("This is no hash of a leaf.");
    let [place, last, current] = [BigInt(index), BigInt(size) - 1n, leaf];
    for (const sibling of hashes) {
        if (last === 0n || sibling.length !== 32) throw new DoesNotHold("The proof is longer than its tree.");
        if (place & 1n || place === last) {
            current = await sha256([1], sibling, current);
            while (place && !(place & 1n)) [place, last] = [place >> 1n, last >> 1n];
        } else {
            current = await sha256([1], current, sibling);
        }
        [place, last] = [place >> 1n, last >> 1n];
    }
    if (last !== 0n) throw new DoesNotHold("The proof is shorter than its tree.");
    return current;
}

/** Whether a leaf has its place in the tree with this root; hashes are base64. */
export async function includes(leaf, index, size, hashes, root) {
    try {
        if (BigInt(index) >= BigInt(size)) return false;
        return same(await rootFrom(bytes(leaf), index, size, hashes.map(bytes)), bytes(root));
    } catch (error) {
        if (error instanceof DoesNotHold) return false;
        throw error;
    }
}

/** Check the line by the key of the log; lines of others (witnesses) are left to the offline verifier. */
async function checkSignature(text, lines, vkey) {
    const name = vkey.slice(0, vkey.indexOf("+"));
    const raw = bytes(vkey.slice(vkey.indexOf("+", name.length + 1) + 1));
    const id = (await sha256(utf8(`${name}\n`), raw)).slice(0, 4);
    const line = lines
        .filter((each) => each.startsWith(`\u2014 ${name} `))
        .map((each) => bytes(each.slice(name.length + 3)))
        .find((each) => same(each.slice(0, 4), id));
    if (!line) throw new DoesNotHold("The key shown here did not sign this checkpoint.");
    let key;
    try {
        key = await crypto.subtle.importKey("raw", raw.slice(1), "Ed25519", false, ["verify"]);
    } catch {
        throw new CannotCheck("This browser cannot check Ed25519 signatures. Use a newer one, or the offline verifier.");
    }
    const holds = await crypto.subtle.verify("Ed25519", key, line.slice(4), utf8(text));
    if (!holds) throw new DoesNotHold("The signature of the checkpoint does not hold.");
}

export async function checkProof(file, vkey) {
    const gap = file.indexOf("\n\n");
    const [head, extra, place, ...hashes] = file.slice(0, gap).split("\n");
    if (head !== "c2sp.org/tlog-proof@v1" || !extra.startsWith("extra ") || !place.startsWith("index ")) {
        throw new DoesNotHold("This is not a proof file.");
    }
    const end = file.lastIndexOf("\n\n");
    const [text, lines] = [`${file.slice(gap + 2, end)}\n`, file.slice(end + 2).split("\n")];
    const [origin, size, root] = text.split("\n");
    const index = place.slice(6);
    if (origin !== vkey.slice(0, vkey.indexOf("+")) || !/^\d+$/.test(size) || !/^\d+$/.test(index)) {
        throw new DoesNotHold("This checkpoint is of another ledger.");
    }
    if (BigInt(index) >= BigInt(size)) throw new DoesNotHold("The record lies outside the signed tree.");
    await checkSignature(text, lines, vkey);
    const record = bytes(extra.slice(6));
    const found = await rootFrom(await sha256([0], record), index, size, hashes.map(bytes));
    if (!same(found, bytes(root))) throw new DoesNotHold("The record is not the one that was signed.");
    return { index, size, record: JSON.parse(new TextDecoder().decode(record)) };
}
