// Times in words that stay right: "five minutes ago" for the last day, the date that the server wrote for the rest.

const STEPS = [[60, "second"], [60, "minute"], [24, "hour"]];

export function tellTimes(root = document) {
  const words = new Intl.RelativeTimeFormat(document.documentElement.dataset.locale || document.documentElement.lang, { numeric: "auto" });
  const elements = [...root.querySelectorAll("time[data-ago]")].map((element) => [element, element.textContent]);
  const update = () => {
    for (const [element, written] of elements) element.textContent = ago(element.dateTime, words) ?? written;
  };
  update();
  setInterval(update, 30_000);
}

/** The time in words, or null where it is more than a day away. */
export function ago(moment, words) {
  let amount = (Date.parse(moment) - Date.now()) / 1000;
  for (const [size, unit] of STEPS) {
    if (Math.abs(amount) < size) return words.format(Math.round(amount), unit);
    amount /= size;
  }
  return null;
}
