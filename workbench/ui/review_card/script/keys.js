/* Keys of the review page: none that repeats by itself, none that is meant for a text. */

const KEYS = {
  p: (actions) => actions.decide("present"),
  a: (actions) => actions.decide("absent"),
  s: (actions) => actions.decide("unsure"),
  arrowleft: (actions) => actions.step(-1),
  arrowright: (actions) => actions.step(1),
  arrowup: (actions) => actions.stepCard(-1),
  arrowdown: (actions) => actions.stepCard(1),
  n: (actions) => actions.stepCard(1),
  u: (actions) => actions.undo(),
  c: (actions) => actions.note(),
  v: (actions) => actions.search(),
  b: (actions) => actions.pattern(),
  g: (actions) => actions.guideline(),
  h: (actions) => actions.help(),
  "?": (actions) => actions.help(),
};

// A radio button or a switch has no use for letters.
const TEXTS = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";

function isForText(at) {
  return at instanceof Element && at.closest(TEXTS) !== null;
}

/** Keys that move within a list or a menu belong to it. */
function isForWidget(at, key) {
  const widget = at instanceof Element && at.closest("[role=listbox], [role=radiogroup], [role=combobox], [type=radio]");
  return Boolean(widget) && key.startsWith("Arrow");
}

/** Who has chosen a queue or a view with the mouse judges next: their arrows are for the card. */
function leaveChoice(event) {
  const at = event.detail > 0 && event.target.closest?.('[data-testid="stSidebar"] label');
  if (at) setTimeout(() => at.contains(document.activeElement) && document.activeElement.blur());
}

/** Listen to keys until the function that is returned is called. */
function listen(actions) {
  const onKey = (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.composedPath()[0];
    const act = /^[1-9]$/.test(event.key)
      ? (all) => all.choose(Number(event.key) - 1)
      : KEYS[event.key.toLowerCase()];
    if (event.repeat) {
      // A key that is held down decides once, on a focused button too.
      const isPress = event.key === "Enter" || event.key === " ";
      if (isPress && at instanceof Element && at.closest(".wb-desk button")) event.preventDefault();
      if (act && !isForText(at)) event.stopPropagation();
      return;
    }
    if (event.key === "Escape") actions.leave();
    if (isForText(at) || isForWidget(at, event.key) || !act) return;
    event.preventDefault();
    event.stopPropagation();
    act(actions);
  };
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("click", leaveChoice, true);
  return () => {
    document.removeEventListener("keydown", onKey, true);
    document.removeEventListener("click", leaveChoice, true);
  };
}
