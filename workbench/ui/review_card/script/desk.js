/* Where the reviewer is: the cards at hand, the question in focus, what was decided so far. */

const FEW_LEFT = 25; // cards; fewer are refilled

class Desk {
  constructor(state, draw) {
    this.draw = draw;
    this.cards = [];
    this.at = 0; // card
    this.focus = 0; // question of the card
    this.verdicts = new Map(); // "instance\nlabel" -> verdict of this session
    this.done = []; // decisions that can be undone, oldest first
    this.isEnd = false; // the server has no more cards
    this.shownAt = 0;
    this.isSeen = false; // the question in focus has been painted
    this.state = state;
  }

  static key(instance, label) {
    return `${instance}\n${label}`;
  }

  get card() {
    return this.cards[this.at] ?? null;
  }

  get question() {
    return this.card?.questions[this.focus] ?? null;
  }

  verdictOf(card, question) {
    return this.verdicts.get(Desk.key(card.id, question.label)) ?? question.verdict ?? null;
  }

  isOpen(card, question) {
    return this.verdictOf(card, question) === null;
  }

  /** Take cards that are not at hand yet. */
  take(cards, isEnd) {
    const known = new Set(this.cards.map((card) => card.id));
    const fresh = cards.filter((card) => !known.has(card.id));
    const wasIdle = this.question === null || !this.isOpen(this.card, this.question);
    this.cards.push(...fresh);
    this.isEnd = isEnd;
    if (wasIdle && fresh.length) this.turnToOpen(this.at);
    return fresh.length > 0;
  }

  nLeft() {
    return this.cards.slice(this.at).filter((card) => card.questions.some((q) => this.isOpen(card, q)))
      .length;
  }

  isLow() {
    return !this.isEnd && this.nLeft() < FEW_LEFT;
  }

  turnTo(at, focus) {
    this.at = at;
    this.focus = focus;
    this.isSeen = false;
    this.draw();
    // A frame after the one that draws it, the question has been on the screen.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (this.at === at && this.focus === focus && !this.isSeen) {
        this.isSeen = true;
        this.shownAt = performance.now();
      }
    }));
  }

  /** Turn to the first open question from a card on; to none, past the last card, if all are done. */
  turnToOpen(from) {
    for (let at = from; at < this.cards.length; at += 1) {
      const focus = this.cards[at].questions.findIndex((q) => this.isOpen(this.cards[at], q));
      if (focus >= 0) return this.turnTo(at, focus);
    }
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

  decide(verdict, note) {
    const { card, question } = this;
    if (!question || !this.isSeen) return null;
    const event = {
      event_uid: newUid(),
      instance_id: card.id,
      label_id: question.label,
      verdict,
      note,
      shown_ms: Math.max(0, Math.round(performance.now() - this.shownAt)),
    };
    this.verdicts.set(Desk.key(card.id, question.label), verdict);
    this.done.push({ ...event, at: this.at, focus: this.focus });
    return event;
  }

  undo() {
    const last = this.done.pop();
    if (!last) return null;
    this.verdicts.delete(Desk.key(last.instance_id, last.label_id));
    this.turnTo(last.at, last.focus);
    return {
      event_uid: newUid(),
      instance_id: last.instance_id,
      label_id: last.label_id,
      verdict: last.verdict,
      undoes: last.event_uid,
    };
  }

  step(by) {
    const n = this.card?.questions.length ?? 0;
    if (n > 1) this.turnTo(this.at, (this.focus + by + n) % n);
  }

  stepCard(by) {
    const at = this.at + by;
    if (at < 0 || at >= this.cards.length) return;
    const open = this.cards[at].questions.findIndex((q) => this.isOpen(this.cards[at], q));
    this.turnTo(at, Math.max(0, open));
  }
}
