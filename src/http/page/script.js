// The status page: asks for the token, fetches fragments, follows the events, and replaces only what has changed.

import { clock, localise, morph } from "./replace.js";

const TOKEN = "rollcall-token";
const BY = "rollcall-by";
// A stream sends a line every 15 seconds, whatever happens. One that is silent for longer is dead or held up on its way.
const SILENT = 40_000;
const PATIENCE = 20_000;
// Explaining somebody waits for AWS, call after call.
const EXPLAINING = 180_000;
// A token that was refused may be put back.
const AGAIN = 30_000;
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
  const { body, patience = PATIENCE, signal = AbortSignal.timeout(patience) } = options;
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
  const refused = new Refused(answer.status, problem.detail ?? `The answer was ${answer.status}.`);
  if (refused.status === 401) heard(refused);
  throw refused;
}

// A token in the fragment of the address is never sent to anybody; it is taken out of the address bar and the history.
function takeToken() {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!found) return;
  sessionStorage.setItem(TOKEN, found);
  history.replaceState(null, "", location.pathname);
}

function openToken() {
  if (!$("token-dialog").open) $("token-dialog").showModal();
  $("token").focus();
}

function gaveToken() {
  line.failed = null;
  line.admitted();
  refresh(...EVERYTHING);
  follower?.abort();
}

/** Waits until there is another token, or until it is time to try the one that is kept again. */
function untilAdmitted() {
  const waits = [new Promise((resolve) => (line.admitted = resolve))];
  if (sessionStorage.getItem(TOKEN)) waits.push(sleep(AGAIN));
  return Promise.race(waits);
}

// --- Fragments --------------------------------------------------------------------------------------------------------

const asked = new Map();
const turn = new Map();

/** Fetches a fragment and shows it. Of two that were asked for at once only the later is shown. */
async function load(name) {
  const mine = (turn.get(name) ?? 0) + 1;
  turn.set(name, mine);
  const query = asked.get(name)?.toString();
  const answer = await ask(`/v1/page/${name}${query ? `?${query}` : ""}`, { patience: name === "explain" ? EXPLAINING : PATIENCE });
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
  showLine();
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
    heard(loaded.find((one) => one.status === "rejected")?.reason ?? null);
    await sleep(200);
  }
  busy = false;
}

// --- How the line to Rollcall is --------------------------------------------------------------------------------------

let lastHeard = null;
// Whether the stream lasts, why the last question was not answered, and what to call when there is a token again.
const line = { live: false, failed: null, admitted: () => {} };

/** Takes note of how the last question came out: of why it was not answered, or of `null`. */
function heard(failed) {
  const before = line.failed?.status;
  line.failed = failed;
  if (!failed) lastHeard = new Date();
  if (failed?.status === 401 && before !== 401) {
    $("token-why").textContent = sessionStorage.getItem(TOKEN) ? sentence(failed.message) : "Rollcall asks who you are.";
    openToken();
    if (line.live) follower.abort();
  } else if (!failed && before === 401) {
    $("token-dialog").close();
    line.admitted();
  }
  showLine();
}

const sentence = (message) => `${message[0].toUpperCase()}${message.slice(1)}.`;

/** What keeps the page from being up to date, in words. */
function trouble({ status, message }) {
  const since = lastHeard ? ` What is shown is of ${clock.format(lastHeard)}.` : "";
  if (status === 0) return `Rollcall does not answer.${since} It is asked again and again.`;
  if (status !== 401) return message;
  if (sessionStorage.getItem(TOKEN)) return `${sentence(message)}${since} The button “Token…” asks for another.`;
  return `Without a token nothing ${lastHeard ? "new " : ""}can be shown.${since} The button “Token…” asks for it.`;
}

function showLine() {
  const { failed, live } = line;
  const state = { 0: "lost", 401: "denied", 403: "denied" }[failed?.status] ?? (live ? "live" : "waiting");
  const word = { lost: "No answer", denied: "No access", live: "Live", waiting: "Asking now and then" }[state];
  $("link").className = state;
  $("link").textContent = word;
  // What is no longer known to be so is not shown as if it were.
  const isOld = state === "lost" || state === "denied";
  document.body.classList.toggle("old", isOld);
  document.title = [isOld && `${word} ·`, $("sentence")?.textContent, "Rollcall"].filter(Boolean).join(" ");
  const text = failed ? trouble(failed) : "";
  $("banner").hidden = !failed;
  if ($("banner").textContent !== text) $("banner").textContent = text;
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
      if (error.status === 401) {
        await untilAdmitted();
        wait = 1_000;
        continue;
      }
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
  const isAbout = run?.person && run.person === asked.get("explain")?.get("person");
  if (isAbout && run.state === "done") load("explain").catch(() => {});
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

const changes = new Map();

/** Turns a page, or changes a filter, of one fragment. */
function change(name, fields, timed = 0) {
  const query = asked.get(name) ?? new URLSearchParams();
  for (const [field, value] of Object.entries(fields)) query.set(field, value);
  asked.set(name, query);
  const again = () => (name === "run" ? load(name).catch((error) => tell(error.message)) : refresh(name));
  clearTimeout(changes.get(name));
  changes.set(name, setTimeout(again, timed));
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
  if (form.id === "explain-form") explain($("person").value.trim());
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

takeToken();
addEventListener("hashchange", () => {
  if (!location.hash.startsWith("#token=")) return;
  takeToken();
  gaveToken();
});
setInterval(() => localise(document), 15_000);
follow();
refresh(...EVERYTHING);
