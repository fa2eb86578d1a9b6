/* The card as elements: text, chips, the question, its verdicts, and how saving goes. */

const VERDICTS = [
  ["present", "P", "Present"],
  ["absent", "A", "Absent"],
  ["unsure", "S", "Unsure"],
];
const IS_TOUCH = matchMedia("(hover: none) and (pointer: coarse)").matches; // there are no keys
const SAID = { present: "yes", absent: "no", unsure: "unsure" };
const HELP = [
  ["P", "present: the label is right"],
  ["A", "absent: the label is wrong"],
  ["S", "unsure"],
  ["\u2190 \u2192", "label before, next label"],
  ["\u2191 \u2193", "card before, next card"],
  ["1 \u2013 9", "this other value is present"],
  ["V", "search another value"],
  ["C", "comment, kept with the verdict"],
  ["U", "take the last verdict back"],
  ["B", "judge the whole pattern"],
  ["G", "guideline, open or folded"],
  ["H", "this help"],
];

function chipOf(desk, card, chip, isBlind) {
  const at = card.questions.findIndex((question) => question.label === chip.label);
  const question = at < 0 ? null : card.questions[at];
  const verdict = question ? desk.verdictOf(card, question) : null;
  const isFocus = question !== null && question === desk.question;
  const classes = ["wb-chip", isFocus && "wb-focus"];
  let note = null;
  if (verdict) {
    classes.push("wb-done");
    note = SAID[verdict];
  } else if (question) {
    classes.push(`wb-${question.kind}`);
    note = isBlind ? "?" : `${question.kind}?`;
  }
  const about = { class: classes.filter(Boolean).join(" "), title: chip.path || chip.label };
  const inside = [chip.value, note ? make("small", {}, note) : null];
  if (!question) return make("span", about, ...inside);
  return make("button", { ...about, type: "button", "aria-pressed": String(isFocus),
    onclick: () => desk.turnTo(desk.at, at) }, ...inside);
}

function chips(desk, card, isBlind) {
  const lines = card.groups.flatMap((group) => [
    make("dt", {}, group.attribute),
    make("dd", {}, make("div", { class: "wb-chips", role: "list" }, group.chips.map((chip) =>
      make("div", { role: "listitem" }, chipOf(desk, card, chip, isBlind))))),
  ]);
  return [
    make("dl", { class: "wb-given" }, lines),
    card.hidden ? soft(`and ${plural(card.hidden, "more label")}`) : null,
  ];
}

/** Scroll to the chip in focus, and fade the list where it is cut. */
function showFocus(list) {
  const chip = list.querySelector(".wb-focus");
  if (chip) {
    const below = chip.getBoundingClientRect().bottom - list.getBoundingClientRect().bottom;
    list.scrollTop = Math.max(0, below + chip.offsetHeight);
  }
  const mark = () => {
    list.classList.toggle("wb-cut-above", list.scrollTop > 4);
    list.classList.toggle("wb-cut-below", list.scrollTop + list.clientHeight < list.scrollHeight - 4);
  };
  list.addEventListener("scroll", mark);
  mark();
}

/** A button with its key before its words; `name` keeps the focus on it over a redrawing. */
function keyed(key, text, about) {
  return make("button", { type: "button", "data-name": text, ...about },
    make("kbd", { "aria-hidden": "true" }, key), text);
}

function questionBox(table) {
  const { desk, actions } = table;
  const { card, question } = desk;
  const verdict = desk.verdictOf(card, question);
  const buttons = VERDICTS.map(([of, key, text]) =>
    keyed(key, text, { class: `wb-verdict wb-${of}`, "aria-keyshortcuts": key,
      "aria-pressed": String(verdict === of), onclick: () => actions.decide(of) }));
  const told = [verdict ? `Decided: ${verdict}.` : "", question.reason].filter(Boolean).join(" ");
  return make("section", { class: "wb-ask", "aria-label": "Question" },
    make("h2", { class: "wb-question", "aria-live": "polite" }, question.asked),
    told ? make("p", { class: "wb-reason" }, told) : null,
    make("div", { class: "wb-verdicts", role: "group", "aria-label": "Verdict" }, buttons),
    otherValues(table), noteField());
}

function noteField() {
  return make("input", { class: "wb-note", type: "text", maxlength: 500, "data-name": "note",
    placeholder: `Comment, kept with the verdict${IS_TOUCH ? "" : " (Enter: back to the keys)"}`, "aria-label": "Comment",
    autocomplete: "off",
    onkeydown: (event) => { if (event.key === "Enter" && !event.isComposing) event.target.blur(); } });
}

/** Other values of the attribute that something speaks for and nobody has answered here. */
function offeredValues(desk) {
  const { card, question } = desk;
  if (!question) return [];
  const answered = new Set(card.questions.filter((each) => desk.verdictOf(card, each))
    .map((each) => each.label));
  return question.others.filter((value) => !answered.has(value.label)).slice(0, 9);
}

function otherValues(table) {
  const { desk, actions } = table;
  const values = offeredValues(desk).map((value, n) =>
    keyed(String(n + 1), value.value, { class: "wb-other", title: value.path || value.label,
      "aria-label": `${value.label} is present`, onclick: () => actions.choose(n) }));
  return make("div", { class: "wb-others", role: "group", "aria-label": "Other values" },
    values.length ? make("span", { class: "wb-soft" }, "or present:") : null, values,
    keyed("V", "another value", { class: "wb-other wb-plain", "aria-expanded": String(table.isSearching),
      onclick: actions.search }));
}

