/* Where the reviewer is: the cards at hand, the question in focus, what was decided so far. */

const FEW_LEFT = 25; // cards; fewer are refilled
const ALMOST_NONE_LEFT = 10; // cards; fewer are refilled before anything else
const KEPT_BEHIND = 100; // cards that one can go back to
const PACE_OVER_MS = 600000; // of deciding
const LEAST_PACE_MS = 120000; // of deciding; of less an hour would be mostly guessed
const LEAST_PACE_OF = 10; // decisions
const PAUSE_MS = 120000; // who decides nothing for so long is away

class Desk {
  /**
   * @param {() => void} draw
   * @param {(card: object, question: object) => void} turned called with what is turned to
   * @param {boolean} keepsAll cards far behind stay
   */
  constructor(draw, turned, keepsAll) {
    this.draw = draw;
    this.turned = turned;
    this.keepsAll = keepsAll;
    this.cards = [];
    this.at = 0; // card
    this.focus = 0; // question of the card
    this.verdicts = new Map(); // "instance\nlabel" -> verdict of this session
    this.done = []; // decisions that can be undone, oldest first
    this.isEnd = false; // the server has no more cards
    this.elsewhere = ""; // which ones others have, in a sentence
    this.awaits = null; // the place where the reviewer was before: {id, label}
    this.shownAt = 0;
    this.isSeen = false; // the question in focus has been painted
  }

  static key(instance, label) {
    return `${instance}\n${label}`;
  }

  get card() {
    return this.awaits ? null : this.cards[this.at] ?? null;
  }

  get question() {
    return this.card?.questions[this.focus] ?? null;
  }

  verdictOf(card, question) {
    return this.verdicts.get(Desk.key(card.id, question.label)) ?? question.verdict ?? null;
  }

  /** Whether a verdict of now would be the first on a pair that the queue asks. */
  isCounted(card, label) {
    const question = card.questions.find((each) => each.label === label);
    return Boolean(question?.open) && this.verdictOf(card, question) === null;
  }

  isOpen(card, question) {
    return question.open && !this.verdicts.has(Desk.key(card.id, question.label));
  }

  firstOpen(card) {
    return card.questions.findIndex((question) => this.isOpen(card, question));
  }

  /** Take cards that are not at hand yet, and say whether there were any. */
  take(cards, isEnd) {
    const known = new Set(this.cards.map((card) => card.id));
    const fresh = cards.filter((card) => !known.has(card.id));
    const wasIdle = this.question === null && !this.awaits;
    this.cards.push(...fresh);
    if (isEnd !== null) this.isEnd = isEnd;
    if (wasIdle && (fresh.length || this.isEnd)) this.turnToOpen(Math.min(this.at, this.cards.length));
    return fresh.length > 0;
  }

  has(id) {
    return this.cards.some((card) => card.id === id);
  }

  /** Turn to a label of a card, which is laid before the one in focus if it is not at hand. */
  bring(card, label) {
    if (!this.has(card.id)) this.cards.splice(this.at, 0, card);
    const at = this.cards.findIndex((each) => each.id === card.id);
    const focus = this.cards[at].questions.findIndex((question) => question.label === label);
    this.turnTo(at, focus >= 0 ? focus : Math.max(0, this.firstOpen(this.cards[at])));
  }

  /** Return to where the reviewer was before; without that card, begin at the first open one. */
  arrive(card) {
    if (!this.awaits) return;
    const { label } = this.awaits;
    this.awaits = null;
    if (card && this.firstOpen(card) >= 0) this.bring(card, label);
    else this.turnToOpen(0);
  }

  /** Decisions from before this page was loaded, oldest first: they can be undone too. */
  remember(decisions) {
    const known = new Set(this.done.map((each) => each.event_uid));
    this.done.unshift(...decisions.filter((each) => !known.has(each.event_uid)));
  }

  /** Put away cards that somebody else has now, unless one is being looked at. */
  lose(ids) {
    const lost = new Set(ids);
    this.cards = this.cards.filter((card, n) => n <= this.at || !lost.has(card.id));
  }

  openCards() {
    return this.cards.filter((card) => this.firstOpen(card) >= 0);
  }

  isLow() {
    return !this.isEnd && this.nAhead() < FEW_LEFT;
  }

  isAlmostOut() {
    return !this.isEnd && this.nAhead() < ALMOST_NONE_LEFT;
  }

  nAhead() {
    return this.cards.slice(this.at).filter((card) => this.firstOpen(card) >= 0).length;
  }

