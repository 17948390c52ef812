// The comment form: faults at their fields, a draft, one comment however often it is sent, and one's own comment.
// Without this file the form is posted to the page, which answers with the same faults.

const DRAFT = "nashra.draft."; // the words only: never name or address
const OWN = "nashra.comments."; // edit tokens of one's own comments, by article

/** The browser's storage; a browser that forbids it (all cookies blocked) keeps nothing. */
const kept = {
  get(name) { try { return localStorage.getItem(name); } catch { return null; } },
  set(name, value) { try { localStorage.setItem(name, value); } catch { /* forbidden or full */ } },
  remove(name) { try { localStorage.removeItem(name); } catch { /* forbidden */ } },
};

export function runComments() {
  const form = document.querySelector(".comment-form");
  if (form) new CommentForm(form);
  document.querySelector("#comment-sent")?.focus();
}

class CommentForm {
  constructor(form) {
    this.form = form;
    this.words = form.dataset;
    this.body = form.elements.body;
    this.keepDraft();
    this.countCharacters();
    this.answerReplies();
    this.showOwn();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
  }

  keepDraft() {
    const name = DRAFT + this.words.key;
    if (!this.body.value) this.body.value = kept.get(name) ?? "";
    this.body.addEventListener("input", () => {
      if (this.body.value) kept.set(name, this.body.value);
      else kept.remove(name);
    });
  }

  /** Count what a reader calls a character, as the server does. */
  countCharacters() {
    const left = this.form.querySelector("[data-left]");
    const segments = new Intl.Segmenter(this.form.lang, { granularity: "grapheme" });
    const most = Number(this.body.dataset.max);
    const update = () => {
      const rest = most - [...segments.segment(this.body.value)].length;
      left.hidden = rest > most / 5;
      left.textContent = `${this.words.left} ${rest}`;
    };
    this.body.addEventListener("input", update);
    update();
  }

  answerReplies() {
    const line = this.form.querySelector("[data-replying]");
    const reply = (id, name) => {
      this.form.elements.parent_id.value = id;
      line.hidden = !id;
      line.querySelector("bdi").textContent = name;
    };
    for (const link of document.querySelectorAll("[data-reply]")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        reply(link.dataset.reply, link.dataset.name);
        this.form.scrollIntoView();
        this.body.focus();
      });
    }
    line.querySelector("[data-cancel]").addEventListener("click", (event) => {
      event.preventDefault();
      reply("", "");
    });
  }

  content() {
    const content = {};
    for (const [name, value] of new FormData(this.form)) {
      if (name !== "form_token" && value !== "") content[name] = name === "consent" ? true : value;
    }
    return content;
  }

  async send() {
    const button = this.form.querySelector("[type=submit]");
    if (button.disabled) return;
    const label = button.textContent;
    button.disabled = true;
    button.textContent = this.words.sending;
    try {
      const content = this.content();
      const response = await call("POST", this.words.api, content, { "Idempotency-Key": this.keyOf(content) });
      if (response.ok) this.sent(await response.json());
      else this.refused(await response.json());
    } catch {
      this.refused({ errors: [], detail: this.words.failed });
    } finally {
      button.disabled = false;
      button.textContent = label;
    }
  }

  /** The key of what is sent: the same for the same, so that what is sent again after a failure is not done twice. */
  keyOf(content) {
    const text = JSON.stringify(content);
    if (text !== this.keyed) [this.keyed, this.key] = [text, newKey()];
    return this.key;
  }

  /** Faults at their fields, a summary above, the focus on the first field. */
  refused(problem) {
    const faults = problem.errors ?? [];
    const summary = this.clear();
    const list = summary.querySelector("ul");
    for (const fault of faults) this.mark(fault, list);
    if (!faults.length) list.append(item(problem.detail));
    summary.hidden = false;
    (this.form.querySelector("[aria-invalid=true]") ?? summary).focus();
  }

  /** Take all faults away. Returns their summary, hidden. */
  clear() {
    const summary = this.form.querySelector(".errors");
    summary.hidden = true;
    summary.querySelector("ul").replaceChildren();
    for (const error of this.form.querySelectorAll(".error")) error.textContent = "";
    for (const field of this.form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    return summary;
  }

  mark(fault, list) {
    const name = (fault.pointer ?? "").slice(1);
    const field = this.form.querySelector(`#f-${CSS.escape(name)}`);
    const error = this.form.querySelector(`#e-${CSS.escape(name)}`);
    if (field && error && !error.textContent) {
      error.textContent = fault.message;
      field.setAttribute("aria-invalid", "true");
    }
    list.append(item(fault.message, field ? `#f-${name}` : ""));
  }

  sent({ comment, status, edit_token: token }) {
    kept.remove(DRAFT + this.words.key);
    if (token) kept.set(OWN + this.words.key, JSON.stringify({ ...own(this.words.key), [comment.id]: token }));
    this.clear();
    this.body.value = "";
    this.body.dispatchEvent(new Event("input")); // the count
    this.form.elements.parent_id.value = "";
    this.form.querySelector("[data-replying]").hidden = true;
    this.keyed = null; // the same words once more are another comment
    this.showOwn(status === "approved" ? this.words.public : this.words.held);
  }

  /** One's own comments while they can be changed; each is asked for with its token. */
  async showOwn(message = "") {
    const place = document.querySelector("[data-own]");
    const found = [];
    for (const [id, token] of Object.entries(own(this.words.key))) {
      const response = await call("GET", `/v1/comments/${id}`, undefined, bearer(token)).catch(() => null);
      if (response?.status === 404) forget(this.words.key, id);
      else if (response?.ok) found.push(new OwnComment(this, await response.json(), token, response.headers.get("ETag")).element);
    }
    place.replaceChildren(...(message ? [status(message)] : []), ...found);
    place.hidden = place.childElementCount === 0;
    if (message) place.querySelector("[role=status]").focus();
  }
}

