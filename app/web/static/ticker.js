// The ticker: live by Server-Sent Events, else by asking again. It moves on its own only where motion is welcome.

const MOVE_SECONDS = 6;

export function runTicker() {
  const ticker = document.querySelector("[data-ticker]");
  if (!ticker) return;
  follow(ticker);
  move(ticker);
}

function follow(ticker) {
  const url = `/v1/tickers/${encodeURIComponent(ticker.dataset.ticker)}`;
  let timer = null;
  const read = async () => {
    clearTimeout(timer);
    timer = null;
    if (document.hidden) return; // asked when somebody looks again
    let wait = Number(ticker.dataset.refresh) || 30;
    try {
      const response = await fetch(url, { cache: "no-cache" });
      if (response.ok) {
        const now = await response.json();
        wait = now.refresh_after;
        draw(ticker, now.items);
      }
    } catch { /* offline: asked again */ }
    // A level that ends by the clock is no change of the ticker: it is asked for also while the stream is open.
    timer = setTimeout(read, Math.max(wait, 10) * 1000);
  };
  const listen = () => {
    const source = new EventSource(`${url}/stream`);
    source.addEventListener("ready", read);
    source.addEventListener("reset", read);
    source.addEventListener("ticker.changed", (event) => {
      const change = JSON.parse(event.data);
      if (!change.tombstone) draw(ticker, change.object.items);
    });
    source.addEventListener("ticker.deleted", () => draw(ticker, []));
    source.addEventListener("error", () => {
      // After 429, 503 or 404 the browser gives up: we ask from time to time, and listen again later.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => { stream = listen(); }, 60_000);
      if (timer === null) read();
    });
    return source;
  };
  let stream = listen();
  document.addEventListener("visibilitychange", read);
  addEventListener("pagehide", () => stream.close());
  // A page that comes back out of the back/forward cache has missed what came meanwhile.
  addEventListener("pageshow", (event) => { if (event.persisted) stream = listen(); });
}

/** Draw the items anew, keeping the elements of those that stay, and announce new ones politely. */
function draw(ticker, items) {
  const list = ticker.querySelector("ul");
  const known = new Map([...list.children].map((element) => [element.dataset.id, element]));
  const fresh = items.filter((item) => !known.has(item.id));
  arrange(list, items.map((item) => same(known.get(item.id), element(ticker, item))));
  ticker.hidden = items.length === 0;
  if (fresh.length) {
    const status = document.querySelector("[data-news]");
    status.textContent = `${status.dataset.news} ${fresh.map((item) => item.text).join(" · ")}`;
  }
}

/** Give the list these children. One that has its place is not touched: it would lose the focus. */
function arrange(list, children) {
  for (const element of [...list.children]) if (!children.includes(element)) element.remove();
  children.forEach((element, index) => {
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  });
}

/** The element that stands there already, where it shows the same. */
function same(present, made) {
  return present && shown(present) === shown(made) ? present : made;
}

function shown(element) {
  return [element.className, element.dir, element.textContent, element.querySelector("a")?.getAttribute("href")].join("\n");
}

function element(ticker, item) {
  const made = document.createElement("li");
  made.dataset.id = item.id;
  made.className = `level-${item.level}`;
  made.dir = item.direction;
  made.lang = item.language;
  const label = ticker.dataset[item.level];
  if (label) {
    const mark = document.createElement("b");
    mark.textContent = label;
    made.append(mark, " ");
  }
  const text = document.createElement(item.url ? "a" : "span");
  text.textContent = item.text;
  if (item.url) text.href = local(item.url);
  made.append(text);
  return made;
}

/** An address of this site stays on this host; one that is not of the web leads nowhere. */
function local(url) {
  const target = new URL(url, location.href);
  if (!/^https?:$/.test(target.protocol)) return "#";
  return target.origin === document.documentElement.dataset.site ? target.pathname + target.search + target.hash : target.href;
}

function move(ticker) {
  const list = ticker.querySelector("ul");
  const button = ticker.querySelector(".pause");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let paused = still.matches;
  // The focus on the button holds nothing: it has just been told to go on.
  const isHeld = () => ticker.matches(":hover") || list.matches(":focus-within");
  const show = () => {
    button.hidden = list.scrollWidth <= list.clientWidth;
    button.textContent = paused ? button.dataset.play : button.dataset.pause;
  };
  button.addEventListener("click", () => { paused = !paused; show(); });
  show();
  setInterval(() => {
    show();
    if (!paused && !isHeld() && !document.hidden) next(list);
  }, MOVE_SECONDS * 1000);
}

/** Scroll to the next item; after the last one to the first. Right to left `scrollLeft` runs below zero. */
function next(list) {
  const sign = getComputedStyle(list).direction === "rtl" ? -1 : 1;
  const here = Math.abs(list.scrollLeft);
  const end = list.scrollWidth - list.clientWidth;
  const edge = list.getBoundingClientRect();
  const items = [...list.children].map((item) => {
    const box = item.getBoundingClientRect();
    return here + (sign === 1 ? box.left - edge.left : edge.right - box.right);
  });
  const target = here >= end - 2 ? 0 : items.find((place) => place > here + 4) ?? 0;
  list.scrollTo({ left: sign * target });
}
