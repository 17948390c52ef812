// Pictures: the steps of a gallery, animations that play on demand, and no colour behind a picture that failed.

function improveGallery(gallery) {
  const list = gallery.querySelector("ul");
  const steps = gallery.querySelector(".steps");
  if (!steps) return;
  const items = [...list.children];
  const [back, next] = steps.querySelectorAll("button");
  const place = steps.querySelector("[data-place] bdi");
  // The item whose start is nearest to the start of the list; in a list from right to left that is the right edge.
  const start = (box) => (getComputedStyle(list).direction === "rtl" ? -box.right : box.left);
  const distance = (item) => Math.abs(start(item.getBoundingClientRect()) - start(list.getBoundingClientRect()));
  const atEnd = () => Math.abs(list.scrollLeft) + list.clientWidth >= list.scrollWidth - 1;
  const current = () => (atEnd() ? items.length - 1 : items.reduce((best, item, at) => (distance(item) < distance(items[best]) ? at : best), 0));
  const tell = () => {
    const at = current();
    const text = `${at + 1} / ${items.length}`;
    if (place.textContent !== text) place.textContent = text;
    // Not `disabled`, which would take the focus away.
    back.setAttribute("aria-disabled", at === 0);
    next.setAttribute("aria-disabled", at === items.length - 1);
  };
  const step = (by) => {
    const item = items[Math.min(items.length - 1, Math.max(0, current() + by))];
    const away = start(item.getBoundingClientRect()) - start(list.getBoundingClientRect());
    list.scrollBy({ left: getComputedStyle(list).direction === "rtl" ? -away : away });
  };
  back.addEventListener("click", () => step(-1));
  next.addEventListener("click", () => step(1));
  let waiting;
  list.addEventListener("scroll", () => {
    clearTimeout(waiting);
    waiting = setTimeout(tell, 100);
  }, { passive: true });
  steps.hidden = false;
  tell();
}

/* A link to the file that moves becomes a button that puts it in the place of the still, and back. */
function improveMotion(link) {
  const still = link.parentElement.querySelector("picture");
  if (!still) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = link.className;
  button.textContent = link.textContent;
  for (const name of ["lang", "dir"]) if (link.hasAttribute(name)) button.setAttribute(name, link.getAttribute(name));
  link.replaceWith(button);
  let moving = null;
  const show = (shown, words) => {
    button.textContent = words;
    button.classList.toggle("moving", shown);
  };
  button.addEventListener("click", async () => {
    if (moving) {
      moving.replaceWith(still);
      moving = null;
      show(false, link.textContent);
      return;
    }
    const film = still.querySelector("img").cloneNode();
    for (const name of ["srcset", "sizes", "loading"]) film.removeAttribute(name);
    film.src = link.href;
    button.disabled = true;
    try {
      await film.decode();
      still.replaceWith(film);
      moving = film;
      show(true, link.dataset.stop);
    } catch {
      location.assign(link.href);
    } finally {
      button.disabled = false;
      button.focus();
    }
  });
}

export function improvePictures() {
  for (const gallery of document.querySelectorAll("[data-gallery]")) improveGallery(gallery);
  for (const link of document.querySelectorAll("a.motion")) improveMotion(link);
  for (const image of document.querySelectorAll(".frame img")) {
    // The alt text of a picture that failed is read on the colour of the page.
    const uncover = () => image.closest(".frame")?.querySelector(".placeholder")?.remove();
    if (image.complete && image.naturalWidth === 0 && image.loading !== "lazy") uncover();
    image.addEventListener("error", uncover);
  }
}
