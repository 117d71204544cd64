// Makes what is shown like what is wanted, node by node, and its times those of the reader.

const keyOf = (node) => node.id || node.dataset?.key;

/** Makes one element like another, and keeps every node that can stay: with its focus, scroll position and what was typed. */
export function morph(from, to) {
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  for (const { name } of [...from.attributes]) {
    // Whether details are open is up to the reader.
    if (!to.hasAttribute(name) && !(name === "open" && from.localName === "details")) from.removeAttribute(name);
  }
  const keyed = new Map();
  for (const child of from.children) if (keyOf(child)) keyed.set(keyOf(child), child);
  let at = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const key = keyOf(wanted);
    const fits = at && !keyOf(at) && at.nodeName === wanted.nodeName;
    const found = key ? keyed.get(key) : fits ? at : null;
    // A key that comes twice is another node the second time, so that nothing that is wanted is left out.
    keyed.delete(key);
    if (!found || found.nodeName !== wanted.nodeName) {
      from.insertBefore(wanted, at);
      continue;
    }
    if (found === at) at = at.nextSibling;
    else if (from.moveBefore) from.moveBefore(found, at);
    else from.insertBefore(found, at);
    if (found.nodeType === Node.ELEMENT_NODE) morph(found, wanted);
    else if (found.data !== wanted.data) found.data = wanted.data;
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

const short = { hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
export const clock = new Intl.DateTimeFormat(undefined, short);
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", ...short });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric", ...short });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

function distance(seconds) {
  for (const [unit, size] of [["day", 86_400], ["hour", 3_600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return null;
}

/** How far off a time is. What is over is never ahead, and what is to come never over, whatever the reader's clock says. */
function apart(time, at) {
  const seconds = Math.round((at - Date.now()) / 1000);
  if ("ago" in time.dataset) return `, ${distance(Math.min(seconds, 0)) ?? "just now"}`;
  if ("ahead" in time.dataset) return `, ${distance(Math.max(seconds, 0)) ?? "in a moment"}`;
  return "";
}

/** Shows times in the reader's zone, and how far off they are. */
export function localise(root) {
  const now = new Date();
  for (const time of root.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const isToday = at.toDateString() === now.toDateString();
    const format = isToday ? clock : at.getFullYear() === now.getFullYear() ? day : date;
    const shown = format.format(at) + apart(time, at);
    if (time.textContent !== shown) time.textContent = shown;
    time.title = full.format(at);
  }
}
