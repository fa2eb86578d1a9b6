/* Several tabs of one person: what one decides or looks at, the others do not ask. */

class Tabs {
  /**
   * @param {string} name whose tabs these are
   * @param {() => Desk} desk of this tab
   */
  constructor(name, desk) {
    this.desk = desk;
    this.openedAt = performance.timeOrigin + performance.now();
    this.channel = "BroadcastChannel" in window ? new BroadcastChannel(name) : null;
    if (this.channel) this.channel.onmessage = ({ data }) => this.hear(data);
  }

  tellDecision(event) {
    this.channel?.postMessage({ decision: event });
  }

  tellCard(id) {
    this.channel?.postMessage({ card: id, openedAt: this.openedAt });
  }

  hear({ decision, card, openedAt }) {
    const desk = this.desk();
    if (decision) desk.learn(decision);
    if (!card) return;
    if (card !== desk.card?.id) desk.drop(card);
    else if (openedAt > this.openedAt) this.tellCard(card); // it was here before
    else desk.drop(card);
  }

  close() {
    this.channel?.close();
  }
}
