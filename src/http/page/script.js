// The status page: asks for the token, fetches fragments, follows the events, and replaces only what has changed.

const TOKEN = "rollcall-token";
const BY = "rollcall-by";
// A stream sends a line every 15 seconds, whatever happens. One that is silent for longer is dead or held up on its way.
const SILENT = 40_000;
const PATIENCE = 20_000;
const LONGEST_WAIT = 30_000;
const EVERYTHING = ["top", "activity", "withheld", "targets", "findings", "history"];

const $ = (id) => document.getElementById(id);
const sleep = (milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds));

/** An answer that is not the one hoped for; status 0 where there was none. */
class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

// --- Asking -----------------------------------------------------------------------------------------------------------

async function ask(path, options = {}) {
  const { body, signal = AbortSignal.timeout(PATIENCE) } = options;
  const token = sessionStorage.getItem(TOKEN);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (body) headers["Content-Type"] = "application/json";
  const request = { method: body ? "POST" : "GET", headers, signal, cache: "no-store", body: body && JSON.stringify(body) };
  let answer;
  try {
    answer = await fetch(path, request);
  } catch {
    throw new Refused(0, "Rollcall does not answer.");
  }
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, problem.detail ?? `The answer was ${answer.status}.`);
}

// A token in the fragment of the address is never sent to anybody; it is taken out of the address bar and the history.
function takeToken() {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!found) return;
  sessionStorage.setItem(TOKEN, found);
  history.replaceState(null, "", location.pathname);
}

let needed = null;
function needToken(refused) {
  needed ??= (() => {
    const wrong = `${refused.message[0].toUpperCase()}${refused.message.slice(1)}.`;
    $("token-why").textContent = sessionStorage.getItem(TOKEN) ? wrong : "Rollcall asks who you are.";
    openToken();
    let given;
    const waiting = new Promise((resolve) => (given = resolve));
    return { waiting, given };
  })();
  return needed.waiting;
}

function openToken() {
  if (!$("token-dialog").open) $("token-dialog").showModal();
  $("token").focus();
}

function gaveToken() {
  needed?.given();
  needed = null;
  refresh(...EVERYTHING);
  follower?.abort();
}

// --- Replacing what has changed ---------------------------------------------------------------------------------------

const keyOf = (node) => node.id || node.dataset?.key;

