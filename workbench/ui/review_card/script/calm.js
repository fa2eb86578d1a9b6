/* What Streamlit says on its own though the page says it better. */

/** Put away Streamlit's box about a lost connection: the line below says it, and one can go on. */
function hush() {
  const close = () => {
    const box = document.querySelector('[data-testid="stDialog"]');
    if (box?.textContent.startsWith("Connection error")) box.querySelector("button")?.click();
  };
  const watch = new MutationObserver(close);
  watch.observe(document.body, { childList: true, subtree: true });
  return () => watch.disconnect();
}
