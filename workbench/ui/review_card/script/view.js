/* The card as elements: text, chips, the question, its verdicts, and how saving goes. */

const VERDICTS = [
  ["present", "P", "Present"],
  ["absent", "A", "Absent"],
  ["unsure", "S", "Unsure"],
];
const SAID = { present: "yes", absent: "no", unsure: "unsure" };
const HELP = [
  ["P", "present: the label is right"],
  ["A", "absent: the label is wrong"],
  ["S", "unsure"],
  ["\u2190 \u2192", "label before, label after"],
  ["B, N", "card before, next card"],
  ["U", "take the last verdict back"],
  ["C", "note"],
  ["V", "another value"],
  ["H", "this help"],
];

function chipOf(desk, card, chip) {
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
    note = `${question.kind}?`;
  }
  const about = { class: classes.filter(Boolean).join(" "), title: chip.path || chip.label };
  const inside = [chip.value, note ? make("small", {}, note) : null];
  if (!question) return make("span", about, ...inside);
  return make("button", { ...about, type: "button", "aria-pressed": isFocus,
    onclick: () => desk.turnTo(desk.at, at) }, ...inside);
}

function chips(desk, card) {
  const lines = card.groups.flatMap((group) => [
    make("dt", {}, group.attribute),
    make("dd", {}, group.chips.map((chip) => chipOf(desk, card, chip))),
  ]);
  return [
    make("dl", { class: "wb-given" }, lines),
    card.hidden ? soft(`and ${plural(card.hidden, "more label")}`) : null,
  ];
}

function keyed(key, text, about) {
  return make("button", { type: "button", ...about }, make("kbd", { "aria-hidden": true }, key), text);
}

function questionBox(desk, actions) {
  const { card, question } = desk;
  const verdict = desk.verdictOf(card, question);
  const buttons = VERDICTS.map(([verdictOfKey, key, text]) =>
    keyed(key, text, { class: `wb-verdict wb-${verdictOfKey}`, "aria-keyshortcuts": key,
      onclick: () => actions.decide(verdictOfKey) }));
  const note = make("input", { class: "wb-note", type: "text", maxlength: 500,
    placeholder: "Note, kept with the verdict (optional)", "aria-label": "Note" });
  return make("section", { class: "wb-ask", "aria-label": "Question" },
    make("h2", { class: "wb-question", "aria-live": "polite" }, question.asked),
    make("p", { class: "wb-reason" },
      [verdict ? `Decided: ${verdict}.` : "", actions.isBlind ? "" : question.reason].join(" ").trim()),
    make("div", { class: "wb-verdicts", role: "group", "aria-label": "Verdict" }, buttons), note);
}

function moves(desk, actions) {
  return make("nav", { class: "wb-moves", "aria-label": "Moves" },
    keyed("\u2190", "label", { onclick: () => actions.step(-1) }),
    keyed("\u2192", "label", { onclick: () => actions.step(1) }),
    keyed("B", "card before", { onclick: () => actions.stepCard(-1), disabled: desk.at === 0 }),
    keyed("N", "next card", { onclick: () => actions.stepCard(1),
      disabled: desk.at + 1 >= desk.cards.length }),
    keyed("U", "undo", { onclick: actions.undo, disabled: desk.done.length === 0 }),
    keyed("H", "help", { onclick: actions.help }));
}

function help() {
  const rows = HELP.flatMap(([key, text]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, text)]);
  return make("section", { class: "wb-help", "aria-label": "Keys" }, make("dl", {}, rows));
}

/** How saving goes: "all saved", or how many wait, or which the server refuses. */
function savingLine(outbox) {
  const n = outbox.events.length;
  if (outbox.refused.length) {
    const first = outbox.refused[0].reason;
    return make("span", { class: "wb-refused" },
      `${plural(outbox.refused.length, "decision")} not taken: ${first}`);
  }
  if (!n) return make("span", { class: "wb-saved" }, "all saved");
  const told = `${n} unsaved${outbox.isLate ? ", the server does not answer; kept in this browser" : ""}`;
  return make("span", { class: outbox.isLate ? "wb-late" : "wb-saving" }, told);
}
