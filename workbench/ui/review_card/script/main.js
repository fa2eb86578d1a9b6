/* The component: data from the server comes in, messages with decisions go out. */

const HEARTBEAT_MS = 180000; // so often a page that is looked at says that it still has its cards
const LOOK_AGAIN_MS = 10000; // after which who has nothing to judge asks whether there is something now
const ASK_AGAIN_MS = 400; // after which cards are asked for that the server had no time for
const tables = new Map(); // what lives as long as the component, by the element that it is drawn in

function openTable(parent, data) {
  const table = { parent, isHelp: false, isSearching: false, searched: "", found: [], picked: 0,
    isFinding: false, searchNumber: 0, asking: {}, progress: null, since: tally([]), drawn: null,
    guidelines: {} };
  table.outbox = new Outbox(data.outbox, () => questionsOf(table), () => drawSaving(table),
    (events) => { count(table, events, -1); table.desk.forget(events); });
  table.tabs = new Tabs(table.outbox.prefix, () => table.desk);
  table.actions = actionsOf(table);
  const unlisten = listen(table.actions);
  const unhush = hush();
  const warn = (event) => {
    if (table.outbox.events.length && !table.outbox.isKept) event.preventDefault();
  };
  window.addEventListener("beforeunload", warn);
  const beat = setInterval(() => {
    table.outbox.adopt();
    if (!document.hidden) askForCards(table);
  }, HEARTBEAT_MS);
  const look = setInterval(() => {
    if (!document.hidden && table.desk.isEnd && !table.desk.question) askForCards(table);
  }, LOOK_AGAIN_MS);
  table.close = () => {
    unlisten();
    unhush();
    clearInterval(beat);
    clearInterval(look);
    window.removeEventListener("beforeunload", warn);
    table.outbox.close();
    table.tabs.close();
    tables.delete(parent);
  };
  tables.set(parent, table);
  return table;
}

/** What decisions change in the numbers: verdicts made, and pairs of the queue decided. */
function tally(events) {
  const sum = { made: 0, counted: 0 };
  for (const event of events) {
    const n = event.undoes ? -1 : 1;
    sum.made += n;
    if (event.counts) sum.counted += n;
  }
  return sum;
}

/** Let decisions count, or no more (times -1). */
function count(table, events, times) {
  const more = tally(events);
  table.since.made += times * more.made;
  table.since.counted += times * more.counted;
}

/** Lay another deck on the table; what was not saved stays in the outbox. */
function layDeck(table, data) {
  table.deck = data.desk;
  const before = table.desk?.done ?? [];
  table.desk = new Desk(() => draw(table), (card, question) => {
    table.tabs.tellCard(card.id);
    keepPlace(table, { desk: table.deck, id: card.id, label: question?.label });
  }, data.keep);
  table.desk.done = before;
  table.desk.remember(undoable(table.outbox.events, data.undoable));
  if (!table.isLaid) awaitPlace(table, data);
  table.isLaid = true;
  table.drawn = null;
  table.progress = null;
  table.since = tally(table.outbox.events);
  // What this browser has not saved yet counts as decided here.
  for (const event of table.outbox.events) {
    const key = Desk.key(event.instance_id, event.label_id);
    if (event.undoes) table.desk.verdicts.delete(key);
    else table.desk.verdicts.set(key, event.verdict);
  }
}

/** What can be undone of what the server has and of what waits to be sent to it, oldest first. */
function undoable(waiting, saved) {
  const undone = new Set(waiting.map((event) => event.undoes));
  const mine = waiting.filter((event) => !event.undoes)
    .map((event) => ({ ...event, asked: event.label_id, at: event.made_at }));
  const uids = new Set(mine.map((event) => event.event_uid));
  return [...saved.filter((event) => !uids.has(event.event_uid)), ...mine]
    .filter((event) => !undone.has(event.event_uid));
}

/** Who has chosen from a filter judges next: their keys are for the card then. */
function leaveFilter() {
  const at = document.activeElement;
  const isText = at instanceof HTMLInputElement && !["radio", "checkbox"].includes(at.type);
  if (isText && at.closest('[data-testid="stSidebar"]')) at.blur();
}

/** Whether cards can come later than what else is under way: a search is answered before them. */
function canWait(table, isSaving) {
  return (isSaving || table.isSearching) && !table.desk.isAlmostOut();
}

