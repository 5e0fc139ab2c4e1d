// What stands of one trace, in this window: the server's samples with this window's takes laid over them.

export class Trace {
  constructor(samples, takes) {
    this.samples = samples;
    this.takes = takes;
    this.before = []; // what stood before each take of this window, so that it can be taken back at once
  }

  get head() {
    return this.samples.length ? this.samples[this.samples.length - 1][0] : 0;
  }

  get last() {
    return this.takes.length ? this.takes[this.takes.length - 1] : null;
  }

  begin(take) {
    this.before.push({ take, samples: this.samples });
    this.samples = [...this.samples];
    this.takes.push(take);
    this.first = null;
  }

  // A take replaces what was said between its first and its present moment.
  say(time, value) {
    if (this.first === null) this.first = time;
    const from = this.index(this.first === time ? time : this.spoken);
    const start = this.first === time ? from : from + 1;
    let end = start;
    while (end < this.samples.length && this.samples[end][0] <= time) end += 1;
    this.samples.splice(start, end - start, [time, value]);
    this.spoken = time;
  }

  clear(take, time) {
    this.begin(take);
    this.samples = this.samples.slice(0, this.index(time));
  }

  // Returns whether it could be taken back here; if not, the server has to say what stood before.
  undo() {
    const take = this.takes.pop();
    const last = this.before.pop();
    if (!last || last.take !== take) return false;
    this.samples = last.samples;
    return true;
  }

  // The number of the first sample that is not before a moment.
  index(time) {
    let low = 0, high = this.samples.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.samples[middle][0] < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  at(time) {
    const right = this.index(time);
    if (!this.samples.length || time > this.head + 0.5) return null;
    const [t1, v1] = this.samples[Math.min(right, this.samples.length - 1)];
    const [t0, v0] = this.samples[Math.max(0, right - 1)];
    if (v0 === null || v1 === null) return null;
    return t1 > t0 ? v0 + (v1 - v0) * Math.min(1, Math.max(0, (time - t0) / (t1 - t0))) : v1;
  }
}
