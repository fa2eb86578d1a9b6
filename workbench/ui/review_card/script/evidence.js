/* What speaks for and against the label in question. */

function caption(title, aside) {
  return make("h3", { class: "wb-caption" }, title, aside ? make("span", {}, ` ${aside}`) : "");
}

function block(...parts) {
  return make("section", { class: "wb-block" }, ...parts);
}

function soft(text) {
  return make("div", { class: "wb-soft wb-small" }, text);
}

function clickedItems(items) {
  if (!items) return null;
  const most = Math.max(1, ...items.rows.map((row) => row.n));
  const rows = items.rows.map((row) =>
    make("div", { class: "wb-row wb-item", role: "listitem" },
      make("span", { class: row.hit ? "wb-hit" : null }, row.title),
      make("span", { class: "wb-track" },
        make("i", { class: "wb-bar", style: `width:${(100 * row.n) / most}%` })),
      make("span", { class: "wb-number" }, row.n.toLocaleString("en-US"))));
  return block(caption(items.title, items.aside),
    make("div", { class: "wb-rows wb-lined", role: "list" }, rows), items.more ? soft(items.more) : null);
}

/** A bar from one log-odds to another, on a scale from -limit to limit. */
function runningBar(start, end, limit) {
  const low = Math.min(start, end);
  const side = end > start ? "wb-for" : "wb-against";
  const left = 50 + (50 * low) / limit;
  const width = (50 * Math.abs(end - start)) / limit;
  return make("span", { class: "wb-scale" },
    make("i", { class: side, style: `left:${left}%;right:auto;width:${width}%` }));
}

function votes(told) {
  if (!told) return null;
  const rows = told.rows.map((row) =>
    make("div", { class: "wb-row wb-vote", role: "listitem" },
      make("span", { class: row.silent ? "wb-soft" : null }, row.name),
      runningBar(row.start, row.end, told.limit),
      make("span", { class: "wb-soft wb-small" }, row.note),
      row.detail ? make("span", { class: "wb-detail" }, row.detail) : null));
  return block(caption("Votes for this label", told.aside),
    make("div", { class: "wb-rows", role: "list" }, rows), ...told.besides.map(soft));
}

function words(found) {
  if (!found?.length) return null;
  const pieces = found.map(([word, told, isFor]) =>
    make("span", { class: `wb-word wb-${isFor ? "for" : "against"}` }, `${word} ${told}`));
  return block(caption("Words that move the model"), make("div", { class: "wb-words" }, pieces));
}

function pairsOfLines(lines) {
  return make("div", { class: "wb-rows wb-lined", role: "list" }, lines.map(([left, right]) =>
    make("div", { class: "wb-row wb-pair", role: "listitem" }, make("span", {}, left),
      make("span", { class: "wb-soft" }, right))));
}

function similar(lines) {
  return lines?.length ? block(caption("Similar, reviewed"), pairsOfLines(lines)) : null;
}

/** The whole right side of a question; nothing of the model's opinion in blind mode. */
function evidenceOf(question, isBlind) {
  const { evidence } = question;
  return [
    clickedItems(evidence.items),
    isBlind ? null : votes(evidence.votes),
    isBlind ? null : words(evidence.words),
    similar(evidence.similar),
    isBlind ? null : history(evidence),
  ].filter(Boolean);
}

function history(evidence) {
  const lines = evidence.history ?? [];
  return block(caption("History"),
    lines.length ? pairsOfLines(lines) : soft("Nobody has decided this pair yet."),
    evidence.of_label ? soft(evidence.of_label) : null);
}

/** What the team agreed on for this attribute: HTML that the server made from Markdown. */
function guideline(table) {
  const { attribute } = table.desk.question;
  const html = table.guidelines[attribute];
  if (!html) return null;
  const place = make("div", { class: "wb-guideline" });
  place.innerHTML = html;
  return make("details", { class: "wb-agreed", open: !isFolded(),
    ontoggle: (event) => keepFolded(!event.target.open) },
  make("summary", {}, make("kbd", { "aria-hidden": "true" }, "G"), `Guideline: ${attribute}`), place);
}

const FOLDED = "workbench guideline folded";

function isFolded() {
  try {
    return localStorage.getItem(FOLDED) === "yes";
  } catch {
    return false;
  }
}

function keepFolded(isFolded) {
  try {
    localStorage.setItem(FOLDED, isFolded ? "yes" : "no");
  } catch {
    // It is open on the next card again.
  }
}
