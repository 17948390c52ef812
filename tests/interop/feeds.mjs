// Reads the feeds of a folder as three readers of JavaScript do; prints what each found as JSON, and fails for an error.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { extractFromJson, extractFromXml } from "@extractus/feed-extractor";
import { parseFeed } from "feedsmith";
import Parser from "rss-parser";

const folder = process.argv[2];
const found = {};
for (const name of readdirSync(folder)) {
  const text = readFileSync(join(folder, name), "utf8");
  const isJson = name.endsWith(".json");
  const { format, feed } = parseFeed(isJson ? JSON.parse(text) : text);
  const extracted = isJson ? extractFromJson(JSON.parse(text)) : extractFromXml(text);
  const items = feed.items ?? feed.entries ?? [];
  found[name] = {
    format,
    feedsmith: items.map((item) => item.guid?.value ?? item.id),
    extractus: extracted.entries.map((entry) => entry.id),
    "rss-parser": isJson ? null : (await new Parser().parseString(text)).items.map((item) => item.guid ?? item.id),
  };
}
console.log(JSON.stringify(found));
