// The page: what is shown, which key does what, and who tells whom.

import { Curve } from "./curve.js";
import { Value } from "./inputs.js";
import { Player } from "./player.js";
import { Outbox, newName } from "./saving.js";
import { clock, Sequences } from "./sequences.js";
import { Trace } from "./trace.js";

const ENDS = { valence: ["pleasant", "unpleasant"], arousal: ["excited", "calm"] };
const WORDS = { idle: "", "run-in": "get ready", recording: "recording", review: "review" };
const at = (id) => document.getElementById(id);
const video = at("video");

const knownBefore = new Map(); // for each take of this window, the one before it
let session, outbox, player, current = null, dimension, trace = new Trace([], []), opening = 0, last = performance.now();
const value = new Value(at("bar"), at("track"), showValue);
const curve = new Curve(at("curve"));
const sequences = new Sequences(at("list"), at("find"), at("done-count"), (id) => open(id, dimension));

function showValue() {
  const share = (v) => `${50 - 50 * v}%`;
  at("handle").style.top = share(value.now);
  at("fill").style.top = share(Math.max(0, value.now));
  at("fill").style.bottom = `${50 + 50 * Math.min(0, value.now)}%`;
  at("value").textContent = value.now.toFixed(2);
  at("bar").setAttribute("aria-valuenow", value.now.toFixed(2));
  at("device").textContent = value.device;
}

function showSaving() {
  if (!outbox) return;
  const count = outbox.count;
  const state = outbox.failed ? "failed" : count ? "saving" : "saved";
  at("saving").dataset.state = state;
  at("saving-words").textContent = outbox.failed
    ? `Not saved: ${outbox.failed}. ${count} moments are kept in this browser` : count ? "Saving" : "All saved";
  if (outbox.failed && outbox.failed.startsWith("cannot be saved") && player.mode === "recording") player.stop();
}

let noticeTimer;
function notice(words, plain = false) {
  at("notice").textContent = words;
  at("notice").hidden = false;
  at("notice").classList.toggle("plain", plain);
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { at("notice").hidden = true; }, plain ? 4000 : 9000);
}

function showMode(mode) {
  document.body.dataset.mode = mode;
  at("state").textContent = mode === "run-in" ? `recording goes on at ${clock(player.from, true)}` : WORDS[mode];
  at("annotate").firstChild.textContent = mode === "idle" ? "Annotate" : "Pause";
  at("undo").disabled = at("again").disabled = false;
}

const path = (verb) => `api/trace/${current.id}/${dimension}/${verb}`;

async function fetched(address) {
  const answer = await fetch(address);
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error || `the server answers ${answer.status}`);
  return found;
}

async function open(id, wanted) {
  player.stop();
  const ticket = ++opening;
  dimension = wanted;
  current = sequences.get(id);
  document.documentElement.dataset.dimension = dimension;
  history.replaceState(null, "", `#${id}.${dimension}`);
  at("name").textContent = current.name;
  document.title = `${current.name} · ${dimension}`;
  [at("bar-top").textContent, at("bar-bottom").textContent] = ENDS[dimension];
  at("bar").setAttribute("aria-label", dimension);
  for (const button of at("dimensions").children) {
    button.setAttribute("aria-checked", String(button.dataset.dimension === dimension));
  }
  player.trace = null;
  trace = new Trace([], []);
  sequences.update(dimension, id);
  sequences.reveal(id);
  at("screen-words").textContent = "Loading";
  try {
    await outbox.send();
    if (outbox.holds(`api/trace/${id}/${wanted}/`)) throw new Error(`What was said here is not saved yet: ${outbox.failed}.`);
    const [found] = await Promise.all([fetched(`api/trace/${id}/${wanted}`), load(id, ticket)]);
    if (ticket !== opening) return;
    trace = new Trace(found.samples, found.takes);
    at("screen-words").textContent = "";
    player.open(trace, current.frame_rate);
    value.set(trace.at(trace.head) ?? 0, value.device);
    progress();
  } catch (error) {
    if (ticket === opening) at("screen-words").textContent = String(error.message || error);
  }
}

