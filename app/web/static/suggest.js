// Typing ahead in the search field: the combobox of the ARIA Authoring Practices.

const WAIT_MS = 150;

export function suggest() {
  for (const input of document.querySelectorAll("[data-suggest]")) new Suggestions(input);
}

let count = 0;

class Suggestions {
  constructor(input) {
    this.input = input;
    this.list = document.createElement("ul");
    this.list.id = `suggestions-${count++}`;
    this.list.className = "suggestions";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", input.labels[0]?.textContent ?? "");
    input.after(this.list);
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", this.list.id]]) {
      input.setAttribute(name, value);
    }
    input.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), WAIT_MS);
    });
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => setTimeout(() => this.show([]), 100));
  }

  async ask() {
    const asked = this.input.value.trim();
    if ([...asked].length < 2) return this.show([]);
    try {
      const response = await fetch(`/v1/search/suggest?limit=8&q=${encodeURIComponent(asked)}`);
      if (response.ok && this.input.value.trim() === asked && document.activeElement === this.input) this.show((await response.json()).data);
    } catch { /* no suggestions */ }
  }

  show(words) {
    this.chosen = -1;
    this.list.replaceChildren(...words.map((word, index) => {
      const option = document.createElement("li");
      option.id = `${this.list.id}-${index}`;
      option.dir = "auto";
      option.setAttribute("role", "option");
      option.textContent = typeof word === "string" ? word : word.text;
      option.addEventListener("pointerdown", () => this.take(option));
      return option;
    }));
    this.list.hidden = words.length === 0;
    this.input.setAttribute("aria-expanded", String(words.length > 0));
    this.input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    const options = [...this.list.children];
    if (event.key === "Escape") this.show([]);
    if (!options.length || !["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
    if (event.key === "Enter") {
      if (this.chosen >= 0) this.take(options[this.chosen]);
      return;
    }
    event.preventDefault();
    this.chosen = (this.chosen + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length;
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === this.chosen)));
    this.input.setAttribute("aria-activedescendant", options[this.chosen].id);
  }

  take(option) {
    this.input.value = option.textContent;
    this.show([]);
    this.input.form.requestSubmit();
  }
}
