// openapi-typescript and openapi-fetch, used as docs/api/clients.md shows it.
import assert from "node:assert/strict";
import { everyFault, everyKind, of, onlyChanged, run } from "./checks";

import { EventSource } from "eventsource"; // browsers have it
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
const baseUrl = process.env.ADDRESS ?? "http://localhost:8000";
const client = createClient<paths, "application/json" | "application/problem+json">({ baseUrl });
const headers = { Authorization: `Bearer ${process.env.TOKEN}` }; // for the desk

async function list(): Promise<Schemas["ArticleSummary"][]> {
  const { data, error } = await client.GET("/v1/articles", { params: { query: { limit: 10 } } });
  if (!data) throw new Error(error?.detail);
  return data.data; // the next page: cursor = data.page.next
}

async function read(slug: string): Promise<Schemas["Article"] | null> {
  const { data, response } = await client.GET("/v1/articles/{slug}", { params: { path: { slug } } });
  if (response.status === 404 || response.status === 410) return null; // 410: it was withdrawn
  if (!data) throw new Error(response.statusText);
  return data;
}

async function comment(slug: string, body: Schemas["CommentCreate"]): Promise<Schemas["Fault"][]> {
  const { error } = await client.POST("/v1/articles/{slug}/comments", { params: { path: { slug } }, body });
  if (error && !error.errors) throw new Error(error.detail);
  return error?.errors ?? []; // one for each wrong field: pointer is "/author_email", message is for people
}

async function update(id: string, body: Schemas["ArticleUpdate"]): Promise<Schemas["DeskArticle"]> {
  const path = "/v1/desk/articles/{id}";
  const found = await client.GET(path, { params: { path: { id } }, headers });
  const header = { "If-Match": `"${found.data?.version}"` }; // 412: somebody else was faster
  const { data, error } = await client.PATCH(path, { params: { path: { id }, header }, headers, body });
  if (!data) throw new Error(error?.detail);
  return data;
}

async function sync(copy: Map<string, Schemas["Change"]>, since?: string): Promise<[typeof copy, string]> {
  const { data, response } = await client.GET("/v1/changes", { params: { query: { since, limit: 100 } } });
  if (response.status === 410) return sync(new Map()); // start again, into a new copy
  if (!data) throw new Error(response.statusText);
  for (const change of data.data) {
    if (change.tombstone) copy.delete(change.id);
    else copy.set(change.id, change);
  }
  return data.more ? sync(copy, data.since) : [copy, data.since]; // store both together
}

type ArticleChange = Extract<Schemas["Change"], { resource: "article" }>;

function follow(since: string, take: (change: ArticleChange) => void, again: () => void): void {
  const source = new EventSource(`${baseUrl}/v1/stream?since=${since}`); // with the filters of `sync`, if it had any
  source.addEventListener("reset", again); // the token is too old
  for (const type of ["article.published", "article.updated", "article.corrected", "article.withdrawn"]) {
    source.addEventListener(type, (event) => take(JSON.parse(event.data)));
  }
}

run(async () => {
  const [first] = await list();
  assert(first);
  const { slug, id } = first;
  assert.equal((await read(slug))?.id, id);
  assert.equal(await read("no-such-article"), null);

  const form = await client.GET("/v1/articles/{slug}/comments/form", { params: { path: { slug } } });
  assert(form.data?.fields.some((field) => field.name === "author_email" && field.required));
  everyFault(await comment(slug, { author_email: "half@", body: "" }));
  const sent = { author_name: "سلمى", author_email: "salma@example.org", body: "شكرًا على هذا الخبر." };
  assert.deepEqual(await comment(slug, sent), []);

  const [copy, since] = await sync(new Map());
  everyKind([...copy.values()]);
  assert(of([...copy.values()], "article").some((change) => change.object?.headline === first.headline));
  assert(of([...copy.values()], "author").every((change) => change.object?.name));

  const before = await client.GET("/v1/desk/articles/{id}", { params: { path: { id } }, headers });
  const told = new Promise<ArticleChange>((take, refuse) => follow(since, take, refuse));
  onlyChanged("summary", before.data, await update(id, { summary: "openapi-fetch" }));
  const change = await told;
  assert(change.id === id && change.object?.summary === "openapi-fetch");

  const staff = await client.GET("/v1/desk/staff", { headers });
  const member = staff.data?.data[0];
  assert(member);
  const params = { path: { id: member.id }, header: { "If-Match": "*" } };
  const renamed = await client.PATCH("/v1/desk/staff/{id}", { params, headers, body: { name: "سلمى" } });
  assert(renamed.data);
  onlyChanged("name", member, renamed.data);
});