/** What a message says besides the decisions; to ask for cards waits until these are saved. */
function questionsOf(table) {
  const { desk, asking, outbox } = table;
  const { more: isAsked, ...rest } = asking;
  // What the last message asked may have come to nothing.
  const more = isAsked || ((outbox.isLate || outbox.failure !== "") && desk.isLow());
  const isTime = more && !rest.bring && !canWait(table, outbox.events.length > 0);
  table.asking = more && !isTime ? { more } : {};
  const told = { desk: table.deck, session: table.session, ...rest };
  if (isTime) {
    // Where all is judged, others may have given something back meanwhile.
    told.more = desk.isLow() || !desk.question;
    told.have = desk.cards.map((card) => card.id);
    told.open = desk.openCards().map((card) => card.id);
  }
  return told;
}

function ask(table, what) {
  Object.assign(table.asking, what);
  table.outbox.want();
}

function askForCards(table) {
  ask(table, { more: true });
}

function actionsOf(table) {
  const after = (event) => {
    if (event) {
      count(table, [event], 1);
      table.outbox.add(event);
      table.tabs.tellDecision(event);
    }
    return event !== null;
  };
  const actions = {
    decide: (verdict) => {
      if (!after(table.desk.decide(verdict, noteOf(table)))) return;
      table.desk.turnToNext();
      if (table.desk.isLow() || !table.desk.question) askForCards(table);
    },
    choose: (n) => {
      const value = offeredValues(table.desk)[n];
      if (value) after(table.desk.choose(value));
    },
    undo: () => {
      const event = table.desk.undo();
      if (event && !table.desk.has(event.instance_id)) {
        table.asking.bring = { id: event.instance_id, label: event.label_id, undone: true };
      }
      after(event);
    },
    guideline: () => {
      const place = table.parent.querySelector(".wb-agreed");
      if (place) place.open = !place.open;
    },
    step: (by) => table.desk.step(by),
    stepCard: (by) => {
      table.desk.stepCard(by);
      if (table.desk.isLow()) askForCards(table);
    },
    dismiss: () => { table.outbox.refused = []; drawSaving(table); },
    help: () => { table.isHelp = !table.isHelp; draw(table); },
    note: () => table.parent.querySelector(".wb-note")?.focus(),
    pattern: () => {
      const pattern = table.desk.question ? table.desk.question.pattern?.id : table.words.pattern;
      if (pattern) ask(table, { go: { page: "patterns", query: { pattern } } });
    },
    leave: () => { endSearch(table); document.activeElement?.blur(); },
    ...searchActions(table, after),
  };
  return actions;
}

function searchActions(table, after) {
  return {
    search: () => {
      if (!table.desk.question) return;
      table.isSearching = !table.isSearching;
      Object.assign(table, { searched: "", found: [], picked: 0, isFinding: false });
      draw(table);
      table.parent.querySelector(".wb-search-field")?.focus();
    },
    find: (text) => {
      table.searched = text;
      table.isFinding = true;
      drawFound(table);
      table.searchNumber += 1;
      const { attribute } = table.desk.question;
      ask(table, { search: { number: table.searchNumber, text, attribute } });
    },
    searchKey: (event) => {
      const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.isComposing || (!move && event.key !== "Enter")) return;
      event.preventDefault();
      if (event.repeat && !move) return;
      if (!move) table.actions.pick(table.picked);
      else if (table.found.length) {
        table.picked = (table.picked + move + table.found.length) % table.found.length;
        drawFound(table);
      }
    },
    pick: (n) => {
      const value = table.found[n];
      if (!value) return;
      endSearch(table);
      after(table.desk.choose(value));
    },
  };
}

function endSearch(table) {
  if (!table.isSearching) return;
  table.isSearching = false;
  draw(table);
  if (table.desk.isLow()) askForCards(table);
}

function noteOf(table) {
  return (table.parent.querySelector(".wb-ask .wb-note")?.value ?? "").trim();
}

function drawFound(table) {
  const place = table.parent.querySelector(".wb-search");
  if (!place) return;
  place.querySelectorAll(".wb-search-field ~ *").forEach((each) => each.remove());
  place.append(...foundRows(table));
}