// Waits until the clip is made, and until the browser can play it.
async function load(id, ticket) {
  if (video.dataset.id === id && video.readyState >= 1) return;
  video.removeAttribute("src");
  video.load();
  for (;;) {
    const clip = await fetched(`api/clip/${id}`);
    if (ticket !== opening) return;
    if (clip.state === "ready") break;
    if (clip.state === "failed") throw new Error(`This sequence cannot be shown.\n${clip.why}`);
    at("screen-words").textContent = `Drawing this sequence once: frame ${clip.done} of ${clip.of}`;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  await new Promise((resolve, reject) => {
    video.onloadedmetadata = resolve;
    video.onerror = () => reject(new Error("This browser cannot play the sequence's video."));
    video.src = `clip/${id}`;
  });
  video.dataset.id = id;
}

function progress() {
  current.until[dimension] = trace.head;
  sequences.update(dimension, current.id);
}

function begin() {
  const take = newName(), known = trace.last;
  trace.begin(take);
  knownBefore.set(take, known);
  return take;
}

function finished() {
  progress();
  if (trace.head < player.end - 0.5) return;
  const rest = sequences.all.filter((one) => !sequences.done(one, dimension)).length;
  notice(rest ? `Done. N is the next sequence; ${rest} to go.` : `All sequences are annotated in ${dimension}.`, true);
}

function undo() {
  player.stop();
  const take = trace.last;
  if (!take) return notice("There is nothing to take back.", true);
  outbox.add(path("undo"), { take });
  if (!trace.undo()) reopen();
  else after();
}

function clear() {
  player.stop();
  const time = Math.round(player.time * 10000) / 10000, known = trace.last, take = newName();
  if (!trace.samples.length || time > trace.head) return notice("Nothing was said from here on.", true);
  trace.clear(take, time);
  outbox.add(path("clear"), { take, known, time });
  after();
  notice("Cleared from here on. Z brings it back.", true);
}

function after() {
  player.seek(Math.min(player.time, trace.head));
  if (!player.time) player.seek(trace.head);
  progress();
}

async function reopen() {
  await outbox.send();
  open(current.id, dimension);
}

function jump(to) {
  const mode = player.mode;
  player.seek(to);
  if (mode === "review") player.review();
}

const KEYS = {
  " ": () => player.annotate(),
  r: () => player.review(),
  z: undo,
  x: clear,
  m: mute,
  n: () => open(sequences.beside(current.id, 1), dimension),
  p: () => open(sequences.beside(current.id, -1), dimension),
  d: () => open(current.id, session.dimensions[(session.dimensions.indexOf(dimension) + 1) % session.dimensions.length]),
  0: () => value.set(0, "keys"),
  arrowleft: () => jump(player.time - 2),
  arrowright: () => jump(player.time + 2),
  home: () => jump(0),
  end: () => jump(trace.head),
  "/": () => at("find").focus(),
  "?": () => at("help").showModal(),
};

function mute() {
  video.muted = !video.muted;
  at("mute").setAttribute("aria-pressed", String(video.muted));
  at("mute").firstChild.textContent = video.muted ? "Sound on" : "Mute";
}

function onKey(event) {
  if (at("help").open || event.target === at("find") || event.altKey || event.metaKey) return;
  if (event.ctrlKey && event.key.toLowerCase() !== "z") return;
  const down = event.type === "keydown";
  const onControl = event.target.closest?.("button, a") && (event.key === " " || event.key === "Enter");
  if (onControl) return;
  if (value.key(event, down)) return event.preventDefault();
  const act = KEYS[event.key.toLowerCase()];
  if (!down || !act || !current) return;
  event.preventDefault();
  if (!event.repeat || event.key.startsWith("Arrow")) act();
}

function frame() {
  const now = performance.now();
  value.step((now - last) / 1000);
  last = now;
  player.step();
  const seconds = player.end || (current ? current.seconds : 1);
  curve.draw(trace, seconds, player.time, player.mode);
  at("moment").textContent = `${clock(player.time, true)} / ${clock(seconds, true)}`;
  const said = player.mode === "recording" ? null : trace.at(player.time);
  at("ghost").hidden = said === null;
  if (said !== null) at("ghost").style.top = `${50 - 50 * said}%`;
  requestAnimationFrame(frame);
}

async function start() {
  session = await fetched("api/session");
  at("who").textContent = `Annotator: ${session.annotator}`;
  player = new Player(video, value, {
    onMode: showMode,
    onBegin: begin,
    onEnd: finished,
    onSamples: (take, first, samples) => outbox.add(path("say"), { take, known: knownBefore.get(take), first, samples }),
  });
  outbox = new Outbox(session.mark, showSaving, (where, why) => {
    notice(`A stretch could not be saved: ${why}.`);
    if (current && where === path("").slice(0, -1)) {
      player.stop();
      open(current.id, dimension);
    }
  });
  for (const name of session.dimensions) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", textContent: name[0].toUpperCase() + name.slice(1) });
    button.dataset.dimension = name;
    button.setAttribute("role", "radio");
    button.addEventListener("click", () => { button.blur(); open(current.id, name); });
    at("dimensions").append(button);
  }
  at("dimensions").hidden = session.dimensions.length < 2;
  sequences.show(session.sequences);
  const deeds = { annotate: KEYS[" "], review: KEYS.r, undo, again: clear, mute, previous: KEYS.p, next: KEYS.n };
  for (const [id, act] of Object.entries(deeds)) {
    at(id).addEventListener("click", () => { at(id).blur(); if (current) act(); });
  }
  at("help-open").addEventListener("click", () => at("help").showModal());
  at("curve").addEventListener("click", (event) => jump(curve.timeAt(event.clientX, player.end)));
  video.addEventListener("click", () => player.annotate());
  value.onButton = (number) => (number ? undo() : player.annotate());
  window.addEventListener("keydown", onKey);
  window.addEventListener("keyup", onKey);
  document.addEventListener("visibilitychange", () => { if (document.hidden) player.stop(); });
  window.addEventListener("pagehide", () => player.stop());
  showMode("idle");
  showValue();
  showSaving();
  requestAnimationFrame(frame);
  const [id, wanted] = location.hash.slice(1).split(".");
  const first = session.dimensions.includes(wanted) ? wanted : session.dimensions[0];
  const undone = session.sequences.find((one) => !sequences.done(one, first)) || session.sequences[0];
  await open(sequences.get(id) ? id : undone.id, first);
}

start().catch((error) => { at("screen-words").textContent = `The page cannot start: ${error.message}`; });
