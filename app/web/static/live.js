// Live coverage: a notice with the number of new entries instead of a page that jumps. Changes and removals are made in place.
// Entries are taken out of the page as the server draws it, so that there is one place that draws them.

const AGAIN = 60_000; // milliseconds: after a failure
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
  const fresh = new Set(); // ids of new entries, which the notice counts
  const gone = new Set(); // ids of those that were removed while the list was on its way
  const stale = new Set(); // ids of entries that may have to be drawn anew
  const isFirstPage = !section.querySelector("[data-later]");
  // The entries of earlier pages are newer than those of this one, and not new.
  const newest = isFirstPage ? latest(section) : section.dataset.lastEntry;
  const known = (entry) => document.getElementById(`e-${entry}`);
  const tell = () => notice(section, fresh.size);

  // What came between the making of this page and now, and what the stream could not resume. No version tells of a new
  // name of an author, or of a picture that was withdrawn: so all entries are compared with those that the server draws.
  const compare = async () => {
    const counted = [...fresh];
    gone.clear();
    const answer = await read(`/v1/articles/${id}/entries?limit=100&fields=published_at`);
    if (!answer) return false;
    const listed = new Set(answer.data.map((entry) => entry.id));
    for (const entry of counted) if (!listed.has(entry) && !answer.page.next) fresh.delete(entry);
    for (const { id: entry, published_at: at } of answer.data) {
      if (at > newest && !known(entry) && !gone.has(entry)) fresh.add(entry);
    }
    for (const element of shown(section)) stale.add(element.id.slice(2));
    return true;
  };
  const judge = async () => {
    const live = (await read(`/v1/articles/${id}?fields=live`))?.live;
    if (!live) return false;
    section.dataset.ends = live.ended_at ?? "";
    if (live.status !== section.dataset.status) await redrawState(section);
    if (live.status === "ended") stop();
    else waitForEnd();
    return true;
  };
  const add = async () => {
    if (!await insert(section, fresh)) location.reload();
    return true;
  };

  // One question after the other: of two answers the later may come first. What is wanted meanwhile, or while nobody
  // sees the page, is one question for all of it.
  const steps = { list: compare, state: judge, fresh: add };
  const wanted = new Set();
  let isBusy = false;
  const next = async () => {
    for (const name of Object.keys(steps)) if (wanted.delete(name)) return await steps[name]() || !wanted.add(name);
    return redraw(stale);
  };
  const catchUp = async () => {
    if (isBusy) return;
    isBusy = true;
    let isDone = true;
    while (isDone && !document.hidden && (wanted.size || stale.size)) isDone = await next();
    isBusy = false;
    tell();
    if (!isDone && !stopped) setTimeout(catchUp, AGAIN);
  };
  const want = (name) => { wanted.add(name); catchUp(); };

  const apply = (event) => {
    const change = JSON.parse(event.data);
    if (change.tombstone) {
      gone.add(change.id);
      fresh.delete(change.id);
      stale.delete(change.id);
      known(change.id)?.remove();
    } else {
      gone.delete(change.id);
      if (known(change.id) || fresh.has(change.id)) stale.add(change.id);
      else if (event.type === "entry.published") fresh.add(change.id);
    }
    tell();
    catchUp();
  };
  const listen = () => {
    const source = new EventSource(`/v1/stream?article=${id}&type=article,entry&object=none`);
    for (const type of ["ready", "reset"]) source.addEventListener(type, () => want("list"));
    for (const type of ["entry.published", "entry.updated", "entry.removed"]) source.addEventListener(type, apply);
    for (const type of ["updated", "corrected", "slug_changed", "unpublished", "withdrawn"]) {
      source.addEventListener(`article.${type}`, (event) => JSON.parse(event.data).tombstone ? stop() : want("state"));
    }
    source.addEventListener("error", () => {
      // After 429 or 503 the browser gives up: we listen again later.
      if (source.readyState === EventSource.CLOSED && !stopped) setTimeout(() => { if (!stopped) stream = listen(); }, AGAIN);
    });
    return source;
  };
  let stopped = false;
  let timer = null;
  const stop = () => { stopped = true; clearTimeout(timer); stream.close(); };
  // The end may come by the clock alone, which no event tells.
  const waitForEnd = () => {
    clearTimeout(timer);
    if (!section.dataset.ends || stopped) return;
    const left = Date.parse(section.dataset.ends) - Date.now();
    if (left > LAST_TIMEOUT) timer = setTimeout(waitForEnd, LAST_TIMEOUT);
    else timer = setTimeout(async () => { await redrawState(section); stop(); }, Math.max(left, 0));
  };
  let stream = listen();
  waitForEnd();
  section.querySelector("[data-fresh] a").addEventListener("click", (event) => {
    if (!isFirstPage) return; // the link leads to the first page
    event.preventDefault();
    want("fresh");
  });
  document.addEventListener("visibilitychange", () => {
    waitForEnd(); // a timer stands still while the machine sleeps
    catchUp();
  });
  addEventListener("pagehide", () => stream.close());
  // A page that comes back out of the back/forward cache has missed what came meanwhile.
  addEventListener("pageshow", (event) => { if (event.persisted && !stopped) stream = listen(); });
}

/** When the newest of these entries was published; empty where there is none. */
function latest(section) {
  return shown(section).map((element) => element.querySelector(".who time").dateTime).sort().at(-1) ?? "";
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

/** Draw these entries as the server does now, in their places; one that the page around it does not have is gone.
    Those that stand together are taken from one page. False where it cannot be read: they stay to be drawn. */
async function redraw(stale) {
  const left = new Set(stale);
  stale.clear(); // what changes from here on is drawn once more
  let [sought] = left.size > 1 ? [] : left.keys();
  while (left.size) {
    const page = await drawn(sought ? `?around=${sought}` : location.search);
    if (!page) {
      for (const id of left) stale.add(id);
      return false;
    }
    for (const id of [...left]) {
      const made = page.getElementById(`e-${id}`);
      const present = document.getElementById(`e-${id}`);
      if (made && present && made.dataset.digest !== present.dataset.digest) present.replaceWith(made);
      if (made || !present) left.delete(id);
    }
    if (sought && left.delete(sought)) document.getElementById(`e-${sought}`)?.remove();
    [sought] = left.keys();
  }
  return true;
}

/** Put the new entries where they stand on the first page; false where that cannot be read, or does not hold them all. */
async function insert(section, fresh) {
  const asked = [...fresh];
  const page = await drawn("");
  const counted = asked.filter((entry) => fresh.has(entry)); // some may have gone meanwhile, others come
  const list = section.querySelector(".entries");
  if (!page || !counted.every((entry) => page.getElementById(`e-${entry}`))) return false; // else some would be left out
  const made = [...page.querySelectorAll("[data-coverage] .entries > li")];
  const first = made.find((element) => counted.includes(element.id.slice(2)));
  let place = null;
  for (const element of made.reverse()) {
    const present = document.getElementById(element.id);
    if (!present && counted.includes(element.id.slice(2))) list.insertBefore(element, place ?? list.firstChild);
    place = document.getElementById(element.id) ?? place;
  }
  section.querySelector(".empty")?.remove();
  for (const entry of counted) fresh.delete(entry);
  first?.setAttribute("tabindex", "-1");
  first?.focus({ preventScroll: false });
  return true;
}

/** The state of the coverage in words, as the server writes it now. */
async function redrawState(section) {
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
