/** For a page that was open while a new version was installed: its parts have other names now. */

const KEY = 'reloaded-at';
/** A part that is missing after that is missing for another reason. */
const PATIENCE_MS = 60_000;

/** Loads the page anew, where the service answers and this was not tried a moment ago; else the page stays as it is. */
export async function reloadOnce(): Promise<void> {
  if (Date.now() - Number(sessionStorage.getItem(KEY)) < PATIENCE_MS) return;
  const answers = await fetch(window.location.href, { method: 'HEAD' }).then(
    ({ ok }) => ok,
    () => false,
  );
  if (!answers) return;
  sessionStorage.setItem(KEY, String(Date.now()));
  window.location.reload();
}