/** A comment of one's own, with the means to change and delete it. */
class OwnComment {
  constructor(form, comment, token, etag) {
    Object.assign(this, { form, comment, token, etag, words: form.words });
    this.element = document.createElement("article");
    this.element.className = "notice";
    this.show();
  }

  show() {
    const text = make("p", this.comment.body);
    text.dir = this.comment.direction;
    const waits = this.comment.status === "pending" ? [make("p", this.words.waits)] : [];
    const buttons = [this.button("edit", () => this.edit()), " ", this.button("delete", () => this.remove())];
    this.element.replaceChildren(make("strong", this.words.yours), ...waits, text, ...buttons);
  }

  button(name, act) {
    const button = make("button", this.words[name]);
    button.type = "button";
    button.addEventListener("click", act);
    return button;
  }

  edit() {
    const area = document.createElement("textarea");
    area.value = this.comment.body;
    area.dir = "auto";
    area.rows = 5;
    area.setAttribute("aria-label", this.words.yours);
    const error = make("p", "");
    error.className = "error";
    error.setAttribute("role", "alert");
    const save = this.button("save", async () => {
      error.textContent = await this.failure("PATCH", { body: area.value });
      if (!error.textContent) this.form.showOwn(this.words.edited);
    });
    this.element.replaceChildren(area, error, save);
    area.focus();
  }

  async remove() {
    if (!confirm(this.words.confirm)) return;
    const failure = await this.failure("DELETE");
    if (!failure) forget(this.words.key, this.comment.id);
    this.form.showOwn(failure || this.words.deleted);
  }

  /** Change the comment. Returns what went wrong, in words, or an empty text. */
  async failure(method, content) {
    const headers = { ...bearer(this.token), ...(this.etag && { "If-Match": this.etag }) };
    try {
      const response = await call(method, `/v1/comments/${this.comment.id}`, content, headers);
      if (response.ok) return "";
      const problem = await response.json();
      return problem.errors?.[0]?.message ?? problem.detail;
    } catch {
      return this.words.failed;
    }
  }
}

function call(method, url, content, headers = {}) {
  const sent = { "Accept-Language": document.documentElement.lang, ...headers };
  if (content !== undefined) sent["Content-Type"] = "application/json";
  return fetch(url, { method, headers: sent, body: content === undefined ? undefined : JSON.stringify(content) });
}

/** `crypto.randomUUID` is there in secure contexts only: not where a site is tried out over plain HTTP. */
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const bearer = (token) => ({ Authorization: `Bearer ${token}` });

function own(key) {
  try {
    return JSON.parse(kept.get(OWN + key)) ?? {};
  } catch {
    return {};
  }
}

function forget(key, id) {
  const { [id]: _, ...rest } = own(key);
  kept.set(OWN + key, JSON.stringify(rest));
}

function make(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

function item(text, href = "") {
  const line = document.createElement("li");
  const inside = make(href ? "a" : "span", text);
  if (href) inside.href = href;
  line.append(inside);
  return line;
}

function status(text) {
  const line = make("p", text);
  line.setAttribute("role", "status");
  line.tabIndex = -1;
  return line;
}
