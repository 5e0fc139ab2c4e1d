// The picture of a trace over time, with the place where the sequence stands.

export class Curve {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.drawn = "";
  }

  timeAt(x, seconds) {
    const box = this.canvas.getBoundingClientRect();
    return Math.min(1, Math.max(0, (x - box.left - 10) / (box.width - 20))) * seconds;
  }

  draw(trace, seconds, time, mode) {
    const { canvas, pen } = this;
    const ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    const accent = getComputedStyle(document.documentElement).getPropertyValue("--accent");
    const state = [width, height, ratio, trace.samples.length, trace.head, trace.last, time, mode, seconds, accent].join();
    if (state === this.drawn || !width) return;
    this.drawn = state;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const x = (t) => 10 + (width - 20) * Math.min(1, t / seconds);
    const y = (v) => height / 2 - v * (height / 2 - 12);
    pen.fillStyle = "#22272c";
    if (trace.samples.length) pen.fillRect(x(trace.samples[0][0]), 6, x(trace.head) - x(trace.samples[0][0]), height - 12);
    pen.fillStyle = "#39414a";
    for (const v of [-1, 0, 1]) pen.fillRect(10, Math.round(y(v)), width - 20, 1);
    pen.strokeStyle = accent;
    pen.lineWidth = 1.6;
    pen.beginPath();
    let down = false;
    const step = Math.max(1, Math.floor(trace.samples.length / (4 * width)));
    for (let i = 0; i < trace.samples.length; i += step) {
      const [t, v] = trace.samples[i];
      if (v !== null) down ? pen.lineTo(x(t), y(v)) : pen.moveTo(x(t), y(v));
      down = v !== null;
    }
    pen.stroke();
    pen.fillStyle = mode === "recording" ? "#f0907c" : "#d8dee4";
    pen.fillRect(x(time) - 1, 4, 2, height - 8);
  }
}
