/* The component: data from the server comes in, messages with decisions go out. */

const tables = new Map(); // what lives as long as the page, by the name of the desk

function openTable(parent, data, send) {
  const table = { parent, send, isHelp: false, sent: 0 };
  const draw = () => drawTable(table);
  table.outbox = new Outbox(`workbench ${data.desk}`, (message) => table.send(message),
    () => ({ have: table.desk.cards.slice(table.desk.at).map((card) => card.id),
      more: table.desk.isLow() }),
    () => drawSaving(table));
  table.desk = new Desk({}, draw);
  // What this browser had not saved when the page was closed counts as decided here.
  for (const event of table.outbox.events) {
    const key = Desk.key(event.instance_id, event.label_id);
    if (event.undoes) table.desk.verdicts.delete(key);
    else table.desk.verdicts.set(key, event.verdict);
  }
  table.actions = {
    isBlind: data.blind,
    decide: (verdict) => {
      const event = table.desk.decide(verdict, noteOf(table));
      if (!event) return;
      table.outbox.add(event);
      table.desk.turnToNext();
      if (table.desk.isLow()) table.outbox.want();
    },
    undo: () => {
      const event = table.desk.undo();
      if (event) table.outbox.add(event);
    },
    step: (by) => table.desk.step(by),
    stepCard: (by) => table.desk.stepCard(by),
    help: () => { table.isHelp = !table.isHelp; draw(); },
    note: () => table.parent.querySelector(".wb-note")?.focus(),
    leave: () => document.activeElement?.blur(),
  };
  table.unlisten = listen(table.actions);
  return table;
}

function noteOf(table) {
  return (table.parent.querySelector(".wb-note")?.value ?? "").trim();
}

function drawTable(table) {
  const { desk, actions } = table;
  const { card, question } = desk;
  const place = table.parent.querySelector(".wb-desk");
  if (!card || !question) {
    place.replaceChildren(make("div", { class: "wb-card" }, desk.isEnd
      ? make("div", { class: "wb-notice" }, make("h3", {}, table.words.end), table.words.then)
      : make("div", { class: "wb-soft" }, "The next cards are on their way."),
      moves(desk, actions)));
  } else {
    place.replaceChildren(
      make("article", { class: "wb-card" },
        make("div", { class: "wb-crumbs" }, card.facts.join(" \u00b7 ")),
        make("h1", { class: `wb-text wb-${card.size}` }, marked(card.text, question.marks)),
        ...chips(desk, card), questionBox(desk, actions), moves(desk, actions),
        table.isHelp ? help() : null),
      make("aside", { class: "wb-evidence", "aria-label": "Evidence" },
        evidenceOf(question, actions.isBlind)));
  }
  drawSaving(table);
}

function drawSaving(table) {
  const place = table.parent.querySelector(".wb-saving-line");
  place?.replaceChildren(savingLine(table.outbox));
}

export default function (component) {
  const { parentElement, data, setStateValue } = component;
  if (!data) return undefined;
  let table = tables.get(data.desk);
  if (table && table.parent !== parentElement) {
    table.unlisten();
    table.outbox.close();
    tables.delete(data.desk);
    table = undefined;
  }
  if (!table) {
    table = openTable(parentElement, data, (message) => setStateValue("message", message));
    tables.set(data.desk, table);
  }
  table.send = (message) => setStateValue("message", { ...message, session: data.session });
  table.words = data.words;
  table.actions.isBlind = data.blind;
  if (table.session !== data.session) {
    // Another session of the server does not know what was sent to the one before.
    table.session = data.session;
    table.outbox.inFlight = 0;
    table.outbox.wanted = true;
  }
  const isFresh = table.desk.take(data.cards, data.end);
  table.outbox.answered(data.number, data.saved, data.refused);
  if (!isFresh) drawTable(table);
  return () => {
    table.unlisten();
    table.outbox.close();
    tables.delete(data.desk);
  };
}
