/* Keys of the review page: none that repeats by itself, none that is meant for a text. */

const KEYS = {
  p: (actions) => actions.decide("present"),
  a: (actions) => actions.decide("absent"),
  s: (actions) => actions.decide("unsure"),
  arrowleft: (actions) => actions.step(-1),
  arrowright: (actions) => actions.step(1),
  b: (actions) => actions.stepCard(-1),
  n: (actions) => actions.stepCard(1),
  u: (actions) => actions.undo(),
  c: (actions) => actions.note(),
  h: (actions) => actions.help(),
};

function isForText(event) {
  const at = event.composedPath()[0];
  return at instanceof Element && (at.closest("input, textarea, select, [contenteditable]") !== null);
}

/** Listen to keys until the function that is returned is called. */
function listen(actions) {
  const onKey = (event) => {
    if (event.repeat || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") actions.leave();
    if (isForText(event)) return;
    const act = KEYS[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act(actions);
  };
  document.addEventListener("keydown", onKey, true);
  return () => document.removeEventListener("keydown", onKey, true);
}
