// Plays a sequence and records the value while it does.
//
// idle: stands still. run-in: plays up to where recording begins. recording: every moment is said. review: only plays.

const RUN_IN = 2;
const FLUSH = 0.4;

export class Player {
  constructor(video, value, { onMode, onSamples, onBegin, onEnd }) {
    Object.assign(this, { video, value, onMode, onSamples, onBegin, onEnd });
    this.mode = "idle";
    this.trace = null;
    this.rate = 25;
    video.addEventListener("ended", () => this.ended());
    video.addEventListener("pause", () => { if (video.paused && !video.ended) this.stop(); });
  }

  get time() {
    return this.video.currentTime;
  }

  get end() {
    return Number.isFinite(this.video.duration) ? this.video.duration : 0;
  }

  open(trace, rate) {
    this.trace = trace;
    this.rate = Math.min(60, Math.max(25, rate));
    this.seek(trace.head >= this.end - 0.1 ? 0 : trace.head);
  }

  // One cannot go to where nothing was said yet.
  seek(time) {
    if (!this.trace) return;
    this.stop();
    this.video.currentTime = Math.min(Math.max(0, time), this.trace.head, Math.max(0, this.end - 0.01));
  }

  async annotate() {
    if (this.mode !== "idle") return this.stop();
    if (!this.trace || !this.end) return;
    this.from = this.time >= this.end - 0.05 ? this.end : Math.min(this.time, this.trace.head);
    if (this.from >= this.end - 0.05 && this.trace.head >= this.end - 0.5) this.from = 0;
    this.video.currentTime = Math.max(0, this.from - RUN_IN);
    if (this.from === 0) this.record();
    else this.change("run-in");
    await this.play();
  }

  async review() {
    if (this.mode !== "idle") return this.stop();
    if (!this.trace || !this.trace.samples.length) return;
    if (this.time >= this.trace.head - 0.1) this.video.currentTime = 0;
    this.change("review");
    await this.play();
  }

  async play() {
    try {
      await this.video.play();
    } catch {
      this.stop();
    }
  }

  record() {
    this.samples = [];
    this.sent = 0;
    this.take = null;
    this.said = -1;
    this.clock = null;
    this.change("recording");
  }

  stop() {
    const was = this.mode;
    if (was === "idle") return;
    this.mode = "idle";
    this.flush();
    this.video.pause();
    this.change("idle");
    if (was === "recording") this.onEnd();
  }

  ended() {
    if (this.mode === "recording") this.say(this.end);
    this.stop();
  }

  // Called for every drawn picture.
  step() {
    if (this.mode === "run-in" && this.time >= this.from) this.record();
    if (this.mode === "recording" && !this.video.paused && !this.video.seeking) {
      const time = this.moment();
      if (Math.floor(time * this.rate) > Math.floor(this.said * this.rate)) this.say(time);
      if (this.sent < this.samples.length && time - this.samples[this.sent][0] > FLUSH) this.flush();
    }
    if (this.mode === "review" && this.time > this.trace.head + 0.2) this.stop();
  }

  // The time of the sequence; between two of its pictures, for those that have few, by the clock.
  moment() {
    const now = performance.now(), time = this.video.currentTime;
    if (!this.clock || time !== this.clock.time) this.clock = { time, now };
    return Math.min(time + Math.min(now - this.clock.now, 250) / 1000, this.end);
  }

  say(time) {
    const at = Math.round(time * 10000) / 10000;
    if (at <= this.said) return;
    this.said = at;
    if (this.take === null) this.take = this.onBegin();
    this.trace.say(at, this.value.now);
    this.samples.push([at, this.value.now]);
  }

  flush() {
    if (!this.take || this.sent >= this.samples.length) return;
    this.onSamples(this.take, this.sent, this.samples.slice(this.sent));
    this.sent = this.samples.length;
  }

  change(mode) {
    this.mode = mode;
    this.onMode(mode);
  }
}
