// Live coverage: a notice with the number of new entries instead of a page that jumps. Changes and removals are made in place.
// Entries are taken out of the page as the server draws it, so that there is one place that draws them.

const LAST_TIMEOUT = 2 ** 31 - 1; // milliseconds: the longest that a browser can wait

export function followCoverage() {
  const section = document.querySelector("[data-coverage]");
  if (!section) return;
  seekAnchor(section);
  if (section.dataset.status === "ended") return;
  follow(section);
}

/** An address of an entry that stands on another page leads there. */
function seekAnchor(section) {
  const id = /^#e-([0-9a-f-]{36})$/.exec(location.hash)?.[1];
  const here = new URL(location.href);
  if (!id || document.getElementById(`e-${id}`) || here.searchParams.has("around")) return;
  here.search = `?around=${id}`;
  location.replace(here);
}

function follow(section) {
  const id = section.dataset.coverage;
  const fresh = new Set();
  const isFirstPage = !section.querySelector("[data-later]");
  const known = (entry) => document.getElementById(`e-${entry}`);
  const tell = () => notice(section, fresh.size);

  // What came between the making of this page and now, and what the stream could not resume.
  const compare = async () => {
    const answer = await read(`/v1/articles/${id}/entries?limit=100&fields=version,published_at`);
    const versions = new Map();
    for (const { id: entry, version, published_at: at } of answer?.data ?? []) {
      versions.set(`e-${entry}`, String(version));
      if (!known(entry) && isNewer(section, at)) fresh.add(entry);
    }
    const isAsNow = (element) => versions.get(element.id) === element.dataset.version;
    if (answer && !shown(section).every(isAsNow)) await match(section);
    tell();
  };
  const apply = async (event) => {
    const change = JSON.parse(event.data);
    if (change.tombstone) {
      fresh.delete(change.id);
      known(change.id)?.remove();
    } else if (known(change.id)) await replace(section, change.id);
    else if (event.type === "entry.published") fresh.add(change.id);
    tell();
  };
  const judge = async (event) => {
    if (JSON.parse(event.data).tombstone) return stop();
    const live = (await read(`/v1/articles/${id}?fields=live`))?.live;
    if (!live) return;
    section.dataset.ends = live.ended_at ?? "";
    if (live.status !== section.dataset.status) await redraw(section);
    if (live.status === "ended") stop();
    else waitForEnd();
  };
  const listen = () => {
    const source = new EventSource(`/v1/stream?article=${id}&type=article,entry&object=none`);
    source.addEventListener("ready", compare);
    source.addEventListener("reset", compare);
    for (const type of ["entry.published", "entry.updated", "entry.removed"]) source.addEventListener(type, apply);
    for (const type of ["updated", "corrected", "slug_changed", "unpublished", "withdrawn"]) source.addEventListener(`article.${type}`, judge);
    source.addEventListener("error", () => {
      // After 429 or 503 the browser gives up: we listen again later.
      if (source.readyState === EventSource.CLOSED && !stopped) setTimeout(() => { if (!stopped) stream = listen(); }, 60_000);
    });
    return source;
  };
  let stopped = false;
  let timer = null;
  const stop = () => { stopped = true; clearTimeout(timer); stream.close(); };
  // The end may come by the clock alone, which no event tells.
  const waitForEnd = () => {
    clearTimeout(timer);
    if (!section.dataset.ends) return;
    const left = Date.parse(section.dataset.ends) - Date.now();
    if (left > LAST_TIMEOUT) timer = setTimeout(waitForEnd, LAST_TIMEOUT);
    else timer = setTimeout(async () => { await redraw(section); stop(); }, Math.max(left, 0));
  };
  let stream = listen();
  waitForEnd();
  section.querySelector("[data-fresh] a").addEventListener("click", async (event) => {
    if (!isFirstPage) return; // the link leads to the first page
    event.preventDefault();
    if (!await insert(section, fresh)) location.reload();
    tell();
  });
  addEventListener("pagehide", () => stream.close());
  // A page that comes back out of the back/forward cache has missed what came meanwhile.
  addEventListener("pageshow", (event) => { if (event.persisted && !stopped) stream = listen(); });
}

/** Whether an entry that is not on this page was published after all that are. */
function isNewer(section, at) {
  return [...section.querySelectorAll(".entries > li .who time")].every((time) => time.dateTime < at);
}

function notice(section, number) {
  const link = section.querySelector("[data-fresh] a");
  const forms = JSON.parse(section.dataset.forms);
  const form = new Intl.PluralRules(document.documentElement.lang).select(number);
  link.hidden = number === 0;
  link.textContent = number ? (forms[form] ?? forms.other).replace("{number}", number) : "";
}

function shown(section) {
  return [...section.querySelectorAll(".entries > li")];
}

/** Draw the entries of this page as the server does now. One that is not on it any more is on a later page, or gone. */
async function match(section) {
  const page = await drawn(location.search);
  if (!page) return;
  for (const present of shown(section)) {
    const made = page.getElementById(present.id);
    if (!made) await replace(section, present.id.slice(2), { orRemove: true });
    else if (made.dataset.version !== present.dataset.version) present.replaceWith(made);
  }
}

/** Draw one entry as the server does now, in its place. */
async function replace(section, id, { orRemove = false } = {}) {
  const page = await drawn(`?around=${id}`);
  const made = page?.getElementById(`e-${id}`);
  const present = document.getElementById(`e-${id}`);
  if (made) present?.replaceWith(made);
  else if (page && orRemove) present?.remove();
}

/** Put the new entries where they stand on the first page; false where that cannot be read, or does not hold them all. */
async function insert(section, fresh) {
  const page = await drawn("");
  const list = section.querySelector(".entries");
  if (!page || ![...fresh].every((entry) => page.getElementById(`e-${entry}`))) return false; // else some would be left out
  const made = [...page.querySelectorAll("[data-coverage] .entries > li")];
  const first = made.find((element) => fresh.has(element.id.slice(2)));
  let place = null;
  for (const element of made.reverse()) {
    const present = document.getElementById(element.id);
    if (!present && fresh.has(element.id.slice(2))) list.insertBefore(element, place ?? list.firstChild);
    place = document.getElementById(element.id) ?? place;
  }
  section.querySelector(".empty")?.remove();
  fresh.clear();
  first?.setAttribute("tabindex", "-1");
  first?.focus({ preventScroll: false });
  return true;
}

/** The state of the coverage in words, as the server writes it now. */
async function redraw(section) {
  const made = (await drawn(""))?.querySelector("[data-coverage]");
  if (!made) return;
  section.dataset.status = made.dataset.status;
  section.querySelector("[data-state]").replaceWith(made.querySelector("[data-state]"));
}

async function drawn(query) {
  try {
    const response = await fetch(location.pathname + query, { cache: "no-cache" });
    return response.ok ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
  } catch { return null; /* offline */ }
}

async function read(url) {
  try {
    const response = await fetch(url, { cache: "no-cache" });
    return response.ok ? await response.json() : null;
  } catch { return null; /* offline: the stream connects again, and asks again */ }
}
