// The value, and the devices that move it: keys, mouse and joystick. The one that moved last has it.

const SPEED = 1.1; // of a held key, values a second
const DEAD = 0.06; // a joystick at rest is not quite at zero
const MOVED = 0.12;

export class Value {
  constructor(bar, track, onChange) {
    this.bar = bar;
    this.track = track;
    this.onChange = onChange;
    this.now = 0;
    this.device = "";
    this.follows = false;
    this.held = new Set();
    this.slow = false;
    this.rest = new Map();
    this.pressed = new Set();
    this.onButton = () => {};
    bar.addEventListener("pointerdown", (event) => this.press(event));
    bar.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    window.addEventListener("pointermove", (event) => this.move(event));
    window.addEventListener("pointerup", (event) => this.release(event));
    window.addEventListener("blur", () => this.held.clear());
  }

  set(value, device) {
    const next = Math.round(Math.min(1, Math.max(-1, value)) * 10000) / 10000;
    if (device !== "mouse" && this.follows) this.letGo();
    if (next === this.now && device === this.device) return;
    this.now = next;
    this.device = device;
    this.onChange();
  }

  letGo() {
    this.follows = false;
    delete document.body.dataset.follows;
  }

  key(event, down) {
    const up = event.code === "ArrowUp", downward = event.code === "ArrowDown";
    this.slow = event.shiftKey;
    if (!up && !downward) return false;
    if (down) this.held.add(event.code);
    else this.held.delete(event.code);
    return true;
  }

  press(event) {
    if (event.button !== 0) return;
    this.bar.focus({ preventScroll: true });
    event.preventDefault();
    if (this.follows) return this.letGo();
    this.follows = true;
    this.pressedAt = event.clientY;
    document.body.dataset.follows = "";
    this.set(this.valueAt(event.clientY), "mouse");
  }

  move(event) {
    if (this.follows) this.set(this.valueAt(event.clientY), "mouse");
  }

  // A drag lets go where it ends; a click keeps following.
  release(event) {
    if (this.follows && this.pressedAt !== undefined && Math.abs(event.clientY - this.pressedAt) > 6) this.letGo();
    this.pressedAt = undefined;
  }

  wheel(event) {
    event.preventDefault();
    this.set(this.now - Math.sign(event.deltaY) * 0.05, "wheel");
  }

  valueAt(y) {
    const box = this.track.getBoundingClientRect();
    return 1 - 2 * (y - box.top) / box.height;
  }

  // Called for every drawn picture, `seconds` after the last time.
  step(seconds) {
    const way = Number(this.held.has("ArrowUp")) - Number(this.held.has("ArrowDown"));
    if (way) this.set(this.now + way * (this.slow ? SPEED / 4 : SPEED) * Math.min(seconds, 0.1), "keys");
    for (const pad of navigator.getGamepads ? navigator.getGamepads() : []) if (pad && pad.connected) this.read(pad);
  }

  // Axes 1 and 3 are the two sticks' forward and back; forward is negative.
  read(pad) {
    const axes = [1, 3].filter((axis) => axis < pad.axes.length).map((axis) => -pad.axes[axis]);
    const raw = axes.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    const before = this.rest.get(pad.index);
    if (before === undefined) this.rest.set(pad.index, raw);
    else if (this.device === "joystick" || Math.abs(raw - before) > MOVED) {
      const size = Math.max(0, Math.abs(raw) - DEAD) / (1 - DEAD);
      this.set(Math.sign(raw) * size, "joystick");
      this.rest.set(pad.index, raw);
    }
    pad.buttons.slice(0, 2).forEach((button, number) => {
      const name = `${pad.index}:${number}`;
      if (button.pressed && !this.pressed.has(name)) this.onButton(number);
      if (button.pressed) this.pressed.add(name);
      else this.pressed.delete(name);
    });
  }
}
