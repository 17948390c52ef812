// The article: copying its address, and embeds that load after a click.

export function improveArticle() {
  const button = document.querySelector("[data-copy-link]");
  if (button && navigator.clipboard) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.querySelector("link[rel=canonical]").href);
      button.textContent = button.dataset.done;
    });
  }
  for (const embed of document.querySelectorAll("[data-embed]")) {
    embed.querySelector("a").addEventListener("click", (event) => {
      event.preventDefault();
      const frame = document.createElement("iframe");
      frame.src = embed.dataset.embed;
      frame.title = embed.querySelector("a").textContent;
      frame.allow = "fullscreen";
      frame.referrerPolicy = "no-referrer";
      embed.querySelector(".absent").replaceWith(frame);
      frame.focus();
    });
  }
}
