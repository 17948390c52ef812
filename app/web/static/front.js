// The front: a notice when there is something newer, rather than a page that jumps.

const ASK_SECONDS = 60;

export function followFront() {
  const notice = document.querySelector("[data-newest]");
  if (!notice) return;
  const url = `/v1/articles?limit=1&fields=id&language=${encodeURIComponent(notice.dataset.language)}`;
  const ask = async () => {
    if (document.hidden) return;
    try {
      const response = await fetch(url);
      const newest = response.ok ? (await response.json()).data[0]?.id : undefined;
      if (newest && newest !== notice.dataset.newest) notice.hidden = false;
    } catch { /* offline: asked again */ }
  };
  setInterval(ask, ASK_SECONDS * 1000);
  document.addEventListener("visibilitychange", ask);
}