/** Makes one element like another, and keeps every node that can stay: with its focus, scroll position and what was typed. */
function morph(from, to) {
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
const clock = new Intl.DateTimeFormat(undefined, short);
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", ...short });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

function distance(at) {
  const seconds = Math.round((at - Date.now()) / 1000);
  for (const [unit, size] of [["day", 86_400], ["hour", 3_600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return seconds < 0 ? "just now" : "in a moment";
}

/** Shows times in the reader's zone, and how long ago. */
function localise(root) {
  for (const time of root.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const isToday = at.toDateString() === new Date().toDateString();
    const shown = (isToday ? clock : day).format(at) + ("ago" in time.dataset ? `, ${distance(at)}` : "");
    if (time.textContent !== shown) time.textContent = shown;
    time.title = full.format(at);
  }
}

// --- Fragments --------------------------------------------------------------------------------------------------------

const asked = new Map();
const turn = new Map();

/** Fetches a fragment and shows it. Of two that were asked for at once only the later is shown. */
async function load(name) {
  const mine = (turn.get(name) ?? 0) + 1;
  turn.set(name, mine);
  const query = asked.get(name)?.toString();
  const answer = await ask(`/v1/page/${name}${query ? `?${query}` : ""}`);
  const text = await answer.text();
  if (turn.get(name) === mine) show(name, text);
}

function show(name, text) {
  const old = name === "explain" ? $("explained") : $(name);
  const fresh = old.cloneNode(false);
  fresh.removeAttribute("aria-busy");
  const parsed = new DOMParser().parseFromString(text, "text/html");
  localise(parsed);
  fresh.append(...parsed.body.childNodes);
  const focused = document.activeElement;
  const before = $("sentence")?.textContent;
  morph(old, fresh);
  // A button that was in use may be gone or switched off now.
  if (old.contains(focused) ? focused.disabled : focused !== document.body && !focused.isConnected) {
    old.querySelector(".pager button:enabled")?.focus();
  }
  if (name !== "top") return;
  const sentence = $("sentence").textContent;
  document.title = $("top-h").dataset.title;
  if (before !== undefined && before !== sentence) $("announced").textContent = sentence;
}

const stale = new Set();
let busy = false;

/** Fetches fragments anew, soon. However much happens at a time, each is asked for once. */
async function refresh(...names) {
  names.forEach((name) => stale.add(name));
  if (busy) return;
  busy = true;
  while (stale.size > 0) {
    const now = [...stale];
    stale.clear();
    const loaded = await Promise.allSettled(now.map(load));
    const failed = loaded.find((one) => one.status === "rejected")?.reason;
    heard(failed);
    if (failed?.status === 401) await needToken(failed);
    await sleep(200);
  }
  busy = false;
}

// --- How the line to Rollcall is --------------------------------------------------------------------------------------

let lastHeard = null;
const line = { lost: false, live: false };

function heard(failed) {
  const banner = $("banner");
  line.lost = failed?.status === 0;
  if (!line.lost) lastHeard = new Date();
  showLine();
  banner.hidden = !failed || failed.status === 401;
  if (!failed) return;
  const since = lastHeard && line.lost ? ` What is shown is of ${clock.format(lastHeard)}.` : "";
  const text = line.lost ? `Rollcall does not answer.${since} It is asked again and again.` : failed.message;
  if (banner.textContent !== text) banner.textContent = text;
}

function showLine() {
  const state = line.lost ? "lost" : line.live ? "live" : "waiting";
  $("link").className = state;
  $("link").textContent = { lost: "No answer", live: "Live", waiting: "Asking now and then" }[state];
}

/** Says how something that the reader started came out. */
function tell(text) {
  $("told").hidden = false;
  $("told").textContent = text;
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => ($("told").hidden = true), 12_000);
}

// --- Following what happens -------------------------------------------------------------------------------------------

let follower = null;

async function follow() {
  let wait = 1_000;
  for (;;) {
    follower = new AbortController();
    try {
      let timer = setTimeout(() => follower.abort(), PATIENCE);
      const alive = () => {
        clearTimeout(timer);
        timer = setTimeout(() => follower.abort(), SILENT);
      };
      try {
        const answer = await ask("/v1/events", { signal: follower.signal });
        line.live = true;
        wait = 1_000;
        // Whatever happened meanwhile was not told.
        refresh(...EVERYTHING);
        await read(answer.body.getReader(), alive);
      } finally {
        clearTimeout(timer);
      }
    } catch (error) {
      if (error.status === 401) await needToken(error);
    }
    line.live = false;
    showLine();
    await sleep(wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST_WAIT);
    refresh(...EVERYTHING);
  }
}

/** Reads server-sent events until the stream ends. */
async function read(reader, alive) {
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    alive();
    const { done, value } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const messages = text.split("\n\n");
    text = messages.pop();
    for (const message of messages) happened(message);
  }
}

function happened(message) {
  const field = (name) => message.split("\n").find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1).trim();
  if (!field("event")) return;
  const run = field("event") === "run" ? JSON.parse(field("data")) : null;
  if (run?.state === "running" || run?.state === "queued") refresh("activity", "targets");
  else refresh(...EVERYTHING);
}

// --- What the reader does ---------------------------------------------------------------------------------------------

async function sync({ target, person }) {
  try {
    await ask("/v1/sync", { body: { target, person } });
    tell("A run was started.");
    refresh("activity");
  } catch (error) {
    tell(`No run was started: ${error.message}`);
  }
}

function openApproval({ code, what }) {
  $("approve-dialog").dataset.code = code;
  $("approve-what").textContent = `This lets through what is held back under the code ${code}: ${what}.`;
  $("approve-error").hidden = true;
  $("by").value = sessionStorage.getItem(BY) ?? "";
  $("approve-dialog").showModal();
}

async function approve() {
  const by = $("by").value.trim();
  try {
    await ask("/v1/approvals", { body: { approval: $("approve-dialog").dataset.code, by } });
    sessionStorage.setItem(BY, by);
    $("approve-dialog").close();
    tell("Approved. A run is on its way.");
    refresh(...EVERYTHING);
  } catch (error) {
    $("approve-error").textContent = error.message;
    $("approve-error").hidden = false;
  }
}

async function openRun({ run }) {
  asked.set("run", new URLSearchParams({ id: run }));
  try {
    await load("run");
    if (!$("run-dialog").open) $("run-dialog").showModal();
  } catch (error) {
    tell(error.message);
  }
}

async function explain(person) {
  asked.set("explain", new URLSearchParams({ person }));
  $("explained").textContent = "Looking…";
  try {
    await load("explain");
  } catch (error) {
    $("explained").textContent = error.message;
    if (error.status === 401) needToken(error);
  }
}

const actions = {
  sync: (button) => sync(button.dataset),
  approve: (button) => openApproval(button.dataset),
  show: (button) => openRun(button.dataset),
  close: (button) => button.closest("dialog").close(),
  token: () => openToken(),
  forget: () => {
    sessionStorage.removeItem(TOKEN);
    location.reload();
  },
};

/** Turns a page, or changes a filter, of one fragment. */
function change(name, changes, timed = 0) {
  const query = asked.get(name) ?? new URLSearchParams();
  for (const [field, value] of Object.entries(changes)) query.set(field, value);
  asked.set(name, query);
  clearTimeout(change.timer);
  change.timer = setTimeout(() => (name === "run" ? load(name).catch((error) => tell(error.message)) : refresh(name)), timed);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  actions[button.dataset.do]?.(button);
  if (!button.dataset.set) return;
  const [field, value] = button.dataset.set.split("=");
  const target = button.closest("article")?.dataset.key;
  change(button.dataset.of, { [field]: value, ...(button.dataset.of === "withheld" && { target }) });
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  if (form.id === "explain-form") explain($("person").value);
  else if (form.parentElement.id === "approve-dialog") approve();
  else if (form.parentElement.id === "token-dialog") {
    sessionStorage.setItem(TOKEN, $("token").value.trim());
    $("token").value = "";
    $("token-dialog").close();
    gaveToken();
  }
});

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-of]");
  if (!form) return;
  const isTyped = event.target.type === "search";
  change(form.dataset.of, { ...Object.fromEntries(new FormData(form)), page: "" }, isTyped ? 250 : 0);
});

$("token-dialog").addEventListener("close", () => {
  if (!needed) return;
  $("banner").hidden = false;
  $("banner").textContent = "Without a token nothing can be shown. The button “Token…” asks for it.";
});

takeToken();
addEventListener("hashchange", () => {
  if (!location.hash.startsWith("#token=")) return;
  takeToken();
  gaveToken();
});
setInterval(() => localise(document), 15_000);
follow();
refresh(...EVERYTHING);