  turnTo(at, focus) {
    this.at = at;
    this.focus = focus;
    this.isSeen = false;
    this.forgetEarly();
    this.draw();
    if (this.card) this.turned(this.card, this.question);
    const turned = this.question;
    // A frame after the one that draws it, the question has been on the screen.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (this.question === turned && !this.isSeen) {
        this.isSeen = true;
        this.shownAt = performance.now();
      }
    }));
  }

  /** Let go of decided cards far behind. */
  forgetEarly() {
    if (this.keepsAll || this.at < 2 * KEPT_BEHIND) return;
    const far = this.at - KEPT_BEHIND;
    const kept = this.cards.filter((card, n) => n >= far || this.firstOpen(card) >= 0);
    this.at -= this.cards.length - kept.length;
    this.cards = kept;
  }

  /** Turn to the first open question from a card on; then to one that was passed; else to none. */
  turnToOpen(from) {
    for (let at = from; at < this.cards.length; at += 1) {
      const focus = this.firstOpen(this.cards[at]);
      if (focus >= 0) return this.turnTo(at, focus);
    }
    const passed = this.isEnd ? this.cards.findIndex((card) => this.firstOpen(card) >= 0) : -1;
    if (passed >= 0) return this.turnTo(passed, this.firstOpen(this.cards[passed]));
    return this.turnTo(this.cards.length, 0);
  }

  turnToNext() {
    const { card } = this;
    const order = [...card.questions.keys()];
    const turned = [...order.slice(this.focus + 1), ...order.slice(0, this.focus)];
    const next = turned.find((n) => this.isOpen(card, card.questions[n]));
    if (next === undefined) this.turnToOpen(this.at + 1);
    else this.turnTo(this.at, next);
  }

  /** The event of a verdict on the question in focus; null if it has not been on the screen. */
  decide(verdict, note) {
    if (!this.question || !this.isSeen) return null;
    return this.record(this.question.label, verdict, note);
  }

  /** The event that calls another value present on this card. */
  choose(value) {
    const { card } = this;
    if (!this.question || !this.isSeen) return null;
    if (!card.questions.some((question) => question.label === value.label)) {
      card.questions.push({ ...value, kind: "asked", open: false, verdict: null, marks: [],
        asked: `Is ${value.label} right here?`, reason: "Chosen beside the flagged labels.",
        pattern: null, others: [], evidence: { items: null, similar: [] } });
      let group = card.groups.find((each) => each.attribute === value.attribute);
      if (!group) card.groups.push(group = { attribute: value.attribute, chips: [] });
      if (!group.chips.some((chip) => chip.label === value.label)) {
        group.chips.push({ ...value, given: false });
      }
    }
    const event = this.record(value.label, "present", "");
    this.draw();
    return event;
  }

  record(label, verdict, note) {
    const { card } = this;
    const event = {
      event_uid: newUid(),
      instance_id: card.id,
      label_id: label,
      verdict,
      note,
      shown_ms: Math.max(0, Math.round(performance.now() - this.shownAt)),
      counts: this.isCounted(card, label),
    };
    this.verdicts.set(Desk.key(card.id, label), verdict);
    this.done.push({ ...event, asked: this.question.label, at: Date.now() });
    return event;
  }

  /** Another tab has decided this. */
  learn(event) {
    const key = Desk.key(event.instance_id, event.label_id);
    if (event.undoes) this.verdicts.delete(key);
    else this.verdicts.set(key, event.verdict);
    const { card, question } = this;
    const isHere = question && card.id === event.instance_id && question.label === event.label_id;
    if (isHere && !this.isOpen(card, question)) this.turnToNext();
  }

  /** Another tab has this card. */
  drop(id) {
    const at = this.cards.findIndex((card) => card.id === id);
    if (at < 0 || this.firstOpen(this.cards[at]) < 0) return;
    this.cards.splice(at, 1);
    if (at < this.at) this.at -= 1;
    else if (at === this.at) this.turnToOpen(at);
  }

  /** Ask again what the server has refused. */
  forget(events) {
    for (const event of events) {
      if (!event.undoes) this.verdicts.delete(Desk.key(event.instance_id, event.label_id));
    }
    const uids = new Set(events.map((event) => event.event_uid));
    this.done = this.done.filter((each) => !uids.has(each.event_uid));
    this.draw();
  }

  /** The event that takes the last decision back, whose question is turned to. */
  undo() {
    const last = this.done.pop();
    if (!last) return null;
    this.verdicts.delete(Desk.key(last.instance_id, last.label_id));
    const at = this.cards.findIndex((card) => card.id === last.instance_id);
    if (at >= 0) {
      const { questions } = this.cards[at];
      // The server may have told it as decided.
      const undone = questions.find((each) => each.label === last.label_id);
      if (undone?.verdict) Object.assign(undone, { verdict: null, open: true });
      this.turnTo(at, Math.max(0, questions.findIndex((each) => each.label === last.asked)));
    }
    return {
      event_uid: newUid(),
      instance_id: last.instance_id,
      label_id: last.label_id,
      verdict: last.verdict,
      undoes: last.event_uid,
      counts: last.counts,
    };
  }

  step(by) {
    const n = this.card?.questions.length ?? 0;
    if (n > 1) this.turnTo(this.at, (this.focus + by + n) % n);
  }

  stepCard(by) {
    const at = this.at + by;
    if (this.awaits || at < 0 || at >= this.cards.length) return;
    this.turnTo(at, Math.max(0, this.firstOpen(this.cards[at])));
  }

  /** Decisions an hour, of the latest minutes without pauses; null before there are enough. */
  pace() {
    let spent = 0;
    let n = 0;
    for (let at = this.done.length - 1; at > 0 && spent < PACE_OVER_MS; at -= 1) {
      const gap = this.done[at].at - this.done[at - 1].at;
      if (gap < PAUSE_MS) {
        spent += gap;
        n += 1;
      }
    }
    return spent < LEAST_PACE_MS || n < LEAST_PACE_OF ? null : (3600000 * n) / spent;
  }
}