function searchBox(table) {
  const { actions } = table;
  const field = make("input", { class: "wb-note wb-search-field", type: "search", "data-name": "search",
    role: "combobox", "aria-expanded": "true", "aria-controls": "wb-found", autocomplete: "off",
    placeholder: "Search all labels", "aria-label": "Search all labels",
    oninput: (event) => actions.find(event.target.value),
    onkeydown: (event) => actions.searchKey(event) });
  field.value = table.searched;
  return make("div", { class: "wb-search" }, field, ...foundRows(table));
}

function foundRows(table) {
  const rows = table.found.map((value, n) =>
    make("li", { role: "option", "aria-selected": String(n === table.picked),
      onclick: () => table.actions.pick(n) },
    make("span", {}, value.value), make("span", { class: "wb-soft" }, value.path || value.attribute)));
  const told = table.isFinding ? "Searching \u2026" : "No label holds these letters.";
  return [
    make("ul", { id: "wb-found", role: "listbox", "aria-label": "Labels found" }, rows),
    table.searched.trim() && !rows.length ? soft(told) : null,
  ].filter(Boolean);
}

function patternLine(table) {
  const { pattern } = table.desk.question;
  if (!pattern || pattern.n < 2) return null;
  return make("div", { class: "wb-like" },
    make("span", {}, make("b", {}, `${(pattern.n - 1).toLocaleString("en-US")} more like this`),
      make("span", { class: "wb-soft" }, " in one pattern")),
    keyed("B", "Judge the pattern", { class: "wb-link", onclick: table.actions.pattern }));
}

function moves(table) {
  const { desk, actions } = table;
  const isAlone = (desk.card?.questions.length ?? 0) < 2;
  return make("nav", { class: "wb-moves", "aria-label": "Moves" },
    keyed("\u2190", "label before", { onclick: () => actions.step(-1), disabled: isAlone }),
    keyed("\u2192", "next label", { onclick: () => actions.step(1), disabled: isAlone }),
    keyed("\u2191", "card before", { onclick: () => actions.stepCard(-1), disabled: desk.at === 0 }),
    keyed("\u2193", "next card", { onclick: () => actions.stepCard(1),
      disabled: desk.at + 1 >= desk.cards.length }),
    keyed("U", "undo", { onclick: actions.undo, disabled: desk.done.length === 0 }),
    keyed("H", "help", { class: "wb-for-keys", onclick: actions.help, "aria-expanded": String(table.isHelp) }));
}

function help() {
  const rows = HELP.flatMap(([key, text]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, text)]);
  return make("section", { class: "wb-help", "aria-label": "Keys" }, make("dl", {}, rows));
}

/** How far the queue is, how fast it goes. */
function progressLine(table) {
  const { progress, desk, since } = table;
  if (!progress) return null;
  const open = Math.max(0, progress.open - since.counted);
  const total = progress.total ?? 0;
  const decided = Math.max(0, total - open);
  const share = total ? (100 * decided) / total : 0;
  const pace = desk.pace();
  const left = pace && open ? ` \u00b7 ${minutesLeft((60 * open) / pace)}` : "";
  const told = total
    ? [make("span", { class: "wb-progress", "aria-hidden": "true" }, make("i", { style: `width:${share.toFixed(2)}%` })),
      `${decided.toLocaleString("en-US")} of ${total.toLocaleString("en-US")} decided`]
    : [`${open.toLocaleString("en-US")} to judge`];
  return make("span", { class: "wb-pace" }, told,
    make("span", { class: "wb-soft" }, ` \u00b7 ${plural(Math.max(0, progress.today + since.made), "verdict")} today`
      + (pace ? ` \u00b7 ${Math.round(pace).toLocaleString("en-US")} an hour` : "") + left));
}

function minutesLeft(minutes) {
  if (minutes < 90) return `${plural(Math.max(1, Math.round(minutes)), "minute")} left`;
  return `${plural(Math.round(minutes / 60), "hour")} left`;
}

/** How saving goes: "all saved", or how many wait, or which the server refuses. */
function savingLine({ outbox, actions }) {
  const n = outbox.events.length;
  if (outbox.refused.length) {
    const first = outbox.refused[0].reason;
    return make("span", { class: "wb-refused", role: "alert" },
      `${plural(outbox.refused.length, "decision")} not taken, and asked again: ${first} `,
      make("button", { type: "button", class: "wb-link", onclick: actions.dismiss }, "Dismiss"));
  }
  if (!n) return make("span", { class: "wb-saved" }, "all saved");
  if (outbox.failure) {
    return make("span", { class: "wb-refused", role: "alert" }, `${n} unsaved, kept in this browser: ${outbox.failure}`);
  }
  if (!outbox.isLate) return make("span", { class: "wb-saving" }, `${n} unsaved`);
  return make("span", { class: "wb-late", role: "status" },
    make("b", {}, `${n} unsaved, the server does not answer. `),
    outbox.isKept ? "Go on: this browser keeps them and sends them when it is back."
      : "This browser keeps nothing: leave the page open until it is back.");
}
