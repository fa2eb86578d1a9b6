/* Decisions on their way to the server: kept in the browser until the server says that it has them. */

const RESEND_MS = 4000;
const LIMIT = 400; // events a message; the rest follows

class Outbox {
  /**
   * @param {string} name where the browser keeps the events
   * @param {(message: object) => void} send hands a message to the server
   * @param {() => object} ask what else each message says
   * @param {() => void} changed called when the number of unsaved events has changed
   */
  constructor(name, send, ask, changed) {
    this.name = name;
    this.send = send;
    this.ask = ask;
    this.changed = changed;
    this.events = this.read();
    this.refused = [];
    this.number = 0;
    this.inFlight = 0; // the number of the message that waits for an answer; 0 if none does
    this.timer = null;
    this.wanted = false; // something is to be asked though no event waits
    this.isLate = false; // the server has not answered in time
  }

  read() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.name) ?? "[]");
      return Array.isArray(kept) ? kept : [];
    } catch {
      return []; // a browser that keeps nothing
    }
  }

  keep() {
    try {
      if (this.events.length) localStorage.setItem(this.name, JSON.stringify(this.events));
      else localStorage.removeItem(this.name);
    } catch {
      // Saved a moment later by the server all the same.
    }
    this.changed();
  }

  add(event) {
    this.events.push(event);
    this.keep();
    this.flush();
  }

  want() {
    this.wanted = true;
    this.flush();
  }

  /** Send what waits, one message at a time. */
  flush() {
    if (this.inFlight || (!this.events.length && !this.wanted)) return;
    this.wanted = false;
    this.number += 1;
    this.inFlight = this.number;
    this.timer = setTimeout(() => this.giveUp(), RESEND_MS);
    this.send({ number: this.number, events: this.events.slice(0, LIMIT), ...this.ask() });
  }

  giveUp() {
    this.inFlight = 0;
    this.wanted = true;
    this.isLate = true;
    this.changed();
    this.flush();
  }

  /** The server has these events, refuses those, and answers the message of this number. */
  answered(number, saved, refused) {
    const settled = new Set([...saved, ...refused.map((each) => each.event_uid)]);
    const before = this.events.length;
    this.events = this.events.filter((event) => !settled.has(event.event_uid));
    this.refused.push(...refused);
    if (number === this.inFlight) {
      clearTimeout(this.timer);
      this.inFlight = 0;
      this.isLate = false;
    }
    if (this.events.length !== before || refused.length) this.keep();
    else this.changed();
    this.flush();
  }

  close() {
    clearTimeout(this.timer);
  }
}
