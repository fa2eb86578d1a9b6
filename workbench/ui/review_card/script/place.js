/* Where the reviewer was: they come back to that card after a reload or another page. */

const PATIENCE_MS = 3000; // how long the place where one was before is waited for

/** Keep in this tab where the reviewer is, for when they come back to the page. */
function keepPlace(table, place) {
  try {
    sessionStorage.setItem(`workbench place ${table.outbox.prefix}`, JSON.stringify(place));
  } catch {
    // A browser that keeps nothing: one begins at the first card then.
  }
}

/** Where the reviewer was in this deck; null if they were not. */
function placeOf(table, deck) {
  try {
    const place = parsed(sessionStorage.getItem(`workbench place ${table.outbox.prefix}`));
    return place?.desk === deck ? place : null;
  } catch {
    return null;
  }
}

/** Go back to where the reviewer was, as soon as that card is here. */
function awaitPlace(table, data) {
  const { desk } = table;
  desk.awaits = placeOf(table, data.desk);
  if (!desk.awaits || data.cards.some((card) => card.id === desk.awaits.id)) return;
  table.asking.bring = desk.awaits;
  setTimeout(() => desk.arrive(null), PATIENCE_MS);
}
