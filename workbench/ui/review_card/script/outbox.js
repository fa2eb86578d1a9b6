/* Decisions on their way to the server: kept in the browser until the server says that it has them. */

const RESEND_MS = 4000;
const ORPHAN_MS = 60000; // a tab that is open has sent its events by then
const LIMIT = 400; // events a message; the rest follows

class Outbox {
  /**
   * @param {string} name whose decisions these are; tabs of one person share what the browser keeps
   * @param {() => object|null} ask what else a message says; null if nothing is to be asked
   * @param {() => void} changed called when saving has got further
   * @param {(events: object[]) => void} turnedDown called with decisions that the server refuses
   */
  constructor(name, ask, changed, turnedDown) {
    // No name holds a line break: nobody's decisions are taken for those of a longer name.
    this.prefix = `workbench outbox ${name}\n`;
    this.ask = ask;
    this.changed = changed;
    this.turnedDown = turnedDown;
    this.isKept = true; // this browser keeps what it is given
    this.send = null; // hands a message to the server
    this.events = this.read();
    this.refused = [];
    this.failure = ""; // why the server could not save
    this.number = 0;
    this.inFlight = 0; // the number of the message that waits for an answer; 0 if none does
    this.timer = null;
    this.isWanted = false; // something is to be asked though no event waits
    this.isLate = false; // the server has not answered in time
  }

  /** What this browser kept, of other tabs too: the server takes an event once, whoever sends it. */
  read() {
    let keys = [];
    try {
      keys = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
    } catch {
      // A browser that keeps nothing.
    }
    return keys.map((key) => parsed(localStorage.getItem(key)))
      .filter((event) => event?.event_uid)
      .sort((one, other) => one.made_at - other.made_at);
  }

  /** An event a key, so that two tabs never overwrite each other. */
  keep(event) {
    try {
      localStorage.setItem(this.prefix + event.event_uid, JSON.stringify(event));
    } catch {
      this.isKept = false; // it waits in this page alone until the server has it
    }
  }

  forget(event) {
    try {
      localStorage.removeItem(this.prefix + event.event_uid);
    } catch {
      // Nothing was kept.
    }
  }

  /** Take over what a tab that was closed has left behind. */
  adopt() {
    const known = new Set(this.events.map((event) => event.event_uid));
    const old = Date.now() - ORPHAN_MS;
    this.events.push(...this.read().filter((each) => !known.has(each.event_uid) && each.made_at < old));
    this.changed();
  }

  add(event) {
    const last = this.events.at(-1)?.made_at ?? 0;
    const made = { ...event, made_at: Math.max(Date.now(), last + 1) };
    this.events.push(made);
    this.keep(made);
    this.changed();
    this.flush();
  }

  want() {
    this.isWanted = true;
    this.flush();
  }

  /** Send what waits, one message at a time. */
  flush() {
    if (this.inFlight || !this.send || (!this.events.length && !this.isWanted)) return;
    this.isWanted = false;
    this.number += 1;
    this.inFlight = this.number;
    this.timer = setTimeout(() => this.giveUp(), RESEND_MS);
    this.send({ number: this.number, events: this.events.slice(0, LIMIT), ...this.ask() });
  }

  giveUp() {
    this.inFlight = 0;
    this.isWanted = true;
    this.isLate = true;
    this.changed();
    this.flush();
  }

  /** Another session of the server does not know what was sent to the one before. */
  startAnew() {
    clearTimeout(this.timer);
    this.inFlight = 0;
    this.isWanted = true;
  }

  /** Take the server's answer: which events it has, which it refuses, or why it could save none. */
  answered({ number, saved, refused, failure }) {
    if (number === this.inFlight && number > 0) {
      clearTimeout(this.timer);
      this.inFlight = 0;
      this.isLate = false;
      this.failure = failure;
      if (failure) this.isWanted = true; // what was asked is asked again
    }
    const settled = new Set([...saved, ...refused.map((each) => each.event_uid)]);
    const isDone = (event) => settled.has(event.event_uid);
    this.events.filter(isDone).forEach((event) => this.forget(event));
    const mine = new Set(this.events.map((event) => event.event_uid));
    const mineRefused = refused.filter((each) => mine.has(each.event_uid));
    this.refused.push(...mineRefused);
    const uids = new Set(mineRefused.map((each) => each.event_uid));
    const turnedDown = this.events.filter((event) => uids.has(event.event_uid));
    this.events = this.events.filter((event) => !isDone(event));
    if (turnedDown.length) this.turnedDown(turnedDown);
    this.changed();
    if (this.failure) setTimeout(() => this.flush(), RESEND_MS);
    else this.flush();
  }

  /** Send nothing from now on: what waits is kept for the page that is opened next. */
  close() {
    clearTimeout(this.timer);
    this.send = null;
  }
}

/** What a text says in JSON; null if it is none. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
