const FIRST_PAUSE = 400;
const LONGEST_PAUSE = 5000;
const GONE = "You are signed out, or this conversation is gone. Reload the page.";
const ERASED = "This conversation was erased. Start a new one.";
const ERASED_CODE = 4410;
const LOST = "The connection was lost. What has arrived is kept; reconnecting…";

/** The page's one socket: says what the page has, hands on what comes, and connects again when it was cut. */
export class ChatSocket {
    constructor({ has, receive, say }) {
        Object.assign(this, { has, receive, say, pause: FIRST_PAUSE });
        this.connect();
    }

    connect() {
        const scheme = location.protocol === "https:" ? "wss" : "ws";
        this.socket = new WebSocket(`${scheme}://${location.host}/ws/chat`);
        this.socket.onopen = () => this.subscribe();
        this.socket.onmessage = (event) => this.onMessage(JSON.parse(event.data));
        this.socket.onclose = (event) => this.onClose(event.code);
    }

    subscribe() {
        this.pause = FIRST_PAUSE;
        this.say("");
        this.socket.send(JSON.stringify(this.has()));
    }

    onMessage(message) {
        if (message.type === "trouble") this.say(message.text);
        else if (message.type === "recovered") this.say("");
        else this.receive(message);
    }

    onClose(code) {
        if (code === ERASED_CODE) return this.say(ERASED);
        if (code >= 4400 && code < 4500) return this.say(GONE);
        if (code !== 1001) this.say(LOST);
        setTimeout(() => this.connect(), this.pause);
        this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
    }
}