function draw(table) {
  const { desk, actions } = table;
  const { card, question } = desk;
  const place = table.parent.querySelector(".wb-desk");
  const active = document.activeElement;
  // A click with the mouse leaves no focus behind.
  const focused = place.contains(active) && active.matches(":focus-visible") ? active.dataset.name : null;
  const note = question !== null && question === table.drawn ? noteOf(table) : "";
  if (question !== table.drawn) table.isSearching = false;
  table.drawn = question;
  if (!question) {
    place.replaceChildren(make("div", { class: "wb-card" }, ending(table), moves(table)));
  } else {
    place.replaceChildren(
      make("article", { class: "wb-card", "aria-label": "Card" },
        make("div", { class: "wb-crumbs" }, card.facts.join(" \u00b7 ")),
        make("h1", { class: `wb-text wb-${card.size}` }, marked(card.text, question.marks)),
        ...chips(desk, card, table.isBlind), questionBox(table), guideline(table),
        table.isSearching ? searchBox(table) : null,
        patternLine(table), moves(table), table.isHelp ? help() : null),
      make("aside", { class: "wb-evidence", "aria-label": "Evidence" },
        evidenceOf(question, table.isBlind)));
    place.querySelector(".wb-ask .wb-note").value = note;
    showFocus(place.querySelector(".wb-given"));
  }
  // Who moves by the Tab key stays on the button; a text field is left with its question.
  const again = focused && focused !== "note" && focused !== "search"
    ? [...place.querySelectorAll("[data-name]")].find((each) => each.dataset.name === focused) : null;
  again?.focus();
  drawSaving(table);
}

function ending(table) {
  if (!table.desk.isEnd || table.desk.awaits) return make("div", { class: "wb-soft" }, "The next cards are on their way.");
  if (table.desk.elsewhere) {
    return make("div", { class: "wb-notice" }, make("h2", {}, "Nothing to judge just now"),
      make("p", {}, table.desk.elsewhere));
  }
  const { end, then, command, pattern } = table.words;
  return make("div", { class: "wb-notice" }, make("h2", {}, end), make("p", {}, then),
    command ? make("code", {}, command) : null,
    pattern ? keyed("B", "To the pattern", { class: "wb-link", onclick: table.actions.pattern }) : null);
}

function drawSaving(table) {
  const place = table.parent.querySelector(".wb-saving-line");
  place?.replaceChildren(...[progressLine(table), savingLine(table)].filter(Boolean));
}

function takeAnswer(table, data) {
  const { desk } = table;
  table.outbox.answered(data);
  if (data.progress) {
    table.progress = data.progress;
    // What waits to be saved is not in the numbers yet.
    table.since = tally(table.outbox.events);
    desk.elsewhere = data.elsewhere;
  }
  if (data.found && data.found.number === table.searchNumber) {
    Object.assign(table, { found: data.found.values, picked: 0, isFinding: false });
    drawFound(table);
  }
  if (data.lost.length) desk.lose(data.lost);
  desk.take(data.cards, data.progress ? data.end : null);
  const awaited = desk.cards.find((card) => card.id === desk.awaits?.id);
  if (awaited) desk.arrive(awaited);
  if (data.brought) {
    const { id, label, card, undone } = data.brought;
    if (undone && card) desk.bring(card, label);
    else if (desk.awaits?.id === id) desk.arrive(card);
  }
  if (data.busy) setTimeout(() => askForCards(table), ASK_AGAIN_MS * (1 + Math.random()));
  else if (canWait(table, false)) return; // asked for when the search is over
  else if (table.asking.more || (data.cards.length && desk.isLow())) askForCards(table);
}

export default function (component) {
  const { parentElement, data, setStateValue } = component;
  if (!data) return undefined;
  const table = tables.get(parentElement) ?? openTable(parentElement, data);
  table.outbox.send = (message) => setStateValue("message", message);
  table.words = data.words;
  table.isBlind = data.blind;
  Object.assign(table.guidelines, data.guidelines);
  const isNewDeck = table.deck !== data.desk;
  if (isNewDeck) {
    leaveFilter();
    layDeck(table, data);
  }
  if (table.session !== data.session) {
    table.session = data.session;
    table.outbox.startAnew();
  }
  takeAnswer(table, data);
  if (isNewDeck) {
    askForCards(table);
  }
  if (table.drawn !== table.desk.question || isNewDeck) draw(table);
  else drawSaving(table);
  return () => table.close();
}
