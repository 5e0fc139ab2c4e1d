// The list of sequences, with how far each is.

const COMPLETE = 0.5;

export class Sequences {
  constructor(list, find, count, onChoose) {
    this.list = list;
    this.find = find;
    this.count = count;
    this.onChoose = onChoose;
    this.all = [];
    this.rows = new Map();
    find.addEventListener("input", () => this.filter());
    find.addEventListener("keydown", (event) => {
      if (event.key === "Escape" || event.key === "Enter") {
        const first = event.key === "Enter" && this.all.find((one) => !this.rows.get(one.id).item.hidden);
        find.blur();
        if (first) onChoose(first.id);
      }
    });
  }

  show(all) {
    this.all = all;
    for (const one of all) {
      const item = document.createElement("li"), button = document.createElement("button");
      const row = document.createElement("span"), name = document.createElement("b"), state = document.createElement("span");
      const progress = document.createElement("div"), fill = document.createElement("i");
      row.className = "row";
      progress.className = "progress";
      name.textContent = name.title = one.name;
      row.append(name, state);
      progress.append(fill);
      button.append(row, progress);
      button.type = "button";
      button.addEventListener("click", () => { button.blur(); this.onChoose(one.id); });
      item.append(button);
      this.list.append(item);
      this.rows.set(one.id, { item, button, state, fill });
    }
  }

  get(id) {
    return this.all.find((one) => one.id === id);
  }

  done(one, dimension) {
    return one.until[dimension] >= one.seconds - COMPLETE;
  }

  update(dimension, current) {
    let finished = 0;
    for (const one of this.all) {
      const { button, state, fill } = this.rows.get(one.id);
      const done = this.done(one, dimension);
      finished += done;
      state.textContent = done ? "✓ done" : clock(one.seconds);
      state.classList.toggle("done", done);
      fill.style.width = `${done ? 100 : 100 * Math.min(1, one.until[dimension] / one.seconds)}%`;
      button.setAttribute("aria-current", String(one.id === current));
    }
    this.count.textContent = `${finished} of ${this.all.length} done`;
  }

  reveal(id) {
    this.rows.get(id)?.button.scrollIntoView({ block: "nearest" });
  }

  beside(id, by) {
    const at = this.all.findIndex((one) => one.id === id) + by;
    return this.all[Math.min(this.all.length - 1, Math.max(0, at))].id;
  }

  filter() {
    const wanted = this.find.value.trim().toLowerCase();
    for (const one of this.all) this.rows.get(one.id).item.hidden = !one.name.toLowerCase().includes(wanted);
  }
}

export function clock(seconds, tenths = false) {
  const minutes = Math.floor(seconds / 60), rest = seconds - 60 * minutes;
  return `${minutes}:${tenths ? rest.toFixed(1).padStart(4, "0") : String(Math.floor(rest)).padStart(2, "0")}`;
}
