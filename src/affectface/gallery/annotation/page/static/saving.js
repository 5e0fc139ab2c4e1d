// What was said and not yet acknowledged by the server. It is kept in the browser too, so that neither a reload nor a
// crash of either side loses it, and sent again until the server has it. Sending twice changes nothing.

const RETRY = [400, 800, 1500, 3000];

export class Outbox {
  constructor(mark, onChange, onRefused) {
    this.prefix = `affectface:${mark}:`;
    this.key = this.prefix + tabName();
    this.onChange = onChange;
    this.onRefused = onRefused;
    this.waiting = [];
    this.failed = "";
    this.attempts = 0;
    this.running = null;
    this.adopt();
  }

  // Takes over what windows left behind that are closed, or crashed. A living one keeps its own in memory as well.
  adopt() {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
    keys.sort((a, b) => (b === this.key) - (a === this.key));
    for (const key of keys) {
      try {
        this.waiting.push(...JSON.parse(localStorage.getItem(key)));
      } catch {
        // a damaged entry cannot be sent
      }
      if (key !== this.key) localStorage.removeItem(key);
    }
    this.store();
  }

  add(path, body) {
    this.waiting.push({ path, body });
    this.store();
    this.send();
  }

  // Moments that the server does not have yet.
  get count() {
    return this.waiting.reduce((sum, one) => sum + (one.body.samples ? one.body.samples.length : 1), 0);
  }

  holds(trace) {
    return this.waiting.some((one) => one.path.startsWith(trace));
  }

  store() {
    try {
      if (this.waiting.length) localStorage.setItem(this.key, JSON.stringify(this.waiting));
      else localStorage.removeItem(this.key);
    } catch {
      // the browser keeps no more; memory still does
    }
    this.onChange();
  }

  // Sends what waits; done when all is sent or the server fails.
  send() {
    this.running ??= this.run().finally(() => { this.running = null; });
    return this.running;
  }

  async run() {
    clearTimeout(this.timer);
    while (this.waiting.length) {
      const batch = this.merged();
      const state = await post(this.waiting[0].path, batch.body);
      if (state.again) {
        this.failed = state.again;
        this.timer = setTimeout(() => this.send(), RETRY[Math.min(this.attempts, RETRY.length - 1)]);
        this.attempts += 1;
        break;
      }
      const done = this.waiting.splice(0, batch.parts);
      if (state.refused) this.refuse(done[0].path, state.refused);
      this.failed = "";
      this.attempts = 0;
      this.store();
    }
    this.onChange();
  }

  // Several parts of one take in one request: after an interruption of minutes there are many.
  merged() {
    const [head, ...rest] = this.waiting;
    if (!head.body.samples) return { body: head.body, parts: 1 };
    const body = { ...head.body, samples: [...head.body.samples] };
    let parts = 1;
    for (const next of rest) {
      const follows = next.path === head.path && next.body.take === body.take
        && next.body.first === body.first + body.samples.length;
      if (!follows || body.samples.length + next.body.samples.length > 5000) break;
      body.samples.push(...next.body.samples);
      parts += 1;
    }
    return { body, parts };
  }

  // What follows on a trace after something was refused would be refused too.
  refuse(path, why) {
    const trace = path.slice(0, path.lastIndexOf("/"));
    this.waiting = this.waiting.filter((one) => !one.path.startsWith(trace + "/"));
    this.onRefused(trace, why);
  }
}

async function post(path, body) {
  let answer;
  try {
    const text = JSON.stringify(body);
    answer = await fetch(path, {
      method: "POST", headers: { "content-type": "application/json" }, body: text, keepalive: text.length < 60000,
    });
  } catch {
    return { again: "the server does not answer" };
  }
  if (answer.ok) return {};
  const why = await answer.json().then((found) => found.error, () => "").catch(() => "");
  if (answer.status >= 500) return { again: why || `the server failed (${answer.status})` };
  return { refused: typeof why === "string" && why ? why : `the server refused it (${answer.status})` };
}

// A window's name survives its reload.
function tabName() {
  let name = sessionStorage.getItem("affectface:tab");
  if (!name) sessionStorage.setItem("affectface:tab", name = newName());
  return name;
}

export function newName() {
  return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
