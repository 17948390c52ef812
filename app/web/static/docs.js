// The docs pages: filter the list of operations, keep tokens while the tab is open, send requests.

const KEPT = "nashra.token.";

for (const input of document.querySelectorAll("[data-token]")) {
  input.value = sessionStorage.getItem(KEPT + input.dataset.token) ?? "";
  input.addEventListener("input", () => sessionStorage.setItem(KEPT + input.dataset.token, input.value.trim()));
}

document.querySelector("[data-filter]")?.addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/);
  for (const group of document.querySelectorAll("[data-group]")) {
    for (const item of group.querySelectorAll("li")) {
      const text = item.textContent.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
    }
    group.hidden = !group.querySelector("li:not([hidden])");
  }
});

const contents = document.querySelector(".contents");
if (contents && matchMedia("(max-width: 60rem)").matches) contents.open = false;

const form = document.querySelector(".try");
if (form) tryIt(form);

function tryIt(form) {
  const output = form.querySelector("output");
  const stop = form.querySelector("[data-stop]");
  const copy = form.querySelector("[data-copy]");
  let running = null;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    running?.abort();
    running = new AbortController();
    stop.hidden = !("stream" in form.dataset);
    await send(requestOf(form), output, running.signal);
    stop.hidden = true;
  });
  stop.addEventListener("click", () => running?.abort());
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(curl(requestOf(form)));
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy as curl"; }, 1500);
  });
}

/** The request that the form describes: nothing that was left empty is sent. */
function requestOf(form) {
  const headers = {};
  const query = new URLSearchParams();
  let path = form.dataset.path;
  for (const input of form.querySelectorAll("[data-place]")) {
    if (input.value === "") continue;
    if (input.dataset.place === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
    else if (input.dataset.place === "query") query.append(input.name, input.value);
    else headers[input.name] = input.value;
  }
  const token = (form.dataset.tokens ?? "").split(" ").map((kind) => sessionStorage.getItem(KEPT + kind)).find(Boolean);
  if (token) headers.Authorization = `Bearer ${token}`;
  const body = form.elements.body?.value;
  if (body !== undefined) headers["Content-Type"] = form.dataset.mediaType;
  return { method: form.dataset.method, url: path + (query.size ? `?${query}` : ""), headers, body };
}

async function send(request, output, signal) {
  output.hidden = false;
  output.replaceChildren(part("p", "", "…"));
  const begun = performance.now();
  try {
    const { url, ...options } = request;
    const response = await fetch(url, { ...options, signal, cache: "no-store" });
    const took = Math.round(performance.now() - begun);
    const line = `${response.status} ${response.statusText} · ${took} ms`;
    const headers = part("details", "");
    headers.append(part("summary", "", "Headers"), part("pre", "code", [...response.headers].map((pair) => pair.join(": ")).join("\n")));
    const body = part("pre", "code");
    body.tabIndex = 0;
    output.replaceChildren(part("p", response.ok ? "good" : "bad", line), headers, body);
    if (response.headers.get("content-type")?.startsWith("text/event-stream")) await follow(response, body);
    else await show(response, body);
  } catch (error) {
    if (error.name !== "AbortError") output.replaceChildren(part("p", "bad", `The request failed: ${error.message}`));
  }
}

/** A stream: each piece as it arrives, the last 200 of them. */
async function follow(response, body) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    body.append(part("bdi", "", value));
    while (body.childElementCount > 200) body.firstElementChild.remove();
  }
}

async function show(response, body) {
  const text = await response.text();
  if (!/\bjson\b/.test(response.headers.get("content-type") ?? "")) {
    body.textContent = text;
    return;
  }
  // Strings stand in <bdi>: an Arabic value takes its own direction and does not turn the line around.
  const pretty = JSON.stringify(JSON.parse(text), null, 2);
  for (const piece of pretty.split(/("(?:[^"\\]|\\.)*")/)) {
    body.append(piece.startsWith('"') ? part("bdi", "string", piece) : piece);
  }
}

function curl({ method, url, headers, body }) {
  const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const words = ["curl", ...(method === "GET" ? [] : ["-X", method]), quote(new URL(url, location.href).href)];
  for (const [name, value] of Object.entries(headers)) words.push("-H", quote(`${name}: ${value}`));
  if (body !== undefined) words.push("--data-binary", quote(body));
  return words.join(" ");
}

function part(tag, className, text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}
